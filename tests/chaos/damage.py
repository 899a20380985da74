"""What a crash may do to the files, done on purpose while the broker is dead.

Nothing acknowledged is touched beyond repair: garbage goes behind the last intact frame or batch, and a segment loses
only bytes that frames of the write-ahead log still hold (as when the power fails before the page cache is written).
"""

import os
import random
import struct
from collections.abc import Iterator
from pathlib import Path

from engine.storage import layout
from engine.storage.checkpoint import Checkpoint, read_checkpoint
from engine.storage.disk import HostDisk
from engine.storage.wal_frame import (
    FILE_HEADER_BYTES,
    FRAME_HEADER_BYTES,
    Frame,
    decode_file_header,
    encode_frame_header,
    iter_frames,
)

GARBAGE_MAX = 4096


def damage(data_directory: Path, chance: random.Random) -> list[str]:
    """Damage the data directory of a dead broker; what was done, for the failure's message."""
    done: list[str] = []
    checkpoint = read_checkpoint(HostDisk(), str(data_directory)) or Checkpoint()
    frames = _tear_write_ahead_log(data_directory, chance, done)
    held = _held(frames, checkpoint)
    for directory in _log_directories(data_directory):
        _tear_segment(directory, held, chance, done)
        _break_rebuildable(directory, chance, done)
    _leave_litter(data_directory, chance, done)
    return done


def _log_directories(data_directory: Path) -> Iterator[Path]:
    for directory in sorted(data_directory.glob("*/*/*_*")):
        if directory.is_dir() and directory.parent.parent.name not in layout.RESERVED:
            yield directory


def _garbage(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(1, GARBAGE_MAX))


def _tear_write_ahead_log(data_directory: Path, chance: random.Random, done: list[str]) -> list[Frame]:
    """Write what is no frame behind the last one; the intact frames of all files."""
    found: list[tuple[int, int, Path]] = []
    frames: list[Frame] = []
    for path in (data_directory / layout.WAL_DIRECTORY).glob("*.wal"):
        data = path.read_bytes()
        header = decode_file_header(data, str(path))
        if header is None:
            continue
        end = FILE_HEADER_BYTES
        for frame in iter_frames(data, header.sequence):
            frames.append(frame)
            end += FRAME_HEADER_BYTES + len(frame.payload)
        found.append((header.sequence, end, path))
    if not found:
        return frames
    sequence, end, path = max(found)
    payload = _garbage(chance)
    whole = encode_frame_header(sequence, chance.randrange(40), 0, 0, 0, payload) + payload
    kind, tail = chance.choice(
        [
            ("nothing", b""),
            ("zeros", bytes(GARBAGE_MAX)),
            ("garbage", _garbage(chance)),
            ("a torn frame", whole[: chance.randrange(1, len(whole))] + b"\xa5"),
            ("a stale frame", encode_frame_header(sequence - 1, 1, 0, 0, 0, payload) + payload),
            ("a frame with a flipped bit", _flip(whole, chance)),
        ]
    )
    room = path.stat().st_size - end
    if tail and room > 0:
        with path.open("r+b") as file:
            file.seek(end)
            file.write(tail[:room])
    done.append(f"{path.name} at {end}: {kind}")
    return frames


