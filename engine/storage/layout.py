"""Names on disk. Everything below one data directory:

    lock                                    flock and the owner's pid
    checkpoint, checkpoint.copy             recovery points, twice: one damaged file must cost nothing
    clean                                   there only after a clean shutdown
    wal/<sequence, 20 digits>.wal           the write-ahead log's files
    trash/<number>                          deleted logs on their way out
    kafka/<topic>/<partition>_<log id>/     one log; `redpanda/…` and other namespaces beside `kafka`
        <base offset, 20 digits>.log        segment: Kafka batches verbatim
        <base offset, 20 digits>.index      sparse index of a sealed segment
        <offset, 20 digits>.snapshot        producer state as of that offset
        <base>-<next base>.cleaned          a compaction's output, not yet valid
        <base>-<next base>.swap             the same, complete: replaces all segments in [base, next base)

A topic named "namespace/name" lives in that namespace; others in `kafka`.
"""

import re
from pathlib import PurePosixPath

from engine.model.ids import TopicPartition

LOCK = "lock"
CHECKPOINT = "checkpoint"
CHECKPOINT_COPY = "checkpoint.copy"
CLEAN = "clean"
WAL_DIRECTORY = "wal"
TRASH_DIRECTORY = "trash"
DEFAULT_NAMESPACE = "kafka"
RESERVED = frozenset({LOCK, CHECKPOINT, CHECKPOINT_COPY, CLEAN, WAL_DIRECTORY, TRASH_DIRECTORY})

_NUMBERED = re.compile(r"(\d{20})\.(log|index|snapshot|wal)", re.ASCII)
_RANGED = re.compile(r"(\d{20})-(\d{20})\.(cleaned|swap)", re.ASCII)
_LOG_DIRECTORY = re.compile(r"(\d{1,10})_(\d{1,19})", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,249}", re.ASCII)


def numbered(number: int, kind: str) -> str:
    """`numbered(7, "log")` → ``00000000000000000007.log``."""
    return f"{number:020d}.{kind}"


def ranged(base: int, next_base: int, kind: str) -> str:
    """The name of a compaction's output for the offsets in [base, next_base)."""
    return f"{base:020d}-{next_base:020d}.{kind}"


def parse_numbered(name: str, kind: str) -> int | None:
    """The number in a file name of `kind`, or None when the name is something else."""
    match = _NUMBERED.fullmatch(name)
    return int(match[1]) if match and match[2] == kind else None


def parse_ranged(name: str, kind: str) -> tuple[int, int] | None:
    """(base, next base) of a compaction's output, or None."""
    match = _RANGED.fullmatch(name)
    return (int(match[1]), int(match[2])) if match and match[3] == kind else None


def log_directory(partition: TopicPartition, log_id: int) -> str:
    """The log's directory relative to the data directory. Raises `ValueError` for names that would leave it."""
    namespace, _, topic = partition.topic.rpartition("/")
    namespace = namespace or DEFAULT_NAMESPACE
    for part in (namespace, topic):
        if not _PLAIN.fullmatch(part) or part in {".", ".."}:
            raise ValueError(f"{partition.topic!r} cannot name a directory")
    if namespace in RESERVED or partition.partition < 0 or log_id < 0:
        raise ValueError(f"{partition} with log id {log_id} cannot name a directory")
    return str(PurePosixPath(namespace, topic, f"{partition.partition}_{log_id}"))


def parse_log_directory(namespace: str, topic: str, name: str) -> tuple[TopicPartition, int] | None:
    """(partition, log id) of a directory found on disk, or None when it is not a log's."""
    match = _LOG_DIRECTORY.fullmatch(name)
    if match is None:
        return None
    full = topic if namespace == DEFAULT_NAMESPACE else f"{namespace}/{topic}"
    return TopicPartition(full, int(match[1])), int(match[2])
