"""Fetch sessions against a model of what a client knows, and the rules of KIP-227."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from engine.kafka.fetch_session import EPOCH_MAX, FetchSessionCache
from engine.wire.error_codes import ErrorCode
from engine.wire.fetch import FetchedPartition, FetchPartition, FetchRequest

TOPICS = ("a", "b")


class Now:
    s = 0.0

    def __call__(self):
        return self.s


def request(session=(0, -1), asked=(), forgotten=()):
    made = FetchRequest(500, 1, 1 << 20, 0)
    made.session_id, made.session_epoch = session
    topics = {}
    for topic, index, offset in asked:
        topics.setdefault(topic, []).append(FetchPartition(index, offset, 1 << 20))
    made.topics = [
        (None, topic, items) if isinstance(topic, UUID) else (topic, None, items)
        for topic, items in topics.items()
    ]
    gone = {}
    for topic, index in forgotten:
        gone.setdefault(topic, []).append(index)
    made.forgotten = [(topic, None, indexes) for topic, indexes in gone.items()]
    return made


def full(count):
    return request((0, 0), [("a", index, 0) for index in range(count)])


def opened(cache, count=1):
    return cache.open(full(count), version=11)


keys = st.tuples(st.sampled_from(TOPICS), st.integers(0, 3))
steps = st.lists(
    st.fixed_dictionaries(
        {
            "asked": st.dictionaries(keys, st.integers(0, 9), max_size=4),
            "forgotten": st.sets(keys, max_size=2),
            # what happens on the broker before this fetch: (watermark grows by, data comes back, error)
            "moves": st.dictionaries(
                keys, st.tuples(st.integers(0, 2), st.booleans(), st.sampled_from([0, 0, 3])), max_size=4
            ),
        }
    ),
    max_size=25,
)


@given(st.dictionaries(keys, st.integers(0, 9), min_size=1, max_size=6), steps)
def test_a_client_that_sees_only_changes_knows_all(first, steps):
    cache = FetchSessionCache(Now())
    watermarks, asked_model, known = {}, dict(first), {}
    context = cache.open(request((0, 0), [(*key, offset) for key, offset in first.items()]), version=11)
    session_id, epoch = context.session_id, 1
    moves = {}
    for step in [None, *steps]:
        if step is not None:
            forgotten = step["forgotten"] - set(step["asked"])
            for key, (growth, _, _) in step["moves"].items():
                watermarks[key] = watermarks.get(key, 0) + growth
            moves = step["moves"]
            asked_model.update(step["asked"])
            for key in forgotten:
                asked_model.pop(key, None)
                known.pop(key, None)
            context = cache.open(
                request((session_id, epoch), [(*key, at) for key, at in step["asked"].items()], forgotten),
                version=11,
            )
            epoch += 1
        assert context.error_code == 0
        reads = list(context.asked())
        assert {key: asked.fetch_offset for key, asked in reads} == asked_model
        read = []
        for key, asked in reads:
            _, has_data, error = moves.get(key, (0, False, 0))
            watermark = -1 if error else watermarks.get(key, 0)
            read.append(
                (
                    key,
                    FetchedPartition(
                        asked.partition, error, watermark, watermark, 0, records_bytes=10 if has_data else 0
                    ),
                )
            )
        told = context.answers(read)
        told_keys = {(topic, answer.partition) for topic, answers in told.items() for answer in answers}
        for key, answer in read:
            if key in told_keys:
                known[key] = answer.high_watermark
            assert known[key] == answer.high_watermark
            if answer.records_bytes or answer.error_code:
                assert key in told_keys
        if not asked_model:
            assert context.session_id == 0
            return
        assert context.session_id == session_id
        assert cache.partitions == len(asked_model)


def test_nothing_new_is_an_empty_answer():
    cache = FetchSessionCache(Now())
    first = opened(cache, 2)
    read = [(key, FetchedPartition(asked.partition, 0, 5, 5, 0)) for key, asked in first.asked()]
    assert len(first.answers(read)["a"]) == 2
    again = cache.open(request((first.session_id, 1)), version=11)
    assert again.answers(read) == {}


def test_partitions_just_served_come_last_next_time():
    cache = FetchSessionCache(Now())
    first = opened(cache, 3)
    read = [
        (key, FetchedPartition(asked.partition, 0, 5, 5, 0, records_bytes=9 if asked.partition == 0 else 0))
        for key, asked in first.asked()
    ]
    first.answers(read)
    again = cache.open(request((first.session_id, 1)), version=11)
    assert [index for (_, index), _ in again.asked()] == [1, 2, 0]


def test_wrong_sessions_and_epochs():
    cache = FetchSessionCache(Now())
    session_id = opened(cache).session_id
    unknown = session_id % EPOCH_MAX + 1
    assert cache.open(request((unknown, 1)), version=11).error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    assert (
        cache.open(request((session_id, 2)), version=11).error_code == ErrorCode.INVALID_FETCH_SESSION_EPOCH
    )
    assert (
        cache.open(request((session_id, 1)), version=13).error_code == ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
    )
    assert cache.open(request((session_id, 1)), version=11).error_code == 0
    assert (
        cache.open(request((session_id, 1)), version=11).error_code == ErrorCode.INVALID_FETCH_SESSION_EPOCH
    )


def test_the_epoch_wraps_to_one():
    cache = FetchSessionCache(Now())
    session_id = opened(cache).session_id
    cache._sessions[session_id].epoch = EPOCH_MAX
    assert cache.open(request((session_id, EPOCH_MAX)), version=11).error_code == 0
    assert cache.open(request((session_id, 1)), version=11).error_code == 0


def test_final_epoch_ends_the_session_and_serves_in_full():
    cache = FetchSessionCache(Now())
    session_id = opened(cache).session_id
    context = cache.open(request((session_id, -1), [("b", 1, 4)]), version=11)
    assert context.session_id == 0
    assert [key for key, _ in context.asked()] == [("b", 1)]
    assert len(cache) == cache.partitions == 0


def test_no_session_is_made_for_none():
    cache = FetchSessionCache(Now())
    assert cache.open(request((0, -1), [("a", 0, 0)]), version=11).session_id == 0
    assert cache.open(request((0, 0), [("a", 0, 0)]), version=4).session_id == 0
    assert cache.open(request((0, 0)), version=11).session_id == 0
    assert len(cache) == 0


def test_topic_ids_are_keys_of_their_own():
    cache = FetchSessionCache(Now())
    context = cache.open(request((0, 0), [(UUID(int=5), 0, 0)]), version=13)
    assert [key for key, _ in context.asked()] == [(UUID(int=5), 0)]
    assert context.session_id != 0


def test_a_full_cache_refuses_then_evicts():
    now = Now()
    cache = FetchSessionCache(now, sessions_max=2)
    small, large = opened(cache, 1), opened(cache, 5)
    assert opened(cache, 9).session_id == 0, "young sessions stay"
    now.s = 100.0
    for context in (small, large):
        assert cache.open(request((context.session_id, 1)), version=11).error_code == 0
    now.s = 121.0
    assert opened(cache, 1).session_id == 0, "an old one gives way to a larger one only"
    third = opened(cache, 2)
    assert third.session_id != 0
    assert cache.evicted_total == 1
    assert cache.open(request((small.session_id, 2)), version=11).error_code == 70
    now.s = 221.0
    assert opened(cache, 1).session_id != 0, "one long unused gives way to any"
    assert cache.open(request((large.session_id, 2)), version=11).error_code == 70


def test_partitions_are_bounded_over_all_sessions():
    cache = FetchSessionCache(Now(), partitions_max=10)
    assert opened(cache, 11).session_id == 0
    context = opened(cache, 9)
    grown = cache.open(request((context.session_id, 1), [("b", index, 0) for index in range(5)]), version=11)
    assert grown.session_id == 0
    assert len(list(grown.asked())) == 14
    assert cache.partitions == 0
