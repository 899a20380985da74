"""What happens to a broker besides kill -9: stopped, paused, its disk full, its topics and groups in flux."""

import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.chaos.damage import damage
from tests.chaos.history import Load, check, committed_offsets, read_all
from tests.support.broker import BrokerProcess
from tests.support.raw_kafka import RawKafka

PARTITIONS = 4
STORAGE_ERROR = 56
QUIET = {"log_level": 0, "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 100}

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos"), pytest.mark.timeout(180)]


def create(broker: BrokerProcess, topic: str, partitions: int = PARTITIONS, **configs: str) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap, **QUIET})
    config = {name.replace("_", "."): value for name, value in configs.items()}
    admin.create_topics([NewTopic(topic, partitions, 1, config=config)])[topic].result(20)


def verify(broker: BrokerProcess, load: Load) -> None:
    history = load.history
    assert history.errors == []
    assert len(history.acked) == history.sent > 0
    records = read_all(broker.bootstrap, load.topic, load.partitions)
    check(history, records, committed_offsets(broker.bootstrap, load.topic, load.partitions))
    log = broker.log_path.read_text(errors="replace")
    assert "Traceback" not in log, log[-4000:]


def test_sigterm_under_load_loses_nothing(tmp_path):
    with BrokerProcess(tmp_path) as broker:
        create(broker, "stopped")
        with Load(broker.bootstrap, "stopped", PARTITIONS) as load:
            for _ in range(3):
                load.wait_for_progress(200)
                assert broker.stop(15) == 0, broker.log_tail()
                assert (broker.data_directory / "clean").exists()
                broker.start()
            load.wait_for_progress()
        verify(broker, load)


def test_a_pause_of_five_seconds(tmp_path):
    with BrokerProcess(tmp_path) as broker:
        create(broker, "paused")
        with Load(broker.bootstrap, "paused", PARTITIONS) as load:
            load.wait_for_progress(200)
            broker.signal(signal.SIGSTOP)
            time.sleep(5)
            broker.signal(signal.SIGCONT)
            load.wait_for_progress(200)
        verify(broker, load)
        assert broker.stop() == 0


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small tmpfs, which needs root")
def test_a_full_disk_refuses_writes_and_comes_back(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(disk)], check=True)
    try:
        _fill_and_free(disk)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def _fill_and_free(disk: Path) -> None:
    with BrokerProcess(disk / "broker", cluster={"storage_min_free_bytes": 10 << 20}) as broker:
        create(broker, "full")
        with Load(broker.bootstrap, "full", PARTITIONS) as load:
            load.wait_for_progress(200)
            ballast = disk / "ballast"
            with ballast.open("wb") as file:
                try:
                    while True:
                        file.write(bytes(1 << 20))
                        file.flush()
                except OSError:
                    pass
            codes = _wait_for_refusal(broker)
            assert codes == {STORAGE_ERROR}
            read = read_all(broker.bootstrap, "full", PARTITIONS)
            assert read, "reads go on"
            assert broker.process is not None and broker.process.poll() is None
            ballast.unlink()
            load.wait_for_progress(100, seconds=60)
        verify(broker, load)
        broker.kill()
        broker.start()
        verify(broker, load)
        assert broker.stop() == 0


def _wait_for_refusal(broker: BrokerProcess) -> set[int]:
    """The error codes of a minute's writes at most, until one is refused."""
    from engine.wire.records import build_batch

    body = {
        "transactional_id": None,
        "acks": -1,
        "timeout_ms": 5000,
        "topic_data": [{"name": "full", "partition_data": [{"index": 0}]}],
    }
    deadline = time.monotonic() + 60
    with RawKafka(broker.bootstrap) as raw:
        while time.monotonic() < deadline:
            # Each write its own value: the check of the history takes equal ones for a repeated record.
            value = f"beside-{time.monotonic_ns()}".encode().ljust(100, b".")
            body["topic_data"][0]["partition_data"][0]["records"] = bytes(build_batch([(None, value)]))
            code = raw.ask(0, 9, body).responses[0].partition_responses[0].error_code
            if code:
                return {code}
            time.sleep(0.05)
    raise AssertionError("a full disk takes writes")


