"""Identifiers as distinct types. They are plain ints and strings at run time and cost nothing."""

from typing import NamedTuple, NewType
from uuid import UUID

NodeId = NewType("NodeId", int)
"""A broker's id, 0 … 2^31-1; -1 means none."""

Offset = NewType("Offset", int)
"""A record's position in a partition, from 0."""

LeaderEpoch = NewType("LeaderEpoch", int)
"""Raft term and Kafka leader epoch: one number; -1 means unknown."""

ProducerId = NewType("ProducerId", int)
"""An idempotent producer; -1 means none."""

TopicId = NewType("TopicId", UUID)
"""A topic's identity, which a topic recreated under the same name does not share."""

NO_NODE = NodeId(-1)
NO_EPOCH = LeaderEpoch(-1)
NO_PRODUCER = ProducerId(-1)
NO_TOPIC_ID = TopicId(UUID(int=0))


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}"
