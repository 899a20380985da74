"""What an operator may set about storage; sizes in bytes, times in the unit of the name."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageConfig:
    """Bounds and rhythms of one shard's storage.

    `pending_bytes_max` bounds what is appended but not yet flushed: callers see `Storage.congested` from there on,
    and an append that would go past twice the bound raises `StorageFull`.
    """

    min_free_bytes: int = 0
    """Appends are refused while the file system has less than this free (`storage_min_free_bytes`)."""
    wal_first_file_bytes: int = MIB
    """The first write-ahead file is small, so that the first acknowledgement is fast."""
    wal_file_bytes: int = 32 * MIB
    wal_files_max: int = 4
    wal_space_timeout_ms: int = 30_000
    """How long a flush waits for a write-ahead file to come free before its appends are refused."""
    direct_write_bytes: int = 256 * KIB
    """A log with at least this much pending in one flush is synced in its segment and skips the write-ahead log."""
    direct_logs_max: int = 2
    """At most so many logs go direct in one flush: each one costs a sync of its own."""
    direct_always_bytes: int = 512 * KIB
    """A log with at least this much pending goes direct however many others do: writing it twice costs more."""
    flush_bytes_max: int = 16 * MIB
    """The most one flush takes."""
    pending_bytes_max: int = 64 * MIB
    index_interval_bytes: int = 4 * KIB
    open_files_max: int = 512
    free_bytes_poll_ms: int = 1_000
    checkpoint_interval_ms: int = 10_000
    """How long dirty segments may go unsynced, which bounds what a restart after a crash has to scan."""
    compaction_in_process: bool = True
    """Compact in a child process (a thread would contend with the loop for the interpreter)."""
    compaction_map_bytes_max: int = 64 * MIB
    """Memory for one pass's map of keys; what does not fit waits for the next pass."""
    compaction_logs_per_tick_max: int = 8
    close_timeout_ms: int = 30_000
