"""The broker as a process: starts, serves, dies, comes back, stops."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.request

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic


def until(condition, seconds=60):
    """Wait for `condition()` to be true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def create(broker, topic, partitions=1, **config):
    client = AdminClient({"log_level": 0, "bootstrap.servers": broker.bootstrap})
    client.create_topics([NewTopic(topic, partitions, 1, config=config)])[topic].result(60)


def produce(broker, topic, values, **settings):
    """Produce all `values`; those that were acknowledged."""
    acked = []
    producer = Producer({"log_level": 0, "bootstrap.servers": broker.bootstrap, "linger.ms": 1, **settings})
    for value in values:
        producer.produce(
            topic, value, on_delivery=lambda error, message: error or acked.append(message.value())
        )
        producer.poll(0)
    producer.flush(10)
    return acked


def consume(broker, topic, count, group="g"):
    """`count` values from the group's position on, and nothing more."""
    consumer = Consumer(
        {
            "log_level": 0,
            "bootstrap.servers": broker.bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([topic])
    found = []
    end = time.monotonic() + 60
    while len(found) < count and time.monotonic() < end:
        found += [message.value() for message in consumer.consume(count, 0.2) if message.error() is None]
    if found:
        consumer.commit(asynchronous=False)
    consumer.close()
    return found


def values(count, start=0):
    return [b"%d" % number for number in range(start, start + count)]


def test_it_serves_stops_cleanly_and_comes_back_with_everything(broker):
    broker.start()
    create(broker, "t")
    assert produce(broker, "t", values(1000)) == values(1000)
    assert consume(broker, "t", 1000) == values(1000)
    before = broker.admin("GET", "/v1/cluster/uuid"), broker.node_id
    assert broker.stop() == 0
    assert "stopped cleanly" in broker.text()

    broker.start()
    assert (broker.admin("GET", "/v1/cluster/uuid"), broker.node_id) == before
    assert produce(broker, "t", values(10, 1000)) == values(10, 1000)
    assert consume(broker, "t", 10) == values(10, 1000)
    assert broker.stop(signal.SIGINT) == 0


def test_acked_records_survive_kill(broker):
    broker.start()
    create(broker, "t")
    for round_number in range(3):
        sent = values(200, 200 * round_number)
        assert produce(broker, "t", sent) == sent
        broker.process.kill()
        broker.process.wait(10)
        broker.start()
    assert consume(broker, "t", 600, "after") == values(600)
    assert broker.stop() == 0


def test_a_kill_in_the_middle_of_production_loses_nothing_acked(broker):
    broker.start()
    create(broker, "t")
    acked = []
    producer = Producer(
        {"log_level": 0, "bootstrap.servers": broker.bootstrap, "message.timeout.ms": 1000, "linger.ms": 0}
    )
    end = time.monotonic() + 0.3
    number = 0
    while time.monotonic() < end:
        producer.produce("t", b"%d" % number, on_delivery=lambda e, m: e or acked.append(m.value()))
        producer.poll(0)
        number += 1
    broker.process.kill()
    broker.process.wait(10)
    producer.flush(3)
    producer.purge()
    assert acked
    broker.start()
    found = consume(broker, "t", len(acked), "after")
    assert found[: len(acked)] == acked
    broker.stop()


def test_metrics_and_health_follow_what_happens(broker):
    broker.start()
    create(broker, "t", partitions=2)
    produce(broker, "t", values(50))
    consume(broker, "t", 50)
    text = broker.admin("GET", "/public_metrics")
    produced = [
        float(line.split()[-1])
        for line in text.splitlines()
        if line.startswith("redpanda_kafka_records_produced_total") and 'redpanda_topic="t"' in line
    ]
    assert sum(produced) == 50
    assert 'redpanda_kafka_consumer_group_lag_sum{redpanda_group="g"} 0.0' in text
    assert 'redpanda_kafka_request_latency_seconds_count{redpanda_request="produce"}' in text
    internal = broker.admin("GET", "/metrics")
    assert "vectorized_kafka_handler_requests_total" in internal
    assert "vectorized_storage_flushes_total" in internal
    assert broker.admin("GET", "/v1/cluster/health_overview")["is_healthy"] is True
    assert broker.admin("GET", "/v1/partitions/kafka/t/1")["leader_id"] == broker.node_id
    assert broker.admin("GET", "/v1/node_config")["node_id"] == broker.node_id


def test_cluster_config_is_kept_and_obeyed(broker):
    broker.start()
    assert broker.admin("GET", "/v1/cluster_config?key=group_topic_partitions") == {
        "group_topic_partitions": 2
    }
    put = {"upsert": {"log_retention_ms": "1234", "auto_create_topics_enabled": "true"}, "remove": []}
    version = broker.admin("PUT", "/v1/cluster_config", put)["config_version"]
    assert produce(broker, "made-by-itself", [b"x"]) == [b"x"]
    assert broker.stop() == 0
    del broker.settings["group_topic_partitions"]
    broker.start()
    found = broker.admin("GET", "/v1/cluster_config")
    assert found["log_retention_ms"] == 1234
    assert found["group_topic_partitions"] == 2
    assert broker.admin("GET", "/v1/cluster_config/status")[0]["config_version"] == version
    broker.stop()


def test_without_disk_space_reads_go_on_and_writes_are_refused(broker):
    broker.start()
    create(broker, "t")
    produce(broker, "t", values(10))
    put = {"upsert": {"storage_min_free_bytes": 2**60}, "remove": []}
    broker.admin("PUT", "/v1/cluster_config", put)
    until(lambda: not broker.admin("GET", "/v1/cluster/health_overview")["is_healthy"])
    until(lambda: produce(broker, "t", [b"late"], **{"message.timeout.ms": 500}) == [])
    consumer = Consumer(
        {"log_level": 0, "bootstrap.servers": broker.bootstrap, "group.id": "x", "enable.auto.commit": False}
    )
    consumer.assign([TopicPartition("t", 0, 0)])
    assert len(consumer.consume(10, 10)) == 10
    consumer.close()
    assert broker.stop() == 0
    broker.start()
    assert broker.stop() == 0


def test_a_waiting_fetch_does_not_hold_up_a_stop(broker):
    broker.start()
    create(broker, "t")
    consumer = Consumer(
        {
            "log_level": 0,
            "bootstrap.servers": broker.bootstrap,
            "group.id": "g",
            "fetch.wait.max.ms": 60_000,
            "socket.timeout.ms": 100_000,
        }
    )
    consumer.assign([TopicPartition("t", 0, 0)])
    consumer.poll(0.5)
    begun = time.monotonic()
    assert broker.stop() == 0
    assert time.monotonic() - begun < 40  # the fetch itself would wait for 60
    consumer.close()


def test_the_second_signal_ends_it_at_once(broker):
    broker.start()
    for _ in range(20):
        broker.process.send_signal(signal.SIGTERM)
    assert broker.process.wait(30) in (0, 143)


def test_stopping_while_it_starts(broker):
    broker.run()
    time.sleep(0.15)
    assert broker.stop() in (0, -signal.SIGTERM)


def refused(broker, *flags, code):
    """The one line of a start that must fail with `code`."""
    process = broker.run(*flags)
    assert process.wait(30) == code, broker.text()
    lines = [line for line in broker.text().splitlines() if line.startswith("redpanda: ")]
    assert len(lines) == 1, broker.text()
    assert "Traceback" not in broker.text()
    return lines[0]


def test_a_taken_kafka_port_is_named(broker):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        broker.settings["kafka_api"]["port"] = port
        assert f"127.0.0.1:{port}" in refused(broker, code=1)


def test_a_taken_admin_port_is_named(broker):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        broker.settings["admin"]["port"] = port
        assert f"127.0.0.1:{port}" in refused(broker, code=1)


def test_a_data_directory_in_use_names_the_owner(broker):
    broker.start()
    first = broker.process
    try:
        line = refused(broker, code=1)
        assert f"pid {first.pid}" in line
    finally:
        broker.process = first
    assert broker.stop() == 0


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("kafka_api", {"address": "0.0.0.0", "port": 0}, "advertised_kafka_api"),
        ("node_id", "x", "redpanda.node_id"),
        ("log_segment_size", "big", "redpanda.log_segment_size"),
        ("kafka_api", {"address": "127.0.0.1", "authentication_method": "sasl"}, "sasl"),
        ("empty_seed_starts_cluster", False, "redpanda.empty_seed_starts_cluster"),
        ("enable_sasl", True, "redpanda.enable_sasl"),
        ("kafka_api_tls", {"enabled": True, "cert_file": "/no", "key_file": "/no"}, "kafka_api_tls"),
        ("data_directory", "/proc/nothing/here", "/proc/nothing/here"),
    ],
)
def test_wrong_configuration_is_one_line(broker, key, value, said):
    broker.settings[key] = value
    assert said in refused(broker, code=1 if key == "data_directory" else 2)


