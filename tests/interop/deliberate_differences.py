"""Where the bundled engine answers otherwise than Apache Kafka on purpose: (pattern of label/path, reason)."""

DIFFERENCES: list[tuple[str, str]] = [
    # Topics
    (r"/configs/flush\.ms/", "Redpanda's default"),
    (r"/configs/max\.message\.bytes/", "Redpanda's default, without the 12 bytes of overhead"),
    (r"/configs/segment\.(bytes|ms)/", "Redpanda's default"),
    (r"/configs/min\.insync\.replicas/", "a Raft majority plays this part: no cluster-wide default to show"),
    (r"only checked/topics/0/topic_id", "a topic that is not made has no id"),
    (r"CREATE_TOPICS 7 config twice/", "a config given twice is refused rather than one of the two taken"),
    (r"CREATE_TOPICS 7 internal/", "the broker makes its internal topics itself"),
    (r"METADATA 0 all or none/topics", "the internal topic above is not there"),
    (r"METADATA 1[01] by ", "versions 10 and 11 have topic ids, and answer for them"),
    (r"METADATA 1[23] by neither/", "a topic that is not named is unknown; Apache Kafka fails on it (-1)"),
    (
        r"DESCRIBE_TOPIC_PARTITIONS 0 unknown/.*authorized_operations",
        "nobody may do anything with a topic that is not there",
    ),
    (
        r"CREATE_PARTITIONS \d of groups/",
        "the offsets topic keeps its partitions: groups are placed by their number",
    ),
    # Produce
    (r"PRODUCE \d+ magic 3/", "a format of the future is an invalid record, not a corrupt one to send again"),
    (r"PRODUCE \d+ batch and a half/", "bytes behind the batch are refused rather than dropped in silence"),
    (r"PRODUCE \d+ cut( header)?/", "a batch cut short is corrupt"),
    (r"PRODUCE \d+ codec 7/", "Apache Kafka fails on it (-1)"),
    (r"PRODUCE \d+ transactional without id/", "transactions are not served yet"),
    (
        r"PRODUCE \d+ base offset set/",
        "the broker sets the offset; what the client put there does not matter",
    ),
    (r"PRODUCE .*/log_start_offset", "not told with an error"),
    (r"PRODUCE \d+ too old/.*record_errors", "times are checked by the batch, not by the record"),
    (
        r"PRODUCE \d+ sequence: .*/log_append_time_ms",
        "a repeated batch has the time it was appended with: none here",
    ),
    (r"PRODUCE \d+ sequence: epoch -1/.*error_code", "a producer without an epoch is no producer"),
    # Fetch and offsets
    (r"FETCH \d+ .*/aborted_transactions", "null says none, as an empty list does"),
    (
        r"FETCH \d+ isolation 7/",
        "what is not read committed is read uncommitted; Apache Kafka fails on it (-1)",
    ),
    (
        r"FETCH \d+ (beyond the end|negative|below the start|last epoch unknown)/.*/log_start_offset",
        "told with OFFSET_OUT_OF_RANGE too: it says where to go on",
    ),
    (r"LIST_OFFSETS \d+ twice/topics/0/partitions", "one answer for each time asked"),
    (r"OFFSET_FOR_LEADER_EPOCH \d epoch -2, ", "no epoch is negative"),
    (
        r"LIST_OFFSETS \d+ at -3 after all is deleted/",
        "what is deleted is not found, even if its segment is there",
    ),
    # Configs
    (r"/configs/retention\.ms/synonyms", "the cluster's default is a synonym; Apache Kafka's is not set"),
    (r"INCREMENTAL_ALTER_CONFIGS \d (subtract the last|empty list)/", "a topic has a cleanup policy"),
    (
        r"DESCRIBE_CONFIGS 4 after incremental \d (subtract the last|empty list|spaces)/.*cleanup\.policy",
        "follows from the refusal before",
    ),
    (r"INCREMENTAL_ALTER_CONFIGS \d operation 9/", "Apache Kafka fails on it (-1)"),
    (r"INCREMENTAL_ALTER_CONFIGS \d unknown key deleted/", "a typo in a name is told"),
    (r"INCREMENTAL_ALTER_CONFIGS \d no name/", "a topic without a name is unknown"),
    (
        r"INCREMENTAL_ALTER_CONFIGS \d other broker/",
        "broker configs are cluster properties, see the Admin API",
    ),
    (r"DESCRIBE_CONFIGS 4 after incremental \d spaces/.*retention\.ms/value", "shown as it was given"),
    (r"ALTER_CONFIGS \d null value/", "null unsets, as leaving it out does"),
    (r"DESCRIBE_CONFIGS 4 after altered \d (null value|unknown .*)/", "follows from the null before"),
    # Groups and the cluster
    (r"DESCRIBE_QUORUM \d __cluster_metadata 0/", "the controllers' log is another"),
    (
        r"DESCRIBE_QUORUM \d .*/(leader_id|leader_epoch|high_watermark)$",
        "what is not known is -1; Apache Kafka leaves 0, which is a broker's id",
    ),
    (r"DESCRIBE_QUORUM 2 .*/nodes$", "the nodes are told with an error too"),
    (r"DESCRIBE_GROUPS \d unknown/groups$", "a group asked for twice is described once"),
    (
        r"DESCRIBE_CLUSTER \d (controllers|endpoint type 9)/(cluster_id|endpoint_type)",
        "filled in beside an error too",
    ),
]

ONLY_APACHE_CONFIGS: set[str] = {
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.zstd.level",
    "file.delete.delay.ms",
    "flush.messages",
    "follower.replication.throttled.replicas",
    "index.interval.bytes",
    "leader.replication.throttled.replicas",
    "local.retention.bytes",
    "local.retention.ms",
    "preallocate",
    "remote.log.copy.disable",
    "remote.log.delete.on.disable",
    "remote.storage.enable",
    "segment.index.bytes",
    "segment.jitter.ms",
    "unclean.leader.election.enable",
}
"""Topic configs that only Apache Kafka has: they tune what is built otherwise here."""
