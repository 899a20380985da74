"""Readers and writers made from a message's schema, one pair a version.

A reader is a list of steps, each of which reads a field (or a run of numbers at once) and returns the
position behind it; a writer likewise. Everything hostile ends in `DecodeError`: lengths and counts are
checked against the bytes that are left before anything is made, and one message unfolds to
`ELEMENTS_MAX` array elements at most.
"""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.wire.errors import DecodeError, EncodeError
from engine.wire.message_schema import Field, MessageSchema
from engine.wire.varint import read_uvarint, skip_tagged_fields, write_uvarint

ELEMENTS_MAX = 25_000
"""The most array elements in one message, over all its arrays: at this size the dearest request (CreateTopics,
OffsetFetch of that many groups) keeps the loop for 0.3 s; twenty times as many kept it for ten seconds."""

_NUMBERS = {
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
    "uint16": "H",
    "uint32": "I",
    "float64": "d",
    "bool": "?",
}
_I16 = struct.Struct(">h")
_I32 = struct.Struct(">i")
_ZERO_UUID_BYTES = bytes(16)


class Message:
    """A decoded structure: Kafka's field names as attributes.

    Fields that the version does not have read as their defaults. Values are int, float, bool, str,
    bytes, UUID, None, tuples and further messages.
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...  # noqa: ANN401 — the fields come from the schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]  # equal by value, and its dict can change

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.__dict__.items())})"


class _Input:
    """The bytes being read, and how many array elements may still come."""

    __slots__ = ("buf", "room", "size")

    def __init__(self, buf: memoryview) -> None:
        self.buf = buf
        self.size = len(buf)
        self.room = ELEMENTS_MAX


_Read = Callable[[_Input, int], tuple[Any, int]]
_ReadStep = Callable[[_Input, int, dict[str, Any]], int]
_Write = Callable[[bytearray, Any], None]
_Get = Callable[[str, Any], Any]
_WriteStep = Callable[[bytearray, _Get], None]


class MessageCodec:
    """One version of one message, ready to read and write."""

    __slots__ = ("_name", "_read", "_write")

    def __init__(self, schema: MessageSchema, version: int) -> None:
        flexible = schema.is_flexible(version)
        self._name = schema.name
        self._read = _struct_reader(schema.name, schema.fields, version, flexible=flexible)[0]
        self._write = _struct_writer(schema.name, schema.fields, version, flexible=flexible)

    def decode(self, buf: bytes | bytearray | memoryview, at: int = 0) -> Message:
        """Read the body at `at`; what follows it is ignored. `DecodeError` for anything else."""
        try:
            message: Message = self._read(_Input(memoryview(buf)), at)[0]
        except (struct.error, IndexError):
            raise DecodeError(f"{self._name} is cut short") from None
        except UnicodeDecodeError:
            raise DecodeError(f"{self._name}: a string is not UTF-8") from None
        return message

    def encode(self, body: object) -> bytes:
        """Write a body; `EncodeError` for a field no version has, or a value its type cannot hold."""
        out = bytearray()
        try:
            self._write(out, body)
        except (struct.error, AttributeError, TypeError, ValueError) as error:
            raise EncodeError(f"{self._name}: {error}") from error
        return bytes(out)


# Reading


def _struct_reader(
    name: str, schema_fields: Sequence[Field], version: int, *, flexible: bool
) -> tuple[_Read, int]:
    """Return the reader and the fewest bytes the structure can take."""
    defaults = {field.name: _absent(field) for field in schema_fields}
    cls = type(name, (Message,), defaults)
    present = [field for field in schema_fields if version in field.versions]
    steps: list[_ReadStep] = []
    bytes_min = 1 if flexible else 0
    run: list[Field] = []
    for field in present:
        if field.tag is not None:
            continue
        if field.kind in _NUMBERS and not field.is_array:
            run.append(field)
            continue
        bytes_min += _end_run(run, steps)
        read, field_bytes_min = _field_reader(field, version, flexible=flexible)
        bytes_min += field_bytes_min
        steps.append(_one(field.name, read))
    bytes_min += _end_run(run, steps)
    if flexible:
        tagged = {
            field.tag: (field.name, _field_reader(field, version, flexible=flexible)[0])
            for field in present
            if field.tag is not None
        }
        steps.append(_tags(tagged))

    def read_struct(source: _Input, at: int) -> tuple[Message, int]:
        message = cls()
        values = message.__dict__
        for step in steps:
            at = step(source, at, values)
        return message, at

    return read_struct, bytes_min


def _absent(field: Field) -> object:
    """Return what a field reads as that is not on the wire: a structure of defaults where it has one."""
    if field.kind or field.is_array or field.default is not None or field.tag is None:
        return field.default
    return type(field.name, (Message,), {inner.name: _absent(inner) for inner in field.fields})()


def _end_run(run: list[Field], steps: list[_ReadStep]) -> int:
    if not run:
        return 0
    layout = struct.Struct(">" + "".join(_NUMBERS[field.kind] for field in run))
    steps.append(_numbers(tuple(field.name for field in run), layout))
    run.clear()
    return layout.size


def _numbers(names: tuple[str, ...], layout: struct.Struct) -> _ReadStep:
    size = layout.size
    unpack_from = layout.unpack_from

    def step(source: _Input, at: int, values: dict[str, Any]) -> int:
        values.update(zip(names, unpack_from(source.buf, at), strict=True))
        return at + size

    return step


def _one(name: str, read: _Read) -> _ReadStep:
    def step(source: _Input, at: int, values: dict[str, Any]) -> int:
        values[name], at = read(source, at)
        return at

    return step


def _tags(tagged: Mapping[int, tuple[str, _Read]]) -> _ReadStep:
    def step(source: _Input, at: int, values: dict[str, Any]) -> int:
        buf = source.buf
        if buf[at] == 0:
            return at + 1
        end = skip_tagged_fields(buf, at)
        if tagged:
            count, at = read_uvarint(buf, at)
            for _ in range(count):
                tag, at = read_uvarint(buf, at)
                size, at = read_uvarint(buf, at)
                if known := tagged.get(tag):
                    values[known[0]], stop = known[1](source, at)
                    if stop > at + size:
                        raise DecodeError(f"tagged field {known[0]} is longer than its {size} bytes")
                at += size
        return end

    return step


def _field_reader(field: Field, version: int, *, flexible: bool) -> tuple[_Read, int]:
    nullable = version in field.nullable
    if field.is_array:
        if field.kind:
            element, element_bytes_min = _primitive_reader(field, flexible=flexible, nullable=False)
        else:
            element, element_bytes_min = _struct_reader(field.name, field.fields, version, flexible=flexible)
        return _array_reader(
            field, element, element_bytes_min, flexible=flexible, nullable=nullable
        ), 1 if flexible else 4
    if field.kind:
        return _primitive_reader(field, flexible=flexible, nullable=nullable)
    read, bytes_min = _struct_reader(field.name, field.fields, version, flexible=flexible)
    if nullable and field.tag is None:
        return _nullable_struct_reader(read), 1
    return read, bytes_min


def _nullable_struct_reader(read: _Read) -> _Read:
    def read_nullable(source: _Input, at: int) -> tuple[Message | None, int]:
        # KIP-893: a signed byte, below zero for null
        if source.buf[at] > 0x7F:
            return None, at + 1
        message: Message
        message, at = read(source, at + 1)
        return message, at

    return read_nullable


def _array_reader(
    field: Field,
    element: _Read,
    element_bytes_min: int,
    *,
    flexible: bool,
    nullable: bool,
) -> _Read:
    name = field.name
    bytes_min = max(1, element_bytes_min)

    def read_array(source: _Input, at: int) -> tuple[tuple[Any, ...] | None, int]:
        if flexible:
            count, at = read_uvarint(source.buf, at)
            count -= 1
        else:
            count = _I32.unpack_from(source.buf, at)[0]
            at += 4
        if count < 0:
            if nullable and count == -1:
                return None, at
            raise DecodeError(f"{name} may not be null")
        source.room -= count
        if count * bytes_min > source.size - at or source.room < 0:
            raise DecodeError(f"{count} {name} in {source.size - at} bytes")
        elements = []
        for _ in range(count):
            value, at = element(source, at)
            elements.append(value)
        return tuple(elements), at

    return read_array


def _primitive_reader(field: Field, *, flexible: bool, nullable: bool) -> tuple[_Read, int]:
    kind = field.kind
    if kind == "uuid":
        return _read_uuid, 16
    if kind in _NUMBERS:
        return _number_reader(kind), struct.calcsize(_NUMBERS[kind])
    length_bytes = 1 if flexible else 2 if kind == "string" else 4
    name = field.name
    length_layout = _I16 if kind == "string" else _I32

    def read(source: _Input, at: int) -> tuple[str | bytes | None, int]:
        if flexible:
            length, at = read_uvarint(source.buf, at)
            length -= 1
        else:
            length = length_layout.unpack_from(source.buf, at)[0]
            at += length_layout.size
        if length < 0:
            if nullable and length == -1:
                return None, at
            raise DecodeError(f"{name} may not be null")
        end = at + length
        if end > source.size:
            raise DecodeError(f"{name} of {length} bytes runs past the end")
        data = bytes(source.buf[at:end])
        return (data.decode() if kind == "string" else data), end

    return read, length_bytes


def _number_reader(kind: str) -> _Read:
    layout = struct.Struct(">" + _NUMBERS[kind])
    size = layout.size

    def read(source: _Input, at: int) -> tuple[Any, int]:
        return layout.unpack_from(source.buf, at)[0], at + size

    return read


def _read_uuid(source: _Input, at: int) -> tuple[UUID | None, int]:
    end = at + 16
    if end > source.size:
        raise DecodeError("a uuid runs past the end")
    data = bytes(source.buf[at:end])
    return (None if data == _ZERO_UUID_BYTES else UUID(bytes=data)), end


# Writing


def _struct_writer(name: str, schema_fields: Sequence[Field], version: int, *, flexible: bool) -> _Write:
    known = frozenset(field.name for field in schema_fields)
    steps: list[_WriteStep] = []
    run: list[Field] = []
    tagged: list[tuple[Field, _Write]] = []
    for field in schema_fields:
        if version not in field.versions:
            continue
        if field.tag is not None:
            tagged.append((field, _field_writer(field, version, flexible=flexible)))
            continue
        if field.kind in _NUMBERS and not field.is_array:
            run.append(field)
            continue
        _end_write_run(run, steps)
        steps.append(_write_one(field, _field_writer(field, version, flexible=flexible)))
    _end_write_run(run, steps)
    if flexible:
        steps.append(_write_tags(sorted(tagged, key=lambda pair: pair[0].tag or 0)))

    def write_struct(out: bytearray, body: object) -> None:
        if isinstance(body, Mapping):
            if not body.keys() <= known:
                raise EncodeError(f"{name} has no field {sorted(body.keys() - known)[0]}")
            get: _Get = body.get
        else:
            get = _attribute_getter(body)
        for step in steps:
            step(out, get)

    return write_struct


def _attribute_getter(body: object) -> _Get:
    def get(name: str, default: Any) -> Any:  # noqa: ANN401 — a field of any type
        return getattr(body, name, default)

    return get


def _end_write_run(run: list[Field], steps: list[_WriteStep]) -> None:
    if not run:
        return
    layout = struct.Struct(">" + "".join(_NUMBERS[field.kind] for field in run))
    pairs = tuple((field.name, field.default) for field in run)
    pack = layout.pack
    run.clear()

    def step(out: bytearray, get: _Get) -> None:
        out += pack(*[get(name, default) for name, default in pairs])

    steps.append(step)


def _write_one(field: Field, write: _Write) -> _WriteStep:
    name = field.name
    default = field.default

    def step(out: bytearray, get: _Get) -> None:
        write(out, get(name, default))

    return step


def _write_tags(tagged: Iterable[tuple[Field, _Write]]) -> _WriteStep:
    writers = tuple((field.tag or 0, field.name, _absent(field), write) for field, write in tagged)

    def step(out: bytearray, get: _Get) -> None:
        count = 0
        section = bytearray()
        for tag, name, default, write in writers:
            value = get(name, default)
            if value == default or value is None:
                continue
            data = bytearray()
            write(data, value)
            count += 1
            write_uvarint(section, tag)
            write_uvarint(section, len(data))
            section += data
        write_uvarint(out, count)
        out += section

    return step


def _field_writer(field: Field, version: int, *, flexible: bool) -> _Write:
    nullable = version in field.nullable
    if field.is_array:
        if field.kind:
            element = _primitive_writer(field, flexible=flexible, nullable=False)
        else:
            element = _struct_writer(field.name, field.fields, version, flexible=flexible)
        return _array_writer(element, flexible=flexible, nullable=nullable)
    if field.kind:
        return _primitive_writer(field, flexible=flexible, nullable=nullable)
    write = _struct_writer(field.name, field.fields, version, flexible=flexible)
    return _struct_field_writer(write, marked=nullable and field.tag is None)


def _struct_field_writer(write: _Write, *, marked: bool) -> _Write:
    def write_struct(out: bytearray, value: object) -> None:
        if not marked:
            write(out, {} if value is None else value)
        elif value is None:
            out.append(0xFF)
        else:
            out.append(1)
            write(out, value)

    return write_struct


def _array_writer(element: _Write, *, flexible: bool, nullable: bool) -> _Write:
    def write_array(out: bytearray, values: Sequence[object] | None) -> None:
        if values is None and not nullable:
            # a superset's null, in a version that has no null: empty
            values = ()
        if values is None:
            out += b"\0" if flexible else b"\xff\xff\xff\xff"
            return
        if flexible:
            write_uvarint(out, len(values) + 1)
        else:
            out += _I32.pack(len(values))
        for value in values:
            element(out, value)

    return write_array


def _primitive_writer(field: Field, *, flexible: bool, nullable: bool) -> _Write:
    kind = field.kind
    if kind == "uuid":
        return _write_uuid
    if kind in _NUMBERS:
        pack = struct.Struct(">" + _NUMBERS[kind]).pack

        def write_number(out: bytearray, value: object) -> None:
            out += pack(value)

        return write_number
    length_pack = _I16.pack if kind == "string" else _I32.pack

    def write(out: bytearray, value: str | bytes | bytearray | memoryview | None) -> None:
        if value is None:
            if nullable:
                out += b"\0" if flexible else length_pack(-1)
                return
            value = b""
        data = value.encode() if isinstance(value, str) else value
        if flexible:
            write_uvarint(out, len(data) + 1)
        else:
            out += length_pack(len(data))
        out += data

    return write


def _write_uuid(out: bytearray, value: UUID | None) -> None:
    out += _ZERO_UUID_BYTES if value is None else value.bytes
