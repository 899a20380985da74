"""Properties of the cluster as a whole: identity, Raft, placement, security, metrics."""

from engine.config.properties.make import not_yet, off, on, texts, undecided, whole, words

CLUSTER = (
    words("cluster_id", None, "The cluster's identity, set once by the controller."),
    on(
        "features_auto_enable",
        "Switch new features on once every broker knows them.",
        visibility="tunable",
    ),
    off("enable_metrics_reporter", "Accepted; nothing is ever sent anywhere.", visibility="deprecated"),
    off("enable_usage", "Keep usage figures."),
    words(
        "default_redpanda_storage_mode",
        "unset",
        "Default of redpanda.storage.mode.",
        allowed=("unset", "local", "tiered", "cloud"),
    ),
    off("enable_rack_awareness", "Spread replicas over racks."),
    on("enable_leader_balancer", "Spread leaders over brokers."),
    words(
        "partition_autobalancing_mode",
        "node_add",
        "When partitions move by themselves.",
        allowed=("off", "node_add", "continuous"),
    ),
    whole(
        "partition_autobalancing_max_disk_usage_percent",
        80,
        "Disk use above which partitions move away.",
        minimum=5,
        maximum=100,
        units="percent",
    ),
    whole(
        "election_timeout_ms",
        1500,
        "Silence after which a leader is given up.",
        minimum=50,
        maximum=600_000,
        units="milliseconds",
        visibility="tunable",
    ),
    whole(
        "raft_heartbeat_interval_ms",
        150,
        "Time between a leader's heartbeats.",
        minimum=10,
        maximum=600_000,
        units="milliseconds",
        visibility="tunable",
    ),
)

SECURITY = (
    off("enable_sasl", "SASL on every listener without a method of its own.", refuse=not_yet("SASL")),
    undecided(
        "kafka_enable_authorization",
        "Check ACLs; null follows enable_sasl.",
        refuse=not_yet("authorization"),
    ),
    texts(
        "sasl_mechanisms",
        ["SCRAM"],
        "SASL mechanisms offered.",
        allowed=("SCRAM", "GSSAPI", "OAUTHBEARER", "PLAIN"),
    ),
    texts("superusers", [], "Users that ACLs do not bind.", one_or_many=True),
    off(
        "admin_api_require_auth",
        "Ask for credentials at the Admin API.",
        refuse=not_yet("authentication of the Admin API"),
    ),
    texts("http_authentication", ["BASIC"], "HTTP authentication offered.", allowed=("BASIC", "OIDC")),
    words(
        "tls_min_version",
        "v1.2",
        "Oldest TLS version accepted.",
        allowed=("v1.0", "v1.1", "v1.2", "v1.3"),
        restart=True,
    ),
    words(
        "oidc_discovery_url",
        "https://auth.prd.cloud.redpanda.com/.well-known/openid-configuration",
        "OpenID discovery document.",
    ),
    words("oidc_token_audience", "redpanda", "Audience a token must carry."),
    words("oidc_principal_mapping", "$.sub", "Where a token names its principal."),
    whole("oidc_clock_skew_tolerance", 30, "Clock difference tolerated.", units="seconds"),
    whole(
        "oidc_keys_refresh_interval", 3600, "How often signing keys are fetched.", minimum=1, units="seconds"
    ),
    off("audit_enabled", "Write the audit log.", refuse=not_yet("the audit log")),
)

METRICS = (
    off("disable_metrics", "Do not serve /metrics.", restart=True),
    off("disable_public_metrics", "Do not serve /public_metrics.", restart=True),
    off("aggregate_metrics", "Drop shard and partition labels."),
    off("schema_registry_normalize_on_startup", "Normalise schemas at start.", restart=True),
)

PROPERTIES = CLUSTER + SECURITY + METRICS
