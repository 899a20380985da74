import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.coordinator.consumer_protocol import subscribed_topics


def encode(topics: list[str], version: int = 3, rest: bytes = b"\xff\xff\xff\xff") -> bytes:
    body = b"".join(len(t.encode()).to_bytes(2, "big") + t.encode() for t in topics)
    return version.to_bytes(2, "big") + len(topics).to_bytes(4, "big") + body + rest


@given(st.lists(st.text(max_size=10), max_size=5), st.integers(0, 3), st.binary(max_size=9))
def test_topics_are_found(topics, version, rest):
    assert subscribed_topics(encode(topics, version, rest)) == frozenset(topics)


@given(st.binary(max_size=60))
def test_any_bytes_are_topics_or_none(raw):
    found = subscribed_topics(raw)
    assert found is None or all(isinstance(topic, str) for topic in found)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\1\0\0\0",
        b"\xff\xff\0\0\0\0",
        b"\0\1\xff\xff\xff\xff",
        b"\0\1\x7f\xff\xff\xff\0\1t",
        b"\0\1\0\0\0\1\0\5t",
        b"\0\1\0\0\0\1\xff\xfftt",
        b"\0\1\0\0\0\1\0\1\xff",
        b"\0\1\0\0\0\2\0\2tt",
    ],
)
def test_what_is_no_subscription(raw):
    assert subscribed_topics(raw) is None
