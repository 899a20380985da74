"""One script for every engine: topics, records, groups and the cluster, as text and JSON, with every exit status.

The steps build on each other, so they are one test an engine. Nothing in it asks which engine it talks to, but for
the Admin API, which Apache Kafka does not have.
"""

import signal
import time

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(600)]


def oks(items):
    return {item["name"]: item["ok"] for item in items}


def errors(items):
    return {item["name"]: item["error"]["name"] for item in items if not item["ok"]}


def create(rpk):
    assert rpk.json("topic", "list") == []
    assert rpk("topic", "list").stdout.split() == ["NAME", "PARTITIONS", "REPLICAS"]
    planned = rpk("topic", "create", "orders", "-p", 3, "-c", "retention.ms=3600000", "--dry-run")
    assert planned.stdout.splitlines()[0].split() == ["TOPIC", "PARTITIONS", "REPLICAS", "STATUS"]
    assert rpk.json("topic", "list") == [], "a dry run creates nothing"

    assert rpk("topic", "create", "orders", "-p", 3, "-c", "retention.ms=3600000").rows == [["orders", "OK"]]
    mixed = rpk.json("topic", "create", "orders", "bad/name", "clicks", "-p", 2, status=1)
    assert oks(mixed) == {"orders": False, "bad/name": False, "clicks": True}
    assert errors(mixed) == {"orders": "TOPIC_ALREADY_EXISTS", "bad/name": "INVALID_TOPIC_EXCEPTION"}
    (clicks,) = (item for item in mixed if item["name"] == "clicks")
    assert (clicks["created"], clicks["partitions"], clicks["replicas"]) == (True, 2, 1)
    assert rpk("topic", "create", "orders", "--dry-run", status=1).stdout.count("TOPIC_ALREADY_EXISTS") == 1
    for flags, name in (
        (("-p", 0), "INVALID_PARTITIONS"),
        (("-r", 5), "INVALID_REPLICATION_FACTOR"),
        (("-c", "retention.ms=soon"), "INVALID_CONFIG"),
        (("-c", "retentio.ms=5"), "INVALID_CONFIG"),
    ):
        for dry in ((), ("--dry-run",)):
            failed = rpk("topic", "create", "never", *flags, *dry, "--format", "json", status=1)
            assert errors(failed.json) == {"never": name}
            assert failed.error["name"] == "ITEMS_FAILED"
    again = rpk("topic", "create", "orders", "-p", 4, "-c", "retention.ms=7", "--if-not-exists")
    assert "rpk topic set-partitions orders -n 4" in again.stderr
    assert "rpk topic alter-config orders --set retention.ms=7" in again.stderr
    assert rpk("topic", "create", "orders", "-p", 3, "--if-not-exists").stderr == ""


def look(rpk):
    assert rpk("topic", "list").rows == [["clicks", "2", "1"], ["orders", "3", "1"]]
    assert rpk.json("topic", "list", "orders") == [{"name": "orders", "partitions": 3, "replicas": 1}]
    assert rpk.json("topic", "list", "-r", "o.*") == rpk.json("topic", "list", "orders")
    assert rpk.json("topic", "list", "-r", "o") == []
    assert rpk.json("topic", "list", "orders", "-d")[0]["partition_list"][2]["partition"] == 2
    unknown = rpk("topic", "list", "ordrs", status=5)
    assert unknown.stdout == ""
    assert unknown.stderr == "error: topic ordrs does not exist\nhint: did you mean orders?\n"

    described = rpk("topic", "describe", "orders", "-a").stdout
    for words in (
        "NAME        orders",
        "PARTITIONS  3",
        "retention.ms",
        "DYNAMIC_TOPIC_CONFIG",
        "HIGH-WATERMARK",
    ):
        assert words in described
    (orders,) = rpk.json("topic", "describe", "orders", "--stable")
    assert orders["summary"] == {
        "name": "orders",
        "internal": False,
        "partitions": 3,
        "replicas": 1,
        "error": None,
    }
    configs = {item["key"]: (item["value"], item["source"]) for item in orders["configs"]}
    assert configs["retention.ms"] == ("3600000", "DYNAMIC_TOPIC_CONFIG")
    assert [item["high_watermark"] for item in orders["partitions"]] == [0, 0, 0]
    assert all(
        item["last_stable_offset"] == 0 and item["load_error"] is None for item in orders["partitions"]
    )
    mixed = rpk.json("topic", "describe", "orders", "ordrs", status=1)
    assert [item["summary"]["error"] is None for item in mixed] == [True, False]
    assert "did you mean orders?" in rpk("topic", "describe", "ordrs", status=5).stderr


