"""The same requests to any engine, each with a label, and its answers made comparable."""

import re
import struct
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence

from engine.wire.api_keys import ApiKey
from engine.wire.batch_header import CONTROL, TRANSACTIONAL
from engine.wire.records import build_batch
from tests.support.raw_kafka import Closed, RawKafka, plain

HIDDEN = {"throttle_time_ms", "error_message", "documentation", "batch_index_error_message"}
NEW_TOPIC = {"num_partitions": 1, "replication_factor": 1, "assignments": (), "configs": ()}
ZERO = uuid.UUID(int=0)
STRANGER = uuid.UUID("11111111-2222-3333-4444-555555555555")
WHEN_MS = int(time.time()) * 1000
"""Now, or retention takes the records away."""
SETTLING_SECONDS = 0.05
"""Apache Kafka answers for some changes before its brokers know of them."""


class Recorder:
    """Asks one engine and writes down label → answer."""

    def __init__(self, bootstrap: str, versions: Mapping[int, tuple[int, int]]) -> None:
        self.raw = RawKafka(bootstrap, seconds=5)
        self.port = self.raw.address[1]
        self.versions = versions
        self.answers: dict[str, object] = {}
        self.topic_ids: dict[str, uuid.UUID] = {}
        self.cluster_id = "?"

    def span(self, key: ApiKey, first: int = 0, last: int = 99) -> Iterator[int]:
        """The versions both engines have, within [first, last]."""
        low, high = self.versions.get(key, (0, -1))
        yield from range(max(low, first), min(high, last) + 1)

    def newest(self, key: ApiKey) -> int:
        """The newest version both have."""
        return self.versions[key][1]

    def quiet(self, key: ApiKey, body: Mapping[str, object], version: int | None = None) -> object:
        """Ask without writing it down."""
        return plain(self.raw.ask(key, self.newest(key) if version is None else version, body))

    def ask(self, note: str, key: ApiKey, version: int, body: Mapping[str, object]) -> object:
        """Ask, write the comparable answer down, return the answer as it came."""
        label = f"{key.name} {version} {note}"
        assert label not in self.answers, label
        try:
            answer = plain(self.raw.ask(key, version, body))
        except Closed:
            answer = "CLOSED"
        except TimeoutError:
            self.raw.close()
            answer = "NO ANSWER"
        self.answers[label] = self.comparable(answer)
        return answer

    def raw_frame(self, label: str, frame: bytes) -> None:
        """Send bytes; write down whether the connection survives."""
        self.raw.send(frame)
        try:
            self.answers[label] = self.raw.receive()[4:]
        except Closed:
            self.answers[label] = "CLOSED"

    def ask_all(
        self, note: str, key: ApiKey, body: Mapping[str, object], first: int = 0, last: int = 99
    ) -> None:
        """Ask in every version."""
        for version in self.span(key, first, last):
            self.ask(note, key, version, body)

    # --- making answers comparable ---

    def comparable(self, value: object, name: str = "") -> object:
        """`value` without what must differ between two engines and two runs."""
        if isinstance(value, dict):
            return {
                key: self.comparable(field, key) for key, field in sorted(value.items()) if key not in HIDDEN
            }
        if isinstance(value, list):
            shown = [self.comparable(one, name) for one in value]
            named = shown and isinstance(shown[0], dict) and shown[0].keys() & SORTED_BY
            return sorted(shown, key=repr) if named else shown
        if name == "records" and value:
            return whole_batches(value)
        if name == "port" and value == self.port:
            return "PORT"
        if name == "cluster_id" and value:
            return "CLUSTER"
        if name in {"producer_id"} and isinstance(value, int) and value > 0:
            return "PID"
        if name == "session_id" and value:
            return "SESSION"
        if name == "log_append_time_ms" and value != -1:
            return "NOW"
        if isinstance(value, uuid.UUID):
            found = [topic for topic, known in self.topic_ids.items() if known == value]
            return f"ID OF {found[0]}" if found else "UNKNOWN ID" if value == STRANGER else "SOME ID"
        if isinstance(value, str):
            return re.sub(r"[\w.]+-[0-9a-f]{8}-[0-9a-f-]{27}", "MEMBER", value)
        return value

    # --- what many exchanges need ---

    def create(self, name: str, partitions: int = 1, **configs: str) -> None:
        """Make a topic and learn its id."""
        body = {
            "topics": [
                NEW_TOPIC
                | {
                    "name": name,
                    "num_partitions": partitions,
                    "configs": [
                        {"name": key.replace("_", "."), "value": value} for key, value in configs.items()
                    ],
                }
            ],
            "timeout_ms": 20_000,
            "validate_only": False,
        }
        self.quiet(ApiKey.CREATE_TOPICS, body)
        self.learn_ids(name)
        deadline = time.monotonic() + 20
        wanted = [{"partition_index": index, "timestamp": -1} for index in range(partitions)]
        while True:  # Apache Kafka tells of a leader before that one knows
            answer = self.quiet(
                ApiKey.LIST_OFFSETS, {"replica_id": -1, "topics": [{"name": name, "partitions": wanted}]}
            )
            if not any(p["error_code"] for t in answer["topics"] for p in t["partitions"]):
                return
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def learn_ids(self, wanted: str | None = None) -> None:
        """Ask for all topics and their ids; wait until every one has a leader."""
        deadline = time.monotonic() + 20
        while True:
            answer = self.quiet(ApiKey.METADATA, {"topics": None}, 12)
            topics = answer["topics"]
            self.topic_ids.update({topic["name"]: topic["topic_id"] for topic in topics})
            known = wanted is None or wanted in self.topic_ids
            if known and all(p["error_code"] == 0 for topic in topics for p in topic["partitions"]):
                return
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def produce(
        self, topic: str, records: object, *, partition: int = 0, acks: int = -1
    ) -> dict[str, object]:
        """A Produce body with one batch, for the versions before and with topic ids."""
        entry = {"index": partition, "records": records}
        return {
            "transactional_id": None,
            "acks": acks,
            "timeout_ms": 10_000,
            "topic_data": [
                {"name": topic, "topic_id": self.topic_ids.get(topic, STRANGER), "partition_data": [entry]}
            ],
        }

    def fetch(self, topic: str, offset: int, **fields: object) -> dict[str, object]:
        """A Fetch body for one partition; `fields` override, also those of the partition."""
        entry: dict[str, object] = {
            "partition": 0,
            "current_leader_epoch": -1,
            "fetch_offset": offset,
            "last_fetched_epoch": -1,
            "log_start_offset": -1,
            "partition_max_bytes": 1 << 20,
        }
        body: dict[str, object] = {
            "replica_id": -1,
            "max_wait_ms": 0,
            "min_bytes": 0,
            "max_bytes": 1 << 20,
            "isolation_level": 0,
            "session_id": 0,
            "session_epoch": -1,
            "forgotten_topics_data": (),
            "rack_id": "",
        }
        for name, value in fields.items():
            (entry if name in entry else body)[name] = value
        body["topics"] = [
            {"topic": topic, "topic_id": self.topic_ids.get(topic, STRANGER), "partitions": [entry]}
        ]
        return body


