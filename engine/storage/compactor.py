"""Compaction as the loop sees it: plan, let a worker rewrite, swap the files under the readers' feet.

The swap, with a crash possible between any two steps: the worker's `.cleaned` file becomes `.swap` (from here on
recovery finishes the swap); readers move to the `.swap` file; the other old segments and all old indexes go; the
`.swap` file takes the first one's name.
"""

import asyncio
import json
import logging
import os
import sys
from typing import TYPE_CHECKING

from engine.storage import layout
from engine.storage.compaction import CompactionJob, CompactionResult, GroupOutput, SegmentInput, compact
from engine.storage.compaction_plan import Cleanable, group_segments, plan_compaction
from engine.storage.errors import CorruptFile, StorageError
from engine.storage.log import Log
from engine.storage.segment import Segment

if TYPE_CHECKING:
    from engine.storage.storage import Storage

logger = logging.getLogger(__name__)

_WORKER_TIMEOUT_SECONDS = 1800.0


class Compactor:
    """One pass at a time; loop thread."""

    def __init__(self, storage: "Storage") -> None:
        self._storage = storage
        self._process: asyncio.subprocess.Process | None = None
        self.damaged: dict[int, str] = {}
        """Logs that are not compacted until the next start, by id, and why: a batch does not match its checksum."""

    async def run(self) -> int:
        """Compact the logs that need it most; how many were. Raises `OSError`, `StorageError`."""
        config = self._storage.config
        due = sorted(
            (
                (ratio, log)
                for log in self._storage.logs.values()
                if log.config.compacted and (ratio := self._due(log)) is not None
            ),
            key=lambda found: -found[0],
        )[: config.compaction_logs_per_tick_max]
        if not due:
            return 0
        # Only segments that no write-ahead frame touches any more take part.
        await self._storage.checkpointer.run()
        jobs = [(log, log.generation, job) for _, log in due if (job := self._job(log)) is not None]
        if not jobs:
            return 0
        results = await self._work([job for _, _, job in jobs])
        count = 0
        for log, generation, job in jobs:
            result = results.get(log.log_id)
            if result is None:
                continue
            async with self._storage.files_lock:
                if not log.deleted and log.generation == generation and log.failed is None:
                    await self._swap(log, job, result)
                    count += 1
        return count

    async def stop(self) -> None:
        """End the worker, if one is at work."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    # --- planning ---

    def _due(self, log: Log) -> float | None:
        if log.failed is not None or log.deleted or len(log.segments) < 2 or log.log_id in self.damaged:
            return None
        limit = (
            log.durable_offset
            if log.compaction_limit is None
            else min(log.compaction_limit, log.durable_offset)
        )
        config = log.config
        plan = plan_compaction(
            [
                Cleanable(
                    segment.base_offset,
                    segment.next_offset,
                    segment.size,
                    segment.max_timestamp if segment.max_timestamp >= 0 else segment.created_ms,
                    segment is not log.active and segment.base_offset < log.durable_segment.base_offset,
                )
                for segment in log.segments
            ],
            cleaned_offset=max(log.cleaned_offset, log.start_offset),
            limit=limit,
            now_ms=self._storage.clock.wall_ms(),
            min_lag_ms=config.min_compaction_lag_ms,
            max_lag_ms=config.max_compaction_lag_ms,
            min_dirty_ratio=config.min_cleanable_dirty_ratio,
            horizon_ms=log.horizon_ms,
        )
        return None if plan is None else plan.dirty_ratio

    def _job(self, log: Log) -> CompactionJob | None:
        limit = (
            log.durable_offset
            if log.compaction_limit is None
            else min(log.compaction_limit, log.durable_offset)
        )
        now_ms = self._storage.clock.wall_ms()
        lag = log.config.min_compaction_lag_ms
        taken: list[Segment] = []
        for segment in log.segments:
            young = lag > 0 and segment.max_timestamp > now_ms - lag
            if segment.base_offset >= log.recovery_base or segment.next_offset > limit or young:
                break
            taken.append(segment)
        if not taken:
            return None
        end = log.segments[len(taken)].base_offset
        return CompactionJob(
            log_id=log.log_id,
            directory=log.directory,
            segments=[
                SegmentInput(path=s.path, base_offset=s.base_offset, next_offset=s.next_offset, size=s.size)
                for s in taken
            ],
            groups=group_segments([(s.base_offset, s.size) for s in taken], end, log.config.segment_bytes),
            first_dirty_offset=max(log.cleaned_offset, log.start_offset),
            now_ms=now_ms,
            delete_retention_ms=log.config.delete_retention_ms,
            map_bytes_max=self._storage.config.compaction_map_bytes_max,
        )

    # --- working ---

    async def _work(self, jobs: list[CompactionJob]) -> dict[int, CompactionResult]:
        if not self._storage.config.compaction_in_process:
            return await self._work_in_thread(jobs)
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "engine.storage.compaction_worker",
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            data = json.dumps([job.to_json() for job in jobs]).encode()
            output, _ = await asyncio.wait_for(process.communicate(data), _WORKER_TIMEOUT_SECONDS)
        finally:
            await self.stop()
        results: dict[int, CompactionResult] = {}
        for line in output.splitlines():
            answer = json.loads(line)
            if "damaged" in answer:
                self._set_aside(answer["log_id"], answer["error"])
                continue
            if "error" in answer:
                logger.warning("compaction of log %s failed: %s", answer["log_id"], answer["error"])
                continue
            result = CompactionResult.from_json(answer)
            results[result.log_id] = result
        if process.returncode:
            raise StorageError(f"the compaction process ended with status {process.returncode}")
        return results

    async def _work_in_thread(self, jobs: list[CompactionJob]) -> dict[int, CompactionResult]:
        results: dict[int, CompactionResult] = {}
        for job in jobs:
            try:
                results[job.log_id] = await asyncio.to_thread(compact, job, self._storage.disk)
            except CorruptFile as error:
                self._set_aside(job.log_id, str(error))
        return results

    def _set_aside(self, log_id: int, reason: str) -> None:
        """Leave a damaged log as it is: a rewrite would lose what is damaged, or bless it with a new checksum."""
        self.damaged[log_id] = reason
        logger.error("log %d is not compacted any more: %s", log_id, reason)

    # --- swapping ---

    async def _swap(self, log: Log, job: CompactionJob, result: CompactionResult) -> None:
        for group, (first, last) in zip(result.groups, job.groups, strict=True):
            old = [log.segment_at(segment.base_offset) for segment in job.segments[first:last]]
            # Retention may have removed segments meanwhile; then this group's output is void.
            if group.path is None:
                continue
            if any(segment is None for segment in old):
                path = group.path
                await self._storage.in_background(lambda path=path: self._storage.disk.unlink(path))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
                continue
            await self._swap_group(log, [segment for segment in old if segment is not None], group)
        log.cleaned_offset = max(log.cleaned_offset, result.cleaned_offset)
        log.horizon_ms = result.horizon_ms

    async def _swap_group(self, log: Log, old: list[Segment], group: GroupOutput) -> None:
        storage, disk = self._storage, self._storage.disk
        swap = f"{log.directory}/{layout.ranged(group.base_offset, group.next_base, 'swap')}"
        final = old[0].path

        def commit() -> None:
            disk.rename(str(group.path), swap)
            disk.sync_directory(log.directory)

        await storage.in_background(commit)
        segment = Segment(log.directory, group.base_offset, None, old[0].created_ms)
        segment.path = swap
        segment.size = segment.synced_bytes = group.size
        segment.next_offset = group.next_offset
        segment.max_timestamp = group.max_timestamp
        segment.max_timestamp_offset = group.max_timestamp_offset
        segment.on_disk = True
        held = [storage.files.get(part.path) for part in old]
        log.replace_segments(old, segment)
        for part in old:
            storage.indexes.forget(part)
            storage.files.forget(part.path)

        def remove() -> None:
            for part in old:
                disk.unlink(part.index_path)
            for part in old[1:]:
                disk.unlink(part.path)
            held.clear()

        await storage.in_background(remove)
        disk.rename(swap, final)
        segment.path = final
        storage.files.forget(swap)
        storage.files.forget(final)
        await storage.in_background(lambda: disk.sync_directory(log.directory))
