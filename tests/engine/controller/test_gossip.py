"""Two brokers tell each other: alive, reports, leaderships, also after one of them began anew."""

import asyncio

from engine.base.clock import SystemClock
from engine.controller.gossip import DrainReport, Gossip, Report
from engine.controller.leaders import Leaders
from engine.rpc.hello import Identity
from engine.rpc.network import RpcNetwork


class Side:
    """One broker's network and gossip."""

    def __init__(self, node_id):
        self.node_id = node_id
        self.report = Report(version=f"v{node_id}")

    async def start(self, port=0):
        self.network = RpcNetwork(asyncio.get_running_loop(), identity=Identity(node_id=self.node_id))
        await self.network.start("127.0.0.1", port)
        self.leaders = Leaders(lambda: None)
        self.gossip = Gossip(
            self.network,
            SystemClock(),
            node_id=self.node_id,
            leaders=self.leaders,
            report=lambda: self.report,
            changed=lambda: None,
        )
        self.gossip.start()
        return self

    def meet(self, other):
        self.network.set_peer(other.node_id, *other.network.address)
        self.gossip.set_others([other.node_id])

    async def stop(self):
        await self.gossip.close()
        await self.network.close()


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is awaited has no event of its own
            await asyncio.sleep(0.01)


def test_what_one_leads_the_other_knows_also_after_a_restart():
    async def scenario():
        one, two = await Side(1).start(), await Side(2).start()
        assert not one.gossip.alive(2)
        for log_id in range(5_000):
            one.gossip.lead(log_id, 1, (1,))
        one.meet(two)
        two.meet(one)
        await until(lambda: one.gossip.alive(2) and two.gossip.alive(1) and len(two.leaders) == 5_000)
        assert two.gossip.report_of(1).version == "v1"
        one.gossip.lead(7, 3, (1, 2))
        await until(lambda: two.leaders.get(7) == (1, 3, (1, 2)))
        one.gossip.stopped_leading(7, 3)
        two.gossip.lead(7, 4, (2,))
        await until(lambda: one.leaders.get(7).node_id == 2)
        one.report = Report(version="v1", drain=DrainReport(draining=True, partitions=3))
        one.gossip.tell_soon()
        await until(lambda: two.gossip.report_of(1).drain.partitions == 3)

        port = two.network.address[1]
        await two.stop()
        await until(lambda: not one.gossip.alive(2))
        again = await Side(2).start(port)
        again.meet(one)
        await until(lambda: one.gossip.alive(2) and len(again.leaders) >= 5_000 - 1)
        assert again.leaders.get(8).node_id == 1
        await again.stop()
        await one.stop()

    asyncio.run(scenario())


def test_gossip_that_makes_no_sense_changes_nothing():
    async def scenario():
        one, two = await Side(1).start(), await Side(2).start()
        one.meet(two)
        two.meet(one)
        for payload in (
            b"",
            b"{}",
            b"[1]",
            b'{"node":"x"}',
            b'{"node":1,"incarnation":1,"since":0,"upto":"a"}',
        ):
            await one.network.call(2, 103, (payload,), timeout_ms=2_000)
        strange = b'{"node":1,"incarnation":9,"since":0,"upto":1,"leaders":[[4,1,2,[1]]],"report":{"cores":"x","drain":3}}'
        await one.network.call(2, 103, (strange,), timeout_ms=2_000)
        assert two.leaders.get(4).term == 2
        assert two.gossip.report_of(1) == Report()
        await one.stop()
        await two.stop()

    asyncio.run(scenario())
