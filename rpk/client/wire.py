"""The few Kafka messages every command needs, by hand: parsing kafka-python's schemas costs 130 ms at import.

ApiVersions, Metadata, SaslHandshake and SaslAuthenticate, in one version each, and the request header. The
layouts are those of Kafka's message schemas (KIP-482 for the flexible ones). Input is a peer's: every read is
bounded by the frame, anything malformed raises WireError.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

API_METADATA = 3
API_SASL_HANDSHAKE = 17
API_VERSIONS = 18
API_SASL_AUTHENTICATE = 36


class WireError(Exception):
    """The peer's bytes are not the Kafka message they should be."""


class Reader:
    """Read Kafka's primitive types out of one frame."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        end = self._at + count
        if count < 0 or end > len(self._data):
            raise WireError(f"message ends at byte {len(self._data)}, {end} wanted")
        found = self._data[self._at : end]
        self._at = end
        return found

    @property
    def position(self) -> int:
        """How many bytes are read."""
        return self._at

    def rest(self, start: int) -> bytes:
        """Everything from `start` on."""
        return self._data[start:]

    def int8(self) -> int:
        """INT8."""
        return int.from_bytes(self.take(1), "big", signed=True)

    def int16(self) -> int:
        """INT16."""
        return int.from_bytes(self.take(2), "big", signed=True)

    def int32(self) -> int:
        """INT32."""
        return int.from_bytes(self.take(4), "big", signed=True)

    def varint(self) -> int:
        """UNSIGNED_VARINT of at most five bytes."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise WireError("a varint is longer than five bytes")

    def string(self) -> str | None:
        """COMPACT_NULLABLE_STRING."""
        size = self.varint()
        return None if size == 0 else self.take(size - 1).decode("utf-8", "replace")

    def old_string(self) -> str | None:
        """NULLABLE_STRING."""
        size = self.int16()
        return None if size < 0 else self.take(size).decode("utf-8", "replace")

    def count(self) -> int:
        """Length of a COMPACT_ARRAY, bounded by the bytes left; a null one is empty."""
        return self._bounded(self.varint() - 1)

    def old_count(self) -> int:
        """Length of an ARRAY."""
        return self._bounded(self.int32())

    def _bounded(self, count: int) -> int:
        if count > len(self._data) - self._at:
            raise WireError(f"an array of {count} does not fit in the message")
        return max(count, 0)

    def int32s(self) -> list[int]:
        """COMPACT_ARRAY of INT32."""
        count = self.count()
        return list(struct.unpack(f">{count}i", self.take(4 * count)))

    def tags(self) -> None:
        """Skip the tagged fields."""
        for _ in range(self.varint()):
            self.varint()
            self.take(self.varint())


def varint(value: int) -> bytes:
    """UNSIGNED_VARINT."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def compact_string(text: str | None) -> bytes:
    """COMPACT_NULLABLE_STRING."""
    if text is None:
        return b"\x00"
    data = text.encode("utf-8", "surrogateescape")
    return varint(len(data) + 1) + data


def old_string(text: str | None) -> bytes:
    """NULLABLE_STRING."""
    if text is None:
        return b"\xff\xff"
    data = text.encode("utf-8", "surrogateescape")
    return struct.pack(">h", len(data)) + data


def request(
    api_key: int, version: int, correlation_id: int, client_id: str, body: bytes, *, flexible: bool
) -> bytes:
    """A framed request with header version 1, or 2 when flexible."""
    header = struct.pack(">hhi", api_key, version, correlation_id) + old_string(client_id)
    if flexible:
        header += b"\x00"
    return struct.pack(">i", len(header) + len(body)) + header + body


# -- ApiVersions, version 3 asked, answered in 3 or (by a broker that knows less) in 0 -----------------------------


def api_versions_request(client_name: str, client_version: str) -> bytes:
    """Body of ApiVersions version 3."""
    return compact_string(client_name) + compact_string(client_version) + b"\x00"


def parse_api_versions(data: bytes) -> tuple[int, dict[int, tuple[int, int]]]:
    """Error code and {api key: (lowest, highest version)}; the answer to version 3, or 0 on error 35 (KIP-511)."""
    reader = Reader(data)
    error = reader.int16()
    versions: dict[int, tuple[int, int]] = {}
    old = error == 35
    for _ in range(reader.old_count() if old else reader.count()):
        key, low, high = struct.unpack(">hhh", reader.take(6))
        versions[key] = (low, high)
        if not old:
            reader.tags()
    return error, versions


# -- Metadata, version 9 (flexible, names) to 12 (topic ids) --------------------------------------------------------

METADATA_VERSIONS = (9, 12)


def metadata_request(version: int, topics: Sequence[str] | None, *, allow_auto_create: bool) -> bytes:
    """Body of Metadata; None asks for every topic, an empty list for none (brokers only)."""
    if topics is None:
        body = b"\x00"
    else:
        body = varint(len(topics) + 1)
        for name in topics:
            body += (bytes(16) if version >= 10 else b"") + compact_string(name) + b"\x00"
    body += b"\x01" if allow_auto_create else b"\x00"
    if version <= 10:
        body += b"\x00"  # include_cluster_authorized_operations
    return body + b"\x00\x00"  # include_topic_authorized_operations, tags


def parse_metadata(
    version: int, data: bytes
) -> tuple[list[tuple[int, str, int, str | None]], str | None, int, list[RawTopic]]:
    """Brokers (id, host, port, rack), cluster id, controller id, topics."""
    reader = Reader(data)
    reader.int32()  # throttle
    brokers = []
    for _ in range(reader.count()):
        brokers.append((reader.int32(), reader.string() or "", reader.int32(), reader.string()))
        reader.tags()
    cluster_id = reader.string()
    controller_id = reader.int32()
    topics = [_topic(version, reader) for _ in range(reader.count())]
    return brokers, cluster_id, controller_id, topics


RawPartition = tuple[int, int, int, int, list[int], list[int], list[int]]
"""error, index, leader, leader epoch, replicas, in-sync replicas, offline replicas."""

RawTopic = tuple[int, str | None, bytes, bool, list[RawPartition]]
"""error, name, topic id, internal, partitions."""


def _topic(version: int, reader: Reader) -> RawTopic:
    error = reader.int16()
    name = reader.string()
    topic_id = reader.take(16) if version >= 10 else bytes(16)
    internal = reader.int8() != 0
    partitions: list[RawPartition] = []
    for _ in range(reader.count()):
        code, index, leader, epoch = struct.unpack(">hiii", reader.take(14))
        partitions.append((code, index, leader, epoch, reader.int32s(), reader.int32s(), reader.int32s()))
        reader.tags()
    reader.int32()  # authorized operations
    reader.tags()
    return error, name, topic_id, internal, partitions


# -- SASL: handshake version 1, authenticate version 0 ---------------------------------------------------------------


def parse_sasl_handshake(data: bytes) -> tuple[int, list[str]]:
    """Error code and the mechanisms the broker has."""
    reader = Reader(data)
    error = reader.int16()
    return error, [reader.old_string() or "" for _ in range(reader.old_count())]


def parse_sasl_authenticate(data: bytes) -> tuple[int, str | None, bytes]:
    """Error code, the broker's message, the server's SASL bytes."""
    reader = Reader(data)
    error = reader.int16()
    message = reader.old_string()
    return error, message, reader.take(max(reader.int32(), 0))
