"""The handshake: who calls whom, in which cluster, in which versions of the protocol; pure.

The caller's first frame is a hello, answered by a welcome or by a refusal that says why; then the connection is closed.

Hello: ``version_min u16, version_max u16, cluster uuid 16, node id i32, host uuid 16, wanted node id i32``
Welcome: ``version u16, cluster uuid 16, node id i32``      Refused: ``code u8, reason UTF-8``

A cluster uuid of zeros is not known yet, a node id of -1 not given yet: a broker on its way into the cluster.
"""

import struct
from dataclasses import dataclass
from uuid import UUID

from engine.rpc.errors import HelloRefused, ProtocolError, Refusal

VERSION_MIN = 1
VERSION_MAX = 1
NO_NODE = -1
NO_UUID = UUID(int=0)

_HELLO = struct.Struct(">HH16si16si")
_WELCOME = struct.Struct(">H16si")
REASON_BYTES_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this broker is, as it says to others."""

    node_id: int = NO_NODE
    cluster_uuid: UUID = NO_UUID
    host_uuid: UUID = NO_UUID
    """Of the data directory: tells two brokers with one node id apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What a caller says first."""

    identity: Identity
    wanted_node_id: int = NO_NODE
    """Whom it means to call; -1: whoever answers at that address."""
    version_min: int = VERSION_MIN
    version_max: int = VERSION_MAX


def encode_hello(hello: Hello) -> bytes:
    """The payload of a HELLO."""
    identity = hello.identity
    return _HELLO.pack(
        hello.version_min,
        hello.version_max,
        identity.cluster_uuid.bytes,
        identity.node_id,
        identity.host_uuid.bytes,
        hello.wanted_node_id,
    )


def decode_hello(payload: memoryview) -> Hello:
    """The inverse; bytes behind it are for later versions. Raises `ProtocolError`."""
    if len(payload) < _HELLO.size:
        raise ProtocolError("a hello is cut short")
    version_min, version_max, cluster, node_id, host, wanted = _HELLO.unpack_from(payload)
    return Hello(
        identity=Identity(node_id=node_id, cluster_uuid=UUID(bytes=cluster), host_uuid=UUID(bytes=host)),
        wanted_node_id=wanted,
        version_min=version_min,
        version_max=version_max,
    )


def encode_welcome(version: int, identity: Identity) -> bytes:
    """The payload of a WELCOME."""
    return _WELCOME.pack(version, identity.cluster_uuid.bytes, identity.node_id)


def decode_welcome(payload: memoryview) -> tuple[int, UUID, int]:
    """(version, cluster uuid, node id). Raises `ProtocolError`."""
    if len(payload) < _WELCOME.size:
        raise ProtocolError("a welcome is cut short")
    version, cluster, node_id = _WELCOME.unpack_from(payload)
    return version, UUID(bytes=cluster), node_id


def encode_refusal(refused: HelloRefused) -> bytes:
    """The payload of a REFUSED."""
    return bytes([refused.code]) + str(refused).encode()[:REASON_BYTES_MAX]


def decode_refusal(payload: memoryview) -> HelloRefused:
    """The error to raise. Raises `ProtocolError` for no refusal at all."""
    if not payload:
        raise ProtocolError("a refusal is cut short")
    return HelloRefused(payload[0], bytes(payload[1 : 1 + REASON_BYTES_MAX]).decode(errors="replace"))


def judge(hello: Hello, own: Identity) -> int:
    """The protocol version to speak with this caller. Raises `HelloRefused`, with a reason for people."""
    caller = hello.identity
    version = min(hello.version_max, VERSION_MAX)
    if version < max(hello.version_min, VERSION_MIN):
        raise HelloRefused(
            Refusal.VERSION,
            f"it speaks versions {hello.version_min} to {hello.version_max} of the protocol between brokers, "
            f"this broker {VERSION_MIN} to {VERSION_MAX}",
        )
    if NO_UUID not in {caller.cluster_uuid, own.cluster_uuid} and caller.cluster_uuid != own.cluster_uuid:
        raise HelloRefused(
            Refusal.CLUSTER,
            f"it belongs to cluster {caller.cluster_uuid}, this broker to cluster {own.cluster_uuid}",
        )
    if NO_NODE not in {hello.wanted_node_id, own.node_id} and hello.wanted_node_id != own.node_id:
        raise HelloRefused(
            Refusal.WRONG_NODE, f"it wants node {hello.wanted_node_id}, this is node {own.node_id}"
        )
    if caller.node_id != NO_NODE and caller.node_id == own.node_id:
        raise HelloRefused(Refusal.NODE_ID_TAKEN, f"it says it is node {own.node_id}, as this broker is")
    return version
