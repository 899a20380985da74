"""What consumers write about themselves in group members: subscription and assignment (Kafka's consumer protocol).

Other clients' bytes: whatever cannot be read is taken as nothing.
"""

from __future__ import annotations

from rpk.client.model import TopicPartition
from rpk.client.wire import Reader, WireError


def parse_subscription(data: bytes) -> tuple[str, ...]:
    """Topics of a ConsumerProtocolSubscription."""
    try:
        reader = Reader(data)
        reader.int16()
        return tuple(sorted(reader.old_string() or "" for _ in range(reader.old_count())))
    except WireError:
        return ()


def parse_assignment(data: bytes) -> tuple[TopicPartition, ...]:
    """Partitions of a ConsumerProtocolAssignment."""
    try:
        reader = Reader(data)
        reader.int16()
        found: list[TopicPartition] = []
        for _ in range(reader.old_count()):
            topic = reader.old_string() or ""
            found.extend((topic, reader.int32()) for _ in range(reader.old_count()))
        return tuple(sorted(found))
    except WireError:
        return ()
