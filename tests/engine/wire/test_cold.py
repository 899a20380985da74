import contextlib
import datetime
import subprocess
import sys
from dataclasses import fields, is_dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import get_args, get_origin
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kio.index import load_request_schema, load_response_schema
from kio.serial import entity_writer
from kio.static.primitive import Records, TZAware, i64Timedelta

from engine.wire import cold
from engine.wire.errors import DecodeError, EncodeError
from engine.wire.message_codec import ELEMENTS_MAX, Message
from engine.wire.message_schemas import MESSAGES

KINDS = {
    "request": (load_request_schema, cold.decode_request, cold.encode_request),
    "response": (load_response_schema, cold.decode_response, cold.encode_response),
}
BY_API = pytest.mark.parametrize("api_key", sorted(MESSAGES))
BY_KIND = pytest.mark.parametrize("kind", KINDS)
MODEST = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
MILLISECOND = datetime.timedelta(milliseconds=1)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def kio_bytes(entity):
    out = BytesIO()
    entity_writer(type(entity))(out, entity)
    return out.getvalue()


def plain(value, kafka_type=None):
    """What our side makes of a kio value."""
    if is_dataclass(value):
        return {
            (field.name, field.name + "_ms"): plain(
                getattr(value, field.name), field.metadata.get("kafka_type")
            )
            for field in fields(value)
        }
    if isinstance(value, tuple):
        return [plain(element) for element in value]
    if isinstance(value, datetime.timedelta):
        return value // MILLISECOND
    if isinstance(value, datetime.datetime):
        return (value - EPOCH) // MILLISECOND
    if value is None and kafka_type == "datetime_i64":
        return -1
    if value == UUID(int=0):
        return None
    return value


def assert_same(ours, theirs):
    if isinstance(theirs, dict):
        for names, value in theirs.items():
            found = [name for name in names if hasattr(ours, name)]
            assert len(found) == 1, (names, ours)
            assert_same(getattr(ours, found[0]), value)
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs, strict=True):
            assert_same(our, their)
    else:
        assert ours == theirs


@cache
def strategy(annotation):
    """Every field drawn, those with defaults too, within what kio itself can write exactly."""
    if is_dataclass(annotation):
        return st.builds(annotation, **{field.name: strategy(field.type) for field in fields(annotation)})
    arguments = get_args(annotation)
    if type(None) in arguments:
        inner = next(argument for argument in arguments if argument is not type(None))
        return st.none() | strategy(inner)
    if get_origin(annotation) is tuple:
        return st.lists(strategy(arguments[0]), max_size=2).map(tuple)
    if annotation is Records:
        return st.binary(max_size=20).map(Records)
    if annotation is i64Timedelta:
        return st.integers(-(2**40), 2**40).map(lambda ms: i64Timedelta.parse(ms * MILLISECOND))
    if annotation is TZAware:
        return st.integers(0, 2**33).map(lambda s: TZAware.parse(EPOCH + datetime.timedelta(seconds=s)))
    return st.from_type(annotation)


def kio_message(data, api_key, kind):
    first, last = cold.version_range(api_key)
    version = data.draw(st.integers(first, last), label="version")
    return version, data.draw(strategy(KINDS[kind][0](api_key, version)))


def test_the_table_is_what_kio_says():
    script = Path(__file__).with_name("message_schemas_from_kio.py")
    subprocess.run([sys.executable, str(script)], check=True)


@BY_API
@BY_KIND
@MODEST
@given(data=st.data())
def test_reads_and_writes_what_kio_does(api_key, kind, data):
    version, entity = kio_message(data, api_key, kind)
    _, decode, encode = KINDS[kind]
    theirs = kio_bytes(entity)
    message = decode(api_key, version, theirs)
    assert_same(message, plain(entity))
    assert encode(api_key, version, message) == theirs


@BY_API
@BY_KIND
@MODEST
@given(data=st.data())
def test_damaged_bytes_give_a_message_or_decode_error(api_key, kind, data):
    version, entity = kio_message(data, api_key, kind)
    damaged = bytearray(kio_bytes(entity))
    for _ in range(data.draw(st.integers(1, 4))):
        if damaged:
            at = data.draw(st.integers(0, len(damaged) - 1))
            damaged[at] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]))
    del damaged[data.draw(st.integers(0, len(damaged))) :]
    try:
        message = KINDS[kind][1](api_key, version, damaged)
    except DecodeError:
        return
    assert isinstance(message, Message)