SORTED_BY = {
    "partition_index",
    "partition",
    "name",
    "topic",
    "topic_id",
    "node_id",
    "broker_id",
    "group_id",
    "resource_name",
    "api_key",
}


def batch(*values: bytes, **fields: object) -> bytes:
    """One batch of keyless records."""
    return bytes(build_batch([(None, value) for value in values], **({"timestamp_ms": WHEN_MS} | fields)))


def whole_batches(data: bytes) -> bytes:
    """`data` without the part of a batch at its end."""
    at = 0
    while len(data) - at > 12 and (end := at + 12 + struct.unpack_from(">i", data, at + 8)[0]) <= len(data):
        at = end
    return data[:at]


def patched(data: bytes, at: int, layout: str, value: int, *, crc: bool = True) -> bytes:
    """`data` with a field overwritten and, unless told not to, its CRC right again."""
    out = bytearray(data)
    struct.pack_into(layout, out, at, value)
    if crc and at != 17:
        from engine.wire.checksum import crc32c

        struct.pack_into(">I", out, 17, crc32c(bytes(out[21:])))
    return bytes(out)


def run(recorder: Recorder) -> None:
    """Every exchange, in order."""
    wait_for_coordinators(recorder)
    for room in (topics, produce, fetch, offsets, configs, groups, replicas, cluster):
        room(recorder)


def wait_for_coordinators(r: Recorder) -> None:
    """Until there is a topic of groups' offsets and producer ids are given out."""
    deadline = time.monotonic() + 30
    asked = {
        "transactional_id": None,
        "transaction_timeout_ms": 60_000,
        "producer_id": -1,
        "producer_epoch": -1,
    }
    while (
        r.quiet(ApiKey.FIND_COORDINATOR, {"key_type": 0, "coordinator_keys": ["g"]})["coordinators"][0][
            "error_code"
        ]
        or r.quiet(ApiKey.INIT_PRODUCER_ID, asked)["error_code"]
    ):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    r.learn_ids("__consumer_offsets")


# --- topics -------------------------------------------------------------------------------------------------------


def topics(r: Recorder) -> None:
    key = ApiKey.CREATE_TOPICS
    for version in r.span(key):
        name = f"created-{version}"
        body = {"topics": [NEW_TOPIC | {"name": name, "num_partitions": 2}], "timeout_ms": 10_000}
        r.ask("only checked", key, version, body | {"validate_only": True})
        r.ask("made", key, version, body | {"validate_only": False})
        r.ask("made again", key, version, body | {"validate_only": False})
    r.learn_ids()

    def one(**fields: object) -> dict[str, object]:
        return {"topics": [NEW_TOPIC | fields], "timeout_ms": 10_000, "validate_only": False}

    wrong = {
        "no name": one(name=""),
        "dot": one(name="."),
        "dots": one(name=".."),
        "a slash": one(name="a/b"),
        "a space": one(name="a b"),
        "too long": one(name="x" * 250),
        "longest": one(name="x" * 249),
        "umlaut": one(name="ä"),
        "no partitions": one(name="np", num_partitions=0),
        "negative partitions": one(name="np", num_partitions=-2),
        "default partitions": one(name="defaults", num_partitions=-1, replication_factor=-1),
        "no replicas": one(name="nr", replication_factor=0),
        "two replicas": one(name="nr", replication_factor=2),
        "negative replicas": one(name="nr", replication_factor=-2),
        "unknown config": one(name="uc", configs=[{"name": "no.such.config", "value": "1"}]),
        "bad config": one(name="bc", configs=[{"name": "retention.ms", "value": "soon"}]),
        "null config": one(name="nc", configs=[{"name": "retention.ms", "value": None}]),
        "low config": one(name="lc", configs=[{"name": "retention.ms", "value": "-2"}]),
        "bad policy": one(name="bp", configs=[{"name": "cleanup.policy", "value": "sometimes"}]),
        "two policies": one(name="tp", configs=[{"name": "cleanup.policy", "value": "delete, compact"}]),
        "config twice": one(
            name="ct",
            configs=[{"name": "retention.ms", "value": "1"}, {"name": "retention.ms", "value": "2"}],
        ),
        "assigned": one(
            name="as",
            num_partitions=-1,
            replication_factor=-1,
            assignments=[{"partition_index": 0, "broker_ids": [1]}],
        ),
        "assigned with counts": one(name="ac", assignments=[{"partition_index": 0, "broker_ids": [1]}]),
        "assigned to nobody": one(
            name="an",
            num_partitions=-1,
            replication_factor=-1,
            assignments=[{"partition_index": 0, "broker_ids": []}],
        ),
        "assigned to a stranger": one(
            name="at",
            num_partitions=-1,
            replication_factor=-1,
            assignments=[{"partition_index": 0, "broker_ids": [77]}],
        ),
        "assigned with a gap": one(
            name="ag",
            num_partitions=-1,
            replication_factor=-1,
            assignments=[{"partition_index": 1, "broker_ids": [1]}],
        ),
        "assigned twice to one": one(
            name="a2",
            num_partitions=-1,
            replication_factor=-1,
            assignments=[{"partition_index": 0, "broker_ids": [1, 1]}],
        ),
        "twice in one request": {
            "topics": [NEW_TOPIC | {"name": "twice"}, NEW_TOPIC | {"name": "twice"}],
            "timeout_ms": 10_000,
            "validate_only": False,
        },
        "nothing": {"topics": [], "timeout_ms": 10_000, "validate_only": False},
        "collides": one(name="created.2"),
        "internal": one(name="__transaction_state", num_partitions=1),
    }
    for note, body in wrong.items():
        r.ask(note, key, r.newest(key), body)
    r.learn_ids()
    metadata(r)
    partitions(r)
    deletions(r)


