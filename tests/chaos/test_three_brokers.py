"""Three brokers under load: each is killed, one is paused, one joins and one leaves; no client loses anything."""

import signal
import time

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from tests.chaos.history import Load, check, committed_offsets, read_all
from tests.support.cluster import ClusterProcesses

PARTITIONS = 6
FAILOVER_SECONDS_MAX = 20.0
"""A bound against hanging, not a measurement."""

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos"), pytest.mark.timeout(240)]


@pytest.fixture
def cluster(tmp_path):
    made = ClusterProcesses(tmp_path)
    try:
        yield made.start()
    finally:
        made.stop()


def topic(cluster, name="load"):
    client = AdminClient({"bootstrap.servers": cluster.bootstrap})
    client.create_topics([NewTopic(name, PARTITIONS, 3)])[name].result(20)
    return name


def verify(cluster, load):
    assert load.history.errors == []
    assert len(load.history.acked) == load.history.sent
    records = read_all(cluster.bootstrap, load.topic, load.partitions)
    check(load.history, records, committed_offsets(cluster.bootstrap, load.topic, load.partitions))
    for broker in cluster.brokers:
        assert "Traceback" not in broker.log_path.read_text(errors="replace")


def test_every_broker_dies_once_and_comes_back(cluster):
    with Load(cluster.bootstrap, topic(cluster), PARTITIONS) as load:
        for broker in cluster.brokers:
            load.wait_for_progress(200)
            broker.kill()
            load.wait_for_progress(200, FAILOVER_SECONDS_MAX)
            broker.start()
            cluster.wait_healthy(at=cluster.brokers.index(broker))
        load.wait_for_progress(100)
    verify(cluster, load)


def test_a_paused_broker_is_gone_without_and_finds_its_way_back(cluster):
    other = topic(cluster, "other")
    with Load(cluster.bootstrap, topic(cluster), PARTITIONS) as load:
        load.wait_for_progress(200)
        cluster.brokers[0].signal(signal.SIGSTOP)
        time.sleep(6)
        # The load itself may wait for the paused broker's answers until its own timeouts; a new client does not.
        acked = []
        producer = Producer({"bootstrap.servers": cluster.bootstrap, "log_level": 0})
        for partition in range(PARTITIONS):
            producer.produce(
                other, b"x", partition=partition, on_delivery=lambda error, _: acked.append(error)
            )
        producer.flush(FAILOVER_SECONDS_MAX)
        assert acked == [None] * PARTITIONS
        cluster.brokers[0].signal(signal.SIGCONT)
        load.wait_for_progress(200)
        cluster.wait_healthy(at=0)
    verify(cluster, load)


def test_rolling_restart_in_maintenance_mode(cluster):
    with Load(cluster.bootstrap, topic(cluster), PARTITIONS) as load:
        for at, broker in enumerate(cluster.brokers):
            load.wait_for_progress(100)
            other = (at + 1) % 3
            cluster.admin(f"/v1/brokers/{at}/maintenance", at=other, method="PUT")
            deadline = time.monotonic() + 20
            while not drained(cluster, at, asked=other):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert broker.stop() == 0
            load.wait_for_progress(100, FAILOVER_SECONDS_MAX)
            broker.start()
            cluster.admin(f"/v1/brokers/{at}/maintenance", at=other, method="DELETE")
            cluster.wait_healthy(at=other)
    verify(cluster, load)


def drained(cluster, node_id, *, asked):
    brokers = cluster.admin("/v1/brokers", at=asked)
    (found,) = [each["maintenance_status"] for each in brokers if each["node_id"] == node_id]
    return found.get("finished", False)


def test_a_broker_joins_and_another_leaves(cluster):
    with Load(cluster.bootstrap, topic(cluster), PARTITIONS) as load:
        load.wait_for_progress(200)
        cluster.add()
        cluster.wait_healthy(at=3, brokers=4)
        cluster.admin("/v1/brokers/0/decommission", at=3, method="PUT")
        deadline = time.monotonic() + 60
        while len(cluster.admin("/v1/brokers", at=3)) == 4:
            assert time.monotonic() < deadline, cluster.admin("/v1/brokers/0/decommission", at=3)
            time.sleep(0.2)
        load.wait_for_progress(100)
        cluster.wait_healthy(at=3, brokers=3)
        assert cluster.admin("/v1/brokers/0/decommission", at=3)["finished"] is True
        for item in cluster.admin("/v1/cluster/partitions", at=3):
            assert 0 not in [replica["node_id"] for replica in item["replicas"]]
        cluster.brokers[0].stop()
        load.wait_for_progress(100)
    verify(cluster, load)
