"""kill -9 under load: no acked record missing, none twice, offsets unchanged, commits never back."""

import os
import random
import time
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from tests.chaos.damage import damage
from tests.chaos.history import Load, check, committed_offsets, read_all
from tests.support.broker import BrokerProcess

PARTITIONS = 4

pytestmark = pytest.mark.chaos


def run(directory: Path, kills: int, seed: int) -> None:
    """Kill the broker `kills` times at random moments, damage what a crash may damage, check everything."""
    chance = random.Random(seed)
    broker = BrokerProcess(directory, cluster={"log_segment_size": 256 << 10}).start()
    try:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap})
        admin.create_topics([NewTopic("kills", PARTITIONS, 1)])["kills"].result(20)
        with Load(broker.bootstrap, "kills", PARTITIONS) as load:
            for _ in range(kills):
                time.sleep(chance.uniform(0.05, 0.8))
                broker.kill()
                damage(broker.data_directory, chance)
                broker.start()
            time.sleep(1)
        history = load.history
        assert history.errors == []
        assert len(history.acked) == history.sent > kills
        check(history, read_all(broker.bootstrap, "kills", PARTITIONS), committed_offsets(broker.bootstrap, "kills", PARTITIONS))
        assert broker.stop() == 0
        broker.start()
        check(history, read_all(broker.bootstrap, "kills", PARTITIONS), committed_offsets(broker.bootstrap, "kills", PARTITIONS))
    finally:
        broker.kill()


def seed() -> int:
    """`RPK_SEED` replays a run; otherwise a fresh one, named when the test fails."""
    return int(os.environ.get("RPK_SEED", random.SystemRandom().randrange(1 << 32)))


@pytest.mark.timeout(300)
def test_twenty_kills(tmp_path):
    number = seed()
    print(f"replay with RPK_SEED={number}")
    run(tmp_path, 20, number)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_hundred_kills(tmp_path):
    number = seed()
    print(f"replay with RPK_SEED={number}")
    run(tmp_path, 100, number)