def metadata(r: Recorder) -> None:
    key = ApiKey.METADATA
    for version in r.span(key):
        named = [{"name": "created-2", "topic_id": None}]
        r.ask("one", key, version, {"topics": named, "allow_auto_topic_creation": False})
        r.ask(
            "unknown",
            key,
            version,
            {"topics": [{"name": "missing", "topic_id": None}], "allow_auto_topic_creation": False},
        )
        r.ask(
            "bad name",
            key,
            version,
            {"topics": [{"name": "a/b", "topic_id": None}], "allow_auto_topic_creation": False},
        )
        r.ask("bad name, may create", key, version, {"topics": [{"name": "a/b", "topic_id": None}]})
        r.ask("twice", key, version, {"topics": named * 2, "allow_auto_topic_creation": False})
        r.ask(
            "operations",
            key,
            version,
            {
                "topics": named,
                "include_topic_authorized_operations": True,
                "include_cluster_authorized_operations": True,
            }
            if version >= 8
            else {"topics": named},
        )
        r.ask("all or none", key, version, {"topics": []})
        if version >= 1:
            answer = r.quiet(key, {"topics": None}, version)
            r.answers[f"METADATA {version} null"] = {"created-2", "created-3"} <= {
                t["name"] for t in answer["topics"]
            }
    by_id = r.topic_ids["created-3"]
    for version in r.span(key, 10):
        r.ask("by id", key, version, {"topics": [{"name": None, "topic_id": by_id}]})
        r.ask("by unknown id", key, version, {"topics": [{"name": None, "topic_id": STRANGER}]})
        r.ask("by both", key, version, {"topics": [{"name": "created-3", "topic_id": by_id}]})
        r.ask("by neither", key, version, {"topics": [{"name": None, "topic_id": None}]})
    key = ApiKey.DESCRIBE_TOPIC_PARTITIONS
    if key in r.versions:
        r.ask("two", key, 0, {"topics": [{"name": "created-3"}, {"name": "created-2"}]})
        r.ask("unknown", key, 0, {"topics": [{"name": "missing"}, {"name": "a/b"}]})
        r.ask(
            "limited",
            key,
            0,
            {"topics": [{"name": "created-3"}, {"name": "created-2"}], "response_partition_limit": 1},
        )
        r.ask("zero", key, 0, {"topics": [{"name": "created-3"}], "response_partition_limit": 0})
        r.ask(
            "cursor",
            key,
            0,
            {
                "topics": [{"name": "created-3"}, {"name": "created-2"}],
                "cursor": {"topic_name": "created-3", "partition_index": 1},
            },
        )
        r.ask(
            "cursor past the end",
            key,
            0,
            {"topics": [{"name": "created-3"}], "cursor": {"topic_name": "created-3", "partition_index": 9}},
        )
        r.ask(
            "negative cursor",
            key,
            0,
            {"topics": [{"name": "created-3"}], "cursor": {"topic_name": "created-3", "partition_index": -9}},
        )


def partitions(r: Recorder) -> None:
    key = ApiKey.CREATE_PARTITIONS

    def one(name: str, count: int, assignments: object = None, **fields: object) -> dict[str, object]:
        return {
            "topics": [{"name": name, "count": count, "assignments": assignments}],
            "timeout_ms": 10_000,
        } | fields

    for version in r.span(key):
        name = f"created-{version + 2}"
        r.ask("only checked", key, version, one(name, 4, validate_only=True))
        r.ask("grown", key, version, one(name, 4))
        r.ask("same", key, version, one(name, 4))
        r.ask("fewer", key, version, one(name, 3))
        r.ask("none", key, version, one(name, 0))
        r.ask("negative", key, version, one(name, -1))
        r.ask("unknown", key, version, one("missing", 4))
        r.ask("assigned", key, version, one(name, 5, [{"broker_ids": [1]}]))
        r.ask("assigned too few", key, version, one(name, 7, [{"broker_ids": [1]}]))
        r.ask("assigned to a stranger", key, version, one(name, 6, [{"broker_ids": [9]}]))
        r.ask("twice", key, version, {"topics": one(name, 6)["topics"] * 2, "timeout_ms": 10_000})
    r.ask("of groups", key, r.newest(key), one("__consumer_offsets", 2))


def deletions(r: Recorder) -> None:
    key = ApiKey.DELETE_TOPICS
    for version in r.span(key):
        names = [f"created-{version + 1}" if version > 1 else "defaults", "missing", "a/b", ""]
        if version < 6:
            r.ask("some", key, version, {"topic_names": names, "timeout_ms": 10_000})
            r.ask(
                "the same twice", key, version, {"topic_names": ["missing", "missing"], "timeout_ms": 10_000}
            )
            r.ask("none", key, version, {"topic_names": [], "timeout_ms": 10_000})
            continue
        ids = [{"name": None, "topic_id": r.topic_ids[names[0]]}, {"name": None, "topic_id": STRANGER}]
        r.ask("by id", key, version, {"topics": ids, "timeout_ms": 10_000})
        r.ask(
            "by name",
            key,
            version,
            {"topics": [{"name": n, "topic_id": None} for n in names[1:]], "timeout_ms": 10_000},
        )
        r.ask(
            "by neither", key, version, {"topics": [{"name": None, "topic_id": None}], "timeout_ms": 10_000}
        )
        r.ask(
            "by both", key, version, {"topics": [{"name": "x", "topic_id": STRANGER}], "timeout_ms": 10_000}
        )
        r.ask(
            "twice",
            key,
            version,
            {"topics": [{"name": "missing", "topic_id": None}] * 2, "timeout_ms": 10_000},
        )
    r.create("again")
    first = r.topic_ids["again"]
    r.quiet(key, {"topics": [{"name": "again", "topic_id": None}], "timeout_ms": 10_000})
    del r.topic_ids["again"]
    time.sleep(1)
    r.create("again")
    r.answers["a topic made again has another id"] = r.topic_ids["again"] != first


# --- produce ------------------------------------------------------------------------------------------------------


