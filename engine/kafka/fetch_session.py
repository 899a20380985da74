"""Incremental fetch sessions (KIP-227): what each consumer reads, so that it need not repeat it. Pure.

A session belongs to nobody but its id and epoch. The cache is bounded in sessions and in partitions; a client
refused a session goes on with full fetches, which is always legal.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from engine.wire.error_codes import ErrorCode
from engine.wire.fetch import FetchedPartition, FetchPartition, FetchRequest

NO_SESSION = 0
INITIAL_EPOCH = 0
FINAL_EPOCH = -1
EPOCH_MAX = 2**31 - 1

SESSIONS_MAX = 1000
"""Kafka's ``max.incremental.fetch.session.cache.slots``."""
PARTITIONS_MAX = 500_000
"""Partitions of all sessions together."""
EVICTABLE_AFTER_S = 120.0
"""A session this old may give way to a larger one; one unused for so long, to any."""

Key = tuple[str | UUID, int]
"""(topic name, or id from Fetch 13, partition)."""


class SessionPartition:
    """One partition a session reads: what the client asked last, and what it was told last."""

    __slots__ = ("asked", "high_watermark", "last_stable_offset", "log_start_offset")

    def __init__(self, asked: FetchPartition) -> None:
        self.asked = asked
        self.high_watermark = -1
        self.last_stable_offset = -1
        self.log_start_offset = -1

    def changed(self, answer: FetchedPartition) -> bool:
        """Whether `answer` tells the client something new; it is remembered as told."""
        new = (
            answer.records_bytes > 0
            or answer.error_code != 0
            or answer.high_watermark != self.high_watermark
            or answer.last_stable_offset != self.last_stable_offset
            or answer.log_start_offset != self.log_start_offset
            or answer.diverging_epoch is not None
        )
        if answer.error_code:
            # Told again, in full, once the error is over.
            self.high_watermark = self.last_stable_offset = self.log_start_offset = -1
        else:
            self.high_watermark = answer.high_watermark
            self.last_stable_offset = answer.last_stable_offset
            self.log_start_offset = answer.log_start_offset
        return new


class FetchSession:
    """One session. Partitions are kept in the order they are served; those just served go last."""

    __slots__ = ("created_s", "epoch", "partitions", "session_id", "used_s", "uses_topic_ids")

    def __init__(self, session_id: int, now_s: float, *, uses_topic_ids: bool) -> None:
        self.session_id = session_id
        self.epoch = 1
        """The epoch the next request must carry."""
        self.created_s = now_s
        self.used_s = now_s
        self.uses_topic_ids = uses_topic_ids
        self.partitions: dict[Key, SessionPartition] = {}

    def update(self, request: FetchRequest) -> None:
        """Take in what `request` adds, changes and forgets."""
        partitions = self.partitions
        for name, topic_id, asked in request.topics:
            topic = _topic(name, topic_id)
            for item in asked:
                key = (topic, item.partition)
                known = partitions.get(key)
                if known is None:
                    partitions[key] = SessionPartition(item)
                else:
                    known.asked = item
        for name, topic_id, indexes in request.forgotten:
            topic = _topic(name, topic_id)
            for index in indexes:
                partitions.pop((topic, index), None)

    def served(self, key: Key) -> None:
        """`key` got data: let the others come first next time."""
        found = self.partitions.pop(key, None)
        if found is not None:
            self.partitions[key] = found


class FetchContext:
    """How one request is to be served: which partitions to read, and which answers to send.

    Without a session all partitions of the request are read and all are answered. `session_id` is what the
    response carries. An `error_code` ≠ 0 is the whole answer.
    """

    __slots__ = ("_incremental", "_session", "error_code", "request", "session_id")

    def __init__(
        self,
        request: FetchRequest,
        session: FetchSession | None = None,
        *,
        incremental: bool = False,
        error_code: int = 0,
    ) -> None:
        self.request = request
        self.error_code = error_code
        self.session_id = NO_SESSION if session is None else session.session_id
        self._session = session
        self._incremental = incremental

    def asked(self) -> Iterator[tuple[Key, FetchPartition]]:
        """Every partition to read, in the order to read them."""
        if self._session is not None:
            for key, partition in self._session.partitions.items():
                yield key, partition.asked
            return
        for name, topic_id, partitions in self.request.topics:
            topic = _topic(name, topic_id)
            for item in partitions:
                yield (topic, item.partition), item

    def answers(
        self, read: Iterable[tuple[Key, FetchedPartition]]
    ) -> dict[str | UUID, list[FetchedPartition]]:
        """Those of `read` that the response carries, by topic; what the client is told is remembered."""
        topics: dict[str | UUID, list[FetchedPartition]] = {}
        session = self._session
        served: list[Key] = []
        for key, answer in read:
            if session is not None:
                known = session.partitions.get(key)
                changed = known is None or known.changed(answer)
                if self._incremental and not changed:
                    continue
                if answer.records_bytes:
                    served.append(key)
            topics.setdefault(key[0], []).append(answer)
        if session is not None:
            for key in served:
                session.served(key)
        return topics


