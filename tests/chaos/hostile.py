"""Frames no client would send: real requests of every API and version, then bent in every way bytes can be bent."""

import random
import struct
import uuid
from collections.abc import Callable, Mapping
from functools import partial

from engine.wire import cold
from engine.wire.api_keys import ApiKey
from engine.wire.header import request_header
from engine.wire.message_schema import Field
from engine.wire.records import build_batch

TOPIC = "victim"
NUMBERS = (-(2**31), -2, -1, 0, 1, 2, 3, 7, 100, 1000, 65_535, 2**31 - 1)
BITS = {"int8": 8, "int16": 16, "uint16": 16, "int32": 32, "uint32": 32, "int64": 64}
SMALL_COUNTS = (0, 1, 1, 1, 2, 3)
CALM = {
    # So that the load is on the broker's parsing, not on what a valid request may well ask for.
    "num_partitions": (-1, 0, 1, 2),
    "count": (-1, 0, 1, 2),
    "max_wait_ms": (-1, 0, 1, 50),
    "timeout_ms": (-1, 0, 1, 50),
    "rebalance_timeout_ms": (-1, 0, 1, 50, 6000),
    "session_timeout_ms": (-1, 0, 6000),
    "acks": (-1, 0, 1, 2),
}


class Requests:
    """Makes requests with plausible fields out of the schemas."""

    def __init__(
        self, versions: Mapping[int, tuple[int, int]], topic_id: uuid.UUID, chance: random.Random
    ) -> None:
        self.versions = [
            (key, version) for key, (low, high) in versions.items() for version in range(low, high + 1)
        ]
        self.versions = [
            (key, version)
            for key, version in self.versions
            if version in cold.schema(key, cold.REQUEST).versions
        ]
        self.topic_id = topic_id
        self.chance = chance

    def every(self) -> list[bytes]:
        """One of each API and version."""
        return [self.one(key, version) for key, version in self.versions]

    def one(self, key: int | None = None, version: int | None = None) -> bytes:
        """A request of an API and version, random ones if none are named, without its length."""
        if key is None or version is None:
            key, version = self.chance.choice(self.versions)
        schema = cold.schema(key, cold.REQUEST)
        body = {
            field.name: self._value(field, version) for field in schema.fields if version in field.versions
        }
        client = self.chance.choice([None, "", "hostile", "ü" * 50])
        header = request_header(key, version, self.chance.randrange(-(2**31), 2**31), client)
        return header + cold.encode_request(key, version, body)

    def _value(self, field: Field, version: int) -> object:
        if version in field.nullable and self.chance.random() < 0.15:
            return None
        if field.is_array:
            return [self._single(field, version) for _ in range(self.chance.choice(SMALL_COUNTS))]
        return self._single(field, version)

    def _single(self, field: Field, version: int) -> object:
        chance = self.chance
        if not field.kind:
            return {
                inner.name: self._value(inner, version) for inner in field.fields if version in inner.versions
            }
        if field.kind == "string":
            return chance.choice(
                [
                    TOPIC,
                    TOPIC,
                    "group",
                    "consumer",
                    "range",
                    "retention.ms",
                    "",
                    "a/b",
                    "\0",
                    "x" * 300,
                    "é\U0001f600",
                ]
            )
        if field.kind == "uuid":
            return chance.choice([self.topic_id, None, uuid.UUID(int=chance.getrandbits(128))])
        if field.kind == "bool":
            return chance.random() < 0.5
        if field.kind == "float64":
            return chance.choice([0.0, -1.0, float("nan"), float("inf")])
        if field.kind == "records":
            return self._records()
        if field.kind == "bytes":
            return chance.randbytes(chance.choice([0, 1, 7, 200]))
        if field.name in CALM:
            return chance.choice(CALM[field.name])
        bits = BITS[field.kind]
        number = chance.choice(NUMBERS) if chance.random() < 0.9 else chance.getrandbits(bits)
        signed = not field.kind.startswith("u")
        number &= (1 << bits) - 1
        return number - (1 << bits) if signed and number >> (bits - 1) else number

    def _records(self) -> bytes:
        chance = self.chance
        batch = build_batch(
            [(b"key", chance.randbytes(chance.randrange(50))) for _ in range(chance.randrange(1, 5))],
            codec=chance.randrange(5),
            timestamp_ms=chance.choice([0, 1_700_000_000_000, 2**62]),
            producer_id=chance.choice([-1, -1, 1, 5]),
            producer_epoch=chance.choice([-1, 0, 1]),
            base_sequence=chance.choice([-1, 0, 1, 2**31 - 1]),
        )
        return bytes(batch) if chance.random() < 0.7 else bend(bytes(batch), chance)