def produce(r: Recorder) -> None:
    key = ApiKey.PRODUCE
    r.create("produced", 2)
    r.create("stamped", message_timestamp_type="LogAppendTime")
    r.create("compacted", cleanup_policy="compact")
    r.create("small", max_message_bytes="200")
    r.create("timely", message_timestamp_before_max_ms="1000", message_timestamp_after_max_ms="1000")
    newest = r.newest(key)
    for version in r.span(key, 3):
        r.ask("a batch", key, version, r.produce("produced", batch(b"a", b"b", b"c")))
        r.ask("leader only", key, version, r.produce("produced", batch(b"d"), acks=1))
        r.ask("append time", key, version, r.produce("stamped", batch(b"d")))
        r.ask("acks 2", key, version, r.produce("produced", batch(b"a"), acks=2))
        r.ask("unknown topic", key, version, r.produce("missing", batch(b"a")))
        r.ask("unknown partition", key, version, r.produce("produced", batch(b"a"), partition=9))
        r.ask("negative partition", key, version, r.produce("produced", batch(b"a"), partition=-1))
        r.ask("bad CRC", key, version, r.produce("produced", patched(batch(b"a"), 17, ">I", 1)))
        r.ask("too large", key, version, r.produce("small", batch(b"a" * 300)))
        r.ask("compacted without a key", key, version, r.produce("compacted", batch(b"a")))
        r.ask("too old", key, version, r.produce("timely", batch(b"a", timestamp_ms=WHEN_MS - 60_000)))
        r.ask("zstd", key, version, r.produce("produced", batch(b"a" * 100, codec=4)))
        r.ask("snappy", key, version, r.produce("produced", batch(b"a" * 100, codec=2)))
        r.ask("control", key, version, r.produce("produced", batch(b"a", attributes=CONTROL)))
        r.ask("magic 1", key, version, r.produce("produced", patched(batch(b"a"), 16, ">b", 1)))
        r.ask("magic 3", key, version, r.produce("produced", patched(batch(b"a"), 16, ">b", 3)))
        r.ask("no records", key, version, r.produce("produced", b""))
        r.ask("two batches", key, version, r.produce("produced", batch(b"a") * 2))
        r.ask("batch and a half", key, version, r.produce("produced", batch(b"a") + batch(b"b")[:30]))
        r.ask("cut", key, version, r.produce("produced", batch(b"a")[:-1]))
        r.ask("cut header", key, version, r.produce("produced", batch(b"a")[:40]))
        r.ask("long count", key, version, r.produce("produced", patched(batch(b"a"), 57, ">i", 7)))
        r.ask("long delta", key, version, r.produce("produced", patched(batch(b"a"), 23, ">i", 7)))
        r.ask("no count", key, version, r.produce("produced", patched(batch(b"a"), 57, ">i", 0)))
        r.ask("codec 7", key, version, r.produce("produced", patched(batch(b"a"), 21, ">h", 7)))
        r.ask("nothing", key, version, r.produce("produced", b"") | {"topic_data": []})
        r.ask(
            "transactional without id",
            key,
            version,
            r.produce(
                "produced",
                batch(b"a", attributes=TRANSACTIONAL, producer_id=5, producer_epoch=0, base_sequence=0),
            ),
        )
        r.ask("the groups' topic", key, version, r.produce("__consumer_offsets", batch(b"a")))
        r.ask("base offset set", key, version, r.produce("produced", batch(b"a", base_offset=55)))
    r.ask(
        "newest for later",
        key,
        newest,
        r.produce("compacted", bytes(build_batch([(b"k", b"v")], timestamp_ms=WHEN_MS))),
    )
    sequences(r, newest)


def sequences(r: Recorder, version: int) -> None:
    r.create("sequences", 2)
    producers = ApiKey.INIT_PRODUCER_ID
    body = {
        "transactional_id": None,
        "transaction_timeout_ms": 60_000,
        "producer_id": -1,
        "producer_epoch": -1,
    }
    for each in r.span(producers):
        r.ask("fresh", producers, each, body)
        r.ask("empty transactional id", producers, each, body | {"transactional_id": ""})
    for each in r.span(producers, 3):
        r.ask("an id without an epoch", producers, each, body | {"producer_id": 5})
        r.ask("an epoch without an id", producers, each, body | {"producer_epoch": 5})
        r.ask("an id and an epoch", producers, each, body | {"producer_id": 5, "producer_epoch": 3})
    answer = r.quiet(producers, body)
    pid = answer["producer_id"]

    def send(
        note: str, sequence: int, *values: bytes, epoch: int = 0, producer: int = pid, partition: int = 0
    ) -> None:
        records = batch(
            *(values or (b"v",)), producer_id=producer, producer_epoch=epoch, base_sequence=sequence
        )
        r.ask(
            f"sequence: {note}", ApiKey.PRODUCE, version, r.produce("sequences", records, partition=partition)
        )

    send("does not start at 0", 5, partition=1)
    send("first", 0)
    send("first again", 0)
    send("second", 1, b"a", b"b")
    send("gap", 9)
    send("third", 3)
    send("second again", 1, b"a", b"b")
    send("second with another count", 1, b"a")
    for number in range(4, 9):
        send(f"number {number}", number)
    send("too old to remember", 0)
    send("old but remembered", 5)
    send("new epoch not from 0", 3, epoch=1)
    send("new epoch", 0, epoch=1)
    send("old epoch", 9, epoch=0)
    send("old epoch from 0", 0, epoch=0)
    send("epoch -1", 0, epoch=-1)
    send("unknown producer", 3, producer=pid + 1_000_000)
    send("unknown producer from 0", 0, producer=pid + 1_000_001)
    send("sequence -1", -1)
    send("last sequence", 2**31 - 1, producer=pid + 1_000_002)


# --- fetch --------------------------------------------------------------------------------------------------------


def fetch(r: Recorder) -> None:
    key = ApiKey.FETCH
    r.create("fetched", 2)
    version = r.newest(ApiKey.PRODUCE)
    for number in range(5):
        r.quiet(ApiKey.PRODUCE, r.produce("fetched", batch(b"%d" % number, b"x" * 100)), version)
    for version in r.span(key):
        r.ask("from the start", key, version, r.fetch("fetched", 0))
        r.ask("from the middle of a batch", key, version, r.fetch("fetched", 3))
        r.ask("from the end", key, version, r.fetch("fetched", 10))
        r.ask("from the end, waiting", key, version, r.fetch("fetched", 10, min_bytes=1, max_wait_ms=50))
        r.ask("beyond the end", key, version, r.fetch("fetched", 11))
        r.ask("negative", key, version, r.fetch("fetched", -1))
        r.ask("one byte", key, version, r.fetch("fetched", 0, partition_max_bytes=1))
        r.ask("one byte in all", key, version, r.fetch("fetched", 4, max_bytes=1))
        r.ask("no bytes", key, version, r.fetch("fetched", 4, max_bytes=0))
        r.ask("two batches", key, version, r.fetch("fetched", 0, partition_max_bytes=400))
        r.ask("unknown topic", key, version, r.fetch("missing", 0))
        r.ask("unknown partition", key, version, r.fetch("fetched", 0, partition=7))
        r.ask("negative partition", key, version, r.fetch("fetched", 0, partition=-7))
        r.ask("read committed", key, version, r.fetch("fetched", 8, isolation_level=1))
        r.ask("isolation 7", key, version, r.fetch("fetched", 8, isolation_level=7))
        r.ask("old epoch", key, version, r.fetch("fetched", 9, current_leader_epoch=0))
        r.ask("new epoch", key, version, r.fetch("fetched", 9, current_leader_epoch=9))
        r.ask("last epoch", key, version, r.fetch("fetched", 9, last_fetched_epoch=0))
        r.ask("last epoch unknown", key, version, r.fetch("fetched", 9, last_fetched_epoch=9))
        both = r.fetch("fetched", 8)
        second = r.fetch("fetched", 0, partition=1)["topics"][0]["partitions"]
        both["topics"][0]["partitions"] += second
        r.ask("two partitions", key, version, both)
        r.ask("no topics", key, version, r.fetch("fetched", 8) | {"topics": ()})
        r.ask("append time", key, version, r.fetch("compacted", 0))
    for version in r.span(key, 7):
        sessions(r, version)


