"""Hand-written codecs: any bytes are a message or WireError, and agree with kafka-python's."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.protocol.metadata import ApiVersionsResponse, MetadataRequest, MetadataResponse

from rpk.client import wire
from rpk.client.kafka_errors import all_codes, error_code, error_name


@settings(max_examples=200)
@given(st.binary(max_size=200), st.sampled_from([9, 10, 11, 12]))
def test_any_bytes_are_metadata_or_a_wire_error(data, version):
    for parse in (lambda: wire.parse_metadata(version, data), lambda: wire.parse_api_versions(data)):
        with contextlib.suppress(wire.WireError):
            parse()


@given(st.binary(max_size=60))
def test_any_bytes_are_sasl_or_a_wire_error(data):
    for parse in (wire.parse_sasl_handshake, wire.parse_sasl_authenticate):
        with contextlib.suppress(wire.WireError):
            parse(data)


names = st.text(min_size=1, max_size=20)


@given(st.one_of(st.none(), st.lists(names, max_size=4)), st.sampled_from([9, 10, 11, 12]), st.booleans())
def test_metadata_request_is_what_kafka_python_decodes(topics, version, auto):
    body = wire.metadata_request(version, topics, allow_auto_create=auto)
    decoded = MetadataRequest.decode(body, version=version)
    assert decoded.allow_auto_topic_creation is auto
    assert (None if decoded.topics is None else [topic.name for topic in decoded.topics]) == topics


nodes = st.lists(st.integers(0, 2**31 - 1), max_size=3)


@given(
    st.sampled_from([9, 10, 11, 12]),
    st.lists(
        st.tuples(st.integers(0, 9), names, st.integers(1, 65535), st.one_of(st.none(), names)), max_size=3
    ),
    st.lists(
        st.tuples(names, st.booleans(), st.lists(st.tuples(st.integers(0, 99), nodes), max_size=3)),
        max_size=3,
    ),
)
def test_metadata_response_of_kafka_python_is_read(version, brokers, topics):
    topic_class = MetadataResponse.MetadataResponseTopic
    response = MetadataResponse(
        throttle_time_ms=0,
        brokers=[
            MetadataResponse.MetadataResponseBroker(node_id=a, host=b, port=c, rack=d)
            for a, b, c, d in brokers
        ],
        cluster_id="c",
        controller_id=5,
        topics=[
            topic_class(
                error_code=0,
                name=name,
                topic_id=None,
                is_internal=internal,
                partitions=[
                    topic_class.MetadataResponsePartition(
                        error_code=0,
                        partition_index=index,
                        leader_id=1,
                        leader_epoch=2,
                        replica_nodes=replicas,
                        isr_nodes=replicas,
                        offline_replicas=[],
                    )
                    for index, replicas in partitions
                ],
            )
            for name, internal, partitions in topics
        ],
    )
    found, cluster, controller, found_topics = wire.parse_metadata(
        version, bytes(response.encode(version=version))
    )
    assert found == brokers
    assert (cluster, controller) == ("c", 5)
    assert [(t[1], t[3], [(p[1], p[4]) for p in t[4]]) for t in found_topics] == topics


def test_api_versions_of_kafka_python_is_read():
    version = ApiVersionsResponse.ApiVersion(api_key=3, min_version=0, max_version=12)
    body = bytes(ApiVersionsResponse(error_code=0, api_keys=[version], throttle_time_ms=0).encode(version=3))
    assert wire.parse_api_versions(body) == (0, {3: (0, 12)})


def test_error_names_agree_with_the_engines():
    from engine.wire.error_codes import ErrorCode

    codes = {code: name for code, name, _ in all_codes()}
    assert {member.value: member.name for member in ErrorCode}.items() <= codes.items()
    assert all(error_code(error_name(code)) == code for code in codes)


def test_retriable_agrees_with_the_engines():
    from engine.wire.error_codes import ErrorCode

    codes = {code: retriable for code, _, retriable in all_codes()}
    assert {int(member): member.retriable for member in ErrorCode}.items() <= codes.items()
