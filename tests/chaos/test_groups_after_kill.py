"""Groups over kill -9: acknowledged offsets are there, and members go on where they were."""

import asyncio

import pytest

from engine.wire import cold
from engine.wire.api_keys import ApiKey
from tests.support.broker import BrokerProcess
from tests.support.raw_client import Connection

pytestmark = pytest.mark.chaos

ROUNDS = 4
COMMITS_A_ROUND = 200
SESSION_MS = 30_000


async def settled(connection: Connection, key: ApiKey, version: int, body: dict[str, object]) -> cold.Message:
    """Ask until the coordinator is there and has loaded."""
    for _ in range(200):
        answer = await connection.ask(key, version, body)
        if answer.error_code not in (14, 15, 16):
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError("the coordinator does not come up")


async def commits_until_killed(
    broker: BrokerProcess, member: dict[str, object], first: int
) -> tuple[int, int]:
    """Commit first, first + 1, … and kill the broker in the middle; the last acknowledged and the last sent."""
    connection = await Connection(broker.bootstrap, "c").open()
    acked = sent = first - 1
    for number in range(first, first + COMMITS_A_ROUND):
        if number == first + COMMITS_A_ROUND // 2:
            asyncio.get_running_loop().call_later(0.003, broker.kill)
        partition = {"partition_index": 0, "committed_offset": number, "committed_metadata": str(number)}
        sent = number
        try:
            answer = await connection.ask(
                ApiKey.OFFSET_COMMIT, 8, {**member, "topics": [{"name": "t", "partitions": [partition]}]}
            )
        except (asyncio.IncompleteReadError, ConnectionError):
            break
        assert answer.topics[0].partitions[0].error_code == 0
        acked = number
    connection.writer.close()
    broker.kill()
    return acked, sent


async def live(broker: BrokerProcess) -> None:
    connection = await Connection(broker.bootstrap, "c").open()
    topic = {"name": "t", "num_partitions": 1, "replication_factor": 1, "assignments": [], "configs": []}
    created = await connection.ask(ApiKey.CREATE_TOPICS, 7, {"topics": [topic], "timeout_ms": 20_000})
    assert created.topics[0].error_code == 0
    joined = await settled(
        connection,
        ApiKey.JOIN_GROUP,
        3,
        {
            "group_id": "g",
            "session_timeout_ms": SESSION_MS,
            "rebalance_timeout_ms": SESSION_MS,
            "member_id": "",
            "protocol_type": "consumer",
            "protocols": [{"name": "range", "metadata": b""}],
        },
    )
    identity = {"group_id": "g", "generation_id": joined.generation_id, "member_id": joined.member_id}
    assignment = {"member_id": joined.member_id, "assignment": b"mine"}
    synced = await connection.ask(ApiKey.SYNC_GROUP, 3, {**identity, "assignments": [assignment]})
    assert synced.assignment == b"mine"
    connection.writer.close()
    member = {
        "group_id": "g",
        "generation_id_or_member_epoch": joined.generation_id,
        "member_id": joined.member_id,
    }
    first = 0
    for _ in range(ROUNDS):
        acked, sent = await commits_until_killed(broker, member, first)
        broker.start()
        connection = await Connection(broker.bootstrap, "c").open()
        body = {"group_id": "g", "topics": [{"name": "t", "partition_indexes": [0]}]}
        fetched = await settled(connection, ApiKey.OFFSET_FETCH, 5, body)
        (partition,) = fetched.topics[0].partitions
        assert acked <= partition.committed_offset <= sent
        assert partition.metadata == str(partition.committed_offset)
        assert (await connection.ask(ApiKey.HEARTBEAT, 3, identity)).error_code == 0
        again = await connection.ask(ApiKey.SYNC_GROUP, 3, {**identity, "assignments": []})
        assert (again.error_code, again.assignment) == (0, b"mine")
        connection.writer.close()
        first = sent + 1


def test_offsets_and_members_survive(tmp_path):
    with BrokerProcess(tmp_path) as broker:
        asyncio.run(live(broker))