def test_topics_come_and_go_during_kills(tmp_path):
    chance = random.Random(4)
    with BrokerProcess(tmp_path) as broker:
        create(broker, "steady")
        stop = threading.Event()
        made: dict[str, bool] = {}

        def churn() -> None:
            """`made` says what the broker acknowledged last of each topic: there or not."""
            admin = AdminClient({"bootstrap.servers": broker.bootstrap, **QUIET})
            number = 0
            while not stop.is_set():
                name = f"churn-{number % 7}-{number // 14}"
                gone = number % 14 >= 7
                number += 1
                made.pop(name, None)  # unknown until acknowledged
                try:
                    if gone:
                        admin.delete_topics([name], operation_timeout=2, request_timeout=3)[name].result(4)
                    else:
                        admin.create_topics([NewTopic(name, 2, 1)], operation_timeout=2, request_timeout=3)[
                            name
                        ].result(4)
                except (KafkaException, TimeoutError):
                    continue
                made[name] = not gone

        thread = threading.Thread(target=churn)
        with Load(broker.bootstrap, "steady", PARTITIONS) as load:
            thread.start()
            try:
                for _ in range(6):
                    load.wait_for_progress(50)
                    time.sleep(chance.uniform(0, 0.7))
                    broker.kill()
                    damage(broker.data_directory, chance)
                    broker.start()
            finally:
                stop.set()
                thread.join(30)
            load.wait_for_progress()
        topics = AdminClient({"bootstrap.servers": broker.bootstrap, **QUIET}).list_topics(timeout=20).topics
        wrong = {name: there for name, there in made.items() if (name in topics) is not there}
        assert not wrong, f"acknowledged otherwise: {wrong}"
        assert any(made.values()) and not all(made.values())
        verify(broker, load)
        logs = {path.parent.name for path in (broker.data_directory / "kafka").glob("*/*_*")}
        assert not {name for name, there in made.items() if not there} & logs
        assert broker.stop() == 0


def test_compaction_and_retention_during_kills(tmp_path):
    """The newest value of every key survives; retention takes whole old segments and nothing acked after them."""
    chance = random.Random(5)
    cluster = {"log_compaction_interval_ms": 200, "log_segment_size": 64 << 10}
    with BrokerProcess(tmp_path, cluster=cluster) as broker:
        create(
            broker,
            "compacted",
            2,
            cleanup_policy="compact",
            min_cleanable_dirty_ratio="0.01",
            segment_bytes="65536",
        )
        create(broker, "retained", 2, retention_bytes="200000", segment_bytes="65536")
        newest: dict[bytes, tuple[int, bytes]] = {}
        last: dict[int, int] = {}
        errors: list[object] = []

        def acked(error, message) -> None:
            if error is not None:
                errors.append(error)
            elif message.topic() == "retained":
                last[message.partition()] = max(last.get(message.partition(), -1), message.offset())
            elif newest.get(message.key(), (-1, b""))[0] < message.offset():
                newest[message.key()] = (message.offset(), message.value())

        producer = Producer(
            {
                "bootstrap.servers": broker.bootstrap,
                "enable.idempotence": True,
                "linger.ms": 2,
                "batch.num.messages": 100,
                "message.timeout.ms": 120_000,
                **QUIET,
            }
        )
        for round_ in range(8):
            for number in range(2000):
                key = b"%d" % (number % 50)
                value = b"%d-%d" % (round_, number) + bytes(200)
                producer.produce("compacted", value, key=key, partition=number % 2, on_delivery=acked)
                producer.produce("retained", value, partition=number % 2, on_delivery=acked)
                producer.poll(0)
                if number == 1000:
                    time.sleep(chance.uniform(0.2, 0.6))
                    broker.kill()
                    damage(broker.data_directory, chance)
                    broker.start()
            time.sleep(0.2)
        assert producer.flush(60) == 0
        assert errors == []
        time.sleep(2)
        for _ in range(2):
            found = _all(broker, "compacted")
            wrong = [key for key, (offset, value) in newest.items() if found.get(key) != (offset, value)]
            assert not wrong, f"{len(wrong)} keys lost their newest value, first {wrong[:3]}"
            consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "ends", **QUIET})
            for partition, offset in last.items():
                low, high = consumer.get_watermark_offsets(TopicPartition("retained", partition), timeout=20)
                assert high == offset + 1
                assert 0 < low < high, "retention took too little or too much"
            consumer.close()
            broker.kill()
            broker.start()
        log = broker.log_path.read_text(errors="replace")
        assert "Traceback" not in log, log[-4000:]
        assert broker.stop() == 0


