"""Properties of the Kafka door: topics, requests, groups, transactions, quotas."""

from engine.config.properties.make import INT_MAX, KIBIBYTE, MEBIBYTE, off, on, texts, whole, words
from engine.config.property import PropertyValue


def _odd(value: PropertyValue) -> str | None:
    return "must be odd" if isinstance(value, int) and value % 2 == 0 else None


TOPICS = (
    off("auto_create_topics_enabled", "Create a topic when a client asks for one that is not there."),
    whole(
        "default_topic_partitions",
        1,
        "Partitions of a topic created without a count.",
        minimum=1,
        maximum=100_000,
    ),
    whole(
        "default_topic_replications",
        1,
        "Replicas of a topic created without a count; odd.",
        minimum=1,
        maximum=32_767,
        aliases=("default_topic_replication",),
        refuse=_odd,
    ),
    whole("minimum_topic_replications", 1, "Fewest replicas a topic may have.", minimum=1, maximum=32_767),
    whole(
        "internal_topic_replication_factor",
        3,
        "Replicas of the engine's own topics, as far as there are brokers.",
        minimum=1,
        maximum=32_767,
        restart=True,
    ),
    texts(
        "kafka_nodelete_topics",
        ["_redpanda.audit_log", "__consumer_offsets", "_schemas"],
        "Topics that clients may not delete.",
    ),
    texts("kafka_noproduce_topics", [], "Topics that clients may not produce to."),
    on("delete_topic_enable", "Allow topics to be deleted."),
    whole(
        "topic_partitions_per_shard", 1000, "Most partitions one shard holds.", minimum=1, maximum=1_000_000
    ),
)

REQUESTS = (
    whole(
        "kafka_batch_max_bytes",
        MEBIBYTE,
        "Largest record batch; default of max.message.bytes.",
        minimum=1,
        maximum=INT_MAX,
        units="bytes",
    ),
    whole(
        "kafka_request_max_bytes",
        100 * MEBIBYTE,
        "Largest request accepted.",
        minimum=KIBIBYTE,
        maximum=INT_MAX,
        units="bytes",
    ),
    whole(
        "fetch_max_bytes", 55 * MEBIBYTE, "Largest fetch response.", minimum=1, maximum=INT_MAX, units="bytes"
    ),
    whole(
        "fetch_reads_debounce_timeout",
        1,
        "Accepted; changes nothing: new data wakes a waiting fetch, which never polls.",
        maximum=60_000,
        units="milliseconds",
        visibility="tunable",
    ),
    on("enable_idempotence", "Allow idempotent producers.", restart=True),
    on("enable_transactions", "Allow transactions.", restart=True),
    whole("kafka_connections_max", None, "Most Kafka connections of one broker."),
    whole("kafka_connections_max_per_ip", None, "Most Kafka connections of one broker from one address."),
    whole(
        "kafka_throughput_limit_node_in_bps", None, "Ingress limit of one broker.", units="bytes per second"
    ),
    whole(
        "kafka_throughput_limit_node_out_bps", None, "Egress limit of one broker.", units="bytes per second"
    ),
    whole(
        "max_kafka_throttle_delay_ms",
        30_000,
        "Longest time a client is throttled.",
        maximum=3_600_000,
        units="milliseconds",
    ),
    whole(
        "kafka_sasl_max_reauth_ms",
        None,
        "Time after which SASL clients log in again.",
        minimum=1000,
        units="milliseconds",
    ),
    off("kafka_qdc_enable", "Queue depth control.", visibility="tunable"),
)

GROUPS = (
    whole(
        "group_initial_rebalance_delay",
        3000,
        "Time an empty group waits for more members before its first rebalance.",
        maximum=3_600_000,
        units="milliseconds",
    ),
    whole(
        "group_min_session_timeout_ms",
        6000,
        "Shortest session timeout a member may ask for.",
        minimum=1,
        maximum=INT_MAX,
        units="milliseconds",
    ),
    whole(
        "group_max_session_timeout_ms",
        300_000,
        "Longest session timeout a member may ask for.",
        minimum=1,
        maximum=INT_MAX,
        units="milliseconds",
    ),
    whole(
        "group_new_member_join_timeout",
        30_000,
        "Time a new member has to join.",
        minimum=1,
        maximum=INT_MAX,
        units="milliseconds",
    ),
    whole(
        "group_offset_retention_sec",
        604_800,
        "Time an empty group's offsets are kept.",
        nullable=True,
        units="seconds",
    ),
    whole(
        "group_offset_retention_check_ms",
        600_000,
        "How often expired offsets are looked for.",
        minimum=1,
        units="milliseconds",
        visibility="tunable",
    ),
    whole(
        "group_topic_partitions",
        16,
        "Partitions of __consumer_offsets when it is created.",
        minimum=1,
        maximum=1000,
    ),
    whole(
        "transactional_id_expiration_ms",
        604_800_000,
        "Time an unused transactional id is kept.",
        minimum=1,
        units="milliseconds",
    ),
    whole(
        "transaction_max_timeout_ms",
        900_000,
        "Longest transaction a client may ask for.",
        minimum=1,
        maximum=INT_MAX,
        units="milliseconds",
    ),
    whole(
        "transaction_coordinator_partitions",
        50,
        "Partitions of the transaction topic when it is created.",
        minimum=1,
        maximum=1000,
    ),
)

LEADERS = (
    words("default_leaders_preference", "none", "Racks that should hold leaders: none or racks:a,b."),
    words(
        "enable_schema_id_validation",
        "none",
        "Check schema ids of produced records.",
        allowed=("none", "redpanda", "compat"),
    ),
)

PROPERTIES = TOPICS + REQUESTS + GROUPS + LEADERS
