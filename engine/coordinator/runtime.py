"""Runs one shard on the event loop: parks requests, appends records in order, wakes for timers.

One writer a shard: while an append is on its way, everything that comes is gathered for the next. So writes are
ordered, and a burst of commits costs two appends rather than one each.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from typing import NamedTuple

from engine.base.clock import Clock
from engine.base.errors import EngineError, InvariantError, OperatingError
from engine.coordinator.errors import CoordinatorError, append_error
from engine.coordinator.messages import Response
from engine.coordinator.ports import RecordLog
from engine.coordinator.records import Record
from engine.coordinator.shard import GroupShard
from engine.coordinator.writes import Write
from engine.wire.error_codes import ErrorCode

_log = logging.getLogger(__name__)

PARKED_REQUESTS_MAX = 100_000
"""Requests waiting on one shard; one more is answered COORDINATOR_NOT_AVAILABLE."""
REPLAY_SLICE_RECORDS = 2_000
"""Records replayed before others on the loop get a turn."""
TIMER_SECONDS_MIN = 0.001
TIMER_SECONDS_MAX = 3_600.0
CLOSE_SECONDS_MAX = 10.0
"""How long a close waits for writes on their way."""


class Phase(Enum):
    """Where in its life a runtime is."""

    LOADING = auto()
    SERVING = auto()
    STOPPED = auto()
    """Closed, or broken."""


class _Queued(NamedTuple):
    """One record in line for the log."""

    write: Write
    record: Record
    is_last: bool


class ShardRuntime:
    """One offsets partition's coordinator, alive. Lives on the loop thread from `load` to `close`."""

    def __init__(
        self,
        *,
        name: str,
        log: RecordLog,
        shard: GroupShard,
        clock: Clock,
        append_bytes_max: int,
        on_failure: Callable[[Exception], None] | None = None,
    ) -> None:
        self.shard = shard
        self.phase = Phase.LOADING
        self._name = name
        self._record_log = log
        self._clock = clock
        self._append_bytes_max = append_bytes_max
        self._on_failure = on_failure
        self._parked: dict[int, asyncio.Future[Response]] = {}
        self._last_token = 0
        self._queue: deque[_Queued] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    # --- life ----------------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Replay the log, then serve. Raises what the log raises; the runtime stays LOADING then."""
        count = 0
        for _, key, value, _ in self._record_log.replay():
            self.shard.replay(key, value)
            count += 1
            if count % REPLAY_SLICE_RECORDS == 0:
                await asyncio.sleep(0)
        if self.phase is not Phase.LOADING:
            return
        self.phase = Phase.SERVING
        self.step(self.shard.loaded)
        if count:
            _log.info(
                "%s: %d groups from %d records, %d passed over",
                self._name,
                len(self.shard.groups),
                count,
                self.shard.table.skipped_records,
            )

    async def close(self) -> None:
        """Stop: parked requests are told to look for another coordinator, writes on their way are waited for."""
        self.phase = Phase.STOPPED
        self._drop_timer()
        for token in tuple(self._parked):
            self._answer_exception(
                token, CoordinatorError(ErrorCode.NOT_COORDINATOR, "the coordinator stops")
            )
        if self._writer is not None:
            done, _ = await asyncio.wait({self._writer}, timeout=CLOSE_SECONDS_MAX)
            if not done:
                self._writer.cancel()

    def _fail(self, failure: InvariantError) -> None:
        """The state cannot be trusted any more: stop at once and say so."""
        _log.critical("%s stops: %s", self._name, failure, exc_info=failure)
        self.phase = Phase.STOPPED
        self._drop_timer()
        self._queue.clear()
        for token in tuple(self._parked):
            self._answer_exception(token, CoordinatorError(ErrorCode.UNKNOWN_SERVER_ERROR, str(failure)))
        if self._on_failure is not None:
            self._on_failure(failure)

    # --- requests ------------------------------------------------------------------------------------------------

    async def ask(self, step: Callable[[int], None]) -> Response:
        """Run `step` with a fresh token and wait for the answer to it.

        The shard's own timers bound the wait: a join by the rebalance and first-join timeouts, a sync by the rebalance
        and write timeouts, everything else by the write timeout. Raises `CoordinatorError`.
        """
        self.check_serving()
        if len(self._parked) >= PARKED_REQUESTS_MAX:
            raise CoordinatorError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "too many requests wait")
        self._last_token += 1
        token = self._last_token
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._parked[token] = future
        try:
            self.step(lambda: step(token))
            return await future
        finally:
            # A client that went away takes its future with it; the answer finds nobody and is dropped.
            self._parked.pop(token, None)

    def step(self, step: Callable[[], None]) -> None:
        """Run one step of the shard and carry out what it wants."""
        try:
            step()
            self._carry_out()
        except InvariantError as failure:
            self._fail(failure)

    def _carry_out(self) -> None:
        ready = self.shard.take_ready()
        for token, response in ready.replies:
            future = self._parked.pop(token, None)
            if future is not None and not future.done():
                future.set_result(response)
        for write in ready.writes:
            last = len(write.records) - 1
            self._queue.extend(
                _Queued(write, record, number == last) for number, record in enumerate(write.records)
            )
        if self._queue and self._writer is None and self.phase is Phase.SERVING:
            self._writer = asyncio.get_running_loop().create_task(self._write(), name=f"{self._name} writer")
        self._arm_timer()

    def _answer_exception(self, token: int, error: EngineError) -> None:
        future = self._parked.pop(token, None)
        if future is not None and not future.done():
            future.set_exception(error)

    # --- the log -------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        try:
            while self._queue:
                batch = self._take_batch()
                try:
                    await self._record_log.append([queued.record for queued in batch])
                except OperatingError as failure:
                    _log.warning("%s: %d records were not written: %s", self._name, len(batch), failure)
                    self.step(partial(self._failed, batch, append_error(failure)))
                else:
                    self.step(partial(self._written, batch))
        except Exception as failure:  # noqa: BLE001 — the log broke its word; reported by `_fail`, with its traceback
            # Whether the records are in the log is unknown, so nothing that follows could be trusted.
            broken = InvariantError(f"an append ended in {failure!r}")
            broken.__cause__ = failure
            self._fail(broken)
        finally:
            self._writer = None

    def _take_batch(self) -> list[_Queued]:
        batch: list[_Queued] = []
        size = 0
        while self._queue:
            key, value = self._queue[0].record
            size += len(key or b"") + len(value or b"") + 16
            if batch and size > self._append_bytes_max:
                break
            batch.append(self._queue.popleft())
        return batch

    def _written(self, batch: list[_Queued]) -> None:
        for write, (key, value), is_last in batch:
            self.shard.replay(key, value)
            if is_last:
                self.shard.written(write.number)

    def _failed(self, batch: list[_Queued], error: ErrorCode) -> None:
        numbers = {queued.write.number for queued in batch}
        while self._queue and self._queue[0].write.number in numbers:
            self._queue.popleft()  # the rest of a write that began in the batch
        for number in sorted(numbers):
            self.shard.write_failed(number, error)

    # --- time ----------------------------------------------------------------------------------------------------

    def _arm_timer(self) -> None:
        if self.phase is not Phase.SERVING:
            return
        deadline = self.shard.next_deadline()
        if deadline is None or (self._timer is not None and self._timer_at <= deadline):
            return
        self._drop_timer()
        seconds = min(max(deadline - self._clock.monotonic(), TIMER_SECONDS_MIN), TIMER_SECONDS_MAX)
        self._timer_at = deadline
        self._timer = asyncio.get_running_loop().call_later(seconds, self.run_timers)

    def _drop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def run_timers(self) -> None:
        """Do what is due; called by the loop, and by tests that move the clock themselves."""
        self._drop_timer()
        if self.phase is Phase.SERVING:
            self.step(self.shard.run_timers)

    def check_serving(self) -> None:
        """Raise the `CoordinatorError` that says why requests are not served, if they are not."""
        if self.phase is Phase.LOADING:
            raise CoordinatorError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
        if self.phase is Phase.STOPPED:
            raise CoordinatorError(ErrorCode.NOT_COORDINATOR)
