"""Brokers find each other over real sockets: together, late, one by one, after a restart, and when they disagree."""

import asyncio
from uuid import UUID

import pytest

from engine.controller.commands import RegisterBroker
from engine.controller.decision import Decision
from engine.controller.errors import RegistrationRefused
from engine.controller.formation import Formation, Membership, rpc_endpoint
from engine.controller.remote import RemoteController
from engine.rpc.hello import Identity
from engine.rpc.network import RpcNetwork
from engine.storage.disk import HostDisk

CLUSTER = UUID(int=0xC1)


class Seeds:
    """Formations on loopback, one a broker; closed together."""

    def __init__(self, directory):
        self.directory = directory
        self.networks = []
        self.addresses = []

    async def listen(self, count):
        for at in range(count):
            network = RpcNetwork(asyncio.get_running_loop(), identity=Identity(host_uuid=uuid(at)))
            await network.start("127.0.0.1", 0)
            self.networks.append(network)
            self.addresses.append(network.address)

    def formation(self, at, *, node_id=None, seeds=None):
        directory = self.directory / str(at)
        directory.mkdir(exist_ok=True)
        made = Formation(
            self.networks[at],
            HostDisk(),
            directory,
            host_uuid=uuid(at),
            node_id=node_id,
            own=self.addresses[at],
            seeds=self.addresses if seeds is None else seeds,
        )
        made.serve()
        return made

    async def close(self):
        for network in self.networks:
            await network.close()


def uuid(at):
    return UUID(int=at + 1)


def registration(at, address=("127.0.0.1", 1)):
    return RegisterBroker(
        host_uuid=uuid(at),
        node_id=None,
        host="h",
        rack=None,
        endpoints=(),
        cluster_uuid=CLUSTER,
        rpc=rpc_endpoint(address),
    )


def run(scenario, directory):
    async def bounded():
        seeds = Seeds(directory)
        try:
            async with asyncio.timeout(20):
                await scenario(seeds)
        finally:
            await seeds.close()

    asyncio.run(bounded())


def test_founders_agree_on_everybodys_id(tmp_path):
    async def scenario(seeds):
        await seeds.listen(3)
        formations = [
            seeds.formation(at, node_id=node_id, seeds=seeds.addresses[at:] + seeds.addresses[:at])
            for at, node_id in enumerate((None, 0, None))
        ]
        found = await asyncio.gather(*(each.find(registration(at)) for at, each in enumerate(formations)))
        assert found[1].node_id == 0
        assert {each.node_id for each in found} == {0, 1, 2}
        assert {each.founders for each in found} == {(0, 1, 2)}
        for at, each in enumerate(found):
            assert each.by_uuid == found[0].by_uuid
            assert {**each.peers, each.node_id: seeds.addresses[at]} == {
                one.node_id: seeds.addresses[place] for place, one in enumerate(found)
            }
        again = seeds.formation(1, node_id=0)
        assert await again.find(registration(1)) == found[1]

    run(scenario, tmp_path)


def test_a_broker_alone_founds_alone_and_remembers_its_id(tmp_path):
    async def scenario(seeds):
        await seeds.listen(1)
        found = await seeds.formation(0, node_id=5, seeds=[]).find(registration(0))
        assert (found.node_id, found.founders) == (5, (5,))
        assert (await seeds.formation(0, seeds=[]).find(registration(0))).node_id == 5

    run(scenario, tmp_path)


class KnownController:
    """Takes every registration and gives the next id."""

    def __init__(self, first, refusal=None):
        self.next = first
        self.refusal = refusal

    async def admit(self, command, timeout_ms):
        given = self.next if command.node_id is None else command.node_id
        self.next += 1
        return Decision(records=[], node_id=given, cluster_uuid=CLUSTER, refusal=self.refusal)


def test_one_that_knows_no_cluster_joins_through_a_seed_that_does(tmp_path):
    async def scenario(seeds):
        await seeds.listen(3)
        known = seeds.formation(0, seeds=seeds.addresses[:2])
        known.known = Membership(
            node_id=0,
            founders=(0, 1),
            cluster_uuid=CLUSTER,
            peers={1: seeds.addresses[1]},
            by_uuid={uuid(0): 0, uuid(1): 1},
        )
        RemoteController(seeds.networks[0]).serve(KnownController(7))
        late = await seeds.formation(1, seeds=seeds.addresses[:2]).find(registration(1))
        assert (late.node_id, late.founders) == (1, (0, 1))  # a founder, only late
        other = await seeds.formation(2, seeds=seeds.addresses[:2]).find(registration(2))
        assert (other.node_id, other.founders, other.cluster_uuid) == (8, (), CLUSTER)
        assert other.peers == {0: seeds.addresses[0], 1: seeds.addresses[1]}

    run(scenario, tmp_path)


def test_what_cannot_become_a_cluster_says_so(tmp_path):
    async def scenario(seeds):
        await seeds.listen(2)
        one, two = seeds.formation(0, node_id=3), seeds.formation(1, node_id=3)
        with pytest.raises(RegistrationRefused, match="same node_id"):
            await asyncio.gather(one.find(registration(0)), two.find(registration(1)))
        seeds.formation(1, seeds=[seeds.addresses[1]])
        with pytest.raises(RegistrationRefused, match="give all seeds the same list"):
            await seeds.formation(0).find(registration(0))
        known = seeds.formation(1)
        known.known = Membership(node_id=0, cluster_uuid=CLUSTER)
        RemoteController(seeds.networks[1]).serve(KnownController(1, refusal="not you"))
        with pytest.raises(RegistrationRefused, match="not you"):
            await seeds.formation(0).find(registration(0))

    run(scenario, tmp_path)
