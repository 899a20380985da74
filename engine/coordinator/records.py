"""The records of `__consumer_offsets`, in Kafka's own published formats.

Keys, told apart by their first int16::

    0, 1   string group | string topic | int32 partition          a committed offset
    2      string group                                           a group
    3 …    the newer group protocols                              passed over

Values begin with an int16 version, a null value is a tombstone. Offsets are written as version 3 (leader epoch, no
expiry), groups as version 3 (static members); every published version (0 … 4) is read. Strings are int16 length and
UTF-8, bytes int32 length; version 4 is Kafka's flexible form (varint lengths plus one, tagged fields).
"""

import struct
from dataclasses import dataclass
from typing import NamedTuple

from engine.coordinator.errors import GroupRecordError
from engine.coordinator.messages import CommittedOffset
from engine.model.ids import TopicPartition

STRING_BYTES_MAX = 0x7FFF
"""The longest string these records can hold, in UTF-8 bytes."""

OFFSET_KEY_VERSION = 1
GROUP_KEY_VERSION = 2
OFFSET_VALUE_VERSION = 3
GROUP_VALUE_VERSION = 3
_FLEXIBLE_VERSION = 4
_VALUE_VERSION_MAX = 4

_I16 = struct.Struct(">h")
_I32 = struct.Struct(">i")
_I64 = struct.Struct(">q")

Record = tuple[bytes | None, bytes | None]
"""Key and value, as the log takes them."""


class OffsetKey(NamedTuple):
    """Names a committed offset."""

    group_id: str
    partition: TopicPartition


class GroupKey(NamedTuple):
    """Names a group."""

    group_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMember:
    """A member as stored: the subscription is the one for the generation's protocol."""

    member_id: str
    group_instance_id: str | None
    client_id: str
    client_host: str
    rebalance_timeout_ms: int
    session_timeout_ms: int
    subscription: bytes
    assignment: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGroup:
    """A group as stored: Empty when it has no members, else Stable."""

    protocol_type: str
    generation: int
    protocol_name: str | None
    leader: str | None
    state_timestamp_ms: int
    """When the group came into this state; -1 in records of old versions."""
    members: tuple[StoredMember, ...]


# --- writing -----------------------------------------------------------------------------------------------------


def _string(text: str | None) -> bytes:
    if text is None:
        return _I16.pack(-1)
    raw = text.encode()
    return _I16.pack(len(raw)) + raw


def _bytes(raw: bytes) -> bytes:
    return _I32.pack(len(raw)) + raw


def offset_key(group_id: str, partition: TopicPartition) -> bytes:
    """Encode an `OffsetKey`."""
    return b"".join(
        (
            _I16.pack(OFFSET_KEY_VERSION),
            _string(group_id),
            _string(partition.topic),
            _I32.pack(partition.partition),
        )
    )


def group_key(group_id: str) -> bytes:
    """Encode a `GroupKey`."""
    return _I16.pack(GROUP_KEY_VERSION) + _string(group_id)


def offset_value(offset: CommittedOffset) -> bytes:
    """Encode a committed offset."""
    return b"".join(
        (
            _I16.pack(OFFSET_VALUE_VERSION),
            _I64.pack(offset.offset),
            _I32.pack(offset.leader_epoch),
            _string(offset.metadata),
            _I64.pack(offset.commit_timestamp_ms),
        )
    )


def group_value(group: StoredGroup) -> bytes:
    """Encode a group."""
    parts = [
        _I16.pack(GROUP_VALUE_VERSION),
        _string(group.protocol_type),
        _I32.pack(group.generation),
        _string(group.protocol_name),
        _string(group.leader),
        _I64.pack(group.state_timestamp_ms),
        _I32.pack(len(group.members)),
    ]
    for member in group.members:
        parts += (
            _string(member.member_id),
            _string(member.group_instance_id),
            _string(member.client_id),
            _string(member.client_host),
            _I32.pack(member.rebalance_timeout_ms),
            _I32.pack(member.session_timeout_ms),
            _bytes(member.subscription),
            _bytes(member.assignment),
        )
    return b"".join(parts)


# --- reading -----------------------------------------------------------------------------------------------------


