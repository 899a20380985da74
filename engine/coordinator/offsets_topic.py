"""`__consumer_offsets` made of the controller's metadata and this broker's partitions."""

from collections.abc import Callable

from engine.controller.runtime import Controller
from engine.coordinator.ports import RecordLog
from engine.model.ids import TopicPartition
from engine.model.topic_name import CONSUMER_OFFSETS

CREATE_TIMEOUT_MS = 10_000


class ControllerOffsetsTopic:
    """Satisfies `OffsetsTopic`; `open_log` gives the log of a local partition, None if it is not led here."""

    def __init__(
        self, controller: Controller, open_log: Callable[[TopicPartition], RecordLog | None]
    ) -> None:
        self._controller = controller
        self._open_log = open_log

    def partition_count(self) -> int | None:
        """Its partitions; None while there is no such topic."""
        topic = self._controller.topics.get(CONSUMER_OFFSETS)
        return len(topic.partitions) if topic is not None else None

    async def create(self) -> int:
        """Make the topic if there is none. Raises `ControllerError`."""
        topic = await self._controller.ensure_internal_topic(CONSUMER_OFFSETS, timeout_ms=CREATE_TIMEOUT_MS)
        return len(topic.partitions)

    def open(self, partition: int) -> RecordLog | None:
        """The log of a partition; None when this broker does not lead it (yet)."""
        return self._open_log(TopicPartition(CONSUMER_OFFSETS, partition))
