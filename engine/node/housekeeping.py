"""The shard's slow pulse: retention and compaction, forgotten producers. One task, one round at a time."""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from engine.base.errors import OperatingError

if TYPE_CHECKING:
    from engine.config.cluster_config import ClusterConfig
    from engine.partition.manager import PartitionManager
    from engine.storage.storage import Storage

logger = logging.getLogger(__name__)


class Housekeeping:
    """Runs until `stop`. A round that fails is logged; the next comes anyway."""

    def __init__(
        self, *, storage: "Storage", partitions: "PartitionManager", cluster: "ClusterConfig"
    ) -> None:
        self._storage = storage
        self._partitions = partitions
        self._cluster = cluster
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; the first round comes one interval from now."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="housekeeping")

    async def stop(self) -> None:
        """End, in the middle of a round if need be."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._cluster.integer("log_compaction_interval_ms") / 1000)
            try:
                await self._storage.housekeep()
                self._partitions.expire_producers(self._cluster.integer("transactional_id_expiration_ms"))
            except (OperatingError, OSError) as error:
                logger.warning("housekeeping: %s", error)
