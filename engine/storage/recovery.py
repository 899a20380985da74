"""From whatever a crash left to logs that hold every acknowledged record and nothing else.

1. The checkpoint says up to where each log's segments are safe; a matching `clean` file says that they all are.
2. Half-done compactions are finished or dropped, leftovers removed.
3. Every frame of the write-ahead log above the recovery points is written again to where it belongs.
4. The segments are scanned from the recovery points on, checking every batch; the first thing that is no batch ends
   the log, and the file is cut there.

Nothing is appended before the caller has written a new checkpoint; only then may the old write-ahead files go.
Works on a `Disk` in any one thread.
"""

from dataclasses import dataclass, field

from engine.model.ids import TopicPartition
from engine.storage import layout
from engine.storage.checkpoint import Checkpoint, LogState, SegmentState, read_checkpoint, take_clean
from engine.storage.config import StorageConfig
from engine.storage.disk import Disk
from engine.storage.epochs import EpochCache
from engine.storage.errors import CorruptFile
from engine.storage.key_value import KeyValueTable
from engine.storage.log import Snapshot
from engine.storage.open_files import OpenFile, OpenFiles
from engine.storage.scan import scan_headers
from engine.storage.segment import Segment
from engine.storage.segment_index import SegmentIndex
from engine.storage.snapshots import read_newest
from engine.storage.wal_frame import (
    FILE_HEADER_BYTES,
    FRAME_HEADER_BYTES,
    KEY_VALUE_BASE,
    FileHeader,
    Frame,
    decode_file_header,
    iter_frames,
)


@dataclass(slots=True, kw_only=True)
class RecoveredLog:
    """One log as found; `segments` are in order and at least one."""

    log_id: int
    partition: TopicPartition
    directory: str
    start_offset: int
    end_offset: int
    epochs: EpochCache
    segments: list[Segment]
    cleaned_offset: int = 0
    horizon_ms: int = 0
    snapshot: Snapshot | None = None


@dataclass(slots=True, kw_only=True)
class RecoveryReport:
    """What recovery did, for the operator."""

    clean: bool = False
    logs: int = 0
    frames_redone: int = 0
    bytes_scanned: int = 0
    bytes_cut: int = 0
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Recovered:
    """All logs, and where the write-ahead log goes on."""

    logs: list[RecoveredLog]
    next_sequence: int
    checkpoint_number: int
    report: RecoveryReport
    key_values: KeyValueTable


@dataclass(slots=True)
class _Found:
    """One log's directory."""

    partition: TopicPartition
    log_id: int
    directory: str
    state: LogState | None
    sizes: dict[int, int] = field(default_factory=dict)


