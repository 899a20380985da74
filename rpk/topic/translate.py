"""`--translate CMD`: each value goes through a command of the user's, its stdout is what is shown (UX-16)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

from rpk.out.records.view import RecordView

TIMEOUT_S = 30.0


class TranslatedRecord:
    """A record with another value; `value_error` says why it is still the original one, None when it is not."""

    __slots__ = (
        "_record",
        "_value",
        "headers",
        "key",
        "leader_epoch",
        "offset",
        "partition",
        "timestamp",
        "topic",
        "value_error",
    )

    def __init__(self, record: RecordView, value: bytes | None, value_error: str | None) -> None:
        self._record = record
        self._value = value
        self.value_error = value_error
        self.topic = record.topic
        self.partition = record.partition
        self.offset = record.offset
        self.key = record.key
        self.headers = record.headers
        self.timestamp = record.timestamp
        self.leader_epoch = record.leader_epoch

    def value(self) -> bytes | None:
        """The translated value."""
        return self._value

    def __getattr__(self, name: str) -> object:
        return getattr(self._record, name)


class Translator:
    """Runs the command once a value; `failed` counts the values it did not translate (they stay in order, UX-51)."""

    def __init__(self, command: str) -> None:
        self._command = command
        self.failed = 0

    def __call__(self, records: Iterable[RecordView]) -> list[RecordView]:
        """The records with their values translated; null stays null."""
        return [self._translate(record) for record in records]

    def _translate(self, record: RecordView) -> RecordView:
        value = record.value()
        if value is None:
            return record
        error: str | None = None
        try:
            done = subprocess.run(
                self._command, shell=True, input=value, capture_output=True, timeout=TIMEOUT_S, check=False
            )
            if done.returncode == 0:
                value = done.stdout.removesuffix(b"\n")
            else:
                said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
                error = said or f"the command ended with {done.returncode}"
        except (subprocess.TimeoutExpired, OSError) as failure:
            error = str(failure)
        self.failed += error is not None
        return TranslatedRecord(record, value, error)
