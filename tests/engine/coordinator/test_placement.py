import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.coordinator.placement import java_string_hash, partition_for


@pytest.mark.parametrize(
    ("text", "hashed"),
    [
        ("", 0),
        ("a", 97),
        ("hello", 99162322),
        ("Hello World", -862545276),
        ("polygenelubricants", -(2**31)),
        ("\U0001f600", 1772899),
    ],
)
def test_hash_is_javas(text, hashed):
    assert java_string_hash(text) == hashed


def test_the_most_negative_hash_has_a_partition():
    assert partition_for("polygenelubricants", 50) == 0


@given(st.text(), st.integers(1, 1000))
def test_partition_is_in_range(group_id, count):
    assert 0 <= partition_for(group_id, count) < count