class _Reader:
    """Takes fields off the front of a record; every step is checked against what is left."""

    def __init__(self, raw: bytes) -> None:
        self._raw = bytes(raw)
        self._at = 0
        self.flexible = False

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if count < 0 or end > len(self._raw):
            raise GroupRecordError(f"{count} bytes wanted at {self._at} of {len(self._raw)}")
        taken = self._raw[self._at : end]
        self._at = end
        return taken

    def i16(self) -> int:
        return int(_I16.unpack(self._take(2))[0])

    def i32(self) -> int:
        return int(_I32.unpack(self._take(4))[0])

    def i64(self) -> int:
        return int(_I64.unpack(self._take(8))[0])

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 35, 7):
            byte = self._take(1)[0]
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return value
        raise GroupRecordError("a variable-length number does not end")

    def nullable_string(self) -> str | None:
        length = self._varint() - 1 if self.flexible else self.i16()
        if length == -1:
            return None
        try:
            return self._take(length).decode()
        except UnicodeDecodeError as bad:
            raise GroupRecordError("a string is not UTF-8") from bad

    def string(self) -> str:
        text = self.nullable_string()
        if text is None:
            raise GroupRecordError("a string that cannot be null is")
        return text

    def byte_string(self) -> bytes:
        return self._take(self._varint() - 1 if self.flexible else self.i32())

    def count(self) -> int:
        count = self._varint() - 1 if self.flexible else self.i32()
        # Each element takes a byte at least: a count beyond what is left is a lie.
        if not 0 <= count <= len(self._raw) - self._at:
            raise GroupRecordError(f"an array of {count} in what is left of {len(self._raw)} bytes")
        return count

    def skip_tags(self) -> None:
        if not self.flexible:
            return
        for _ in range(self._varint()):
            self._varint()
            self._take(self._varint())


def parse_key(raw: bytes) -> OffsetKey | GroupKey | None:
    """Decode a key; None for the keys of newer protocols. Raises `GroupRecordError`."""
    reader = _Reader(raw)
    version = reader.i16()
    if version in (0, OFFSET_KEY_VERSION):
        return OffsetKey(reader.string(), TopicPartition(reader.string(), reader.i32()))
    if version == GROUP_KEY_VERSION:
        return GroupKey(reader.string())
    if version < 0:
        raise GroupRecordError(f"a key of version {version}")
    return None


def _value_reader(raw: bytes) -> tuple[_Reader, int]:
    reader = _Reader(raw)
    version = reader.i16()
    if not 0 <= version <= _VALUE_VERSION_MAX:
        raise GroupRecordError(f"a value of version {version}")
    reader.flexible = version >= _FLEXIBLE_VERSION
    return reader, version


def parse_offset(raw: bytes) -> CommittedOffset:
    """Decode a committed offset of any published version. Raises `GroupRecordError`."""
    reader, version = _value_reader(raw)
    offset = reader.i64()
    leader_epoch = reader.i32() if version >= 3 else -1
    metadata = reader.string()
    commit_timestamp_ms = reader.i64()
    expire_timestamp_ms = reader.i64() if version == 1 else -1
    return CommittedOffset(
        offset=offset,
        leader_epoch=leader_epoch,
        metadata=metadata,
        commit_timestamp_ms=commit_timestamp_ms,
        expire_timestamp_ms=expire_timestamp_ms,
    )


def _parse_member(reader: _Reader, version: int) -> StoredMember:
    member_id = reader.string()
    group_instance_id = reader.nullable_string() if version >= 3 else None
    client_id, client_host = reader.string(), reader.string()
    first_timeout_ms = reader.i32()
    session_timeout_ms = reader.i32() if version >= 1 else first_timeout_ms
    subscription, assignment = reader.byte_string(), reader.byte_string()
    reader.skip_tags()
    return StoredMember(
        member_id=member_id,
        group_instance_id=group_instance_id,
        client_id=client_id,
        client_host=client_host,
        rebalance_timeout_ms=first_timeout_ms,
        session_timeout_ms=session_timeout_ms,
        subscription=subscription,
        assignment=assignment,
    )


def parse_group(raw: bytes) -> StoredGroup:
    """Decode a group of any published version. Raises `GroupRecordError`."""
    reader, version = _value_reader(raw)
    protocol_type = reader.string()
    generation = reader.i32()
    protocol_name = reader.nullable_string()
    leader = reader.nullable_string()
    state_timestamp_ms = reader.i64() if version >= 2 else -1
    return StoredGroup(
        protocol_type=protocol_type,
        generation=generation,
        protocol_name=protocol_name,
        leader=leader,
        state_timestamp_ms=state_timestamp_ms,
        members=tuple(_parse_member(reader, version) for _ in range(reader.count())),
    )
