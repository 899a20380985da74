"""Every message of the Kafka protocol up to Kafka 4.2, a line a field. Generated: see below.

    name type [first-last] [?first-last] [#tag] [=default]

A message's first line gives its versions and the first flexible one. A field lives in all of them
unless `first-last` says otherwise, may be null in the versions behind `?` (`?` alone: wherever it
lives), and is a tagged field in flexible versions with `#`. `[]type` is an array, `{}` a structure whose fields
follow, indented. Times are ints of ms and carry the unit in their name, as Kafka's own schemas do.

Rewritten by tests/engine/wire/message_schemas_from_kio.py; a test holds the two together.
"""

MESSAGES: dict[int, tuple[str, str]] = {
    0: (
        """ProduceRequest 3-13 flexible 9
transactional_id string ? =null
acks int16
timeout_ms int32
topic_data []{}
  name string 3-12
  topic_id uuid 13+
  partition_data []{}
    index int32
    records records ?
""",
        """ProduceResponse 3-13 flexible 9
responses []{}
  name string 3-12
  topic_id uuid 13+
  partition_responses []{}
    index int32
    error_code int16
    base_offset int64
    log_append_time_ms int64 =-1
    log_start_offset int64 5+ =-1
    record_errors []{} 8+
      batch_index int32
      batch_index_error_message string ? =null
    error_message string 8+ ? =null
    current_leader {} 10+ #0
      leader_id int32 =-1
      leader_epoch int32 =-1
throttle_time_ms int32
node_endpoints []{} 10+ #0
  node_id int32
  host string
  port int32
  rack string ? =null
""",
    ),
    1: (
        """FetchRequest 4-18 flexible 12
cluster_id string 12+ ? #0 =null
replica_id int32 4-14 =-1
replica_state {} 15+ #1
  replica_id int32 =-1
  replica_epoch int64 =-1
max_wait_ms int32
min_bytes int32
max_bytes int32 =2147483647
isolation_level int8
session_id int32 7+
session_epoch int32 7+ =-1
topics []{}
  topic string 4-12
  topic_id uuid 13+
  partitions []{}
    partition int32
    current_leader_epoch int32 9+ =-1
    fetch_offset int64
    last_fetched_epoch int32 12+ =-1
    log_start_offset int64 5+ =-1
    partition_max_bytes int32
    replica_directory_id uuid 17+ #0
    high_watermark int64 18+ #1 =9223372036854775807
forgotten_topics_data []{} 7+
  topic string 7-12
  topic_id uuid 13+
  partitions []int32
rack_id string 11+
""",
        """FetchResponse 4-18 flexible 12
throttle_time_ms int32
error_code int16 7+
session_id int32 7+
responses []{}
  topic string 4-12
  topic_id uuid 13+
  partitions []{}
    partition_index int32
    error_code int16
    high_watermark int64
    last_stable_offset int64 =-1
    log_start_offset int64 5+ =-1
    diverging_epoch {} 12+ #0
      epoch int32 =-1
      end_offset int64 =-1
    current_leader {} 12+ #1
      leader_id int32 =-1
      leader_epoch int32 =-1
    snapshot_id {} 12+ #2
      end_offset int64 =-1
      epoch int32 =-1
    aborted_transactions []{} ?
      producer_id int64
      first_offset int64
    preferred_read_replica int32 11+ =-1
    records records ?
node_endpoints []{} 16+ #0
  node_id int32
  host string
  port int32
  rack string ? =null
""",
    ),
    2: (
        """ListOffsetsRequest 1-11 flexible 6
replica_id int32
isolation_level int8 2+
topics []{}
  name string
  partitions []{}
    partition_index int32
    current_leader_epoch int32 4+ =-1
    timestamp int64
timeout_ms int32 10+
""",
        """ListOffsetsResponse 1-11 flexible 6
throttle_time_ms int32 2+
topics []{}
  name string
  partitions []{}
    partition_index int32
    error_code int16
    timestamp int64 =-1
    offset int64 =-1
    leader_epoch int32 4+ =-1
""",
    ),
    3: (
        """MetadataRequest 0-13 flexible 9
topics []{} ?1+
  topic_id uuid 10+
  name string ?10+
allow_auto_topic_creation bool 4+ =true
include_cluster_authorized_operations bool 8-10
include_topic_authorized_operations bool 8+
""",
        """MetadataResponse 0-13 flexible 9
throttle_time_ms int32 3+
brokers []{}
  node_id int32
  host string
  port int32
  rack string 1+ ? =null
cluster_id string 2+ ? =null
controller_id int32 1+ =-1
topics []{}
  error_code int16
  name string ?12+
  topic_id uuid 10+
  is_internal bool 1+
  partitions []{}
    error_code int16
    partition_index int32
    leader_id int32
    leader_epoch int32 7+ =-1
    replica_nodes []int32
    isr_nodes []int32
    offline_replicas []int32 5+
  topic_authorized_operations int32 8+ =-2147483648
cluster_authorized_operations int32 8-10 =-2147483648
error_code int16 13+
""",
    ),
    8: (
        """OffsetCommitRequest 2-10 flexible 8
group_id string
generation_id_or_member_epoch int32 =-1
member_id string
retention_time_ms int64 2-4 =-1
group_instance_id string 7+ ? =null
topics []{}
  name string 2-9
  topic_id uuid 10+
  partitions []{}
    partition_index int32
    committed_offset int64
    committed_leader_epoch int32 6+ =-1
    committed_metadata string ?
""",
        """OffsetCommitResponse 2-10 flexible 8
throttle_time_ms int32 3+
topics []{}
  name string 2-9
  topic_id uuid 10+
  partitions []{}
    partition_index int32
    error_code int16
""",
    ),
    9: (
        """OffsetFetchRequest 1-10 flexible 6
group_id string 1-7
topics []{} 1-7 ?2+
  name string
  partition_indexes []int32
groups []{} 8+
  group_id string
  member_id string 9+ ? =null
  member_epoch int32 9+ =-1
  topics []{} ?
    name string 8-9
    topic_id uuid 10+
    partition_indexes []int32
require_stable bool 7+
""",
        """OffsetFetchResponse 1-10 flexible 6
throttle_time_ms int32 3+
topics []{} 1-7
  name string
  partitions []{}
    partition_index int32
    committed_offset int64
    committed_leader_epoch int32 5+ =-1
    metadata string ?
    error_code int16
error_code int16 2-7
groups []{} 8+
  group_id string
  topics []{}
    name string 8-9
    topic_id uuid 10+
    partitions []{}
      partition_index int32
      committed_offset int64
      committed_leader_epoch int32 =-1
      metadata string ?
      error_code int16
  error_code int16
""",
    ),
    10: (
        """FindCoordinatorRequest 0-6 flexible 3
key string 0-3
key_type int8 1+
coordinator_keys []string 4+
""",
        """FindCoordinatorResponse 0-6 flexible 3
throttle_time_ms int32 1+
error_code int16 0-3
error_message string 1-3 ?
node_id int32 0-3
host string 0-3
port int32 0-3
coordinators []{} 4+
  key string
  node_id int32
  host string
  port int32
  error_code int16
  error_message string ?
""",
    ),
    11: (
        """JoinGroupRequest 0-9 flexible 6
group_id string
session_timeout_ms int32
rebalance_timeout_ms int32 1+ =-1
member_id string
group_instance_id string 5+ ? =null
protocol_type string
protocols []{}
  name string
  metadata bytes
reason string 8+ ? =null
""",
        """JoinGroupResponse 0-9 flexible 6
throttle_time_ms int32 2+
error_code int16
generation_id int32 =-1
protocol_type string 7+ ? =null
protocol_name string ?7+
leader string
skip_assignment bool 9+
member_id string
members []{}
  member_id string
  group_instance_id string 5+ ? =null
  metadata bytes
""",
    ),
    12: (
        """HeartbeatRequest 0-4 flexible 4
group_id string
generation_id int32
member_id string
group_instance_id string 3+ ? =null
""",
        """HeartbeatResponse 0-4 flexible 4
throttle_time_ms int32 1+
error_code int16
""",
    ),
    13: (
        """LeaveGroupRequest 0-5 flexible 4
group_id string
member_id string 0-2
members []{} 3+
  member_id string
  group_instance_id string ? =null
  reason string 5+ ? =null
""",
        """LeaveGroupResponse 0-5 flexible 4
throttle_time_ms int32 1+
error_code int16
members []{} 3+
  member_id string
  group_instance_id string ?
  error_code int16
""",
    ),
    14: (
        """SyncGroupRequest 0-5 flexible 4
group_id string
generation_id int32
member_id string
group_instance_id string 3+ ? =null
protocol_type string 5+ ? =null
protocol_name string 5+ ? =null
assignments []{}
  member_id string
  assignment bytes
""",
        """SyncGroupResponse 0-5 flexible 4
throttle_time_ms int32 1+
error_code int16
protocol_type string 5+ ? =null
protocol_name string 5+ ? =null
assignment bytes
""",
    ),
    15: (
        """DescribeGroupsRequest 0-6 flexible 5
groups []string
include_authorized_operations bool 3+
""",
        """DescribeGroupsResponse 0-6 flexible 5
throttle_time_ms int32 1+
groups []{}
  error_code int16
  error_message string 6+ ? =null
  group_id string
  group_state string
  protocol_type string
  protocol_data string
  members []{}
    member_id string
    group_instance_id string 4+ ? =null
    client_id string
    client_host string
    member_metadata bytes
    member_assignment bytes
  authorized_operations int32 3+ =-2147483648
""",
    ),
    16: (
        """ListGroupsRequest 0-5 flexible 3
states_filter []string 4+
types_filter []string 5+
""",
        """ListGroupsResponse 0-5 flexible 3
throttle_time_ms int32 1+
error_code int16
groups []{}
  group_id string
  protocol_type string
  group_state string 4+
  group_type string 5+
""",
    ),
    17: (
        """SaslHandshakeRequest 0-1
mechanism string
""",
        """SaslHandshakeResponse 0-1
error_code int16
mechanisms []string
""",
    ),
    18: (
        """ApiVersionsRequest 0-4 flexible 3
client_software_name string 3+
client_software_version string 3+
""",
        """ApiVersionsResponse 0-4 flexible 3
error_code int16
api_keys []{}
  api_key int16
  min_version int16
  max_version int16
throttle_time_ms int32 1+
supported_features []{} 3+ #0
  name string
  min_version int16
  max_version int16
finalized_features_epoch int64 3+ #1 =-1
finalized_features []{} 3+ #2
  name string
  max_version_level int16
  min_version_level int16
zk_migration_ready bool 3+ #3
""",
    ),
    19: (
        """CreateTopicsRequest 2-7 flexible 5
topics []{}
  name string
  num_partitions int32
  replication_factor int16
  assignments []{}
    partition_index int32
    broker_ids []int32
  configs []{}
    name string
    value string ?
timeout_ms int32 =60000
validate_only bool
""",
        """CreateTopicsResponse 2-7 flexible 5
throttle_time_ms int32
topics []{}
  name string
  topic_id uuid 7+
  error_code int16
  error_message string ?
  topic_config_error_code int16 5+ #0
  num_partitions int32 5+ =-1
  replication_factor int16 5+ =-1
  configs []{} 5+ ?
    name string
    value string ?
    read_only bool
    config_source int8 =-1
    is_sensitive bool
""",
    ),
    20: (
        """DeleteTopicsRequest 1-6 flexible 4
topic_names []string 1-5
topics []{} 6+
  name string ? =null
  topic_id uuid
timeout_ms int32
""",
        """DeleteTopicsResponse 1-6 flexible 4
throttle_time_ms int32
responses []{}
  name string ?6+
  topic_id uuid 6+
  error_code int16
  error_message string 5+ ? =null
""",
    ),
    21: (
        """DeleteRecordsRequest 0-2 flexible 2
topics []{}
  name string
  partitions []{}
    partition_index int32
    offset int64
timeout_ms int32
""",
        """DeleteRecordsResponse 0-2 flexible 2
throttle_time_ms int32
topics []{}
  name string
  partitions []{}
    partition_index int32
    low_watermark int64
    error_code int16
""",
    ),
    22: (
        """InitProducerIdRequest 0-6 flexible 2
transactional_id string ?
transaction_timeout_ms int32
producer_id int64 3+ =-1
producer_epoch int16 3+ =-1
enable2_pc bool 6+
keep_prepared_txn bool 6+
""",
        """InitProducerIdResponse 0-6 flexible 2
throttle_time_ms int32
error_code int16
producer_id int64 =-1
producer_epoch int16
ongoing_txn_producer_id int64 6+ =-1
ongoing_txn_producer_epoch int16 6+ =-1
""",
    ),
    23: (
        """OffsetForLeaderEpochRequest 2-4 flexible 4
replica_id int32 3+ =-2
topics []{}
  topic string
  partitions []{}
    partition int32
    current_leader_epoch int32 =-1
    leader_epoch int32
""",
        """OffsetForLeaderEpochResponse 2-4 flexible 4
throttle_time_ms int32
topics []{}
  topic string
  partitions []{}
    error_code int16
    partition int32
    leader_epoch int32 =-1
    end_offset int64 =-1
""",
    ),
    24: (
        """AddPartitionsToTxnRequest 0-5 flexible 3
v3_and_below_transactional_id string 0-3
v3_and_below_producer_id int64 0-3
v3_and_below_producer_epoch int16 0-3
v3_and_below_topics []{} 0-3
  name string
  partitions []int32
transactions []{} 4+
  transactional_id string
  producer_id int64
  producer_epoch int16
  verify_only bool
  topics []{}
    name string
    partitions []int32
""",
        """AddPartitionsToTxnResponse 0-5 flexible 3
throttle_time_ms int32
results_by_topic_v3_and_below []{} 0-3
  name string
  results_by_partition []{}
    partition_index int32
    partition_error_code int16
error_code int16 4+
results_by_transaction []{} 4+
  transactional_id string
  topic_results []{}
    name string
    results_by_partition []{}
      partition_index int32
      partition_error_code int16
""",
    ),
    25: (
        """AddOffsetsToTxnRequest 0-4 flexible 3
transactional_id string
producer_id int64
producer_epoch int16
group_id string
""",
        """AddOffsetsToTxnResponse 0-4 flexible 3
throttle_time_ms int32
error_code int16
""",
    ),
    26: (
        """EndTxnRequest 0-5 flexible 3
transactional_id string
producer_id int64
producer_epoch int16
committed bool
""",
        """EndTxnResponse 0-5 flexible 3
throttle_time_ms int32
error_code int16
producer_id int64 5+ =-1
producer_epoch int16 5+ =-1
""",
    ),
    27: (
        """WriteTxnMarkersRequest 1-2 flexible 1
markers []{}
  producer_id int64
  producer_epoch int16
  transaction_result bool
  topics []{}
    name string
    partition_indexes []int32
  coordinator_epoch int32
  transaction_version int8 2+
""",
        """WriteTxnMarkersResponse 1-2 flexible 1
markers []{}
  producer_id int64
  topics []{}
    name string
    partitions []{}
      partition_index int32
      error_code int16
""",
    ),
    28: (
        """TxnOffsetCommitRequest 0-5 flexible 3
transactional_id string
group_id string
producer_id int64
producer_epoch int16
generation_id int32 3+ =-1
member_id string 3+
group_instance_id string 3+ ? =null
topics []{}
  name string
  partitions []{}
    partition_index int32
    committed_offset int64
    committed_leader_epoch int32 2+ =-1
    committed_metadata string ?
""",
        """TxnOffsetCommitResponse 0-5 flexible 3
throttle_time_ms int32
topics []{}
  name string
  partitions []{}
    partition_index int32
    error_code int16
""",
    ),
    29: (
        """DescribeAclsRequest 1-3 flexible 2
resource_type_filter int8
resource_name_filter string ?
pattern_type_filter int8 =3
principal_filter string ?
host_filter string ?
operation int8
permission_type int8
""",
        """DescribeAclsResponse 1-3 flexible 2
throttle_time_ms int32
error_code int16
error_message string ?
resources []{}
  resource_type int8
  resource_name string
  pattern_type int8 =3
  acls []{}
    principal string
    host string
    operation int8
    permission_type int8
""",
    ),
    30: (
        """CreateAclsRequest 1-3 flexible 2
creations []{}
  resource_type int8
  resource_name string
  resource_pattern_type int8 =3
  principal string
  host string
  operation int8
  permission_type int8
""",
        """CreateAclsResponse 1-3 flexible 2
throttle_time_ms int32
results []{}
  error_code int16
  error_message string ?
""",
    ),
    31: (
        """DeleteAclsRequest 1-3 flexible 2
filters []{}
  resource_type_filter int8
  resource_name_filter string ?
  pattern_type_filter int8 =3
  principal_filter string ?
  host_filter string ?
  operation int8
  permission_type int8
""",
        """DeleteAclsResponse 1-3 flexible 2
throttle_time_ms int32
filter_results []{}
  error_code int16
  error_message string ?
  matching_acls []{}
    error_code int16
    error_message string ?
    resource_type int8
    resource_name string
    pattern_type int8 =3
    principal string
    host string
    operation int8
    permission_type int8
""",
    ),
    32: (
        """DescribeConfigsRequest 1-4 flexible 4
resources []{}
  resource_type int8
  resource_name string
  configuration_keys []string ?
include_synonyms bool
include_documentation bool 3+
""",
        """DescribeConfigsResponse 1-4 flexible 4
throttle_time_ms int32
results []{}
  error_code int16
  error_message string ?
  resource_type int8
  resource_name string
  configs []{}
    name string
    value string ?
    read_only bool
    config_source int8 =-1
    is_sensitive bool
    synonyms []{}
      name string
      value string ?
      source int8
    config_type int8 3+
    documentation string 3+ ?
""",
    ),
    33: (
        """AlterConfigsRequest 0-2 flexible 2
resources []{}
  resource_type int8
  resource_name string
  configs []{}
    name string
    value string ?
validate_only bool
""",
        """AlterConfigsResponse 0-2 flexible 2
throttle_time_ms int32
responses []{}
  error_code int16
  error_message string ?
  resource_type int8
  resource_name string
""",
    ),
    34: (
        """AlterReplicaLogDirsRequest 1-2 flexible 2
dirs []{}
  path string
  topics []{}
    name string
    partitions []int32
""",
        """AlterReplicaLogDirsResponse 1-2 flexible 2
throttle_time_ms int32
results []{}
  topic_name string
  partitions []{}
    partition_index int32
    error_code int16
""",
    ),
    35: (
        """DescribeLogDirsRequest 1-5 flexible 2
topics []{} ?
  topic string
  partitions []int32
""",
        """DescribeLogDirsResponse 1-5 flexible 2
throttle_time_ms int32
error_code int16 3+
results []{}
  error_code int16
  log_dir string
  topics []{}
    name string
    partitions []{}
      partition_index int32
      partition_size int64
      offset_lag int64
      is_future_key bool
  total_bytes int64 4+ =-1
  usable_bytes int64 4+ =-1
  is_cordoned bool 5+
""",
    ),
    36: (
        """SaslAuthenticateRequest 0-2 flexible 2
auth_bytes bytes
""",
        """SaslAuthenticateResponse 0-2 flexible 2
error_code int16
error_message string ?
auth_bytes bytes
session_lifetime_ms int64 1+
""",
    ),
    37: (
        """CreatePartitionsRequest 0-3 flexible 2
topics []{}
  name string
  count int32
  assignments []{} ?
    broker_ids []int32
timeout_ms int32
validate_only bool
""",
        """CreatePartitionsResponse 0-3 flexible 2
throttle_time_ms int32
results []{}
  name string
  error_code int16
  error_message string ? =null
""",
    ),
    38: (
        """CreateDelegationTokenRequest 1-3 flexible 2
owner_principal_type string 3+ ?
owner_principal_name string 3+ ?
renewers []{}
  principal_type string
  principal_name string
max_lifetime_ms int64
""",
        """CreateDelegationTokenResponse 1-3 flexible 2
error_code int16
principal_type string
principal_name string
token_requester_principal_type string 3+
token_requester_principal_name string 3+
issue_timestamp_ms int64
expiry_timestamp_ms int64
max_timestamp_ms int64
token_id string
hmac bytes
throttle_time_ms int32
""",
    ),
    39: (
        """RenewDelegationTokenRequest 1-2 flexible 2
hmac bytes
renew_period_ms int64
""",
        """RenewDelegationTokenResponse 1-2 flexible 2
error_code int16
expiry_timestamp_ms int64
throttle_time_ms int32
""",
    ),
    40: (
        """ExpireDelegationTokenRequest 1-2 flexible 2
hmac bytes
expiry_time_period_ms int64
""",
        """ExpireDelegationTokenResponse 1-2 flexible 2
error_code int16
expiry_timestamp_ms int64
throttle_time_ms int32
""",
    ),
    41: (
        """DescribeDelegationTokenRequest 1-3 flexible 2
owners []{} ?
  principal_type string
  principal_name string
""",
        """DescribeDelegationTokenResponse 1-3 flexible 2
error_code int16
tokens []{}
  principal_type string
  principal_name string
  token_requester_principal_type string 3+
  token_requester_principal_name string 3+
  issue_timestamp int64
  expiry_timestamp int64
  max_timestamp int64
  token_id string
  hmac bytes
  renewers []{}
    principal_type string
    principal_name string
throttle_time_ms int32
""",
    ),
    42: (
        """DeleteGroupsRequest 0-2 flexible 2
groups_names []string
""",
        """DeleteGroupsResponse 0-2 flexible 2
throttle_time_ms int32
results []{}
  group_id string
  error_code int16
""",
    ),
    43: (
        """ElectLeadersRequest 0-2 flexible 2
election_type int8 1+
topic_partitions []{} ?
  topic string
  partitions []int32
timeout_ms int32 =60000
""",
        """ElectLeadersResponse 0-2 flexible 2
throttle_time_ms int32
error_code int16 1+
replica_election_results []{}
  topic string
  partition_result []{}
    partition_id int32
    error_code int16
    error_message string ?
""",
    ),
    44: (
        """IncrementalAlterConfigsRequest 0-1 flexible 1
resources []{}
  resource_type int8
  resource_name string
  configs []{}
    name string
    config_operation int8
    value string ?
validate_only bool
""",
        """IncrementalAlterConfigsResponse 0-1 flexible 1
throttle_time_ms int32
responses []{}
  error_code int16
  error_message string ?
  resource_type int8
  resource_name string
""",
    ),
    45: (
        """AlterPartitionReassignmentsRequest 0-1 flexible 0
timeout_ms int32 =60000
allow_replication_factor_change bool 1+ =true
topics []{}
  name string
  partitions []{}
    partition_index int32
    replicas []int32 ? =null
""",
        """AlterPartitionReassignmentsResponse 0-1 flexible 0
throttle_time_ms int32
allow_replication_factor_change bool 1+ =true
error_code int16
error_message string ?
responses []{}
  name string
  partitions []{}
    partition_index int32
    error_code int16
    error_message string ?
""",
    ),
    46: (
        """ListPartitionReassignmentsRequest 0-0 flexible 0
timeout_ms int32 =60000
topics []{} ?
  name string
  partition_indexes []int32
""",
        """ListPartitionReassignmentsResponse 0-0 flexible 0
throttle_time_ms int32
error_code int16
error_message string ?
topics []{}
  name string
  partitions []{}
    partition_index int32
    replicas []int32
    adding_replicas []int32
    removing_replicas []int32
""",
    ),
    47: (
        """OffsetDeleteRequest 0-0
group_id string
topics []{}
  name string
  partitions []{}
    partition_index int32
""",
        """OffsetDeleteResponse 0-0
error_code int16
throttle_time_ms int32
topics []{}
  name string
  partitions []{}
    partition_index int32
    error_code int16
""",
    ),
    48: (
        """DescribeClientQuotasRequest 0-1 flexible 1
components []{}
  entity_type string
  match_type int8
  match string ?
strict bool
""",
        """DescribeClientQuotasResponse 0-1 flexible 1
throttle_time_ms int32
error_code int16
error_message string ?
entries []{} ?
  entity []{}
    entity_type string
    entity_name string ?
  values []{}
    key string
    value float64
""",
    ),
    49: (
        """AlterClientQuotasRequest 0-1 flexible 1
entries []{}
  entity []{}
    entity_type string
    entity_name string ?
  ops []{}
    key string
    value float64
    remove bool
validate_only bool
""",
        """AlterClientQuotasResponse 0-1 flexible 1
throttle_time_ms int32
entries []{}
  error_code int16
  error_message string ?
  entity []{}
    entity_type string
    entity_name string ?
""",
    ),
    50: (
        """DescribeUserScramCredentialsRequest 0-0 flexible 0
users []{} ?
  name string
""",
        """DescribeUserScramCredentialsResponse 0-0 flexible 0
throttle_time_ms int32
error_code int16
error_message string ?
results []{}
  user string
  error_code int16
  error_message string ?
  credential_infos []{}
    mechanism int8
    iterations int32
""",
    ),
    51: (
        """AlterUserScramCredentialsRequest 0-0 flexible 0
deletions []{}
  name string
  mechanism int8
upsertions []{}
  name string
  mechanism int8
  iterations int32
  salt bytes
  salted_password bytes
""",
        """AlterUserScramCredentialsResponse 0-0 flexible 0
throttle_time_ms int32
results []{}
  user string
  error_code int16
  error_message string ?
""",
    ),
    52: (
        """VoteRequest 0-2 flexible 0
cluster_id string ? =null
voter_id int32 1+ =-1
topics []{}
  topic_name string
  partitions []{}
    partition_index int32
    replica_epoch int32
    replica_id int32
    replica_directory_id uuid 1+
    voter_directory_id uuid 1+
    last_offset_epoch int32
    last_offset int64
    pre_vote bool 2+
""",
        """VoteResponse 0-2 flexible 0
error_code int16
topics []{}
  topic_name string
  partitions []{}
    partition_index int32
    error_code int16
    leader_id int32
    leader_epoch int32
    vote_granted bool
node_endpoints []{} 1+ #0
  node_id int32
  host string
  port uint16
""",
    ),
    53: (
        """BeginQuorumEpochRequest 0-1 flexible 1
cluster_id string ? =null
voter_id int32 1+ =-1
topics []{}
  topic_name string
  partitions []{}
    partition_index int32
    voter_directory_id uuid 1+
    leader_id int32
    leader_epoch int32
leader_endpoints []{} 1+
  name string
  host string
  port uint16
""",
        """BeginQuorumEpochResponse 0-1 flexible 1
error_code int16
topics []{}
  topic_name string
  partitions []{}
    partition_index int32
    error_code int16
    leader_id int32
    leader_epoch int32
node_endpoints []{} 1+ #0
  node_id int32
  host string
  port uint16
""",
    ),
    54: (
        """EndQuorumEpochRequest 0-1 flexible 1
cluster_id string ? =null
topics []{}
  topic_name string
  partitions []{}
    partition_index int32
    leader_id int32
    leader_epoch int32
    preferred_successors []int32 0-0
    preferred_candidates []{} 1+
      candidate_id int32
      candidate_directory_id uuid
leader_endpoints []{} 1+
  name string
  host string
  port uint16
""",
        """EndQuorumEpochResponse 0-1 flexible 1
error_code int16
topics []{}
  topic_name string
  partitions []{}
    partition_index int32
    error_code int16
    leader_id int32
    leader_epoch int32
node_endpoints []{} 1+ #0
  node_id int32
  host string
  port uint16
""",
    ),
    55: (
        """DescribeQuorumRequest 0-2 flexible 0
topics []{}
  topic_name string
  partitions []{}
    partition_index int32
""",
        """DescribeQuorumResponse 0-2 flexible 0
error_code int16
error_message string 2+ ?
topics []{}
  topic_name string
  partitions []{}
    partition_index int32
    error_code int16
    error_message string 2+ ?
    leader_id int32
    leader_epoch int32
    high_watermark int64
    current_voters []{}
      replica_id int32
      replica_directory_id uuid 2+
      log_end_offset int64
      last_fetch_timestamp int64 1+ =-1
      last_caught_up_timestamp int64 1+ =-1
    observers []{}
      replica_id int32
      replica_directory_id uuid 2+
      log_end_offset int64
      last_fetch_timestamp int64 1+ =-1
      last_caught_up_timestamp int64 1+ =-1
nodes []{} 2+
  node_id int32
  listeners []{}
    name string
    host string
    port uint16
""",
    ),
    56: (
        """AlterPartitionRequest 2-3 flexible 2
broker_id int32
broker_epoch int64 =-1
topics []{}
  topic_id uuid
  partitions []{}
    partition_index int32
    leader_epoch int32
    new_isr []int32 2-2
    new_isr_with_epochs []{} 3+
      broker_id int32
      broker_epoch int64 =-1
    leader_recovery_state int8
    partition_epoch int32
""",
        """AlterPartitionResponse 2-3 flexible 2
throttle_time_ms int32
error_code int16
topics []{}
  topic_id uuid
  partitions []{}
    partition_index int32
    error_code int16
    leader_id int32
    leader_epoch int32
    isr []int32
    leader_recovery_state int8
    partition_epoch int32
""",
    ),
    57: (
        """UpdateFeaturesRequest 0-2 flexible 0
timeout_ms int32 =60000
feature_updates []{}
  feature string
  max_version_level int16
  allow_downgrade bool 0-0
  upgrade_type int8 1+ =1
validate_only bool 1+
""",
        """UpdateFeaturesResponse 0-2 flexible 0
throttle_time_ms int32
error_code int16
error_message string ?
results []{} 0-1
  feature string
  error_code int16
  error_message string ?
""",
    ),
    58: (
        """EnvelopeRequest 0-0 flexible 0
request_data bytes
request_principal bytes ?
client_host_address bytes
""",
        """EnvelopeResponse 0-0 flexible 0
response_data bytes ? =null
error_code int16
""",
    ),
    59: (
        """FetchSnapshotRequest 0-1 flexible 0
cluster_id string ? #0 =null
replica_id int32 =-1
max_bytes int32 =2147483647
topics []{}
  name string
  partitions []{}
    partition int32
    current_leader_epoch int32
    snapshot_id {}
      end_offset int64
      epoch int32
    position int64
    replica_directory_id uuid 1+ #0
""",
        """FetchSnapshotResponse 0-1 flexible 0
throttle_time_ms int32
error_code int16
topics []{}
  name string
  partitions []{}
    index int32
    error_code int16
    snapshot_id {}
      end_offset int64
      epoch int32
    current_leader {} #0
      leader_id int32
      leader_epoch int32
    size int64
    position int64
    unaligned_records records
node_endpoints []{} 1+ #0
  node_id int32
  host string
  port uint16
""",
    ),
    60: (
        """DescribeClusterRequest 0-2 flexible 0
include_cluster_authorized_operations bool
endpoint_type int8 1+ =1
include_fenced_brokers bool 2+
""",
        """DescribeClusterResponse 0-2 flexible 0
throttle_time_ms int32
error_code int16
error_message string ? =null
endpoint_type int8 1+ =1
cluster_id string
controller_id int32 =-1
brokers []{}
  broker_id int32
  host string
  port int32
  rack string ? =null
  is_fenced bool 2+
cluster_authorized_operations int32 =-2147483648
""",
    ),
    61: (
        """DescribeProducersRequest 0-0 flexible 0
topics []{}
  name string
  partition_indexes []int32
""",
        """DescribeProducersResponse 0-0 flexible 0
throttle_time_ms int32
topics []{}
  name string
  partitions []{}
    partition_index int32
    error_code int16
    error_message string ? =null
    active_producers []{}
      producer_id int64
      producer_epoch int32
      last_sequence int32 =-1
      last_timestamp int64 =-1
      coordinator_epoch int32
      current_txn_start_offset int64 =-1
""",
    ),
    62: (
        """BrokerRegistrationRequest 0-4 flexible 0
broker_id int32
cluster_id string
incarnation_id uuid
listeners []{}
  name string
  host string
  port uint16
  security_protocol int16
features []{}
  name string
  min_supported_version int16
  max_supported_version int16
rack string ?
is_migrating_zk_broker bool 1+
log_dirs []uuid 2+
previous_broker_epoch int64 3+ =-1
""",
        """BrokerRegistrationResponse 0-4 flexible 0
throttle_time_ms int32
error_code int16
broker_epoch int64 =-1
""",
    ),
    63: (
        """BrokerHeartbeatRequest 0-2 flexible 0
broker_id int32
broker_epoch int64 =-1
current_metadata_offset int64
want_fence bool
want_shut_down bool
offline_log_dirs []uuid 1+ #0
cordoned_log_dirs []uuid 2+ ? #1 =null
""",
        """BrokerHeartbeatResponse 0-2 flexible 0
throttle_time_ms int32
error_code int16
is_caught_up bool
is_fenced bool =true
should_shut_down bool
""",
    ),
    64: (
        """UnregisterBrokerRequest 0-0 flexible 0
broker_id int32
""",
        """UnregisterBrokerResponse 0-0 flexible 0
throttle_time_ms int32
error_code int16
error_message string ?
""",
    ),
    65: (
        """DescribeTransactionsRequest 0-0 flexible 0
transactional_ids []string
""",
        """DescribeTransactionsResponse 0-0 flexible 0
throttle_time_ms int32
transaction_states []{}
  error_code int16
  transactional_id string
  transaction_state string
  transaction_timeout_ms int32
  transaction_start_time_ms int64
  producer_id int64
  producer_epoch int16
  topics []{}
    topic string
    partitions []int32
""",
    ),
    66: (
        """ListTransactionsRequest 0-2 flexible 0
state_filters []string
producer_id_filters []int64
duration_filter int64 1+ =-1
transactional_id_pattern string 2+ ? =null
""",
        """ListTransactionsResponse 0-2 flexible 0
throttle_time_ms int32
error_code int16
unknown_state_filters []string
transaction_states []{}
  transactional_id string
  producer_id int64
  transaction_state string
""",
    ),
    67: (
        """AllocateProducerIdsRequest 0-0 flexible 0
broker_id int32
broker_epoch int64 =-1
""",
        """AllocateProducerIdsResponse 0-0 flexible 0
throttle_time_ms int32
error_code int16
producer_id_start int64
producer_id_len int32
""",
    ),
    68: (
        """ConsumerGroupHeartbeatRequest 0-1 flexible 0
group_id string
member_id string
member_epoch int32
instance_id string ? =null
rack_id string ? =null
rebalance_timeout_ms int32 =-1
subscribed_topic_names []string ? =null
subscribed_topic_regex string 1+ ? =null
server_assignor string ? =null
topic_partitions []{} ?
  topic_id uuid
  partitions []int32
""",
        """ConsumerGroupHeartbeatResponse 0-1 flexible 0
throttle_time_ms int32
error_code int16
error_message string ? =null
member_id string ? =null
member_epoch int32
heartbeat_interval_ms int32
assignment {} ? =null
  topic_partitions []{}
    topic_id uuid
    partitions []int32
""",
    ),
    69: (
        """ConsumerGroupDescribeRequest 0-1 flexible 0
group_ids []string
include_authorized_operations bool
""",
        """ConsumerGroupDescribeResponse 0-1 flexible 0
throttle_time_ms int32
groups []{}
  error_code int16
  error_message string ? =null
  group_id string
  group_state string
  group_epoch int32
  assignment_epoch int32
  assignor_name string
  members []{}
    member_id string
    instance_id string ? =null
    rack_id string ? =null
    member_epoch int32
    client_id string
    client_host string
    subscribed_topic_names []string
    subscribed_topic_regex string ? =null
    assignment {}
      topic_partitions []{}
        topic_id uuid
        topic_name string
        partitions []int32
    target_assignment {}
      topic_partitions []{}
        topic_id uuid
        topic_name string
        partitions []int32
    member_type int8 1+ =-1
  authorized_operations int32 =-2147483648
""",
    ),
    70: (
        """ControllerRegistrationRequest 0-0 flexible 0
controller_id int32
incarnation_id uuid
zk_migration_ready bool
listeners []{}
  name string
  host string
  port uint16
  security_protocol int16
features []{}
  name string
  min_supported_version int16
  max_supported_version int16
""",
        """ControllerRegistrationResponse 0-0 flexible 0
throttle_time_ms int32
error_code int16
error_message string ?
""",
    ),
    71: (
        """GetTelemetrySubscriptionsRequest 0-0 flexible 0
client_instance_id uuid
""",
        """GetTelemetrySubscriptionsResponse 0-0 flexible 0
throttle_time_ms int32
error_code int16
client_instance_id uuid
subscription_id int32
accepted_compression_types []int8
push_interval_ms int32
telemetry_max_bytes int32
delta_temporality bool
requested_metrics []string
""",
    ),
    72: (
        """PushTelemetryRequest 0-0 flexible 0
client_instance_id uuid
subscription_id int32
terminating bool
compression_type int8
metrics bytes
""",
        """PushTelemetryResponse 0-0 flexible 0
throttle_time_ms int32
error_code int16
""",
    ),
    73: (
        """AssignReplicasToDirsRequest 0-0 flexible 0
broker_id int32
broker_epoch int64 =-1
directories []{}
  id_ uuid
  topics []{}
    topic_id uuid
    partitions []{}
      partition_index int32
""",
        """AssignReplicasToDirsResponse 0-0 flexible 0
throttle_time_ms int32
error_code int16
directories []{}
  id_ uuid
  topics []{}
    topic_id uuid
    partitions []{}
      partition_index int32
      error_code int16
""",
    ),
    74: (
        """ListConfigResourcesRequest 0-1 flexible 0
resource_types []int8 1+
""",
        """ListConfigResourcesResponse 0-1 flexible 0
throttle_time_ms int32
error_code int16
config_resources []{}
  resource_name string
  resource_type int8 1+ =16
""",
    ),
    75: (
        """DescribeTopicPartitionsRequest 0-0 flexible 0
topics []{}
  name string
response_partition_limit int32 =2000
cursor {} ? =null
  topic_name string
  partition_index int32
""",
        """DescribeTopicPartitionsResponse 0-0 flexible 0
throttle_time_ms int32
topics []{}
  error_code int16
  name string ?
  topic_id uuid
  is_internal bool
  partitions []{}
    error_code int16
    partition_index int32
    leader_id int32
    leader_epoch int32 =-1
    replica_nodes []int32
    isr_nodes []int32
    eligible_leader_replicas []int32 ? =null
    last_known_elr []int32 ? =null
    offline_replicas []int32
  topic_authorized_operations int32 =-2147483648
next_cursor {} ? =null
  topic_name string
  partition_index int32
""",
    ),
    76: (
        """ShareGroupHeartbeatRequest 1-1 flexible 1
group_id string
member_id string
member_epoch int32
rack_id string ? =null
subscribed_topic_names []string ? =null
""",
        """ShareGroupHeartbeatResponse 1-1 flexible 1
throttle_time_ms int32
error_code int16
error_message string ? =null
member_id string ? =null
member_epoch int32
heartbeat_interval_ms int32
assignment {} ? =null
  topic_partitions []{}
    topic_id uuid
    partitions []int32
""",
    ),
    77: (
        """ShareGroupDescribeRequest 1-1 flexible 1
group_ids []string
include_authorized_operations bool
""",
        """ShareGroupDescribeResponse 1-1 flexible 1
throttle_time_ms int32
groups []{}
  error_code int16
  error_message string ? =null
  group_id string
  group_state string
  group_epoch int32
  assignment_epoch int32
  assignor_name string
  members []{}
    member_id string
    rack_id string ? =null
    member_epoch int32
    client_id string
    client_host string
    subscribed_topic_names []string
    assignment {}
      topic_partitions []{}
        topic_id uuid
        topic_name string
        partitions []int32
  authorized_operations int32 =-2147483648
""",
    ),
    78: (
        """ShareFetchRequest 1-2 flexible 1
group_id string ? =null
member_id string ?
share_session_epoch int32
max_wait_ms int32
min_bytes int32
max_bytes int32 =2147483647
max_records int32
batch_size int32
share_acquire_mode int8 2+
is_renew_ack bool 2+
topics []{}
  topic_id uuid
  partitions []{}
    partition_index int32
    acknowledgement_batches []{}
      first_offset int64
      last_offset int64
      acknowledge_types []int8
forgotten_topics_data []{}
  topic_id uuid
  partitions []int32
""",
        """ShareFetchResponse 1-2 flexible 1
throttle_time_ms int32
error_code int16
error_message string ? =null
acquisition_lock_timeout_ms int32
responses []{}
  topic_id uuid
  partitions []{}
    partition_index int32
    error_code int16
    error_message string ? =null
    acknowledge_error_code int16
    acknowledge_error_message string ? =null
    current_leader {}
      leader_id int32
      leader_epoch int32
    records records
    acquired_records []{}
      first_offset int64
      last_offset int64
      delivery_count int16
node_endpoints []{}
  node_id int32
  host string
  port int32
  rack string ? =null
""",
    ),
    79: (
        """ShareAcknowledgeRequest 1-2 flexible 1
group_id string ? =null
member_id string ?
share_session_epoch int32
is_renew_ack bool 2+
topics []{}
  topic_id uuid
  partitions []{}
    partition_index int32
    acknowledgement_batches []{}
      first_offset int64
      last_offset int64
      acknowledge_types []int8
""",
        """ShareAcknowledgeResponse 1-2 flexible 1
throttle_time_ms int32
error_code int16
error_message string ? =null
acquisition_lock_timeout_ms int32 2+
responses []{}
  topic_id uuid
  partitions []{}
    partition_index int32
    error_code int16
    error_message string ? =null
    current_leader {}
      leader_id int32
      leader_epoch int32
node_endpoints []{}
  node_id int32
  host string
  port int32
  rack string ? =null
""",
    ),
    80: (
        """AddRaftVoterRequest 0-1 flexible 0
cluster_id string ?
timeout_ms int32
voter_id int32
voter_directory_id uuid
listeners []{}
  name string
  host string
  port uint16
ack_when_committed bool 1+ =true
""",
        """AddRaftVoterResponse 0-1 flexible 0
throttle_time_ms int32
error_code int16
error_message string ?
""",
    ),
    81: (
        """RemoveRaftVoterRequest 0-0 flexible 0
cluster_id string ?
voter_id int32
voter_directory_id uuid
""",
        """RemoveRaftVoterResponse 0-0 flexible 0
throttle_time_ms int32
error_code int16
error_message string ?
""",
    ),
    82: (
        """UpdateRaftVoterRequest 0-0 flexible 0
cluster_id string ?
current_leader_epoch int32
voter_id int32
voter_directory_id uuid
listeners []{}
  name string
  host string
  port uint16
k_raft_version_feature {}
  min_supported_version int16
  max_supported_version int16
""",
        """UpdateRaftVoterResponse 0-0 flexible 0
throttle_time_ms int32
error_code int16
current_leader {} #0
  leader_id int32 =-1
  leader_epoch int32 =-1
  host string
  port int32
""",
    ),
    83: (
        """InitializeShareGroupStateRequest 0-0 flexible 0
group_id string
topics []{}
  topic_id uuid
  partitions []{}
    partition int32
    state_epoch int32
    start_offset int64
""",
        """InitializeShareGroupStateResponse 0-0 flexible 0
results []{}
  topic_id uuid
  partitions []{}
    partition int32
    error_code int16
    error_message string ? =null
""",
    ),
    84: (
        """ReadShareGroupStateRequest 0-0 flexible 0
group_id string
topics []{}
  topic_id uuid
  partitions []{}
    partition int32
    leader_epoch int32
""",
        """ReadShareGroupStateResponse 0-0 flexible 0
results []{}
  topic_id uuid
  partitions []{}
    partition int32
    error_code int16
    error_message string ? =null
    state_epoch int32
    start_offset int64
    state_batches []{}
      first_offset int64
      last_offset int64
      delivery_state int8
      delivery_count int16
""",
    ),
    85: (
        """WriteShareGroupStateRequest 0-1 flexible 0
group_id string
topics []{}
  topic_id uuid
  partitions []{}
    partition int32
    state_epoch int32
    leader_epoch int32
    start_offset int64
    delivery_complete_count int32 1+ =-1
    state_batches []{}
      first_offset int64
      last_offset int64
      delivery_state int8
      delivery_count int16
""",
        """WriteShareGroupStateResponse 0-1 flexible 0
results []{}
  topic_id uuid
  partitions []{}
    partition int32
    error_code int16
    error_message string ? =null
""",
    ),
    86: (
        """DeleteShareGroupStateRequest 0-0 flexible 0
group_id string
topics []{}
  topic_id uuid
  partitions []{}
    partition int32
""",
        """DeleteShareGroupStateResponse 0-0 flexible 0
results []{}
  topic_id uuid
  partitions []{}
    partition int32
    error_code int16
    error_message string ? =null
""",
    ),
    87: (
        """ReadShareGroupStateSummaryRequest 0-1 flexible 0
group_id string
topics []{}
  topic_id uuid
  partitions []{}
    partition int32
    leader_epoch int32
""",
        """ReadShareGroupStateSummaryResponse 0-1 flexible 0
results []{}
  topic_id uuid
  partitions []{}
    partition int32
    error_code int16
    error_message string ? =null
    state_epoch int32
    leader_epoch int32
    start_offset int64
    delivery_complete_count int32 1+ =-1
""",
    ),
    88: (
        """StreamsGroupHeartbeatRequest 0-0 flexible 0
group_id string
member_id string
member_epoch int32
endpoint_information_epoch int32
instance_id string ? =null
rack_id string ? =null
rebalance_timeout_ms int32 =-1
topology {} ? =null
  epoch int32
  subtopologies []{}
    subtopology_id string
    source_topics []string
    source_topic_regex []string
    state_changelog_topics []{}
      name string
      partitions int32
      replication_factor int16
      topic_configs []{}
        key string
        value string
    repartition_sink_topics []string
    repartition_source_topics []{}
      name string
      partitions int32
      replication_factor int16
      topic_configs []{}
        key string
        value string
    copartition_groups []{}
      source_topics []int16
      source_topic_regex []int16
      repartition_source_topics []int16
active_tasks []{} ?
  subtopology_id string
  partitions []int32
standby_tasks []{} ?
  subtopology_id string
  partitions []int32
warmup_tasks []{} ?
  subtopology_id string
  partitions []int32
process_id string ? =null
user_endpoint {} ? =null
  host string
  port uint16
client_tags []{} ?
  key string
  value string
task_offsets []{} ?
  subtopology_id string
  partition int32
  offset int64
task_end_offsets []{} ?
  subtopology_id string
  partition int32
  offset int64
shutdown_application bool
""",
        """StreamsGroupHeartbeatResponse 0-0 flexible 0
throttle_time_ms int32
error_code int16
error_message string ? =null
member_id string
member_epoch int32
heartbeat_interval_ms int32
acceptable_recovery_lag int32
task_offset_interval_ms int32
status []{} ?
  status_code int8
  status_detail string
active_tasks []{} ?
  subtopology_id string
  partitions []int32
standby_tasks []{} ?
  subtopology_id string
  partitions []int32
warmup_tasks []{} ?
  subtopology_id string
  partitions []int32
endpoint_information_epoch int32
partitions_by_user_endpoint []{} ?
  user_endpoint {}
    host string
    port uint16
  active_partitions []{}
    topic string
    partitions []int32
  standby_partitions []{}
    topic string
    partitions []int32
""",
    ),
    89: (
        """StreamsGroupDescribeRequest 0-0 flexible 0
group_ids []string
include_authorized_operations bool
""",
        """StreamsGroupDescribeResponse 0-0 flexible 0
throttle_time_ms int32
groups []{}
  error_code int16
  error_message string ? =null
  group_id string
  group_state string
  group_epoch int32
  assignment_epoch int32
  topology {} ? =null
    epoch int32
    subtopologies []{} ?
      subtopology_id string
      source_topics []string
      repartition_sink_topics []string
      state_changelog_topics []{}
        name string
        partitions int32
        replication_factor int16
        topic_configs []{}
          key string
          value string
      repartition_source_topics []{}
        name string
        partitions int32
        replication_factor int16
        topic_configs []{}
          key string
          value string
  members []{}
    member_id string
    member_epoch int32
    instance_id string ? =null
    rack_id string ? =null
    client_id string
    client_host string
    topology_epoch int32
    process_id string
    user_endpoint {} ? =null
      host string
      port uint16
    client_tags []{}
      key string
      value string
    task_offsets []{}
      subtopology_id string
      partition int32
      offset int64
    task_end_offsets []{}
      subtopology_id string
      partition int32
      offset int64
    assignment {}
      active_tasks []{}
        subtopology_id string
        partitions []int32
      standby_tasks []{}
        subtopology_id string
        partitions []int32
      warmup_tasks []{}
        subtopology_id string
        partitions []int32
    target_assignment {}
      active_tasks []{}
        subtopology_id string
        partitions []int32
      standby_tasks []{}
        subtopology_id string
        partitions []int32
      warmup_tasks []{}
        subtopology_id string
        partitions []int32
    is_classic bool
  authorized_operations int32 =-2147483648
""",
    ),
    90: (
        """DescribeShareGroupOffsetsRequest 0-1 flexible 0
groups []{}
  group_id string
  topics []{} ?
    topic_name string
    partitions []int32
""",
        """DescribeShareGroupOffsetsResponse 0-1 flexible 0
throttle_time_ms int32
groups []{}
  group_id string
  topics []{}
    topic_name string
    topic_id uuid
    partitions []{}
      partition_index int32
      start_offset int64
      leader_epoch int32
      lag int64 1+ =-1
      error_code int16
      error_message string ? =null
  error_code int16
  error_message string ? =null
""",
    ),
    91: (
        """AlterShareGroupOffsetsRequest 0-0 flexible 0
group_id string
topics []{}
  topic_name string
  partitions []{}
    partition_index int32
    start_offset int64
""",
        """AlterShareGroupOffsetsResponse 0-0 flexible 0
throttle_time_ms int32
error_code int16
error_message string ? =null
responses []{}
  topic_name string
  topic_id uuid
  partitions []{}
    partition_index int32
    error_code int16
    error_message string ? =null
""",
    ),
    92: (
        """DeleteShareGroupOffsetsRequest 0-0 flexible 0
group_id string
topics []{}
  topic_name string
""",
        """DeleteShareGroupOffsetsResponse 0-0 flexible 0
throttle_time_ms int32
error_code int16
error_message string ? =null
responses []{}
  topic_name string
  topic_id uuid
  error_code int16
  error_message string ? =null
""",
    ),
}