def _flip(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _held(frames: list[Frame], checkpoint: Checkpoint) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """(log id, segment base) → the byte ranges that recovery will write again."""
    held: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for frame in frames:
        state = checkpoint.logs.get(frame.log_id)
        floor = max(checkpoint.wal_floor, state.floor_lsn if state else 0)
        if frame.lsn < floor or (state and frame.segment_base < state.recovery_base):
            continue
        held.setdefault((frame.log_id, frame.segment_base), []).append(
            (frame.position, frame.position + len(frame.payload))
        )
    return held


def _batches_end(data: bytes) -> int:
    at = 0
    while len(data) - at >= 61:
        length = struct.unpack_from(">i", data, at + 8)[0]
        if length < 49 or data[at + 16] != 2 or at + 12 + length > len(data):
            break
        at += 12 + length
    return at


def _tear_segment(
    directory: Path,
    held: dict[tuple[int, int], list[tuple[int, int]]],
    chance: random.Random,
    done: list[str],
) -> None:
    bases = sorted(
        base for name in os.listdir(directory) if (base := layout.parse_numbered(name, "log")) is not None
    )
    if not bases:
        return
    path = directory / layout.numbered(bases[-1], "log")
    data = path.read_bytes()
    end = _batches_end(data)
    ranges = sorted(held.get((int(directory.name.split("_")[1]), bases[-1]), []))
    choice = chance.randrange(6)
    if choice == 0 and ranges:
        start, stop = chance.choice(ranges)
        with path.open("r+b") as file:
            file.seek(start)
            file.write(
                bytes(min(stop, len(data)) - start)
                if chance.random() < 0.5
                else chance.randbytes(stop - start)
            )
        done.append(f"{path}: bytes {start} to {stop}, which the write-ahead log holds, destroyed")
    elif choice == 1 and ranges and (start := _covered_from(ranges, end)) is not None:
        os.truncate(path, start)
        done.append(f"{path}: cut from {len(data)} to {start}, held by the write-ahead log")
    elif choice in {2, 3}:
        last = data[:end]
        kind, tail = chance.choice(
            [
                ("garbage", _garbage(chance)),
                ("zeros", bytes(chance.randrange(1, GARBAGE_MAX))),
                ("half a batch", last[: chance.randrange(1, 200)]),
                ("an old batch", last[: _first_batch(last)]),
            ]
        )
        with path.open("r+b") as file:
            file.seek(len(data))
            file.write(tail)
        done.append(f"{path} at {len(data)}: {kind}")


def _first_batch(data: bytes) -> int:
    return 12 + struct.unpack_from(">i", data, 8)[0] if len(data) >= 61 else 0


def _covered_from(ranges: list[tuple[int, int]], end: int) -> int | None:
    """The lowest position from which the ranges cover everything up to `end`."""
    start = end
    for first, last in sorted(ranges, reverse=True):
        if last >= start > first:
            start = first
    return start if start < end else None


def _break_rebuildable(directory: Path, chance: random.Random, done: list[str]) -> None:
    """Indexes are rebuilt from segments, producer snapshots from the log."""
    for path in sorted([*directory.glob("*.index"), *directory.glob("*.snapshot")]):
        data = path.read_bytes()
        choice = chance.randrange(8)
        if choice == 0:
            path.unlink()
        elif choice == 1 and data:
            path.write_bytes(_flip(data, chance))
        elif choice == 2:
            path.write_bytes(data[: chance.randrange(len(data) + 1)])
        elif choice == 3:
            path.write_bytes(_garbage(chance))
        else:
            continue
        done.append(f"{path}: {('deleted', 'a bit flipped', 'cut', 'garbage')[choice]}")


def _leave_litter(data_directory: Path, chance: random.Random, done: list[str]) -> None:
    """Directories and files that were being made, and those that nobody knows."""
    number = chance.randrange(10**6, 10**9)
    for directory in (f"kafka/litter-{number}", f"kafka/litter/0_{number}", f"kafka/kills/77_{number}"):
        if chance.random() < 0.3:
            (data_directory / directory).mkdir(parents=True, exist_ok=True)
            done.append(f"{directory} made")
    if chance.random() < 0.3:
        logs = list(_log_directories(data_directory))
        if logs:
            path = chance.choice(logs) / chance.choice(
                [
                    layout.ranged(0, number, "cleaned"),
                    f"{layout.numbered(number, 'index')}.new",
                    "what.is.this",
                ]
            )
            path.write_bytes(_garbage(chance))
            done.append(f"{path} made")
    if chance.random() < 0.3:
        (data_directory / "checkpoint.new").write_bytes(_garbage(chance))
        done.append("checkpoint.new made")
