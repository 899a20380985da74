"""Load on one mount by our own engine: O_DIRECT, one nameless file, samples of what went through."""

from __future__ import annotations

import os
import random
import tempfile
import time

from rpk.iotune import aio
from rpk.iotune.phases import PHASES, RUNS, STREAM_BLOCK, STREAM_DEPTH, Measured, seconds_of, summarize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from rpk.iotune.phases import Phase
    from rpk.iotune.places import Place

FILE_BYTES_MAX = 64 << 30
FREE_SHARE = 2
SAMPLE_S = 1.0
SAMPLES_MIN = 3
DIRECT_BLOCK_SAFE = 4096


class Load:
    """The file on one mount. Sequential writing comes first: reads then hit blocks that are there."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._descriptor, self.block = _open(place.directory, place.block_bytes)
        size = min(place.free_bytes // FREE_SHARE, FILE_BYTES_MAX)
        self._size = size - size % STREAM_BLOCK
        self._written = 0
        self._random = random.Random(0)

    def close(self) -> None:
        """Let the file go; it has no name."""
        os.close(self._descriptor)

    def measure(self, duration_s: float, progress: Callable[[str, float], None]) -> Measured:
        """All four phases within `duration_s`; `progress(phase, share done)` between samples. OSError."""
        figures = {}
        done_s = 0.0
        for phase in PHASES:
            warm_s, measured_s = seconds_of(phase, duration_s)
            self._run(phase, warm_s)
            runs = []
            for _ in range(RUNS):
                runs.append(self._run(phase, measured_s / RUNS))
                progress(phase.name, min(1.0, (done_s + measured_s) / duration_s))
            figures[phase.figure] = summarize(runs)
            done_s += warm_s + measured_s
        return Measured(
            mountpoint=self._place.mountpoint,
            device=self._place.device,
            figures=figures,
            block_bytes=self.block,
        )

    def _run(self, phase: Phase, seconds: float) -> list[float]:
        """One run of a phase: bytes or operations a second, one sample a second (more often in short runs)."""
        block = self.block if phase.random else STREAM_BLOCK
        depth = self._place.depth if phase.random else STREAM_DEPTH
        window_s = min(SAMPLE_S, seconds / SAMPLES_MIN)
        samples: list[float] = []
        passed = 0
        start_s = last_s = time.monotonic()

        def done(count: int) -> None:
            nonlocal passed, last_s
            passed += count
            now_s = time.monotonic()
            if now_s - last_s >= window_s:
                samples.append(passed / (now_s - last_s))
                passed, last_s = 0, now_s

        with aio.DirectQueue(self._descriptor, block=block, depth=depth) as queue:
            queue.run(
                aio.WRITE if phase.write else aio.READ,
                self._offsets(phase, block),
                until_s=start_s + seconds,
                done=done,
            )
        if not samples and time.monotonic() > last_s:
            samples.append(passed / (time.monotonic() - last_s))
        return [sample / block for sample in samples] if phase.random else samples

    def _offsets(self, phase: Phase, block: int) -> Callable[[], int]:
        """Where the next request goes."""
        if phase.random:
            blocks = max(self._written // block, 1)
            return lambda: self._random.randrange(blocks) * block
        at = 0

        def following() -> int:
            nonlocal at
            offset = at
            end = self._size if phase.write else max(self._written, STREAM_BLOCK)
            at = offset + block if offset + 2 * block <= end else 0
            if phase.write:
                self._written = max(self._written, offset + block)
            return offset

        return following


def _open(directory: str, block: int) -> tuple[int, int]:
    """A nameless file for direct I/O, and the block it takes. OSError when the file system has no direct I/O."""
    flags = os.O_RDWR | os.O_DIRECT | os.O_CLOEXEC
    try:
        descriptor = os.open(directory, flags | os.O_TMPFILE, 0o600)
    except OSError:
        name_descriptor, name = tempfile.mkstemp(prefix=".rpk-iotune-", dir=directory)
        try:
            descriptor = os.open(name, flags)
        finally:
            os.close(name_descriptor)
            os.unlink(name)
    return descriptor, _block_taken(descriptor, block)


def _block_taken(descriptor: int, block: int) -> int:
    """The wanted block when the disk takes it, else 4096."""
    import mmap

    with mmap.mmap(-1, max(block, DIRECT_BLOCK_SAFE)) as memory:
        view = memoryview(memory)[:block]
        try:
            os.pwrite(descriptor, view, 0)
        except OSError:
            return DIRECT_BLOCK_SAFE
        finally:
            view.release()
    return block
