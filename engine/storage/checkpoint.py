"""The checkpoint file: for each log, how far its segments are known to be safe on disk, and facts worth not scanning for.

Written atomically, and twice: nothing that makes an older checkpoint insufficient (recycled frames, removed segments)
happens before both copies are durable, so either alone is enough, and bit rot in one takes nothing back: no trimmed
prefix, no vote. A restart trusts what lies below the recovery points and scans the rest. The `clean` file, written
last at a clean shutdown and removed first at the next start, names the checkpoint after which nothing was written.

Both are envelopes of `checked_file`; the checkpoint's payload is JSON:
{"number": n, "wal_floor": lsn, "logs": [[log id, topic, partition, start offset, recovery base, recovery position,
recovery offset, floor lsn, pinned lsn, cleaned offset, horizon ms, [[epoch, start], …],
[[base, size, next offset, max timestamp, its offset, created ms], …]], …],
"key_values": [[log id, base64 of `key_value`'s payload], …]}
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.model.ids import TopicPartition
from engine.storage import layout
from engine.storage.checked_file import read_whole, replace_file, replace_files, seal, unseal
from engine.storage.disk import Disk
from engine.storage.errors import CorruptFile
from engine.storage.key_value import KeyValueTable

MAGIC = b"RPCP"
CLEAN_MAGIC = b"RPCL"
VERSION = 1

_COPIES = (layout.CHECKPOINT, layout.CHECKPOINT_COPY)


@dataclass(slots=True, kw_only=True)
class SegmentState:
    """What the checkpoint says of one segment."""

    base_offset: int
    size: int
    next_offset: int
    max_timestamp: int
    max_timestamp_offset: int
    created_ms: int


@dataclass(slots=True, kw_only=True)
class LogState:
    """What the checkpoint says of one log.

    Its frames below `floor_lsn` are void. `pinned_lsn` (-1: none) is set for a log that the disk failed: frames from
    there on count, even below the write-ahead log's own floor.
    """

    log_id: int
    partition: TopicPartition
    start_offset: int
    recovery_base: int
    recovery_position: int
    recovery_offset: int
    floor_lsn: int
    pinned_lsn: int
    cleaned_offset: int
    horizon_ms: int
    epochs: list[tuple[int, int]]
    segments: dict[int, SegmentState]

    def encode(self) -> str:
        """One element of the file's `logs`."""
        return json.dumps(
            [
                self.log_id,
                self.partition.topic,
                self.partition.partition,
                self.start_offset,
                self.recovery_base,
                self.recovery_position,
                self.recovery_offset,
                self.floor_lsn,
                self.pinned_lsn,
                self.cleaned_offset,
                self.horizon_ms,
                self.epochs,
                [
                    [
                        s.base_offset,
                        s.size,
                        s.next_offset,
                        s.max_timestamp,
                        s.max_timestamp_offset,
                        s.created_ms,
                    ]
                    for s in self.segments.values()
                ],
            ],
            separators=(",", ":"),
        )

    @classmethod
    def decode(cls, row: list[object]) -> "LogState":
        """The inverse of `encode`, from parsed JSON. Raises `ValueError` or `TypeError`."""
        (
            log_id,
            topic,
            partition,
            start,
            base,
            position,
            offset,
            floor,
            pinned,
            cleaned,
            horizon,
            epochs,
            segments,
        ) = row
        if not isinstance(epochs, list) or not isinstance(segments, list):
            raise TypeError("epochs and segments are lists")
        states = {}
        for fields in segments:
            segment_base, size, next_offset, max_timestamp, max_timestamp_offset, created_ms = fields
            states[int(segment_base)] = SegmentState(
                base_offset=int(segment_base),
                size=int(size),
                next_offset=int(next_offset),
                max_timestamp=int(max_timestamp),
                max_timestamp_offset=int(max_timestamp_offset),
                created_ms=int(created_ms),
            )
        return cls(
            log_id=_integer(log_id),
            partition=TopicPartition(str(topic), _integer(partition)),
            start_offset=_integer(start),
            recovery_base=_integer(base),
            recovery_position=_integer(position),
            recovery_offset=_integer(offset),
            floor_lsn=_integer(floor),
            pinned_lsn=_integer(pinned),
            cleaned_offset=_integer(cleaned),
            horizon_ms=_integer(horizon),
            epochs=[(int(epoch), int(first)) for epoch, first in epochs],
            segments=states,
        )


def _integer(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no integer")
    return value


@dataclass(slots=True, kw_only=True)
class Checkpoint:
    """The whole file. `number` counts checkpoints; frames below `wal_floor` are not needed.

    `damage` says what was wrong with the copy that was not read.
    """

    number: int = 0
    wal_floor: int = 0
    logs: dict[int, LogState] = field(default_factory=dict)
    key_values: KeyValueTable = field(default_factory=KeyValueTable)
    damage: list[str] = field(default_factory=list)


def write_checkpoint(
    disk: Disk,
    directory: str,
    number: int,
    wal_floor: int,
    rows: list[str],
    key_values: Sequence[tuple[int, str]] = (),
) -> None:
    """Replace the checkpoint and its copy, durable on return. `rows` are `LogState.encode`d."""
    pairs = ",".join(f'[{log_id},"{row}"]' for log_id, row in key_values)
    payload = f'{{"number":{number},"wal_floor":{wal_floor},"logs":[{",".join(rows)}],"key_values":[{pairs}]}}'.encode()
    replace_files(disk, [f"{directory}/{name}" for name in _COPIES], seal(MAGIC, VERSION, payload))


def read_checkpoint(disk: Disk, directory: str) -> Checkpoint | None:
    """The newest intact copy, or None when there is none.

    Raises `CorruptFile` when every copy found is damaged, `UnsupportedVersion`.
    """
    newest: Checkpoint | None = None
    damage: list[CorruptFile] = []
    for name in _COPIES:
        try:
            found = _read_copy(disk, f"{directory}/{name}")
        except CorruptFile as error:
            damage.append(error)
            continue
        if found is not None and (newest is None or found.number > newest.number):
            newest = found
    if damage:
        if newest is None:
            raise damage[0]
        newest.damage = [f"{error}; the other copy is used" for error in damage]
    return newest


def _read_copy(disk: Disk, path: str) -> Checkpoint | None:
    data = read_whole(disk, path)
    if data is None:
        return None
    try:
        found = json.loads(bytes(unseal(MAGIC, VERSION, data, path)))
        states = [LogState.decode(row) for row in found["logs"]]
        return Checkpoint(
            number=_integer(found["number"]),
            wal_floor=_integer(found["wal_floor"]),
            logs={state.log_id: state for state in states},
            key_values=KeyValueTable.from_rows(
                (_integer(i), str(row)) for i, row in found.get("key_values", ())
            ),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise CorruptFile(f"{path}: {error}") from error


def write_clean(disk: Disk, directory: str, number: int) -> None:
    """Say that nothing was written after checkpoint `number`."""
    replace_file(disk, f"{directory}/{layout.CLEAN}", seal(CLEAN_MAGIC, VERSION, str(number).encode()))


def take_clean(disk: Disk, directory: str) -> int | None:
    """The number in the clean file, which is gone (durably) on return; None when it is missing or damaged."""
    path = f"{directory}/{layout.CLEAN}"
    try:
        data = read_whole(disk, path)
        number = None if data is None else int(bytes(unseal(CLEAN_MAGIC, VERSION, data, path)))
    except (CorruptFile, ValueError):
        number = None
    disk.unlink(path)
    disk.sync_directory(directory)
    return number
