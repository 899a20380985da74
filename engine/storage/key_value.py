"""Small durable records beside the logs: Raft's votes and marks, keyed by log id and a number.

A `put` is one frame of the shard's write-ahead log, so the sync that makes data durable covers it too. All of them
together are kept in memory; the checkpoint file holds them as of its write-ahead floor, which is how old frames get out
of the way. A put takes effect whole or not at all. Between a put and the data appended around it no order is promised.

Payload of a frame (its segment base is -1), and of a log's line in the checkpoint:
``reset u8 (1: forget all earlier keys of the log), count u32``, then for each key
``key u64, length i32 (-1: the key is removed), value``.
"""

import base64
import binascii
import struct
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from engine.storage.errors import CorruptFile, StorageError
from engine.storage.wal_frame import KEY_VALUE_BASE

if TYPE_CHECKING:
    from engine.storage.disk import Buffer
    from engine.storage.flusher import Flusher
    from engine.storage.wal import Entry

VALUE_BYTES_MAX = 1 << 20
"""Records here are small; larger ones belong into a log."""

_HEAD = struct.Struct(">BI")
_ENTRY = struct.Struct(">Qi")

PutDone = Callable[[StorageError | None], None]
"""Called once, on the loop (from within `put` when puts are refused): None when the put is durable, else why it is not
known to be."""


class Put:
    """One durable change of one log's keys, on its way through the flusher."""

    __slots__ = ("changes", "done", "log_id", "payload", "reset")

    def __init__(
        self, log_id: int, changes: Mapping[int, bytes | None], done: PutDone | None, *, reset: bool
    ) -> None:
        self.log_id = log_id
        self.changes = changes
        self.reset = reset
        self.done = done
        self.payload = encode_changes(changes, reset=reset)

    @property
    def entry(self) -> "Entry":
        """What the write-ahead log writes."""
        return self.log_id, KEY_VALUE_BASE, 0, 0, self.payload


def encode_changes(changes: Mapping[int, bytes | None], *, reset: bool = False) -> bytes:
    """The payload that says these changes."""
    out = [_HEAD.pack(reset, len(changes))]
    for key, value in changes.items():
        if value is None:
            out.append(_ENTRY.pack(key, -1))
        else:
            out.append(_ENTRY.pack(key, len(value)))
            out.append(value)
    return b"".join(out)


def decode_changes(payload: "Buffer") -> tuple[dict[int, bytes | None], bool]:
    """The inverse: (changes, whether earlier keys are forgotten). Raises `CorruptFile`."""
    view = memoryview(payload)
    changes: dict[int, bytes | None] = {}
    try:
        reset, count = _HEAD.unpack_from(view)
        at = _HEAD.size
        for _ in range(count):
            key, length = _ENTRY.unpack_from(view, at)
            at += _ENTRY.size
            if length > len(view) - at:
                raise CorruptFile("a key-value record is cut short")
            changes[key] = None if length < 0 else bytes(view[at : at + length])
            at += max(length, 0)
    except struct.error as error:
        raise CorruptFile("a key-value record is cut short") from error
    if at != len(view):
        raise CorruptFile(f"{len(view) - at} bytes behind a key-value record")
    return changes, bool(reset)


class KeyValueTable:
    """The records themselves, without durability: log id → key → value."""

    __slots__ = ("logs",)

    def __init__(self) -> None:
        self.logs: dict[int, dict[int, bytes]] = {}

    def apply(self, log_id: int, changes: Mapping[int, bytes | None], *, reset: bool) -> None:
        """Make the changes."""
        keys = self.logs.setdefault(log_id, {})
        if reset:
            keys.clear()
        for key, value in changes.items():
            if value is None:
                keys.pop(key, None)
            else:
                keys[key] = value
        if not keys:
            del self.logs[log_id]

    def replay(self, log_id: int, payload: "Buffer") -> None:
        """Make the changes of a frame. Raises `CorruptFile`."""
        changes, reset = decode_changes(payload)
        self.apply(log_id, changes, reset=reset)

    def row(self, log_id: int) -> str:
        """One log's keys as the checkpoint has them."""
        return base64.b64encode(encode_changes(self.logs.get(log_id, {}), reset=True)).decode("ascii")

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[int, str]]) -> "KeyValueTable":
        """What a checkpoint says. Raises `CorruptFile`."""
        table = cls()
        for log_id, text in rows:
            try:
                table.replay(log_id, base64.b64decode(text, validate=True))
            except (binascii.Error, ValueError) as error:
                raise CorruptFile(f"key-value records of log {log_id}: {error}") from error
        return table