def sessions(r: Recorder, version: int) -> None:
    key = ApiKey.FETCH
    topic = "fetched"
    answer = r.ask("session: opened", key, version, r.fetch(topic, 8, session_epoch=0))
    session = answer["session_id"]
    empty = {"topics": ()}
    r.ask(
        "session: nothing changed",
        key,
        version,
        r.fetch(topic, 8, session_id=session, session_epoch=1) | empty,
    )
    r.ask("session: moved on", key, version, r.fetch(topic, 10, session_id=session, session_epoch=2))
    r.ask(
        "session: nothing new", key, version, r.fetch(topic, 8, session_id=session, session_epoch=3) | empty
    )
    r.ask(
        "session: wrong epoch", key, version, r.fetch(topic, 8, session_id=session, session_epoch=9) | empty
    )
    r.ask(
        "session: after a wrong epoch",
        key,
        version,
        r.fetch(topic, 8, session_id=session, session_epoch=4) | empty,
    )
    r.ask("session: added", key, version, r.fetch(topic, 0, session_id=session, session_epoch=5, partition=1))
    r.ask(
        "session: a bad one added",
        key,
        version,
        r.fetch(topic, 0, session_id=session, session_epoch=6, partition=9),
    )
    r.ask("session: still bad", key, version, r.fetch(topic, 0, session_id=session, session_epoch=7) | empty)
    forgotten = [{"topic": topic, "topic_id": r.topic_ids[topic], "partitions": [9]}]
    r.ask(
        "session: forgotten",
        key,
        version,
        r.fetch(topic, 0, session_id=session, session_epoch=8) | empty | {"forgotten_topics_data": forgotten},
    )
    r.ask("session: without it", key, version, r.fetch(topic, 0, session_id=session, session_epoch=9) | empty)
    r.ask(
        "session: unknown topic added",
        key,
        version,
        r.fetch("missing", 0, session_id=session, session_epoch=10),
    )
    r.ask("session: back", key, version, r.fetch(topic, 8, session_id=session, session_epoch=11))
    r.ask("session: closed", key, version, r.fetch(topic, 8, session_id=session, session_epoch=-1))
    r.ask("session: gone", key, version, r.fetch(topic, 8, session_id=session, session_epoch=12))
    r.ask("session: unknown", key, version, r.fetch(topic, 8, session_id=12345, session_epoch=1))
    r.ask("session: unknown, anew", key, version, r.fetch(topic, 8, session_id=12345, session_epoch=0))
    r.ask("session: none at an epoch", key, version, r.fetch(topic, 8, session_id=0, session_epoch=5))


# --- offsets ------------------------------------------------------------------------------------------------------


def offsets(r: Recorder) -> None:
    key = ApiKey.LIST_OFFSETS
    r.create("listed", 2)
    for number in range(4):
        data = bytes(build_batch([(None, b"v"), (None, b"w")], timestamp_ms=WHEN_MS + number * 1000))
        r.quiet(ApiKey.PRODUCE, r.produce("listed", data))
    r.create("empty")

    def ask(note: str, version: int, timestamp: int, topic: str = "listed", **fields: object) -> None:
        entry = {"partition_index": 0, "current_leader_epoch": -1, "timestamp": timestamp} | fields
        body = {
            "replica_id": -1,
            "isolation_level": fields.pop("isolation", 0),
            "topics": [{"name": topic, "partitions": [entry]}],
        }
        entry.pop("isolation", None)
        r.ask(note, key, version, body)

    for version in r.span(key):
        for timestamp in range(-8, 1):
            ask(f"at {timestamp}", version, timestamp)
            ask(f"at {timestamp}, empty", version, timestamp, "empty")
        for after in (0, 1, 1000, 1500, 3000, 3001):
            ask(f"{after} ms on", version, WHEN_MS + after)
        ask("unknown topic", version, -1, "missing")
        ask("unknown partition", version, -1, partition_index=9)
        ask("old epoch", version, -1, current_leader_epoch=0)
        ask("new epoch", version, -1, current_leader_epoch=9)
        ask("committed", version, -1, isolation=1)
        entry = {"partition_index": 0, "timestamp": -1}
        r.ask(
            "twice",
            key,
            version,
            {"replica_id": -1, "topics": [{"name": "listed", "partitions": [entry, entry]}]},
        )

    key = ApiKey.OFFSET_FOR_LEADER_EPOCH
    for version in r.span(key):
        for epoch in (-2, -1, 0, 1, 9):
            for current in (-1, 0, 5):
                entry = {"partition": 0, "current_leader_epoch": current, "leader_epoch": epoch}
                r.ask(
                    f"epoch {epoch}, current {current}",
                    key,
                    version,
                    {"replica_id": -1, "topics": [{"topic": "listed", "partitions": [entry]}]},
                )
        entry = {"partition": 0, "current_leader_epoch": -1, "leader_epoch": 0}
        r.ask(
            "unknown topic",
            key,
            version,
            {"replica_id": -1, "topics": [{"topic": "missing", "partitions": [entry]}]},
        )
        r.ask(
            "unknown partition",
            key,
            version,
            {"replica_id": -1, "topics": [{"topic": "listed", "partitions": [entry | {"partition": 5}]}]},
        )
        r.ask(
            "empty", key, version, {"replica_id": -1, "topics": [{"topic": "empty", "partitions": [entry]}]}
        )

    key = ApiKey.DELETE_RECORDS
    for version in r.span(key):
        for offset in (0, version + 1, 1, 9, -2, 2**62):
            entry = {"partition_index": 0, "offset": offset}
            r.ask(
                f"below {offset}",
                key,
                version,
                {"topics": [{"name": "listed", "partitions": [entry]}], "timeout_ms": 10_000},
            ) if offset != 1 or version else None
        r.ask(
            "unknown topic",
            key,
            version,
            {
                "topics": [{"name": "missing", "partitions": [{"partition_index": 0, "offset": 0}]}],
                "timeout_ms": 10_000,
            },
        )
        r.ask(
            "unknown partition",
            key,
            version,
            {
                "topics": [{"name": "listed", "partitions": [{"partition_index": 9, "offset": 0}]}],
                "timeout_ms": 10_000,
            },
        )
        r.ask(
            "compacted",
            key,
            version,
            {
                "topics": [{"name": "compacted", "partitions": [{"partition_index": 0, "offset": 0}]}],
                "timeout_ms": 10_000,
            },
        )
    newest = r.newest(ApiKey.FETCH)
    r.ask("below the start", ApiKey.FETCH, newest, r.fetch("listed", 1))
    r.ask("from inside the start's batch", ApiKey.FETCH, newest, r.fetch("listed", 3))
    for at in (-2, -1, WHEN_MS):
        entry = {"partition_index": 0, "timestamp": at}
        r.ask(
            f"at {at} after a deletion",
            ApiKey.LIST_OFFSETS,
            r.newest(ApiKey.LIST_OFFSETS),
            {"replica_id": -1, "topics": [{"name": "listed", "partitions": [entry]}]},
        )
    r.ask(
        "everything",
        key,
        r.newest(key),
        {
            "topics": [{"name": "listed", "partitions": [{"partition_index": 0, "offset": -1}]}],
            "timeout_ms": 10_000,
        },
    )
    r.ask("after everything is deleted", ApiKey.FETCH, newest, r.fetch("listed", 8))
    for at in (-3, -2, -1, WHEN_MS):
        entry = {"partition_index": 0, "timestamp": at}
        r.ask(
            f"at {at} after all is deleted",
            ApiKey.LIST_OFFSETS,
            r.newest(ApiKey.LIST_OFFSETS),
            {"replica_id": -1, "topics": [{"name": "listed", "partitions": [entry]}]},
        )