def alter_config(rpk):
    plan = rpk("topic", "alter-config", "orders", "--set", "retention.ms=7200000", "--dry-run")
    assert plan.rows[0] == ["orders", "retention.ms", "3600000", "7200000"]
    mixed = rpk.json("topic", "alter-config", "orders", "ordrs", "--set", "retention.ms=7200000", status=1)
    assert oks(mixed) == {"orders": True, "ordrs": False}
    assert mixed[0]["changes"] == [{"key": "retention.ms", "old": "3600000", "new": "7200000"}]
    for text in ("retention.ms=soon", "retenton.ms=5"):
        for dry in ((), ("--dry-run",)):
            failed = rpk.json("topic", "alter-config", "orders", "--set", text, *dry, status=1)
            assert errors(failed) == {"orders": "INVALID_CONFIG"}
    assert (
        "did you mean retention.ms?"
        in rpk("topic", "alter-config", "orders", "--set", "retenton.ms=5", status=1).stderr
    )

    def policy():
        configs = rpk.json("topic", "describe", "orders")[0]["configs"]
        return next(item["value"] for item in configs if item["key"] == "cleanup.policy")

    rpk("topic", "alter-config", "orders", "--append", "cleanup.policy=compact")
    assert set(policy().split(",")) == {"delete", "compact"}
    rpk("topic", "alter-config", "orders", "--subtract", "cleanup.policy=compact")
    assert policy() == "delete"
    rpk("topic", "alter-config", "orders", "--delete", "retention.ms", "-d", "cleanup.policy")
    configs = rpk.json("topic", "describe", "orders")[0]["configs"]
    assert all(item["source"] != "DYNAMIC_TOPIC_CONFIG" for item in configs)
    assert rpk("topic", "alter-config", "orders", status=2).stdout == ""


def grow(rpk):
    plan = rpk("topic", "add-partitions", "orders", "-n", 2, "--dry-run")
    assert plan.rows == [["orders", "3", "5", "OK"]]
    mixed = rpk("topic", "add-partitions", "orders", "ordrs", "-n", 2, status=1)
    assert [row[:2] for row in mixed.rows] == [["orders", "OK"], ["ordrs", "UNKNOWN_TOPIC_OR_PARTITION:"]]
    for _ in range(2):
        assert oks(rpk.json("topic", "set-partitions", "orders", "-n", 5)) == {"orders": True}
    for dry in ((), ("--dry-run",)):
        shrink = rpk.json("topic", "set-partitions", "orders", "-n", 2, *dry, status=1)
        assert errors(shrink) == {"orders": "INVALID_PARTITIONS"}
        assert (shrink[0]["before"], shrink[0]["after"]) == (5, 5)
    rpk("topic", "add-partitions", "orders", "-n", 0, status=2)
    assert rpk.json("topic", "list", "orders")[0]["partitions"] == 5


def produce_and_consume(rpk):
    lines = "".join(f"k{number} v{number}\n" for number in range(100))
    placed = rpk("topic", "produce", "orders", "-p", 0, "-f", "%k %v\n", "-o", "%p %o\n", stdin=lines)
    assert placed.stdout == "".join(f"0 {number}\n" for number in range(100))
    read = rpk("topic", "consume", "orders", "-o", ":end", "-f", "%k %v\n")
    assert read.stdout == lines
    assert rpk("topic", "consume", "orders", "-p", 0, "-o", "-1", "-n", 1, "-f", "%o:%v").stdout == "99:v99"
    assert rpk("topic", "consume", "orders", "-o", "10:12", "-p", 0, "-f", "%v,").stdout == "v10,v11,"
    rpk("topic", "produce", "clicks", "-p", 1, "-f", "json", "-o", "", stdin='{"key":"k","value":null}')
    (record,) = (rpk("topic", "consume", "clicks", "-n", 1, "-f", "json").json,)
    assert (record["key"], record["partition"], record["offset"], "value" in record) == ("k", 1, 0, False)
    assert rpk("topic", "consume", "ordrs", status=5).stdout == ""
    rpk("topic", "produce", "ordrs", stdin="x\n", status=5)