class KeyValueStore:
    """A shard's records. Loop thread only; the flusher takes `Put`s."""

    __slots__ = ("_durable", "_flusher", "_latest", "_refusal", "_rows", "_waiting", "puts")

    def __init__(self, recovered: KeyValueTable, flusher: "Flusher") -> None:
        self._flusher = flusher
        self._durable = recovered
        self._latest = KeyValueTable()
        for log_id, keys in recovered.logs.items():
            self._latest.logs[log_id] = dict(keys)
        self._rows: dict[int, str] = {}
        self._waiting: deque[Put] = deque()
        self._refusal: StorageError | None = None
        self.puts = 0
        """Puts since the start, for metrics."""

    def get(self, log_id: int, key: int) -> bytes | None:
        """The value last put, durable or on its way; never one whose put has failed."""
        keys = self._latest.logs.get(log_id)
        return None if keys is None else keys.get(key)

    def items(self, log_id: int) -> dict[int, bytes]:
        """All keys of a log, as last put."""
        return dict(self._latest.logs.get(log_id, {}))

    def log_ids(self) -> list[int]:
        """Logs with at least one key."""
        return list(self._latest.logs)

    def put(self, log_id: int, changes: Mapping[int, bytes | None], done: PutDone | None = None) -> None:
        """Set keys (None removes one), all or none; `done` is called when that is durable, or failed."""
        self._enqueue(Put(log_id, dict(changes), done, reset=False))

    def replace(self, log_id: int, keys: Mapping[int, bytes], done: PutDone | None = None) -> None:
        """Let the log have these keys and no others; otherwise as `put`."""
        self._enqueue(Put(log_id, dict(keys), done, reset=True))

    def delete(self, log_id: int) -> None:
        """Forget all keys of a log."""
        if log_id in self._latest.logs or log_id in self._durable.logs:
            self._enqueue(Put(log_id, {}, None, reset=True))

    def _enqueue(self, put: Put) -> None:
        if self._refusal is not None:
            if put.done is not None:
                put.done(self._refusal)
            return
        self._latest.apply(put.log_id, put.changes, reset=put.reset)
        self._waiting.append(put)
        self.puts += 1
        flusher = self._flusher
        with flusher.lock:
            flusher.puts.append(put)
        if flusher.idle:
            flusher.wake_soon()

    def flushed(self, puts: list[Put], error: StorageError | None) -> None:
        """The flusher is done with `puts` (called in order).

        After an error they are taken back here, though a restart may still find them: then nobody was told of them, and
        whatever was put after them is found too.
        """
        for put in puts:
            self._waiting.popleft()
            if error is None:
                self._durable.apply(put.log_id, put.changes, reset=put.reset)
                self._rows.pop(put.log_id, None)
        if error is not None:
            self._take_back({put.log_id for put in puts})
        for put in puts:
            if put.done is not None:
                put.done(error)

    def _take_back(self, log_ids: set[int]) -> None:
        latest = self._latest
        for log_id in log_ids:
            latest.logs.pop(log_id, None)
            durable = self._durable.logs.get(log_id)
            if durable is not None:
                latest.logs[log_id] = dict(durable)
        for put in self._waiting:
            if put.log_id in log_ids:
                latest.apply(put.log_id, put.changes, reset=put.reset)

    def refuse(self, error: StorageError) -> None:
        """Let every put from now on fail with `error`: the storage closes, or its flusher is gone."""
        self._refusal = error

    def abandon(self, error: StorageError) -> None:
        """Nothing is flushed any more: refuse, and fail what waits."""
        self.refuse(error)
        if self._waiting:
            self.flushed(list(self._waiting), error)

    def rows(self) -> list[tuple[int, str]]:
        """What the checkpoint is to hold: all that is durable by now."""
        rows = []
        for log_id in self._durable.logs:
            row = self._rows.get(log_id)
            if row is None:
                row = self._rows[log_id] = self._durable.row(log_id)
            rows.append((log_id, row))
        return rows