# --- configs ------------------------------------------------------------------------------------------------------


def configs(r: Recorder) -> None:
    r.create("configured", retention_ms="1000")

    def described(
        note: str,
        version: int,
        keys: Sequence[str] | None,
        kind: int = 2,
        name: str = "configured",
        **more: object,
    ) -> None:
        resource = {"resource_type": kind, "resource_name": name, "configuration_keys": keys}
        r.ask(note, ApiKey.DESCRIBE_CONFIGS, version, {"resources": [resource]} | more)

    for version in r.span(ApiKey.DESCRIBE_CONFIGS):
        described("all", version, None)
        described("two", version, ["retention.ms", "cleanup.policy"])
        described("synonyms", version, ["retention.ms", "max.message.bytes"], include_synonyms=True)
        described("none", version, [])
        described("unknown key", version, ["no.such.key"])
        described("unknown topic", version, None, name="missing")
        described("bad topic", version, None, name="a/b")
        described("no name", version, None, name="")
        described("unknown type", version, None, kind=77)
        described("type 0", version, None, kind=0)
        described("other broker", version, None, kind=4, name="77")
        described("not a broker", version, None, kind=4, name="abc")
    for version in r.span(ApiKey.INCREMENTAL_ALTER_CONFIGS):
        incremental(r, version)
    for version in r.span(ApiKey.ALTER_CONFIGS):
        altered(r, version)
    key = ApiKey.LIST_CONFIG_RESOURCES
    if key in r.versions:
        for version in r.span(key):
            r.ask("metrics", key, version, {"resource_types": [16]})
        for version in r.span(key, 1):
            r.ask("brokers", key, version, {"resource_types": [4]})
            r.ask("unknown type", key, version, {"resource_types": [77]})


def incremental(r: Recorder, version: int) -> None:
    key = ApiKey.INCREMENTAL_ALTER_CONFIGS

    def ask(
        note: str,
        *changes: tuple[str, int, str | None],
        kind: int = 2,
        name: str = "configured",
        check: bool = False,
    ) -> None:
        resource = {
            "resource_type": kind,
            "resource_name": name,
            "configs": [{"name": n, "config_operation": o, "value": v} for n, o, v in changes],
        }
        r.ask(note, key, version, {"resources": [resource], "validate_only": check})
        time.sleep(SETTLING_SECONDS)
        shown = {
            "resource_type": 2,
            "resource_name": "configured",
            "configuration_keys": ["retention.ms", "cleanup.policy", "segment.bytes", "max.message.bytes"],
        }
        r.ask(f"after incremental {version} {note}", ApiKey.DESCRIBE_CONFIGS, 4, {"resources": [shown]})

    ask("set", ("retention.ms", 0, "5000"))
    ask("only checked", ("retention.ms", 0, "6000"), check=True)
    ask("delete", ("retention.ms", 1, None))
    ask("delete again", ("retention.ms", 1, None))
    ask("delete with a value", ("retention.ms", 1, "7"))
    ask("append", ("cleanup.policy", 2, "compact"))
    ask("append again", ("cleanup.policy", 2, "compact"))
    ask("subtract", ("cleanup.policy", 3, "delete"))
    ask("subtract the last", ("cleanup.policy", 3, "compact"))
    ask("set back", ("cleanup.policy", 1, None))
    ask("append to a number", ("retention.ms", 2, "5"))
    ask("subtract from a number", ("retention.ms", 3, "5"))
    ask("operation 9", ("retention.ms", 9, "5"))
    ask("null value", ("retention.ms", 0, None))
    ask("append null", ("cleanup.policy", 2, None))
    ask("bad value", ("retention.ms", 0, "x"))
    ask("unknown key", ("no.such.key", 0, "x"))
    ask("unknown key deleted", ("no.such.key", 1, None))
    ask("same key twice", ("retention.ms", 0, "5"), ("retention.ms", 0, "6"))
    ask("one good, one bad", ("retention.ms", 0, "5"), ("segment.bytes", 0, "x"))
    ask("nothing")
    ask("unknown topic", ("retention.ms", 0, "5"), name="missing")
    ask("no name", ("retention.ms", 0, "5"), name="")
    ask("unknown type", ("retention.ms", 0, "5"), kind=77)
    ask("other broker", ("retention.ms", 0, "5"), kind=4, name="77")
    ask("min isr", ("min.insync.replicas", 0, "0"))
    ask("small segment", ("segment.bytes", 0, "0"))
    ask("empty list", ("cleanup.policy", 0, ""))
    ask("spaces", ("retention.ms", 0, " 7000 "))
    ask("set back again", ("retention.ms", 1, None), ("cleanup.policy", 1, None), ("segment.bytes", 1, None))
    resource = {
        "resource_type": 2,
        "resource_name": "configured",
        "configs": [{"name": "retention.ms", "config_operation": 0, "value": "1"}],
    }
    r.ask("a topic twice", key, version, {"resources": [resource, resource], "validate_only": False})