def storage(rpk):
    sizes = rpk("topic", "describe-storage", "orders", "-a")
    for title in ("SUMMARY", "OFFSETS", "SIZE", "SYNC"):
        assert f"{title}\n" in sizes.stdout
    document = rpk.json("topic", "describe-storage", "orders")
    assert document["schema_version"] == 1
    assert document["summary"]["cloud_storage_mode"] == "disabled"
    first = document["partitions"][0]
    assert (first["local_log_start_offset"], first["local_log_last_offset"]) == (0, 99)
    assert first["local_log_size_bytes"] > 1000
    assert "did you mean" in rpk("topic", "describe-storage", "ordrs", status=5).stderr


def trim(rpk):
    asked = rpk("topic", "trim-prefix", "orders", "-p", 0, "-o", 10, status=2)
    assert asked.stdout == ""
    assert "--no-confirm" in asked.stderr
    plan = rpk("topic", "trim-prefix", "orders", "-p", 0, "-o", 10, "--dry-run")
    assert plan.rows == [["orders", "0", "0", "10"]]
    for dry in ((), ("--dry-run",)):
        mixed = rpk.json(
            "topic", "trim-prefix", "orders", "-p", "0,1", "-o", 10, "--no-confirm", *dry, status=1
        )
        assert oks(mixed) == {"orders/0": True, "orders/1": False}
        assert errors(mixed) == {"orders/1": "OFFSET_OUT_OF_RANGE"}
    assert rpk("topic", "trim-prefix", "orders", "-p", 0, "-o", 20, "--no-confirm").rows == [
        ["orders", "0", "20"]
    ]
    assert rpk("topic", "consume", "orders", "-n", 1, "-f", "%o").stdout == "20"
    rows = rpk.home / "offsets.txt"
    rows.write_text("orders 0 25\n")
    rpk("topic", "trim-prefix", "-f", rows, "-y")
    rpk("topic", "trim-prefix", "orders", "-p", 9, "-o", 1, "-y", status=5)
    ends = rpk.json("topic", "trim-prefix", "clicks", "-o", "end", "--no-confirm")
    assert [(item["partition"], item["new_start_offset"]) for item in ends] == [(0, 0), (1, 1)]
    assert rpk.json("topic", "describe", "orders")[0]["partitions"][0]["log_start_offset"] == 25


def groups(rpk):
    assert rpk.json("group", "list") == []
    read = rpk("topic", "consume", "orders", "-g", "billing", "-n", 30, "-f", "%o\n")
    assert read.stdout.split()[0] == "25"
    ((broker, *rest),) = rpk("group", "list").rows
    assert rest == ["billing", "Empty"]
    (listed,) = rpk.json("group", "list", "-s", "empty")
    assert listed == {
        "broker": int(broker),
        "group": "billing",
        "state": "Empty",
        "protocol_type": "consumer",
        "type": "classic",
    }
    assert rpk.json("group", "list", "-s", "stable") == []
    assert "PROTOCOL-TYPE" in rpk("group", "list", "--format", "wide").stdout
    rpk("group", "list", "-s", "happy", status=2)

    (described,) = rpk.json("group", "describe", "billing")
    assert (described["state"], described["members"], described["total_lag"]) == ("Empty", 0, 45)
    (first,) = (item for item in described["partitions"] if item["current_offset"] is not None)
    assert (first["topic"], first["partition"], first["current_offset"], first["lag"]) == (
        "orders",
        0,
        55,
        45,
    )
    assert (first["log_start_offset"], first["log_end_offset"], first["member_id"]) == (25, 100, None)
    assert rpk("group", "describe", "billing", "-t").rows == [["orders", "45"]]
    assert "TOTAL-LAG    45" in rpk("group", "describe", "billing", "-s").stdout
    assert rpk.json("group", "describe", "-r", "bill.*")[0]["group_name"] == "billing"
    unknown = rpk("group", "describe", "biling", status=5)
    assert "error: group biling does not exist\nhint: did you mean billing?\n" in unknown.stderr
    mixed = rpk.json("group", "describe", "billing", "biling", status=1)
    assert [item["error"] is None for item in mixed] == [True, False]


def offset_of(rpk, group, partition=0):
    (described,) = rpk.json("group", "describe", group)
    return next(item["current_offset"] for item in described["partitions"] if item["partition"] == partition)


