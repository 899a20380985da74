import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.wire import cold
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode
from engine.wire.errors import DecodeError
from engine.wire.header import (
    frame_prefix,
    is_flexible,
    parse_request_header,
    request_header,
    response_header,
)


def test_flexible_versions_are_those_of_the_schemas():
    for api_key in cold.MESSAGES:
        first, last = cold.version_range(api_key)
        for version in range(first, last + 1):
            assert is_flexible(api_key, version) == cold.schema(api_key, cold.REQUEST).is_flexible(version)


@given(
    api_key=st.sampled_from(sorted(cold.MESSAGES)),
    version=st.integers(0, 18),
    correlation_id=st.integers(-(2**31), 2**31 - 1),
    client_id=st.none() | st.text(max_size=20),
)
def test_round_trip(api_key, version, correlation_id, client_id):
    frame = request_header(api_key, version, correlation_id, client_id)
    header = parse_request_header(frame + b"body")
    assert (header.api_key, header.api_version, header.correlation_id) == (api_key, version, correlation_id)
    assert header.client_id == client_id
    assert header.body_at == len(frame)


def test_golden_headers():
    # ApiVersions 3 from client "cli", and Metadata 1 without a client id
    assert repr(parse_request_header(bytes.fromhex("00120003000000070003636c6900"))) == (
        "RequestHeader(api_key=18, api_version=3, correlation_id=7, client_id='cli', body_at=14)"
    )
    assert parse_request_header(bytes.fromhex("0003000100000008ffff")).client_id is None


def test_response_headers():
    assert response_header(3, 8, 7) == b"\0\0\0\7"
    assert response_header(3, 9, 7) == b"\0\0\0\7\0"
    assert response_header(18, 3, 7) == b"\0\0\0\7"
    for key, version in ((3, 8), (3, 9), (18, 3), (17, 1)):
        header = response_header(key, version, 7)
        assert frame_prefix(key, version, 7, 10) == (len(header) + 10).to_bytes(4, "big") + header


@pytest.mark.parametrize(
    "frame", ["", "0012", "0012000300000007fffe00", "00120003000000070005636c69", "0012000300000007000363", "00030001000000070002c328"]
)  # fmt: skip
def test_bad_headers(frame):
    with pytest.raises(DecodeError):
        parse_request_header(bytes.fromhex(frame))


@given(data=st.binary(max_size=40))
def test_any_bytes(data):
    with contextlib.suppress(DecodeError):
        assert 0 <= parse_request_header(data).body_at <= len(data)


def test_error_codes_are_complete():
    assert [code.value for code in ErrorCode] == sorted(range(-1, 134))
    assert all(code.meaning.endswith(".") for code in ErrorCode)
    assert ErrorCode.NOT_LEADER_OR_FOLLOWER.retriable
    assert not ErrorCode.MESSAGE_TOO_LARGE.retriable
    assert ErrorCode(87) is ErrorCode.INVALID_RECORD


def test_api_keys_are_those_of_the_schemas():
    assert {int(key) for key in ApiKey} == set(cold.MESSAGES)
