"""Hostile frames against a real broker: it does not crash, hang, grow or hurt the client beside them.

RSS may grow by 96 MiB over what the broker has after its first thousand frames: the network's own bound is 112 MiB of
requests and answers, of which hostile frames (all small) cannot use much, so the rest is the allocator's.
"""

import asyncio
import contextlib
import os
import random
import struct
import threading
import time
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.wire.api_keys import ApiKey
from tests.chaos.history import Load, check, committed_offsets, read_all
from tests.chaos.hostile import TOPIC, Requests, crowded, framed, hostile_bytes
from tests.support.broker import BrokerProcess
from tests.support.raw_kafka import Closed, RawKafka

WELL_BEHAVED = "well-behaved-client"
PARTITIONS = 2
CONNECTIONS = 24
ANSWER_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
"""A machine that runs other things may take this long for what an idle one does in `ANSWER_SECONDS`."""
GROWTH_BYTES_MAX = 96 << 20
QUIET_SECONDS = 0.05

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]


class Watch:
    """Asks for ApiVersions again and again; remembers the longest wait."""

    def __init__(self, bootstrap: str) -> None:
        self.raw = RawKafka(bootstrap, "watch", seconds=PATIENCE_SECONDS)
        self.waits: list[float] = []
        self.failure: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                start = time.monotonic()
                self.raw.ask(ApiKey.API_VERSIONS, 0, {})
                self.waits.append(time.monotonic() - start)
                time.sleep(0.05)
        except BaseException as error:
            self.failure = error

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_SECONDS + 5)
        self.raw.close()

    def check(self) -> None:
        """Every question was answered, and nearly all within a second."""
        assert self.failure is None, f"the broker hangs: {self.failure!r}"
        late = [wait for wait in self.waits if wait > ANSWER_SECONDS]
        assert len(late) <= 1 + len(self.waits) // 100, (
            f"{len(late)} of {len(self.waits)} answers late, {max(late):.1f} s"
        )


def versions_of(bootstrap: str) -> dict[int, tuple[int, int]]:
    """What the broker advertises."""
    with RawKafka(bootstrap) as raw:
        answer = raw.ask(ApiKey.API_VERSIONS, 0, {})
    return {api.api_key: (api.min_version, api.max_version) for api in answer.api_keys}


def start(directory: Path) -> BrokerProcess:
    """A broker with the two topics."""
    broker = BrokerProcess(
        directory, cluster={"auto_create_topics_enabled": False, "topic_partitions_per_shard": 300}
    )
    broker.start()
    admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    made = admin.create_topics([NewTopic(TOPIC, 2, 1), NewTopic(WELL_BEHAVED, PARTITIONS, 1)])
    for future in made.values():
        future.result(20)
    return broker


def requests_for(broker: BrokerProcess, chance: random.Random) -> Requests:
    versions = versions_of(broker.bootstrap)
    with RawKafka(broker.bootstrap) as raw:
        answer = raw.ask(ApiKey.METADATA, 12, {"topics": [{"name": TOPIC, "topic_id": None}]})
    return Requests(versions, answer.topics[0].topic_id, chance)