@settings(max_examples=200, deadline=None)
@given(
    api_key=st.integers(-1, 100),
    version=st.integers(-1, 15),
    data=st.binary(max_size=200),
    at=st.integers(0, 5),
)
def test_any_bytes_give_a_message_or_decode_error(api_key, version, data, at):
    with contextlib.suppress(DecodeError):
        assert isinstance(cold.decode_request(api_key, version, data, at), Message)


def test_a_hostile_count_is_refused_before_anything_is_made():
    hostile = (2**31 - 1).to_bytes(4, "big") + bytes(100)
    with pytest.raises(DecodeError):
        cold.decode_request(3, 1, hostile)


def test_elements_are_bounded_over_nested_arrays():
    # DeleteTopics 4: every name is an empty string of one byte
    count = ELEMENTS_MAX + 1
    hostile = bytes([0x80 | (count + 1) & 0x7F, 0x80 | (count + 1) >> 7 & 0x7F, (count + 1) >> 14])
    with pytest.raises(DecodeError):
        cold.decode_request(20, 4, hostile + b"\1" * (count + 10))


def test_trailing_bytes_are_ignored():
    # librdkafka 2.15 writes a brokers-only Metadata 13 with the legacy form of an empty array
    body = cold.encode_request(3, 13, {"topics": None})
    assert cold.decode_request(3, 13, body + b"\0\0\0").topics is None


def test_unknown_tags_are_skipped():
    body = cold.encode_request(12, 4, {"group_id": "g", "member_id": "m"})
    tagged = body[:-1] + b"\2" + b"\x05\x03abc" + b"\x63\x00"
    assert cold.decode_request(12, 4, tagged) == cold.decode_request(12, 4, body)


def test_fields_absent_in_a_version_read_as_defaults():
    request = cold.decode_request(
        11, 0, cold.encode_request(11, 0, {"group_id": "g", "session_timeout_ms": 7})
    )
    assert request.session_timeout_ms == 7
    assert request.rebalance_timeout_ms == -1
    assert request.group_instance_id is None
    assert request.reason is None


def test_a_superset_is_cut_to_the_version():
    body = {"throttle_time_ms": 5, "error_code": 0, "error_message": "none", "node_id": 1, "host": "h", "port": 9,
            "coordinators": [{"key": "g", "node_id": 1, "host": "h", "port": 9}]}  # fmt: skip
    assert cold.decode_response(10, 0, cold.encode_response(10, 0, body)).host == "h"
    newest = cold.decode_response(10, 6, cold.encode_response(10, 6, body))
    assert newest.coordinators[0].key == "g"
    assert newest.host == ""


def test_a_null_becomes_empty_where_the_version_has_no_null():
    body = {"protocol_name": None}
    assert cold.decode_response(11, 6, cold.encode_response(11, 6, body)).protocol_name == ""
    assert cold.decode_response(11, 7, cold.encode_response(11, 7, body)).protocol_name is None


@pytest.mark.parametrize("body", [{"no_such_field": 1}, {"error_code": 40_000}, {"error_code": None}])
def test_a_bad_body_is_an_encode_error(body):
    with pytest.raises(EncodeError):
        cold.encode_response(12, 4, body)


def test_objects_serve_as_bodies():
    class Body:
        error_code = 16

    assert cold.decode_response(12, 0, cold.encode_response(12, 0, Body())).error_code == 16


def test_unknown_apis_and_versions():
    with pytest.raises(DecodeError):
        cold.decode_request(4, 0, b"")
    with pytest.raises(DecodeError):
        cold.decode_request(3, 99, b"")
    with pytest.raises(EncodeError):
        cold.encode_response(3, 99, {})


def test_any_int64_time_survives():
    # beyond what datetime and timedelta can hold
    body = {"expiry_time_period_ms": 2**63 - 1, "hmac": b""}
    assert cold.decode_request(40, 2, cold.encode_request(40, 2, body)).expiry_time_period_ms == 2**63 - 1


def test_the_versions_of_kafka_4_2_are_there():
    newest = {
        0: 13, 1: 18, 2: 11, 3: 13, 8: 10, 9: 10, 10: 6, 11: 9, 12: 4, 13: 5, 14: 5, 15: 6, 16: 5, 17: 1, 18: 4,
        19: 7, 20: 6, 21: 2, 22: 5, 23: 4, 24: 5, 25: 4, 26: 5, 28: 5, 29: 3, 30: 3, 31: 3, 32: 4, 33: 2, 35: 4,
        36: 2, 37: 3, 42: 2, 43: 2, 44: 1, 45: 1, 46: 0, 47: 0, 48: 1, 49: 1, 50: 0, 51: 0, 60: 2, 75: 0,
    }  # fmt: skip
    for api_key, version in newest.items():
        assert cold.version_range(api_key)[1] >= version
