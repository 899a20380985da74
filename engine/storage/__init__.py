"""Logs on disk: segments, indexes, the write-ahead log, recovery, retention, compaction, snapshots."""