async def one_connection(port: int, data: bytes, chance: random.Random) -> None:
    """Send `data`, in one piece or torn, read for a moment, leave politely or not."""
    with contextlib.suppress(ConnectionError, TimeoutError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            if chance.random() < 0.2:
                at = chance.randrange(len(data) + 1)
                writer.write(data[:at])
                await writer.drain()
                await asyncio.sleep(0.01)
                writer.write(data[at:])
            else:
                writer.write(data)
            await writer.drain()
            if chance.random() < 0.9:
                with contextlib.suppress(TimeoutError):
                    while await asyncio.wait_for(reader.read(1 << 16), QUIET_SECONDS):
                        pass
        finally:
            if chance.random() < 0.5:
                writer.transport.abort()
            writer.close()


async def flood(port: int, requests: Requests, frames: int, chance: random.Random) -> int:
    """Send that many hostile frames over many connections."""
    sent = 0

    async def worker() -> None:
        nonlocal sent
        while sent < frames:
            data, count = hostile_bytes(requests, chance)
            sent += count
            await one_connection(port, data, chance)

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    return sent


def verify(broker: BrokerProcess, load: Load) -> None:
    history = load.history
    assert history.errors == []
    assert len(history.acked) == history.sent > 0
    records = read_all(broker.bootstrap, WELL_BEHAVED, PARTITIONS)
    check(history, records, committed_offsets(broker.bootstrap, WELL_BEHAVED, PARTITIONS))
    log = broker.log_path.read_text(errors="replace")
    assert "Traceback" not in log and "ERROR" not in log, log[-4000:]


def attack(directory: Path, frames: int, number: int) -> None:
    """Every valid request once, then `frames` bent ones."""
    print(f"replay with RPK_SEED={number}")
    chance = random.Random(number)
    broker = start(directory)
    try:
        with Watch(broker.bootstrap) as watch:
            with Load(broker.bootstrap, WELL_BEHAVED, PARTITIONS, pause_seconds=0.02) as load:
                load.wait_for_progress()
                requests = requests_for(broker, chance)
                for frame in requests.every():
                    asyncio.run(
                        one_connection(broker.kafka_port, struct.pack(">i", len(frame)) + frame, chance)
                    )
                asyncio.run(flood(broker.kafka_port, requests, 1000, chance))
                before = broker.rss_bytes()
                asyncio.run(flood(broker.kafka_port, requests, frames, chance))
                load.wait_for_progress()
            watch.check()
        after = broker.rss_bytes()
        print(f"RSS {before >> 20} → {after >> 20} MiB, slowest answer {max(watch.waits):.2f} s")
        assert after - before < GROWTH_BYTES_MAX
        verify(broker, load)
        assert broker.stop() == 0
    finally:
        broker.kill()
        print(broker.log_tail(60))


def seed() -> int:
    return int(os.environ.get("RPK_SEED", random.SystemRandom().randrange(1 << 32)))


@pytest.mark.timeout(300)
def test_ten_thousand_frames(tmp_path):
    attack(tmp_path, 10_000, seed())


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_hundred_thousand_frames(tmp_path):
    attack(tmp_path, 100_000, seed())


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    broker = start(tmp_path_factory.mktemp("hostile"))
    with Watch(broker.bootstrap) as watch:
        yield broker
    watch.check()
    log = broker.log_path.read_text(errors="replace")
    assert "Traceback" not in log and "ERROR" not in log, log[-4000:]
    assert broker.stop() == 0


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    frame=st.one_of(
        st.binary(max_size=300),
        st.builds(
            lambda key, version, correlation, rest: struct.pack(">hhi", key, version, correlation) + rest,
            st.one_of(st.integers(0, 75), st.integers(-(2**15), 2**15 - 1)),
            st.one_of(st.integers(0, 18), st.integers(-(2**15), 2**15 - 1)),
            st.integers(-(2**31), 2**31 - 1),
            st.binary(max_size=200),
        ),
        st.builds(
            lambda key, version, rest: struct.pack(">hhih", key, version, 1, -1) + b"\0" + rest,
            st.integers(0, 75),
            st.integers(0, 18),
            st.lists(
                st.sampled_from(
                    [b"\0", b"\1", b"\2", b"\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff\x07", b"victim"]
                )
            ).map(b"".join),
        ),
    )
)
def test_any_frame_is_answered_or_refused(broker, frame):
    with RawKafka(broker.bootstrap, seconds=QUIET_SECONDS) as raw:
        raw.send(frame)
        with contextlib.suppress(Closed, TimeoutError):
            raw.receive()
    assert broker.process.poll() is None


def test_crowded_requests_do_not_stop_the_shard(broker):
    versions = versions_of(broker.bootstrap)
    del versions[ApiKey.PRODUCE]  # acks=0 says nothing
    few = {key: versions[key] for key in (ApiKey.METADATA, ApiKey.CREATE_TOPICS, ApiKey.OFFSET_FETCH)}
    for elements, asked in ((24_000, versions), (26_000, few), (400_000, few)):
        for name, frame in crowded(asked, elements).items():
            with RawKafka(broker.bootstrap, seconds=30) as raw:
                raw.send(frame)
                with contextlib.suppress(Closed):
                    raw.receive()
            assert broker.process.poll() is None, name


def test_every_valid_request_is_answered(broker):
    """Without bending: the generator's requests parse, so the mutations start from something real."""
    chance = random.Random(1)
    requests = requests_for(broker, chance)
    silent = []
    for key, version in requests.versions:
        frame = requests.one(key, version)
        with RawKafka(broker.bootstrap, seconds=3) as raw:
            raw.send(frame)
            try:
                raw.receive()
            except (Closed, TimeoutError) as error:
                silent.append((ApiKey(key).name, version, type(error).__name__))
    names = {name for name, *_ in silent}
    # acks=0 has no answer, a follower's Fetch closes, a group's member may have to wait.
    assert names <= {"PRODUCE", "FETCH", "JOIN_GROUP", "SYNC_GROUP"}, silent


def test_framed_lies_are_lengths():
    chance = random.Random(2)
    assert {len(framed(b"x" * 20, chance)) for _ in range(200)} == {24}