def _all(broker: BrokerProcess, topic: str) -> dict[bytes, tuple[int, bytes]]:
    """The last record of every key, as a consumer sees them."""
    consumer = Consumer(
        {
            "bootstrap.servers": broker.bootstrap,
            "group.id": "all",
            "enable.partition.eof": True,
            "check.crcs": True,
            **QUIET,
        }
    )
    found: dict[bytes, tuple[int, bytes]] = {}
    consumer.assign([TopicPartition(topic, partition, 0) for partition in (0, 1)])
    ended = 0
    deadline = time.monotonic() + 60
    while ended < 2:
        assert time.monotonic() < deadline
        for message in consumer.consume(1000, timeout=1):
            if message.error() is not None:
                ended += 1
            else:
                found[message.key()] = (message.offset(), message.value())
    consumer.close()
    return found


def test_groups_rebalance_through_kills(tmp_path):
    """Members come and go and the broker dies: everyone rejoins, every record is delivered, no commit is lost."""
    chance = random.Random(6)
    with BrokerProcess(tmp_path) as broker:
        create(broker, "grouped")
        stop = threading.Event()
        lock = threading.Lock()
        delivered: set[tuple[int, int]] = set()
        committed: dict[int, int] = {}
        problems: list[str] = []

        def member(seconds: float) -> None:
            consumer = Consumer(
                {
                    "bootstrap.servers": broker.bootstrap,
                    "group.id": "rebalancing",
                    "enable.auto.commit": False,
                    "auto.offset.reset": "earliest",
                    "session.timeout.ms": 6000,
                    "heartbeat.interval.ms": 500,
                    "partition.assignment.strategy": "cooperative-sticky",
                    **QUIET,
                }
            )
            consumer.subscribe(["grouped"])
            end = time.monotonic() + seconds
            while not stop.is_set() and time.monotonic() < end:
                messages = [m for m in consumer.consume(200, timeout=0.2) if m.error() is None]
                if not messages:
                    continue
                with lock:
                    delivered.update((m.partition(), m.offset()) for m in messages)
                ends: dict[int, int] = {}
                for m in messages:
                    ends[m.partition()] = m.offset() + 1
                try:
                    done = consumer.commit(
                        offsets=[TopicPartition("grouped", p, o) for p, o in ends.items()], asynchronous=False
                    )
                except KafkaException:
                    continue
                with lock:
                    for each in done or []:
                        if each.error is None:
                            committed[each.partition] = max(committed.get(each.partition, 0), each.offset)
            consumer.close()

        def members() -> None:
            running = [threading.Thread(target=member, args=(600,))]
            running[0].start()
            while not stop.is_set():
                extra = threading.Thread(target=member, args=(chance.uniform(1, 4),))
                extra.start()
                running.append(extra)
                stop.wait(chance.uniform(0.5, 2))
            for each in running:
                each.join(60)
                if each.is_alive():
                    problems.append("a member does not end")

        crowd = threading.Thread(target=members)
        with Load(broker.bootstrap, "grouped", PARTITIONS, pause_seconds=0.02) as load:
            crowd.start()
            for _ in range(5):
                load.wait_for_progress(50)
                time.sleep(chance.uniform(0.5, 2.5))
                broker.kill()
                damage(broker.data_directory, chance)
                broker.start()
            load.wait_for_progress(50)
        wanted = set(load.history.acked)
        deadline = time.monotonic() + 60
        while not wanted <= delivered:
            assert time.monotonic() < deadline, f"{len(wanted - delivered)} records were not delivered"
            time.sleep(0.2)
        stop.set()
        crowd.join(90)
        assert problems == []
        check_group = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "rebalancing", **QUIET})
        now = check_group.committed([TopicPartition("grouped", p) for p in range(PARTITIONS)], timeout=20)
        check_group.close()
        for each in now:
            assert each.offset > 0
        assert committed, "nobody committed"
        verify(broker, load)
        assert broker.stop() == 0
