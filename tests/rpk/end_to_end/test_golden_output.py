"""What the commands on topics, groups and clusters print, in every format, word for word: tests/golden/output."""

import json
import re
import subprocess

import pytest

from tests.rpk.end_to_end.conftest import RPK
from tests.support.broker import BrokerProcess

pytestmark = pytest.mark.timeout(120)

FORMATS = ("text", "wide", "json", "yaml")
RECORDS = "".join(f"{1_700_000_000_000 + number} k{number} value-{number}\n" for number in range(10))

# Golden file → command lines, run in this order. `*` stands for the four formats, one after the other.
SCRIPT = {
    "topic_create": (
        "topic create orders -p 3 -c retention.ms=3600000 --dry-run *",
        "topic create orders -p 3 -c retention.ms=3600000",
        "topic create orders clicks bad/name -p 2",
        "topic create orders -p 4 -c retention.ms=7 --if-not-exists *",
        "topic create audit -p 0 *",
        "topic create audit -c retention.ms=-1 --format json",
        "topic create audit -c retention.ms",
        "topic create",
        "topic create --format help",
    ),
    "topic_list": (
        "topic list *",
        "topic list --no-headers",
        "topic list orders -d *",
        "topic list -r none *",
        "topic list ordres *",
        "topic list -r",
        "topic list --format help",
    ),
    "topic_describe": (
        "topic describe orders *",
        "topic describe orders -p --stable",
        "topic describe orders nosuch -s",
        "topic describe nosuch *",
        "topic describe --format help",
    ),
    "topic_alter_config": (
        "topic alter-config orders --set retention.ms=7200000 -d segment.ms --dry-run *",
        "topic alter-config orders --set retention.ms=7200000 *",
        "topic alter-config orders nosuch --append cleanup.policy=compact *",
        "topic alter-config orders --set retention.ms=soon",
        "topic alter-config orders --set retention.ms=1 --delete retention.ms",
        "topic alter-config orders",
        "topic alter-config --format help",
    ),
    "topic_add_partitions": (
        "topic add-partitions clicks nosuch -n 2 --dry-run *",
        "topic add-partitions clicks nosuch -n 2",
        "topic set-partitions clicks -n 6 *",
        "topic set-partitions clicks -n 1 *",
        "topic add-partitions __consumer_offsets -n 1",
        "topic add-partitions clicks -n 0",
        "topic add-partitions --format help",
        "topic set-partitions --format help",
    ),
    "topic_describe_storage": (
        "topic describe-storage orders *",
        "topic describe-storage orders -a -H",
        "topic describe-storage nosuch *",
        "topic describe-storage --format help",
    ),
    "topic_trim_prefix": (
        "topic trim-prefix orders -o 4 -p 0 --dry-run *",
        "topic trim-prefix orders -o 4 -p 0",
        "topic trim-prefix orders -o 4 -p 0 --no-confirm",
        "topic trim-prefix orders -o 5 -p 0,1 -y *",
        "topic trim-prefix orders -o 4 -p 9",
        "topic trim-prefix orders",
        "topic trim-prefix --format help",
    ),
    "group_list": ("group list *", "group list -s stable *", "group list -s merry", "group list --format help"),
    "group_describe": (
        "group describe billing *",
        "group describe billing -t",
        "group describe billing -s",
        "group describe bilin *",
        "group describe -r none *",
        "group describe --format help",
    ),
    "group_seek": (
        "group seek billing --to start --topics orders --dry-run *",
        "group seek billing --to start *",
        "group seek audit --to-group billing",
        "group seek audit --to-group billing --allow-new-topics",
        "group seek nobody --to start *",
        "group seek billing --to 12",
        "group seek billing",
        "group seek --format help",
    ),
    "group_offset_delete": (
        "group offset-delete audit -t orders:0,19 --dry-run *",
        "group offset-delete audit -t orders:0,19 *",
        "group offset-delete nobody -t orders *",
        "group offset-delete audit",
        "group offset-delete --format help",
    ),
    "group_delete": (
        "group delete audit nobody --dry-run *",
        "group delete audit nobody",
        "group delete nobody --format json",
        "group delete --format help",
    ),
    "cluster_info": (
        "cluster info *",
        "cluster info -b",
        "cluster info -c",
        "cluster info orders -d",
        "cluster info nosuch *",
        "cluster info --format help",
    ),
    "cluster_health": (
        "cluster health *",
        "cluster health --expect-brokers 2 *",
        "cluster health --format help",
    ),
    "cluster_logdirs_describe": (
        "cluster logdirs describe --topics orders,clicks *",
        "cluster logdirs describe --aggregate-into topic --topics orders,clicks --sort-by-size -H",
        "cluster logdirs describe --aggregate-into broker --topics orders",
        "cluster logdirs describe -b 77 *",
        "cluster logdirs describe --format help",
    ),
    "topic_delete": (
        "topic delete orders nosuch --dry-run *",
        "topic delete -r 'c.*|o.*'",
        "topic delete __consumer_offsets *",
        "topic delete orders nosuch",
        "topic delete audit --format json",
        "topic delete -r 'c.*' --yes --format yaml",
        "topic delete --format help",
    ),
}  # fmt: skip


