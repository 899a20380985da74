import socket

import pytest

from rpk.container import addresses
from rpk.out.errors import OperationFailed, UsageError


@pytest.fixture
def busy_port():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_list_goes_on_at_a_thousand_above():
    ports, notes = addresses.plan(
        3, {"kafka": [21092], **dict.fromkeys(["admin", "proxy", "schema_registry", "rpc"])}, strict=False
    )
    assert [each.kafka for each in ports] == [21092, 22092, 23092]
    assert notes == []


def test_a_busy_port_gives_way_and_is_told(busy_port):
    kinds = dict.fromkeys(addresses.USUAL)
    ports, notes = addresses.plan(1, {**kinds, "kafka": [busy_port]}, strict=False)
    assert ports[0].kafka != busy_port
    assert notes == [f"port {busy_port} is busy: broker 0 uses {ports[0].kafka} for kafka"]


def test_strict_ports_refuses_a_busy_one(busy_port):
    with pytest.raises(OperationFailed, match=f"port {busy_port} for kafka is busy"):
        addresses.plan(1, {**dict.fromkeys(addresses.USUAL), "kafka": [busy_port]}, strict=True)


def test_no_port_is_given_twice():
    ports, _ = addresses.plan(5, dict.fromkeys(addresses.USUAL), strict=True)
    given = [getattr(each, kind) for each in ports for kind in addresses.USUAL]
    assert len(given) == len(set(given)) == 25


@pytest.mark.parametrize(("words", "ports"), [(["1,2", "3"], [1, 2, 3]), ([], []), (["any"], None)])
def test_ports_are_read(words, ports):
    assert addresses.parse("kafka", words) == ports


@pytest.mark.parametrize("word", ["0", "65536", "x", "-1", "1.5", "any,1"])
def test_what_is_no_port_is_refused(word):
    with pytest.raises(UsageError, match="--kafka-ports"):
        addresses.parse("kafka", [word])
