"""An offsets topic in memory, for tests of the runtime and of the handlers."""

import asyncio
from collections.abc import Iterator, Sequence

from engine.base.errors import OperatingError
from engine.wire.error_codes import ErrorCode


class FakeLogError(OperatingError):
    """What the fake log raises when told to."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(code.name)
        self.code = code


class FakeLog:
    """Satisfies `RecordLog`; appends can be held back or made to fail."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes | None, bytes | None]] = []
        self.appends: list[int] = []
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def append(self, records: Sequence[tuple[bytes | None, bytes | None]]) -> int:
        await asyncio.sleep(0)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        self.records += records
        self.appends.append(len(records))
        return len(self.records) - 1

    def replay(self) -> Iterator[tuple[int, bytes | None, bytes | None, int]]:
        if self.failure is not None:
            raise self.failure
        for offset, (key, value) in enumerate(self.records):
            yield offset, key, value, 0


class FakeTopic:
    """Satisfies `OffsetsTopic`."""

    def __init__(self, partitions: int = 3, *, exists: bool = False) -> None:
        self.logs = [FakeLog() for _ in range(partitions)]
        self.exists = exists
        self.creations = 0
        self.refusal: OperatingError | None = None
        self.led_elsewhere = False

    def partition_count(self) -> int | None:
        return len(self.logs) if self.exists else None

    async def create(self) -> int:
        await asyncio.sleep(0)
        if self.refusal is not None:
            raise self.refusal
        if not self.exists:
            self.creations += 1
        self.exists = True
        return len(self.logs)

    def open(self, partition: int) -> FakeLog | None:
        return None if self.led_elsewhere else self.logs[partition]