def altered(r: Recorder, version: int) -> None:
    key = ApiKey.ALTER_CONFIGS

    def ask(note: str, values: Mapping[str, str | None], name: str = "configured", kind: int = 2) -> None:
        resource = {
            "resource_type": kind,
            "resource_name": name,
            "configs": [{"name": n, "value": v} for n, v in values.items()],
        }
        r.ask(note, key, version, {"resources": [resource], "validate_only": False})
        time.sleep(SETTLING_SECONDS)
        shown = {
            "resource_type": 2,
            "resource_name": "configured",
            "configuration_keys": ["retention.ms", "cleanup.policy", "segment.bytes"],
        }
        r.ask(f"after altered {version} {note}", ApiKey.DESCRIBE_CONFIGS, 4, {"resources": [shown]})

    ask("set", {"retention.ms": "9000", "segment.bytes": "2000000"})
    ask("replaced", {"cleanup.policy": "compact"})
    ask("bad value", {"retention.ms": "x"})
    ask("null value", {"retention.ms": None})
    ask("unknown key", {"no.such.key": "x"})
    ask("unknown topic", {"retention.ms": "1"}, name="missing")
    ask("unknown type", {"retention.ms": "1"}, kind=77)
    ask("nothing", {})


# --- groups -------------------------------------------------------------------------------------------------------


def groups(r: Recorder) -> None:
    """The lifecycle of one member in every version; the state machine has a test of its own."""
    key = ApiKey.FIND_COORDINATOR
    for version in r.span(key):
        for kind in (0, 5, -1):
            r.ask(
                f"type {kind}", key, version, {"key": "g", "key_type": kind, "coordinator_keys": ["g", "h"]}
            )
        r.ask("empty", key, version, {"key": "", "key_type": 0, "coordinator_keys": [""]})
    r.ask("nothing", key, r.newest(key), {"key_type": 0, "coordinator_keys": []})
    for version in r.span(ApiKey.JOIN_GROUP):
        member(r, version)
    unknown = {
        ApiKey.HEARTBEAT: {"group_id": "nobody", "generation_id": 1, "member_id": "m"},
        ApiKey.SYNC_GROUP: {"group_id": "nobody", "generation_id": 1, "member_id": "m", "assignments": ()},
        ApiKey.LEAVE_GROUP: {"group_id": "nobody", "member_id": "m", "members": [{"member_id": "m"}]},
        ApiKey.DESCRIBE_GROUPS: {"groups": ["nobody", "", "nobody"]},
        ApiKey.DELETE_GROUPS: {"groups_names": ["nobody", ""]},
        ApiKey.OFFSET_DELETE: {
            "group_id": "nobody",
            "topics": [{"name": "listed", "partitions": [{"partition_index": 0}]}],
        },
        ApiKey.LIST_GROUPS: {"states_filter": ["NoSuchState"], "types_filter": ["classic"]},
    }
    for api, body in unknown.items():
        r.ask_all("unknown", api, body)
    for version in r.span(ApiKey.OFFSET_FETCH, 1):
        stored = [
            {"name": "listed", "topic_id": r.topic_ids["listed"], "partition_indexes": [0, 1, 7]},
            {"name": "missing", "topic_id": STRANGER, "partition_indexes": [0]},
        ]
        named = [{name: field for name, field in one.items() if name != "topic_id"} for one in stored]
        for group in ("nobody", "offsets"):
            r.ask(
                f"of {group}",
                ApiKey.OFFSET_FETCH,
                version,
                {"group_id": group, "topics": named, "groups": [{"group_id": group, "topics": stored}]},
            )
            if version >= 2:
                r.ask(
                    f"all of {group}",
                    ApiKey.OFFSET_FETCH,
                    version,
                    {"group_id": group, "topics": None, "groups": [{"group_id": group, "topics": None}]},
                )


def member(r: Recorder, version: int) -> None:
    """Join, sync, heartbeat, commit, leave with matching versions."""
    group = f"group-{version}"
    body = {
        "group_id": group,
        "session_timeout_ms": 10_000,
        "rebalance_timeout_ms": 10_000,
        "member_id": "",
        "group_instance_id": None,
        "protocol_type": "consumer",
        "protocols": [{"name": "range", "metadata": b"\0\0\0\0\0\1\0\6listed\0\0\0\0"}],
        "reason": None,
    }
    key = ApiKey.JOIN_GROUP
    answer = r.ask("join", key, version, body)
    if answer["error_code"] == 79:
        answer = r.ask("join with the id", key, version, body | {"member_id": answer["member_id"]})
    who = {"group_id": group, "member_id": answer["member_id"], "generation_id": answer["generation_id"]}
    r.ask("short session", key, version, body | {"session_timeout_ms": 1})
    r.ask("long session", key, version, body | {"session_timeout_ms": 2**31 - 1})
    r.ask("no group", key, version, body | {"group_id": ""})
    r.ask("no protocols", key, version, body | {"protocols": ()})
    r.ask("other protocol", key, version, body | {"protocols": [{"name": "other", "metadata": b""}]})
    r.ask("other type", key, version, body | {"protocol_type": "connect"})
    r.ask("stranger", key, version, body | {"member_id": "stranger"})
    key = ApiKey.SYNC_GROUP
    at = min(version, r.newest(key))
    sync = who | {
        "protocol_type": "consumer",
        "protocol_name": "range",
        "assignments": [{"member_id": who["member_id"], "assignment": b"mine"}],
    }
    r.ask(f"for {version}, stale", key, at, sync | {"generation_id": 77})
    r.ask(f"for {version}, stranger", key, at, sync | {"member_id": "stranger"})
    r.ask(f"for {version}", key, at, sync)
    r.ask(f"for {version}, again", key, at, sync)
    key = ApiKey.HEARTBEAT
    at = min(version, r.newest(key))
    r.ask(f"for {version}", key, at, who)
    r.ask(f"for {version}, stale", key, at, who | {"generation_id": 77})
    r.ask(f"for {version}, stranger", key, at, who | {"member_id": "stranger"})
    r.ask(
        f"for {version}",
        ApiKey.DESCRIBE_GROUPS,
        min(version, r.newest(ApiKey.DESCRIBE_GROUPS)),
        {"groups": [group], "include_authorized_operations": True} if version >= 3 else {"groups": [group]},
    )
    r.ask(f"for {version}", ApiKey.DELETE_GROUPS, min(version, 2), {"groups_names": [group]})
    committing(r, version, who)
    key = ApiKey.LEAVE_GROUP
    at = min(version, r.newest(key))
    leave = {"group_id": group, "member_id": who["member_id"], "members": [{"member_id": who["member_id"]}]}
    r.ask(
        f"for {version}, stranger",
        key,
        at,
        leave | {"member_id": "stranger", "members": [{"member_id": "stranger"}]},
    )
    r.ask(f"for {version}", key, at, leave)
    r.ask(f"for {version}, again", key, at, leave)
    r.ask(
        f"after {version}",
        ApiKey.DESCRIBE_GROUPS,
        min(version, r.newest(ApiKey.DESCRIBE_GROUPS)),
        {"groups": [group]},
    )
    r.ask(f"after {version}", ApiKey.DELETE_GROUPS, min(version, 2), {"groups_names": [group, group]})