@pytest.fixture
def broker(home, monkeypatch, tmp_path):
    """A bundled broker, and the environment that names it."""
    with BrokerProcess(tmp_path / "broker", cluster={"auto_create_topics_enabled": False}) as process:
        monkeypatch.setenv("RPK_BROKERS", process.bootstrap)
        monkeypatch.setenv("RPK_ADMIN_HOSTS", process.admin_url.removeprefix("http://"))
        yield process


def steady(text: str, broker: BrokerProcess, cluster_id: str) -> str:
    """The text without what differs from run to run."""
    text = text.replace(str(broker.data_directory), "/var/lib/redpanda/data").replace(
        cluster_id, "CLUSTER-ID"
    )
    text = re.sub(
        r"(?m)^(BROKER  DIR) +", r"\1                     ", text
    )  # its width was that of the real path
    text = re.sub(rf"\b{broker.kafka_port}\b", "9092", text)
    return re.sub(r"\b[0-9a-f]{32}\b", "TOPIC-ID", text)


def records_and_a_group() -> None:
    """Ten records in orders/0 and a group that read three, by processes: librdkafka does not like to be shared."""
    produce = [RPK, "topic", "produce", "orders", "-p", "0", "-f", "%d %k %v\n", "-o", "", "-z", "none"]
    subprocess.run(produce, input=RECORDS.encode(), check=True, timeout=30)
    consume = [RPK, "topic", "consume", "orders", "-g", "billing", "-n", "3", "-f", ""]
    subprocess.run(consume, check=True, timeout=30)


def test_every_line_is_the_same(invoke, broker, golden):
    import shlex

    cluster_id = ""
    for name, lines in SCRIPT.items():
        if name == "topic_describe_storage":
            records_and_a_group()
        screen = []
        for line in lines:
            variants = [line[:-1] + f"--format {kind}" for kind in FORMATS] if line.endswith("*") else [line]
            for variant in variants:
                result = invoke(*shlex.split(variant))
                if not cluster_id:
                    cluster_id = json.loads(invoke("cluster", "info", "-c", "--format", "json").stdout)[
                        "cluster_name"
                    ]
                assert "Traceback" not in result.stderr
                assert result.status in (0, 1, 2, 5, 10), (variant, result)
                if "--format json" in variant and result.stdout:
                    json.loads(result.stdout)  # a failure leaves valid JSON, or nothing (UX-08)
                stderr = "".join(f"! {each}\n" for each in result.stderr.splitlines())
                end = f"-> {result.status}\n" if result.status else ""
                screen.append(f"$ rpk {variant}\n{result.stdout}{stderr}{end}")
        golden(f"output/{name}.txt", steady("\n".join(screen), broker, cluster_id))