def seek(rpk):
    plan = rpk("group", "seek", "billing", "--to", "start", "--dry-run")
    assert plan.rows[0] == ["orders", "0", "55", "25"]
    assert offset_of(rpk, "billing") == 55, "a dry run moves nothing"
    assert rpk("group", "seek", "billing", "--to", "start").rows[0] == ["orders", "0", "55", "25"]
    moved = rpk.json("group", "seek", "billing", "--to", "end", "--topics", "orders")
    assert (moved[0]["name"], moved[0]["prior_offset"], moved[0]["current_offset"]) == ("orders/0", 25, 100)
    for at in ("1000000000", "1000000000000", "1000000000000000000"):
        assert rpk.json("group", "seek", "billing", "--to", at)[0]["current_offset"] == 25
    assert rpk.json("group", "seek", "billing", "--to", "9999999999")[0]["current_offset"] == 100
    rpk("group", "seek", "billing", "--to", "12", status=2)
    rpk("group", "seek", "billing", status=2)
    rpk("group", "seek", "billing", "--to", "start", "--to-group", "audit", status=2)

    assert rpk("group", "seek", "audit", "--to", "start", status=5).stdout == ""
    assert (
        "--allow-new-topics"
        in rpk("group", "seek", "audit", "--to", "end", "--topics", "orders", status=1).stderr
    )
    rpk("group", "seek", "audit", "--to", "start", "--topics", "ordrs", "--allow-new-topics", status=5)
    rpk("group", "seek", "audit", "--to", "start", "--topics", "orders", "--allow-new-topics")
    assert offset_of(rpk, "audit") == 25
    rpk("group", "seek", "audit", "--to-group", "billing")
    assert offset_of(rpk, "audit") == 100
    rpk("group", "seek", "audit", "--to-group", "nobody", status=5)

    rows = rpk.home / "seek.txt"
    rows.write_text("orders 0 30\norders 19 0\n")
    for dry in (("--dry-run",), ()):
        mixed = rpk.json("group", "seek", "audit", "--to-file", rows, *dry, status=1)
        assert oks(mixed) == {"orders/0": True, "orders/19": False}
        assert errors(mixed) == {"orders/19": "UNKNOWN_TOPIC_OR_PARTITION"}
    assert offset_of(rpk, "audit") == 30
    rpk("group", "seek", "audit", "--to-file", rpk.home / "absent", status=2)


def members(rpk):
    member = rpk.start("topic", "consume", "orders", "-g", "busy")
    try:
        deadline = time.monotonic() + 30
        while not (rpk.json("group", "list", "-s", "stable")):
            assert time.monotonic() < deadline, "the member does not join"
        (busy,) = rpk.json("group", "describe", "busy")
        assert (busy["state"], busy["members"], busy["balancer"]) == ("Stable", 1, "cooperative-sticky")
        (joined,) = busy["members_details"]
        assert joined["client_id"] == "rpk"
        assert joined["topics"] == ["orders"]
        assert len(joined["assigned"]) == 5
        assert {item["member_id"] for item in busy["partitions"]} == {joined["member_id"]}
        for dry in (("--dry-run",), ()):
            assert errors(rpk.json("group", "delete", "busy", *dry, status=1)) == {"busy": "NON_EMPTY_GROUP"}
            seek = rpk("group", "seek", "busy", "--to", "start", *dry, "--format", "json", status=1)
            assert seek.error["name"] == "NON_EMPTY_GROUP"
            kept = rpk.json("group", "offset-delete", "busy", "-t", "orders:0", *dry, status=1)
            assert errors(kept) == {"orders/0": "GROUP_SUBSCRIBED_TO_TOPIC"}
    finally:
        member.send_signal(signal.SIGINT)
        assert member.wait(20) == 130
    assert rpk.json("group", "describe", "busy")[0]["state"] == "Empty", "it left at the signal"
    rpk("group", "delete", "busy")


