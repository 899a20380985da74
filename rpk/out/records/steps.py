"""The steps an input layout compiles to, each reading one verb or literal at a position of the buffer.

A step is called with the buffer, the position and the record being built; it returns the position after what it
read. It raises NeedMore when the buffer ends too early, and ValueError or UnexpectedEnd when the data is wrong.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from rpk.out.records import json_text
from rpk.out.records.errors import InputError, UnexpectedEnd
from rpk.out.records.incoming import RECORD_BYTES_MAX, InputRecord
from rpk.out.records.numbers import NumberReader

Decode = Callable[[bytes], bytes]


class NeedMore(Exception):  # a signal between reader and steps, not an error
    """The buffer ends inside a record.

    `size`: bytes the buffer must hold before another try helps, 0 if unknown. `delimiter`: bytes that must
    appear from `scanned` on before another try helps.
    """

    def __init__(self, size: int = 0, delimiter: bytes = b"", scanned: int = 0) -> None:
        self.size = size
        self.delimiter = delimiter
        self.scanned = scanned


class Cursor:
    """The record being read: sizes met so far, the fields, and whether the input has ended."""

    __slots__ = ("at_end", "count", "header", "lenient_end", "record", "sizes")

    def __init__(self, *, at_end: bool, lenient_end: bool) -> None:
        self.at_end = at_end
        self.lenient_end = lenient_end
        self.sizes: dict[str, int] = {}
        self.count = 0
        self.record: InputRecord = {}
        self.header: list[bytes] = [b"", b""]


Step = Callable[[bytes, int, Cursor], int]
Put = Callable[[Cursor, bytes], None]


def quoted(data: bytes) -> str:
    """A short piece of input for a message."""
    return repr(data[:40].decode("utf-8", "backslashreplace")) + ("…" if len(data) > 40 else "")


def literal(expected: bytes, *, last: bool) -> Step:
    """The exact bytes; the last literal of a layout may be missing at the end of the input."""

    def step(data: bytes, at: int, cursor: Cursor) -> int:
        end = at + len(expected)
        found = data[at:end]
        if found == expected:
            return end
        if expected.startswith(found):
            if not cursor.at_end:
                raise NeedMore(size=end)
            if last and cursor.lenient_end and not found:
                return at
            raise UnexpectedEnd(f"the input ends where {quoted(expected)} should be")
        raise InputError(f"{quoted(expected)} expected, {quoted(data[at : at + 20])} found")

    return step


def number(reader: NumberReader, put: Callable[[Cursor, int], None]) -> Step:
    """A number as the modifier says."""
    digits = re.compile(rb"[0-9]*")

    def step(data: bytes, at: int, cursor: Cursor) -> int:
        if reader.truth:
            for word, value in ((b"true", 1), (b"false", 0)):
                if data.startswith(word, at):
                    put(cursor, value)
                    return at + len(word)
                if word.startswith(data[at : at + len(word)]) and not cursor.at_end:
                    raise NeedMore(size=at + len(word))
            raise InputError(f"%{reader.verb} wants true or false, {quoted(data[at : at + 20])} found")
        if reader.width is not None:
            end = at + reader.width
            if end > len(data):
                if cursor.at_end:
                    raise UnexpectedEnd(f"the input ends inside %{reader.verb}")
                raise NeedMore(size=end)
        else:
            match = digits.match(data, at)
            end = match.end() if match else at
            if end == len(data) and not cursor.at_end and end - at < 20:
                raise NeedMore
        try:
            if end == at or (reader.width is None and end - at > 19):
                raise ValueError
            value = reader.parse(data[at:end])
        except ValueError:
            found = quoted(data[at : max(end, at + 20)])
            raise InputError(f"%{reader.verb} wants an unsigned number, {found} found") from None
        put(cursor, value)
        return end

    return step


def sized(letter: str, size_verb: str, put: Put) -> Step:
    """Text as long as its size verb said."""

    def step(data: bytes, at: int, cursor: Cursor) -> int:
        size = cursor.sizes[size_verb]
        end = at + size
        if size > RECORD_BYTES_MAX:
            raise InputError(f"%{size_verb} says {size} bytes; the most for one record is {RECORD_BYTES_MAX}")
        if end > len(data):
            if cursor.at_end:
                raise UnexpectedEnd(
                    f"the input ends inside %{letter}: {len(data) - at} of {size} bytes are there"
                )
            raise NeedMore(size=end)
        put(cursor, data[at:end])
        return end

    return step


def until(letter: str, delimiter: bytes, put: Put, *, last: bool) -> Step:
    """Text up to the literal that follows, which is read too; without one, up to the end of the input."""

    def step(data: bytes, at: int, cursor: Cursor) -> int:
        end = data.find(delimiter, at) if delimiter else -1
        if end >= 0:
            put(cursor, data[at:end])
            return end + len(delimiter)
        if not cursor.at_end:
            raise NeedMore(delimiter=delimiter, scanned=max(at, len(data) - len(delimiter) + 1))
        if delimiter and not (last and cursor.lenient_end):
            raise UnexpectedEnd(f"the input ends inside %{letter}: {quoted(delimiter)} never came")
        put(cursor, data[at:])
        return len(data)

    return step


def json_value(letter: str, put: Put) -> Step:
    """One JSON value, leading space skipped, kept without spaces."""

    def step(data: bytes, at: int, cursor: Cursor) -> int:
        while at < len(data) and data[at] in json_text.SPACE:
            at += 1
        try:
            end = json_text.value_end(data, at, at_end=cursor.at_end)
            if end >= 0:
                put(cursor, json_text.compact(data[at:end]))
                return end
        except ValueError as error:
            raise InputError(f"%{letter} wants one JSON value: {error}") from None
        if cursor.at_end:
            raise UnexpectedEnd(f"the input ends inside the JSON value of %{letter}")
        raise NeedMore

    return step


def pattern(letter: str, expression: re.Pattern[bytes], put: Put) -> Step:
    """What the regular expression matches from here on."""

    def step(data: bytes, at: int, cursor: Cursor) -> int:
        match = expression.match(data, at)
        if (match is None or match.end() == len(data)) and not cursor.at_end:
            raise NeedMore
        if match is None:
            raise InputError(f"%{letter}{{re}} does not match {quoted(data[at : at + 40])}")
        put(cursor, match[0])
        return match.end()

    return step


def headers(inner: list[Step]) -> Step:
    """As many headers as `%H` said."""

    def step(data: bytes, at: int, cursor: Cursor) -> int:
        found: list[tuple[str, bytes | None]] = []
        outer_sizes, cursor.sizes = cursor.sizes, {}
        for index in range(cursor.count):
            cursor.header = [b"", b""]
            start = at
            for inner_step in inner:
                at = inner_step(data, at, cursor)
            if at == start:
                raise InputError(f"%h{{}} reads nothing for header {index + 1}")
            found.append((cursor.header[0].decode("utf-8", "surrogateescape"), cursor.header[1]))
        cursor.sizes = outer_sizes
        cursor.record["headers"] = found
        return at

    return step


def decode_hex(field: bytes) -> bytes:
    """Bytes of hexadecimal text; raises InputError."""
    try:
        return binascii.unhexlify(field)
    except binascii.Error:
        raise InputError(f"{quoted(field)} is not hexadecimal") from None


def decode_base64(field: bytes) -> bytes:
    """Bytes of padded base64 text; raises InputError."""
    try:
        return base64.b64decode(field, validate=True)
    except binascii.Error:
        raise InputError(f"{quoted(field)} is not base64") from None