class FetchSessionCache:
    """All sessions of a shard."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        sessions_max: int = SESSIONS_MAX,
        partitions_max: int = PARTITIONS_MAX,
    ) -> None:
        self._clock = clock
        self._sessions_max = sessions_max
        self._partitions_max = partitions_max
        self._sessions: dict[int, FetchSession] = {}
        self._random = random.Random()  # ids need to be unlikely, not secret
        self.partitions = 0
        """Partitions of all sessions."""
        self.evicted_total = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, request: FetchRequest, *, version: int) -> FetchContext:
        """How to serve `request`: sessionless, as a new session, or as the next step of one."""
        uses_topic_ids = version >= 13
        session_id, epoch = request.session_id, request.session_epoch
        if epoch == FINAL_EPOCH or version < 7:
            if session_id != NO_SESSION and version >= 7:
                self._remove(session_id)
            return FetchContext(request)
        if epoch == INITIAL_EPOCH:
            if session_id != NO_SESSION:
                self._remove(session_id)
            return FetchContext(request, self._create(request, uses_topic_ids=uses_topic_ids))
        session = self._sessions.get(session_id)
        if session is None:
            return FetchContext(request, error_code=ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
        if session.uses_topic_ids != uses_topic_ids:
            return FetchContext(request, error_code=ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
        if epoch != session.epoch:
            return FetchContext(request, error_code=ErrorCode.INVALID_FETCH_SESSION_EPOCH)
        return self._advance(session, request)

    def _advance(self, session: FetchSession, request: FetchRequest) -> FetchContext:
        session.epoch = 1 if session.epoch == EPOCH_MAX else session.epoch + 1
        session.used_s = self._clock()
        # The least recently used comes first.
        self._sessions[session.session_id] = self._sessions.pop(session.session_id)
        before = len(session.partitions)
        session.update(request)
        self.partitions += len(session.partitions) - before
        if self.partitions > self._partitions_max:
            # It grew beyond the bound: serve this request in full and end the session.
            context = FetchContext(_full(request, session))
            self._remove(session.session_id)
            return context
        if not session.partitions:
            self._remove(session.session_id)
            return FetchContext(request)
        return FetchContext(request, session, incremental=True)

    def _create(self, request: FetchRequest, *, uses_topic_ids: bool) -> FetchSession | None:
        size = sum(len(partitions) for _, _, partitions in request.topics)
        if not size or not self._make_room(size):
            return None
        now_s = self._clock()
        session_id = self._random.randint(1, 2**31 - 1)
        while session_id in self._sessions:
            session_id = self._random.randint(1, 2**31 - 1)
        session = FetchSession(session_id, now_s, uses_topic_ids=uses_topic_ids)
        session.update(request)
        self._sessions[session_id] = session
        self.partitions += len(session.partitions)
        return session

    def _make_room(self, size: int) -> bool:
        """Whether a session of `size` partitions may be kept; others may have to go for it."""
        if size > self._partitions_max:
            return False
        now_s = self._clock()
        while len(self._sessions) >= self._sessions_max or self.partitions + size > self._partitions_max:
            victim = self._victim(size, now_s)
            if victim is None:
                return False
            self.evicted_total += 1
            self._remove(victim)
        return True

    def _victim(self, size: int, now_s: float) -> int | None:
        """The session to give way: one long unused, else the smallest old one if smaller than the new."""
        oldest = next(iter(self._sessions.values()), None)
        if oldest is None:
            return None
        if now_s - oldest.used_s > EVICTABLE_AFTER_S:
            return oldest.session_id
        old = [
            session for session in self._sessions.values() if now_s - session.created_s > EVICTABLE_AFTER_S
        ]
        smallest = min(old, key=lambda session: len(session.partitions), default=None)
        if smallest is None or len(smallest.partitions) >= size:
            return None
        return smallest.session_id

    def _remove(self, session_id: int) -> None:
        session = self._sessions.pop(session_id, None)
        if session is not None:
            self.partitions -= len(session.partitions)


def _topic(name: str | None, topic_id: UUID | None) -> str | UUID:
    """A topic's key: its id where the version has ids, else its name."""
    if topic_id is not None:
        return topic_id
    return name or ""


def _full(request: FetchRequest, session: FetchSession) -> FetchRequest:
    """`request`, asking for all that its session reads."""
    topics: dict[str | UUID, list[FetchPartition]] = {}
    for (topic, _), partition in session.partitions.items():
        topics.setdefault(topic, []).append(partition.asked)
    request.topics = [
        (None, topic, asked) if isinstance(topic, UUID) else (topic, None, asked)
        for topic, asked in topics.items()
    ]
    return request