def committing(r: Recorder, version: int, who: Mapping[str, object]) -> None:
    key = ApiKey.OFFSET_COMMIT
    if version < 2 or version > r.newest(key):
        return

    def body(
        partition: int = 0, topic: str = "listed", metadata: str | None = "m", **fields: object
    ) -> dict[str, object]:
        entry = {
            "partition_index": partition,
            "committed_offset": 3,
            "committed_leader_epoch": -1,
            "committed_metadata": metadata,
        }
        ids = {
            "group_id": who["group_id"],
            "generation_id_or_member_epoch": who["generation_id"],
            "member_id": who["member_id"],
            "retention_time_ms": -1,
        }
        return (
            ids
            | {
                "topics": [
                    {"name": topic, "topic_id": r.topic_ids.get(topic, STRANGER), "partitions": [entry]}
                ]
            }
            | fields
        )

    r.ask("commit", key, version, body())
    r.ask("null metadata", key, version, body(metadata=None))
    r.ask("long metadata", key, version, body(metadata="x" * 4097))
    r.ask("unknown partition", key, version, body(9))
    r.ask("unknown topic", key, version, body(topic="missing"))
    r.ask("stale", key, version, body(generation_id_or_member_epoch=77))
    r.ask("stranger", key, version, body(member_id="stranger"))
    r.ask("from outside", key, version, body(member_id="", generation_id_or_member_epoch=-1))
    r.ask(
        "a simple group",
        key,
        version,
        body(group_id="offsets", member_id="", generation_id_or_member_epoch=-1),
    )
    r.ask(
        "a generation in a simple group",
        key,
        version,
        body(group_id="offsets", member_id="", generation_id_or_member_epoch=4),
    )
    r.ask("no group", key, version, body(group_id="", member_id="", generation_id_or_member_epoch=-1))


# --- replicas -----------------------------------------------------------------------------------------------------


def replicas(r: Recorder) -> None:
    key = ApiKey.ELECT_LEADERS
    for version in r.span(key):
        for kind in (0, 1) if version else (0,):
            for topic, index in (("fetched", 0), ("fetched", 9), ("missing", 0)):
                body = {"election_type": kind, "timeout_ms": 10_000} if version else {"timeout_ms": 10_000}
                body |= {"topic_partitions": [{"topic": topic, "partitions": [index]}]}
                r.ask(f"{kind} of {topic} {index}", key, version, body)
    key = ApiKey.ALTER_PARTITION_REASSIGNMENTS
    for version in r.span(key):
        for note, topic, index, wanted in (
            ("cancelled", "fetched", 0, None),
            ("same", "fetched", 0, [1]),
            ("nobody", "fetched", 0, []),
            ("twice", "fetched", 0, [1, 1]),
            ("a stranger", "fetched", 0, [77]),
            ("negative", "fetched", 0, [-1]),
            ("unknown partition", "fetched", 9, [1]),
            ("unknown topic", "missing", 0, [1]),
        ):
            partition = {"partition_index": index, "replicas": wanted}
            body = {"timeout_ms": 10_000, "topics": [{"name": topic, "partitions": [partition]}]}
            r.ask(note, key, version, body)
    key = ApiKey.LIST_PARTITION_REASSIGNMENTS
    for version in r.span(key) if key in r.versions else ():
        r.ask("all", key, version, {"topics": None, "timeout_ms": 10_000})
        for topic, index in (("fetched", 0), ("fetched", 9), ("missing", 0)):
            asked = [{"name": topic, "partition_indexes": [index]}]
            r.ask(f"{topic} {index}", key, version, {"topics": asked, "timeout_ms": 10_000})
    key = ApiKey.DESCRIBE_QUORUM
    for version in r.span(key):
        for topic, index in (("__cluster_metadata", 0), ("__cluster_metadata", 9), ("fetched", 0)):
            asked = [{"topic_name": topic, "partitions": [{"partition_index": index}]}]
            r.ask(f"{topic} {index}", key, version, {"topics": asked})


# --- the cluster --------------------------------------------------------------------------------------------------


def cluster(r: Recorder) -> None:
    key = ApiKey.DESCRIBE_CLUSTER
    for version in r.span(key):
        r.ask("plain", key, version, {"include_cluster_authorized_operations": False})
        r.ask("operations", key, version, {"include_cluster_authorized_operations": True})
    for version in r.span(key, 1):
        r.ask("controllers", key, version, {"endpoint_type": 2})
        r.ask("endpoint type 9", key, version, {"endpoint_type": 9})
    key = ApiKey.DESCRIBE_LOG_DIRS
    for version in r.span(key):
        answer = r.quiet(
            key,
            {"topics": [{"topic": "fetched", "partitions": [0, 9]}, {"topic": "missing", "partitions": [0]}]},
            version,
        )
        shown = [
            {
                "name": t["name"],
                "partitions": [
                    (p["partition_index"], p["offset_lag"], p["is_future_key"], p["partition_size"] > 0)
                    for p in t["partitions"]
                ],
            }
            for d in answer["results"]
            for t in d["topics"]
        ]
        r.answers[f"DESCRIBE_LOG_DIRS {version} asked"] = [
            answer.get("error_code"),
            [d["error_code"] for d in answer["results"]],
            shown,
        ]
        r.ask("none", key, version, {"topics": []}) if False else None
    key = ApiKey.API_VERSIONS
    for version in r.span(key, 3):
        r.ask("bad name", key, version, {"client_software_name": "a b", "client_software_version": "1"})
        r.ask("no name", key, version, {"client_software_name": "", "client_software_version": ""})
    r.raw_frame("an unknown API", struct.pack(">hhih", 999, 0, 1, -1))
    r.raw_frame("an unknown version", struct.pack(">hhih", 3, 99, 1, -1))
    r.raw_frame("a negative version", struct.pack(">hhih", 3, -1, 1, -1))
    r.raw_frame("a negative API", struct.pack(">hhih", -3, 1, 1, -1))
    r.raw_frame("a cut Metadata", struct.pack(">hhihi", 3, 1, 1, -1, 5))