def forget(rpk):
    for dry in (("--dry-run",), ()):
        mixed = rpk.json("group", "offset-delete", "audit", "-t", "orders:0,19", *dry, status=1)
        assert oks(mixed) == {"orders/0": True, "orders/19": False}
        assert rpk("group", "offset-delete", "nobody", "-t", "orders", *dry, status=5).stdout == ""
    assert [item["partition"] for item in rpk.json("group", "describe", "audit")[0]["partitions"]] == [
        1,
        2,
        3,
        4,
    ]
    rows = rpk.home / "forget.txt"
    rows.write_text("orders 1\norders 2\n")
    assert rpk("group", "offset-delete", "audit", "-f", rows).rows == [
        ["orders", "1", "OK"],
        ["orders", "2", "OK"],
    ]
    assert "did you mean" in rpk("group", "offset-delete", "audit", "-t", "ordrs", status=5).stderr
    rpk("group", "offset-delete", "audit", status=2)

    for dry in (("--dry-run",), ()):
        mixed = rpk.json("group", "delete", "audit", "nobody", *dry, status=1)
        assert oks(mixed) == {"audit": True, "nobody": False}
        assert errors(mixed) == {"nobody": "GROUP_ID_NOT_FOUND"}
    assert rpk("group", "delete", "billing").rows == [["billing", "OK"]]
    assert rpk.json("group", "list") == []


def cluster(rpk):
    info = rpk("cluster", "info").stdout
    for title in ("CLUSTER\n=======", "BROKERS\n=======", "TOPICS\n======", "__consumer_offsets", "* "):
        assert title in info
    document = rpk.json("cluster", "info")
    assert document["cluster_name"]
    assert [each["node_id"] for each in document["brokers"]] == [document["controller_id"]]
    assert {"orders", "clicks"} < {each["name"] for each in document["topics"]}
    ((node, host, port),) = rpk("cluster", "info", "-b").rows
    assert (node, f"{host}:{port}") == (f"{document['controller_id']}*", rpk.environment["RPK_BROKERS"])
    assert "did you mean orders?" in rpk("cluster", "info", "ordrs", status=5).stderr

    dirs = rpk.json("cluster", "logdirs", "describe", "--topics", "orders")
    assert [each["partition"] for each in dirs] == [0, 1, 2, 3, 4]
    assert dirs[0]["size_bytes"] > 0 == dirs[1]["size_bytes"]
    by_topic = rpk("cluster", "logdirs", "describe", "--aggregate-into", "topic", "--sort-by-size", "-H").rows
    assert {"orders", "clicks"} < {row[0] for row in by_topic}
    assert "did you mean" in rpk("cluster", "logdirs", "describe", "--topics", "ordrs", status=5).stderr
    rpk("cluster", "logdirs", "describe", "-b", 77, status=5)
    rpk("cluster", "logdirs", "describe", "--aggregate-into", "planet", status=2)

    if rpk.has_admin:
        assert "Healthy:                          true" in rpk("cluster", "health").stdout
        assert rpk.json("cluster", "health", "-e", "--expect-brokers", 1)["is_healthy"] is True
        assert rpk.json("cluster", "health", "--expect-brokers", 2, status=10)["is_healthy"] is False
        rpk("cluster", "health", "-e", "--expect-brokers", 2, "--timeout", "700ms", status=10)
    else:
        refused = rpk("cluster", "health", status=3)
        assert "Admin API" in refused.stderr
        assert rpk.environment["RPK_ADMIN_HOSTS"] in refused.stderr


def delete(rpk):
    mixed = rpk.json("topic", "delete", "orders", "ordrs", "--dry-run", status=1)
    assert oks(mixed) == {"orders": True, "ordrs": False}
    regex = rpk("topic", "delete", "-r", "c.*", status=2)
    assert regex.stdout == ""
    assert "clicks" in regex.stderr
    assert "--yes" in regex.stderr
    internal = rpk("topic", "delete", "__consumer_offsets", status=1)
    assert "--allow-internal" in internal.stderr
    assert oks(rpk.json("topic", "delete", "orders", "ordrs", status=1)) == {"orders": True, "ordrs": False}
    assert rpk("topic", "delete", "-r", "c.*", "--yes").rows == [["clicks", "OK"]]
    assert rpk("topic", "delete", "-r", "c.*", "--yes").rows == []
    assert rpk.json("topic", "list") == []
    assert [row[0] for row in rpk("topic", "list", "-i").rows] == ["__consumer_offsets"]


def test_the_script(rpk):
    for step in (
        create, look, alter_config, grow, produce_and_consume, storage, trim, groups, seek, members, forget, cluster, delete
    ):  # fmt: skip
        step(rpk)