def test_wrong_flags_are_one_line(broker):
    assert "--memory" in refused(broker, "--memory", "lots", code=2)


def test_flags_of_the_other_engine_are_accepted_and_listed(broker):
    broker.start(
        "--smp", "4", "--reserve-memory=0M", "--lock-memory=true", "--io-properties", "x", "--memory=512M"
    )
    text = broker.text()
    assert "--smp 4: a host of several shards is not available yet; running 1" in text
    assert "--reserve-memory=0M --lock-memory=true --io-properties=x" in text
    broker.stop()


def test_a_crash_loop_ends(broker):
    broker.settings["crash_loop_limit"] = 2
    for _ in range(2):
        broker.start()
        broker.process.kill()
        broker.process.wait(10)
    line = refused(broker, code=10)
    assert "startup_log" in line
    broker.settings["crash_loop_limit"] = 3
    broker.start()
    assert broker.stop() == 0


def test_systemd_is_told(broker, tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        listener.settimeout(20)
        broker.start(env={"NOTIFY_SOCKET": path})
        assert listener.recv(4096).startswith(b"READY=1\n")
        broker.stop()
        assert listener.recv(4096) == b"STOPPING=1"


def test_recovery_mode_serves_metadata_and_keeps_partitions_closed(broker):
    broker.start()
    create(broker, "t")
    produce(broker, "t", values(5))
    broker.stop()
    broker.settings["recovery_mode_enabled"] = True
    broker.start()
    health = broker.admin("GET", "/v1/cluster/health_overview")
    assert health["nodes_in_recovery_mode"] == [broker.node_id]
    assert produce(broker, "t", [b"no"], **{"message.timeout.ms": 500}) == []
    broker.stop()
    del broker.settings["recovery_mode_enabled"]
    broker.start()
    assert consume(broker, "t", 5) == values(5)
    broker.stop()


def test_the_bootstrap_file_is_for_the_first_start(broker):
    (broker.directory / ".bootstrap.yaml").write_text("default_topic_partitions: 7\n")
    broker.start()
    assert broker.admin("GET", "/v1/cluster_config?key=default_topic_partitions") == {
        "default_topic_partitions": 7
    }
    broker.stop()
    (broker.directory / ".bootstrap.yaml").write_text("default_topic_partitions: 9\n")
    broker.start()
    assert broker.admin("GET", "/v1/cluster_config?key=default_topic_partitions") == {
        "default_topic_partitions": 7
    }
    broker.stop()


def test_an_idle_broker_stays_small(broker):
    broker.start()
    broker.admin("GET", "/v1/status/ready")
    with open(f"/proc/{broker.process.pid}/status") as file:
        resident = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    assert resident <= 60 * 1024
    broker.stop()


def test_unknown_topics_stay_unknown(broker):
    broker.start()
    consumer = Consumer({"log_level": 0, "bootstrap.servers": broker.bootstrap, "group.id": "g"})
    with pytest.raises(KafkaException) as caught:
        consumer.get_watermark_offsets(TopicPartition("nope", 0), timeout=5)
    assert caught.value.args[0].code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_PARTITION)
    consumer.close()
    broker.stop()


