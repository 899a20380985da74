"""kill -9 under load: no acked record missing, none twice, offsets unchanged, commits never back."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from tests.chaos.damage import damage
from tests.chaos.history import Load, check, committed_offsets, read_all
from tests.support.broker import BrokerProcess

PARTITIONS = 4

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]


def verify(broker: BrokerProcess, load: Load) -> None:
    """Everything the clients were told is true now, and after a clean restart."""
    history = load.history
    assert history.errors == []
    assert len(history.acked) == history.sent
    for _ in range(2):
        records = read_all(broker.bootstrap, load.topic, load.partitions)
        check(history, records, committed_offsets(broker.bootstrap, load.topic, load.partitions))
        assert broker.stop() == 0
        broker.start()
    assert "Traceback" not in broker.log_path.read_text(errors="replace")


def interrupt_recovery(broker: BrokerProcess, chance: random.Random) -> None:
    """Start and kill again before the broker is ready; whatever it was doing then."""
    for _ in range(chance.randrange(1, 4)):
        with broker.log_path.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "engine.node", "--redpanda-cfg", str(broker.config_path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=broker.directory,
                env=broker.environment,
                start_new_session=True,
            )
        time.sleep(chance.uniform(0.02, 0.6))
        process.kill()
        process.wait(10)


def run(directory: Path, kills: int, number: int) -> None:
    """Kill the broker `kills` times at random moments, damage what a crash may damage, check everything."""
    chance = random.Random(number)
    print(f"replay with RPK_SEED={number}")
    broker = BrokerProcess(directory, cluster={"log_segment_size": 256 << 10}).start()
    try:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
        admin.create_topics([NewTopic("kills", PARTITIONS, 1)])["kills"].result(20)
        with Load(broker.bootstrap, "kills", PARTITIONS) as load:
            for kill in range(kills):
                if kill % 4 != 3:  # else it may die before anything is served
                    load.wait_for_progress()
                time.sleep(chance.uniform(0, 0.5))
                broker.kill()
                for line in damage(broker.data_directory, chance):
                    print(f"kill {kill}: {line}")
                if kill % 5 == 4:
                    interrupt_recovery(broker, chance)
                broker.start()
            load.wait_for_progress()
        assert load.history.sent > kills
        verify(broker, load)
        print(f"{kills} kills, {load.history.sent} records, {len(load.history.seen)} read meanwhile")
    finally:
        broker.kill()
        print(broker.log_tail(60))


def seed() -> int:
    """`RPK_SEED` replays a run; otherwise a fresh one, named when the test fails."""
    return int(os.environ.get("RPK_SEED", random.SystemRandom().randrange(1 << 32)))


@pytest.mark.timeout(300)
def test_twenty_kills(tmp_path):
    run(tmp_path, 20, seed())


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_hundred_kills(tmp_path):
    run(tmp_path, 100, seed())
