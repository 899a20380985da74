"""A partition over the real storage room in a temporary directory."""

import asyncio
from uuid import UUID

import pytest

from engine.base.clock import ManualClock
from engine.model.topic_config import TopicConfig
from engine.partition.manager import PartitionManager
from engine.storage.config import StorageConfig
from engine.storage.storage import Storage
from tests.support.waiting import WAIT_SECONDS_MAX

TOPIC_ID = UUID(int=7)


class Room:
    """Storage and partition manager on the running loop, with a clock that stands still."""

    def __init__(self, directory):
        self.directory = directory
        self.clock = ManualClock()

    async def __aenter__(self):
        await self.open()
        return self

    async def open(self):
        self.storage = await Storage.open(
            self.directory,
            config=StorageConfig(),
            clock=self.clock,
            loop=asyncio.get_running_loop(),
        )
        self.manager = PartitionManager(self.storage, self.clock)

    async def reopen(self):
        self.manager.close()
        await self.storage.close()
        await self.open()

    async def __aexit__(self, *exc):
        self.manager.close()
        await self.storage.close()

    async def partition(self, config=None, *, topic="t", leader_epoch=0, log_id=1):
        return await self.manager.open(
            topic,
            0,
            topic_id=TOPIC_ID,
            log_id=log_id,
            leader_epoch=leader_epoch,
            config=config or TopicConfig(),
        )


async def committed(partition, offset):
    done = asyncio.get_running_loop().create_future()
    partition.when_committed(offset, done.set_result)
    return await asyncio.wait_for(done, WAIT_SECONDS_MAX)


@pytest.fixture
def with_room(tmp_path):
    def run(scenario):
        async def main():
            async with Room(tmp_path) as room:
                await asyncio.wait_for(scenario(room), WAIT_SECONDS_MAX)

        asyncio.run(main())

    return run


@pytest.fixture
def when_committed():
    return committed