class Recovery:
    """One run; see `recover`."""

    def __init__(
        self, disk: Disk, directory: str, config: StorageConfig, files: OpenFiles, now_ms: int
    ) -> None:
        self._disk = disk
        self._directory = directory
        self._config = config
        self._files = files
        self._now_ms = now_ms
        self._lenient = False
        self.report = RecoveryReport()

    def recover(self) -> Recovered:
        """Find and repair everything. Raises `UnsupportedVersion`, `OSError`."""
        checkpoint = self._read_checkpoint()
        clean_number = take_clean(self._disk, self._directory)
        self.report.clean = checkpoint is not None and clean_number == checkpoint.number
        self._lenient = checkpoint is None
        known = checkpoint or Checkpoint()
        found = self._find_logs(known)
        next_sequence = self._redo(known, found)
        logs = [self._recover_log(log) for log in found.values()]
        self.report.logs = len(logs)
        return Recovered(
            logs=logs,
            next_sequence=next_sequence,
            checkpoint_number=known.number,
            report=self.report,
            key_values=known.key_values,
        )

    def _read_checkpoint(self) -> Checkpoint | None:
        try:
            checkpoint = read_checkpoint(self._disk, self._directory)
        except CorruptFile as error:
            self.report.warnings.append(
                f"{error}, nor does its copy; every segment is scanned instead, and what was trimmed may come back"
            )
            return None
        if checkpoint is not None:
            self.report.warnings.extend(checkpoint.damage)
        return checkpoint

    # --- directories ---

    def _find_logs(self, checkpoint: Checkpoint) -> dict[int, _Found]:
        disk = self._disk
        found: dict[int, _Found] = {}
        for namespace, is_directory, _ in disk.list_directory(self._directory):
            if not is_directory or namespace in layout.RESERVED:
                continue
            for topic, _, _ in disk.list_directory(f"{self._directory}/{namespace}"):
                for name, _, _ in disk.list_directory(f"{self._directory}/{namespace}/{topic}"):
                    parsed = layout.parse_log_directory(namespace, topic, name)
                    if parsed is None:
                        continue
                    partition, log_id = parsed
                    if log_id in found:
                        self.report.warnings.append(
                            f"{partition}: log id {log_id} is {found[log_id].partition}'s too; left alone"
                        )
                        continue
                    state = checkpoint.logs.get(log_id)
                    if state is not None and state.partition != partition:
                        state = None
                    log = _Found(partition, log_id, f"{self._directory}/{namespace}/{topic}/{name}", state)
                    log.sizes = self._tidy(log)
                    found[log_id] = log
        return found

    def _tidy(self, log: _Found) -> dict[int, int]:
        """Finish or drop what was half done; the sizes of the segments by base offset."""
        disk = self._disk
        sizes: dict[int, int] = {}
        swaps: list[tuple[int, int]] = []
        for name, is_directory, size in disk.list_directory(log.directory):
            if is_directory:
                continue
            base = layout.parse_numbered(name, "log")
            if base is not None:
                sizes[base] = size
                continue
            swap = layout.parse_ranged(name, "swap")
            if swap is not None:
                swaps.append(swap)
            elif name.endswith(".new") or layout.parse_ranged(name, "cleaned") is not None:
                disk.unlink(f"{log.directory}/{name}")
        for base, next_base in sorted(swaps):
            self._finish_swap(log, base, next_base, sizes)
        return sizes

    def _finish_swap(self, log: _Found, base: int, next_base: int, sizes: dict[int, int]) -> None:
        disk = self._disk
        swap = f"{log.directory}/{layout.ranged(base, next_base, 'swap')}"
        handle = disk.open(swap)
        size = disk.size(handle)
        disk.close(handle)
        for old in [old for old in sizes if base <= old < next_base]:
            disk.unlink(f"{log.directory}/{layout.numbered(old, 'index')}")
            if old != base:
                disk.unlink(f"{log.directory}/{layout.numbered(old, 'log')}")
                del sizes[old]
        disk.rename(swap, f"{log.directory}/{layout.numbered(base, 'log')}")
        disk.sync_directory(log.directory)
        sizes[base] = size
        if log.state is not None:
            log.state.segments.pop(base, None)

    # --- write-ahead log ---

    def _redo(self, checkpoint: Checkpoint, found: dict[int, _Found]) -> int:
        directory = f"{self._directory}/{layout.WAL_DIRECTORY}"
        headers: list[tuple[FileHeader, str]] = []
        next_sequence = max(checkpoint.wal_floor >> 40, 0) + 1
        for name, _, _ in self._disk.list_directory(directory):
            number = layout.parse_numbered(name, "wal")
            if number is None:
                continue
            next_sequence = max(next_sequence, number + 1)
            path = f"{directory}/{name}"
            handle = self._disk.open(path)
            header = decode_file_header(self._disk.read(handle, FILE_HEADER_BYTES, 0), path)
            self._disk.close(handle)
            if header is not None:
                headers.append((header, path))
                next_sequence = max(next_sequence, header.sequence + 1)
        if self.report.clean:
            return next_sequence
        ends: dict[int, int] = {}
        for header, path in sorted(headers):
            if header.previous_sequence in ends and ends[header.previous_sequence] < header.previous_end:
                self.report.warnings.append(
                    f"{path}: its predecessor should end at {header.previous_end} but is intact only to "
                    f"{ends[header.previous_sequence]}: frames were damaged on disk"
                )
            ends[header.sequence] = self._redo_file(path, header.sequence, found, checkpoint)
        return next_sequence

    def _redo_file(self, path: str, sequence: int, found: dict[int, _Found], checkpoint: Checkpoint) -> int:
        handle = self._disk.open(path)
        try:
            data = self._disk.read(handle, self._disk.size(handle), 0)
        finally:
            self._disk.close(handle)
        end = FILE_HEADER_BYTES
        for frame in iter_frames(data, sequence):
            if frame.segment_base == KEY_VALUE_BASE:
                self._redo_key_values(frame, checkpoint)
            else:
                log = found.get(frame.log_id)
                if log is not None and _needed(frame, log, checkpoint.wal_floor):
                    self._redo_frame(frame, log)
            end += FRAME_HEADER_BYTES + len(frame.payload)
        return end

    def _redo_key_values(self, frame: Frame, checkpoint: Checkpoint) -> None:
        """Frames a failed log has pinned lie below the floor; for the key-value records they are long done."""
        if frame.lsn < checkpoint.wal_floor:
            return
        try:
            checkpoint.key_values.replay(frame.log_id, frame.payload)
        except CorruptFile as error:
            self.report.warnings.append(f"write-ahead log at {frame.lsn}: {error}; left out")
            return
        self.report.frames_redone += 1

    def _redo_frame(self, frame: Frame, log: _Found) -> None:
        path = f"{log.directory}/{layout.numbered(frame.segment_base, 'log')}"
        file = self._files.get(path, create=True)
        self._disk.write(file.fd, [frame.payload], frame.position)
        size = frame.position + len(frame.payload)
        log.sizes[frame.segment_base] = max(log.sizes.get(frame.segment_base, 0), size)
        self.report.frames_redone += 1

    # --- segments ---

    def _recover_log(self, found: _Found) -> RecoveredLog:
        state = found.state
        start_offset = state.start_offset if state else 0
        bases = self._drop_below(found, start_offset)
        epochs = EpochCache(state.epochs if state else None)
        if state and not self.report.clean:
            epochs.cut_after(state.recovery_offset)
        segments: list[Segment] = []
        for number, base in enumerate(bases):
            segment, intact = self._recover_segment(found, base, epochs)
            segments.append(segment)
            next_base = bases[number + 1] if number + 1 < len(bases) else None
            if next_base is not None and segment.next_offset > next_base:
                intact = False
                self.report.warnings.append(f"{segment.path}: reaches beyond the next segment")
            elif next_base is not None and segment.next_offset < next_base:
                intact = False
            suspect = state is None or base >= state.recovery_base
            if not intact and next_base is not None and suspect and not self._lenient:
                self._drop_segments(found, bases[number + 1 :])
                break
        recovery_offset = state.recovery_offset if state else 0
        end_offset = max([start_offset, recovery_offset, *(segment.next_offset for segment in segments)])
        if segments and segments[-1].next_offset < recovery_offset:
            self.report.warnings.append(
                f"{found.partition}: synced records {segments[-1].next_offset} to {recovery_offset} are gone"
            )
        if not segments:
            segments.append(
                Segment(
                    found.directory, end_offset, SegmentIndex(self._config.index_interval_bytes), self._now_ms
                )
            )
        segments[-1].next_offset = end_offset
        if not self.report.clean:
            self._make_safe(found, segments)
        return RecoveredLog(
            log_id=found.log_id,
            partition=found.partition,
            directory=found.directory,
            start_offset=max(start_offset, segments[0].base_offset),
            end_offset=end_offset,
            epochs=epochs,
            segments=segments,
            cleaned_offset=state.cleaned_offset if state else 0,
            horizon_ms=state.horizon_ms if state else 0,
            snapshot=read_newest(self._disk, found.directory, end_offset),
        )

    def _drop_below(self, found: _Found, start_offset: int) -> list[int]:
        """Remove segments that lie wholly below the log's start; the bases that stay."""
        bases = sorted(found.sizes)
        while len(bases) > 1 and bases[1] <= start_offset:
            self._drop_segments(found, [bases.pop(0)])
        return bases

    def _drop_segments(self, found: _Found, bases: list[int]) -> None:
        for base in bases:
            self.report.bytes_cut += found.sizes.pop(base, 0)
            path = f"{found.directory}/{layout.numbered(base, 'log')}"
            self._files.forget(path)
            self._disk.unlink(path)
            self._disk.unlink(f"{found.directory}/{layout.numbered(base, 'index')}")

    def _recover_segment(self, found: _Found, base: int, epochs: EpochCache) -> tuple[Segment, bool]:
        """(the segment cut to what is valid, whether nothing had to be cut)."""
        state = found.state
        size = found.sizes[base]
        known = state.segments.get(base) if state else None
        if known is not None and state is not None:
            sealed = base < state.recovery_base
            if known.size == size and (self.report.clean or sealed):
                return _trusted(found.directory, known), True
        safe = state is not None and base < state.recovery_base
        at_recovery_point = state is not None and base == state.recovery_base
        verify_from = 0
        if state is not None and at_recovery_point and known is not None:
            verify_from = state.recovery_position
        segment = Segment(
            found.directory, base, SegmentIndex(self._config.index_interval_bytes), self._now_ms
        )
        segment.on_disk = True
        segment.synced_bytes = -1  # even an empty one: its cut must be as durable as its bytes
        if known is not None:
            segment.created_ms = known.created_ms
        file = self._files.get(segment.path)
        self._scan(segment, file, size, verify_from, epochs)
        if state is not None and at_recovery_point and segment.size == state.recovery_position:
            segment.next_offset = max(segment.next_offset, state.recovery_offset)
        intact = segment.size == size
        if not intact and safe:
            self.report.warnings.append(f"{segment.path}: damaged at byte {segment.size} of {size}")
        elif not intact:
            self.report.bytes_cut += size - segment.size
            self._disk.truncate(file.fd, segment.size)
            self._disk.unlink(segment.index_path)
        return segment, intact

    def _scan(
        self, segment: Segment, file: OpenFile, size: int, verify_from: int, epochs: EpochCache
    ) -> None:
        index = segment.index
        if index is None:
            return
        for _, header in scan_headers(file, 0, size, segment.base_offset, verify_from):
            segment.note(
                index, header.base_offset, header.next_offset, header.total_bytes, header.max_timestamp
            )
            epochs.note(header.leader_epoch, header.base_offset)
        self.report.bytes_scanned += segment.size

    def _make_safe(self, found: _Found, segments: list[Segment]) -> None:
        for segment in segments:
            if segment.on_disk and segment.synced_bytes < segment.size:
                self._disk.sync(self._files.get(segment.path).fd)
                segment.synced_bytes = segment.size
        self._disk.sync_directory(found.directory)


def _needed(frame: Frame, log: _Found, wal_floor: int) -> bool:
    """Whether the frame may hold what the log's segments lost."""
    state = log.state
    if state is None:
        return frame.lsn >= wal_floor
    floor = state.pinned_lsn if state.pinned_lsn >= 0 else wal_floor
    if frame.lsn < max(floor, state.floor_lsn) or frame.segment_base < state.recovery_base:
        return False
    end = frame.position + len(frame.payload)
    return frame.segment_base > state.recovery_base or end > state.recovery_position


def _trusted(directory: str, known: SegmentState) -> Segment:
    segment = Segment(directory, known.base_offset, None, known.created_ms)
    segment.size = segment.synced_bytes = known.size
    segment.next_offset = known.next_offset
    segment.max_timestamp = known.max_timestamp
    segment.max_timestamp_offset = known.max_timestamp_offset
    segment.on_disk = True
    segment.index_saved = True
    return segment