def test_tls_on_both_doors(broker, tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=127.0.0.1",
    ]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    tls = {"enabled": True, "cert_file": str(certificate), "key_file": str(key)}
    broker.settings["kafka_api_tls"] = tls
    broker.settings["admin_api_tls"] = tls
    broker.start()
    settings = {"security.protocol": "ssl", "ssl.ca.location": str(certificate)}
    client = AdminClient({"log_level": 0, "bootstrap.servers": broker.bootstrap, **settings})
    client.create_topics([NewTopic("t", 1, 1)])["t"].result(60)
    assert produce(broker, "t", values(100), **settings) == values(100)
    assert produce(broker, "t", [b"plain"], **{"message.timeout.ms": 500}) == []
    context = ssl.create_default_context(cafile=str(certificate))
    url = f"https://127.0.0.1:{broker.admin_port}/v1/status/ready"
    with urllib.request.urlopen(url, timeout=60, context=context) as response:
        assert response.status == 200
    assert broker.stop() == 0


def test_the_dev_container_mode_sets_a_new_cluster_up(broker):
    del broker.settings["group_topic_partitions"]
    broker.start("--mode", "dev-container", "--overprovisioned", "--unsafe-bypass-fsync")
    found = broker.admin("GET", "/v1/cluster_config?include_defaults=false")
    assert found["auto_create_topics_enabled"] is True
    assert found["group_topic_partitions"] == 3
    assert found["write_caching_default"] == "true"
    assert produce(broker, "made-by-itself", values(10)) == values(10)
    assert "--unsafe-bypass-fsync" in broker.text()
    assert broker.stop() == 0


def test_version_and_help(broker):
    for flag, said in (("--version", "0.1.0"), ("--help", "--redpanda-cfg FILE")):
        assert broker.run(flag).wait(30) == 0
        assert said in broker.text()


def test_a_supervisor_that_stops_reading_stops_nobody(broker):
    """Standard error is a pipe nobody reads: requests are served, and the end is in order."""
    reader, fd = os.pipe()
    os.set_blocking(fd, False)
    try:
        while True:
            os.write(fd, b"." * 4096)
    except BlockingIOError:
        os.set_blocking(fd, True)
    broker.settings["auto_create_topics_enabled"] = True
    broker.start("--default-log-level", "trace", stderr=fd)
    os.close(fd)
    try:
        assert produce(broker, "t", values(50)) == values(50)
        assert broker.admin("GET", "/v1/status/ready")
        assert broker.stop() == 0
    finally:
        os.close(reader)
