"""Reads records from a byte stream by an input layout, as the bytes arrive."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from rpk.out.records.errors import InputError
from rpk.out.records.incoming import RECORD_BYTES_MAX, InputRecord
from rpk.out.records.layout_in import InputLayout, compile_input
from rpk.out.records.steps import Cursor, NeedMore

Cut = Callable[[bytes], tuple[list[InputRecord], int]]


class LayoutReader:
    """Cuts a stream by an input layout; see `incoming.Reader`.

    strict: a last record without its final delimiter is an error instead of a record. Raises LayoutError.
    """

    def __init__(self, layout: str, *, strict: bool = False) -> None:
        self._layout = compile_input(layout)
        self.fields = self._layout.fields
        self.error: InputError | None = None
        self._strict = strict
        self._cut = _cutter(self._layout) if self._layout.columns else None
        self._pending = bytearray()
        self._waiting = NeedMore()
        self._records = 0

    def feed(self, data: bytes) -> list[InputRecord]:
        """Records completed by `data`."""
        if self.error is not None:
            return []
        if self._pending:
            self._pending += data
            if not self._worth_a_try():
                return []
            data = bytes(self._pending)
            self._pending.clear()
        if self._cut is not None:
            records, used = self._cut(data)
            self._records += len(records)
            self._keep(data, used)
            self._waiting = NeedMore(delimiter=self._layout.delimiters[-1], scanned=0)
            return records
        return self._parse(data, at_end=False)

    def finish(self) -> list[InputRecord]:
        """The record the stream ended in, if there is one."""
        if self.error is not None or not self._pending:
            return []
        data = bytes(self._pending)
        self._pending.clear()
        return self._parse(data, at_end=True)

    def _worth_a_try(self) -> bool:
        """Whether the bytes that came can complete the unfinished record; keeps huge records linear."""
        waiting, size = self._waiting, len(self._pending)
        if size < waiting.size:
            return False
        if waiting.delimiter and self._pending.find(waiting.delimiter, waiting.scanned) < 0:
            waiting.scanned = max(0, size - len(waiting.delimiter) + 1)
            self._check_size(size)
            return False
        return True

    def _check_size(self, size: int) -> None:
        if size > RECORD_BYTES_MAX:
            self.error = InputError(f"more than {RECORD_BYTES_MAX} bytes without an end", self._records + 1)

    def _keep(self, data: bytes, used: int) -> None:
        self._pending += memoryview(data)[used:]
        self._check_size(len(self._pending))

    def _parse(self, data: bytes, *, at_end: bool) -> list[InputRecord]:
        records: list[InputRecord] = []
        steps, presets = self._layout.steps, self._layout.presets
        at = 0
        while at < len(data):
            cursor = Cursor(at_end=at_end, lenient_end=not self._strict)
            position = at
            try:
                for preset in presets:
                    preset(cursor)
                for step in steps:
                    position = step(data, position, cursor)
                if position == at:
                    raise InputError("the format reads nothing from the input here")
            except NeedMore as need:
                # What is kept starts at this record, so positions move down by `at`. Where nothing tells how
                # much is missing, ask for an eighth more: a record of any size is tried a bounded number of times.
                size = need.size - at if need.size else 0
                if not need.size and not need.delimiter and len(data) - at > 1 << 16:
                    size = (len(data) - at) * 9 // 8
                self._waiting = NeedMore(size, need.delimiter, max(0, need.scanned - at))
                self._keep(data, at)
                return records
            except InputError as error:
                error_type = type(error)
                self.error = error_type(error.reason, self._records + 1)
                return records
            at = position
            self._records += 1
            records.append(cursor.record)
        return records


def _cutter(layout: InputLayout) -> Cut:
    """A function that cuts all complete records of a chunk at once; returns them and the bytes used."""
    columns, delimiters = layout.columns, layout.delimiters
    last = delimiters[-1]
    is_topic = tuple(column == "topic" for column in columns)
    if len(columns) == 1 and not is_topic[0]:
        only = columns[0]

        def cut_one(data: bytes) -> tuple[list[InputRecord], int]:
            fields = data.split(last)
            rest = fields.pop()
            return cast("list[InputRecord]", [{only: field} for field in fields]), len(data) - len(rest)

        return cut_one

    # Fields are found lazily, one literal after the other, exactly as the steps do it.
    expression = re.compile(b"".join(_until(delimiter) for delimiter in delimiters), re.DOTALL)
    overhead = sum(map(len, delimiters))

    def cut(data: bytes) -> tuple[list[InputRecord], int]:
        rows = expression.findall(data)
        if len(columns) == 1:
            rows = [(row,) for row in rows]
        used = len(rows) * overhead + sum([len(field) for row in rows for field in row])
        if any(is_topic):
            rows = [
                tuple(
                    field.decode("utf-8", "surrogateescape") if text else field
                    for field, text in zip(row, is_topic, strict=True)
                )
                for row in rows
            ]
        if len(columns) == 2:
            first, second = columns
            return cast("list[InputRecord]", [{first: a, second: b} for a, b in rows]), used
        return cast("list[InputRecord]", [dict(zip(columns, row, strict=True)) for row in rows]), used

    return cut


def _until(delimiter: bytes) -> bytes:
    if len(delimiter) == 1:
        byte = b"\\x%02x" % delimiter[0]
        return b"([^" + byte + b"]*)" + byte
    return b"(.*?)" + re.escape(delimiter)