# --- bending --------------------------------------------------------------------------------------------------------

LIES_8 = (0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF)
LIES_16 = (0x0000, 0x7FFF, 0x8000, 0xFFFF)
LIES_32 = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x00FFFFFF, 1_000_000)
HUGE_VARINTS = (b"\xff\xff\xff\xff\x07", b"\xff\xff\xff\xff\x0f", b"\x80\x80\x80\x80\x80\x01", b"\xff" * 10)


def bend(data: bytes, chance: random.Random) -> bytes:
    """`data` changed in one to three ways."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        data = chance.choice(WAYS)(data, chance)
    return data


def _flip(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 20)) if out else 0):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _extend(data: bytes, chance: random.Random) -> bytes:
    return data + chance.randbytes(chance.choice((1, 4, 100, 5000)))


def _lie(size: int, lies: tuple[int, ...], data: bytes, chance: random.Random) -> bytes:
    if len(data) < size:
        return data
    at = chance.randrange(len(data) - size + 1)
    return data[:at] + chance.choice(lies).to_bytes(size, "big") + data[at + size :]


def _huge_varint(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(HUGE_VARINTS) + data[at + chance.randrange(3) :]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    part = data[at : at + chance.randrange(1, 40)]
    return data[:at] + part * chance.choice((2, 10, 200)) + data[at:]


def _drop(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.randrange(1, 20) :]


def _version(data: bytes, chance: random.Random) -> bytes:
    return data[:2] + struct.pack(">h", chance.choice((-1, 0, 1, 5, 9, 13, 18, 19, 99, 32_767))) + data[4:]


def _key(data: bytes, chance: random.Random) -> bytes:
    return (
        struct.pack(">h", chance.choice((-1, 4, 7, 17, 36, 52, 58, 92, 255, 256, 32_767, *range(20))))
        + data[2:]
    )


def _noise(data: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((8, 9, 20, 300, len(data) + 1)))


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip,
    _flip,
    _cut,
    _extend,
    partial(_lie, 1, LIES_8),
    partial(_lie, 2, LIES_16),
    partial(_lie, 4, LIES_32),
    _huge_varint,
    _repeat,
    _drop,
    _version,
    _key,
    _noise,
)


def framed(frame: bytes, chance: random.Random) -> bytes:
    """The frame with its length before it, which is a lie now and then."""
    size = len(frame)
    if chance.random() < 0.05:
        size = chance.choice(
            (0, 1, 7, size - 1, size + 1, size + 1000, 2**31 - 1, 105_000_000, 2**32 - 1, 2**31)
        )
    return struct.pack(">I", size % 2**32) + frame


def spliced(requests: Requests, chance: random.Random) -> bytes:
    """Halves of two requests."""
    one, other = requests.one(), requests.one()
    return one[: chance.randrange(len(one) + 1)] + other[chance.randrange(len(other) + 1) :]


def hostile_bytes(requests: Requests, chance: random.Random) -> tuple[bytes, int]:
    """What one connection sends: (bytes, number of frames)."""
    count = chance.choice((1, 1, 2, 3, 8))
    out = []
    for _ in range(count):
        kind = chance.random()
        if kind < 0.1:
            frame = requests.one()
        elif kind < 0.2:
            frame = spliced(requests, chance)
        else:
            frame = bend(requests.one(), chance)
        out.append(framed(frame, chance))
    return b"".join(out), count


def crowded(versions: Mapping[int, tuple[int, int]], elements: int) -> dict[str, bytes]:
    """For each API the request with as many empty elements in one array as the bytes allow: small to send, dear to read."""
    found = {}
    for key, (_, high) in versions.items():
        schema = cold.schema(key, cold.REQUEST)
        body = {field.name: _default(field) for field in schema.fields if high in field.versions}
        for field in schema.fields:
            if field.is_array and high in field.versions:
                element = "" if field.kind == "string" else 0 if field.kind else _least(field, high)
                if field.kind == "uuid":
                    element = None
                frame = request_header(key, high, 1, "crowd") + cold.encode_request(
                    key, high, body | {field.name: [element] * elements}
                )
                found[f"{ApiKey(key).name} {high} {field.name}"] = frame
    return found


def _default(field: Field) -> object:
    if field.is_array:
        return ()
    if field.kind == "string" and field.default is not None:
        return TOPIC
    return field.default


def _least(field: Field, version: int) -> dict[str, object]:
    return {inner.name: _default(inner) for inner in field.fields if version in inner.versions}
