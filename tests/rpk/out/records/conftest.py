"""A record with every field set, as formatters see it."""

import pytest


class FakeRecord:
    """foo/3 at offset 343: key, value, two headers, zstd, watermarks 333, 666, 999."""

    def __init__(self, **fields):
        self.fields = {
            "topic": "foo",
            "partition": 3,
            "offset": 343,
            "key": b"key",
            "value": b"value",
            "headers": [("H1", b"V1"), ("h2", b"v2")],
            "timestamp": 17000,
            "timestamp_type": 1,
            "leader_epoch": -1,
            "attributes": 4,
            "producer_id": 7,
            "producer_epoch": 1,
            "log_start": 333,
            "last_stable": 666,
            "high_watermark": 999,
        } | fields

    def timestamp(self):
        return self.fields["timestamp_type"], self.fields["timestamp"]

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda: self.fields[name]


@pytest.fixture
def record():
    """`record(value=b"x")` → a record."""
    return FakeRecord


@pytest.fixture(scope="session")
def record_type():
    """The same for hypothesis, which wants fixtures that last."""
    return FakeRecord
