import asyncio
import http.client
import json
import logging
import socket
import threading
from uuid import UUID

import pytest

from engine.admin import app as app_module
from engine.admin import protocol as protocol_module
from engine.admin.server import AdminListener, AdminServer
from engine.admin.views import (
    AdminViews,
    BalancerView,
    BrokerView,
    ChangeRefused,
    DecommissionView,
    DiskView,
    DrainView,
    MoveResult,
    MoveView,
    PartitionView,
)
from engine.config.cluster_config import ClusterConfig
from engine.metrics.kafka import KafkaMetrics
from engine.metrics.sources import MetricsSources

CLUSTER = UUID(int=7)


class Actions:
    """A cluster that notes what it is asked; broker 9 refuses."""

    def __init__(self):
        self.asked = []
        self.moving = [MoveView("kafka", "orders", 1, (1, 2), (2, 3), 100, 40)]

    async def _note(self, *what):
        if 9 in what:
            raise ChangeRefused(400, "broker 9 says no")
        self.asked.append(what)

    async def set_decommission(self, node_id, *, enabled):
        await self._note("decommission", node_id, enabled)

    async def set_maintenance(self, node_id, *, enabled):
        await self._note("maintenance", node_id, enabled)

    async def move(self, topic, partition, replicas):
        await self._note("move", topic, partition, *replicas)

    async def cancel_moves(self, moves):
        return [MoveResult(each.namespace, each.topic, each.partition, None) for each in moves]

    async def transfer(self, partition, target):
        await self._note("transfer", partition.topic, partition.partition, target)

    async def rebalance(self):
        await self._note("rebalance")

    def moves(self):
        return self.moving

    def decommission(self, node_id):
        if node_id == 1:
            raise ChangeRefused(400, "Node 1 is not decommissioning")
        if node_id == 7:
            raise ChangeRefused(404, "Node 7 does not exists")
        return DecommissionView(False, 1, tuple(self.moving), ("kafka/orders/0",))

    def balancer(self):
        return BalancerView("in_progress", 3, 1, (2,), ())


class Fake:
    """A shard's state, and the Admin API over it on a real socket in its own loop."""

    def __init__(self):
        self.config = ClusterConfig()
        self.refusal = None
        self.partitions = [
            PartitionView("kafka", "orders", 0, 1, (1,), 5, internal=False),
            PartitionView("kafka", "orders", 1, -1, (1,), 6, internal=False),
            PartitionView("kafka", "__consumer_offsets", 0, 1, (1,), 7, internal=True),
        ]
        self.brokers = [
            BrokerView(1, UUID(int=9), None, "127.0.0.1", 33145, 1, alive=True, recovery_mode=False)
        ]
        self.slow = False
        self.actions = Actions()

    async def set_config(self, upserts, removes):
        if self.slow:
            await asyncio.sleep(60)
        if self.refusal is not None:
            raise self.refusal
        overrides = {**self.config.overrides, **upserts}
        for name in removes:
            overrides.pop(name)
        self.config.replace(overrides, self.config.version + 1)
        return self.config.version

    def views(self):
        return AdminViews(
            node_id=lambda: 1,
            version="0.1.0",
            ready=lambda: True,
            node_config=lambda: {"data_directory": "/d", "node_id": None},
            brokers=lambda: self.brokers,
            disk=lambda: DiskView("/d", 2**40, 2**41),
            cluster_uuid=lambda: CLUSTER,
            controller_id=lambda: 1,
            partitions=lambda: self.partitions,
            cluster_config=self.config,
            set_cluster_config=self.set_config,
            actions=self.actions,
            metrics=MetricsSources(kafka=KafkaMetrics(), version="0.1.0"),
            api_name=str,
        )

    def start(self):
        started = threading.Event()

        async def main():
            self.loop = asyncio.get_running_loop()
            self.done = asyncio.Event()
            server = AdminServer(self.views())
            server.bind([AdminListener(name="", host="127.0.0.1", port=0)])
            self.port = server.addresses[0][1]
            server.serve_lazily()
            started.set()
            await self.done.wait()
            await server.stop(2)

        self.thread = threading.Thread(target=lambda: asyncio.run(main()))
        self.thread.start()
        started.wait(10)

    def stop(self):
        self.loop.call_soon_threadsafe(self.done.set)
        self.thread.join(10)
        assert not self.thread.is_alive()

    def call(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            text = response.read()
            is_json = response.headers.get("content-type") == "application/json"
            return response.status, json.loads(text) if is_json else text.decode()
        finally:
            connection.close()


@pytest.fixture
def api():
    fake = Fake()
    fake.start()
    yield fake
    fake.stop()


def test_status_and_node(api):
    assert api.call("GET", "/v1/status/ready") == (200, {"status": "ready"})
    assert api.call("GET", "/v1/node_config") == (200, {"data_directory": "/d", "node_id": 1})
    assert api.call("GET", "/v1/node_config/")[0] == 200


def test_brokers_leave_and_rest(api):
    api.brokers.append(
        BrokerView(
            2,
            UUID(int=10),
            "r",
            "127.0.0.2",
            33145,
            1,
            alive=False,
            recovery_mode=False,
            leaving=True,
            drain=DrainView(draining=True, finished=True, partitions=4),
        )
    )
    assert api.call("PUT", "/v1/brokers/2/decommission") == (200, "")
    assert api.call("PUT", "/v1/brokers/2/recommission") == (200, "")
    assert api.call("PUT", "/v1/brokers/2/maintenance") == (200, "")
    assert api.call("DELETE", "/v1/brokers/2/maintenance") == (200, "")
    assert api.actions.asked == [
        ("decommission", 2, True),
        ("decommission", 2, False),
        ("maintenance", 2, True),
        ("maintenance", 2, False),
    ]
    refused = {"message": "broker 9 says no", "code": 400}
    assert api.call("PUT", "/v1/brokers/9/decommission") == (400, refused)
    _, found = api.call("GET", "/v1/brokers/2/decommission")
    assert (found["finished"], found["replicas_left"]) == (False, 1)
    assert found["allocation_failures"] == ["kafka/orders/0"]
    (move,) = found["partitions"]
    assert move["moving_to"] == {"node_id": 3, "core": 0}
    assert (move["bytes_moved"], move["bytes_left_to_move"]) == (40, 60)
    assert api.call("GET", "/v1/brokers/1/decommission")[0] == 400
    assert api.call("GET", "/v1/brokers/7/decommission")[0] == 404
    _, listed = api.call("GET", "/v1/brokers")
    assert listed[1]["membership_status"] == "draining"
    assert listed[1]["maintenance_status"]["finished"] is True
    assert listed[0]["maintenance_status"] == {"draining": False}
    assert api.call("GET", "/v1/maintenance") == (200, {"draining": False})
    _, health = api.call("GET", "/v1/cluster/health_overview")
    assert health["nodes_down"] == [2]


def test_partitions_move(api):
    path = "/v1/partitions/kafka/orders/1"
    assert api.call("POST", f"{path}/replicas", [{"node_id": 3, "core": 0}]) == (200, "")
    assert api.call("POST", f"{path}/transfer_leadership?target=3") == (200, "")
    assert api.call("POST", f"{path}/transfer_leadership") == (200, "")
    assert api.call("POST", "/v1/partitions/rebalance") == (200, "")
    assert api.actions.asked == [
        ("move", "orders", 1, 3),
        ("transfer", "orders", 1, 3),
        ("transfer", "orders", 1, None),
        ("rebalance",),
    ]
    cancelled = [{"ns": "kafka", "topic": "orders", "partition": 1, "result": "success"}]
    assert api.call("POST", f"{path}/cancel_reconfiguration") == (200, cancelled)
    assert api.call("POST", "/v1/cluster/cancel_reconfigurations") == (200, cancelled)
    assert api.call("POST", "/v1/brokers/1/cancel_partition_moves") == (200, cancelled)
    assert api.call("POST", "/v1/partitions/kafka/orders/0/cancel_reconfiguration")[0] == 400
    _, (move,) = api.call("GET", "/v1/partitions/reconfigurations")
    assert move["previous_replicas"] == [{"node_id": 1, "core": 0}, {"node_id": 2, "core": 0}]
    _, status = api.call("GET", "/v1/cluster/partition_balancer/status")
    assert status["status"] == "in_progress"
    assert status["violations"]["unavailable_nodes"] == [2]
    for body in ([], {}, [{"core": 0}], [{"node_id": "1"}], [1]):
        assert api.call("POST", f"{path}/replicas", body)[0] == 400
    assert api.call("POST", f"{path}/transfer_leadership?target=x")[0] == 400
    assert api.call("POST", "/v1/partitions/redpanda/controller/0/replicas", [{"node_id": 1}])[0] == 400
    assert len(api.call("GET", "/v1/partitions")[1]) == 4
    assert api.call("GET", "/v1/partitions/local_summary")[1]["leaderless"] == 1


def test_brokers(api):
    status, listed = api.call("GET", "/v1/brokers")
    assert status == 200
    assert listed[0]["is_alive"] is True
    assert listed[0]["version"].startswith("v24.3.1 - ")
    assert listed[0]["maintenance_status"] == {"draining": False}
    assert listed[0]["disk_space"][0]["path"] == "/d"
    assert "is_alive" not in api.call("GET", "/v1/brokers/1")[1]
    assert api.call("GET", "/v1/brokers/9") == (404, {"message": "broker with id 9 not found", "code": 404})
    assert api.call("GET", "/v1/brokers/x")[0] == 400
    assert api.call("GET", "/v1/broker_uuids") == (200, [{"node_id": 1, "uuid": str(UUID(int=9))}])


def test_cluster_health_tells_the_truth(api):
    status, health = api.call("GET", "/v1/cluster/health_overview")
    assert status == 200
    assert health["is_healthy"] is False
    assert health["unhealthy_reasons"] == ["leaderless_partitions"]
    assert health["leaderless_partitions"] == ["kafka/orders/1"]
    assert health["nodes_down"] == []
    api.partitions.pop(1)
    assert api.call("GET", "/v1/cluster/health_overview")[1]["is_healthy"] is True
    assert api.call("GET", "/v1/cluster/uuid") == (200, {"cluster_uuid": str(CLUSTER)})


def test_partitions(api):
    status, one = api.call("GET", "/v1/partitions/kafka/orders/0")
    assert status == 200
    assert one["leader_id"] == 1
    assert one["replicas"] == [{"node_id": 1, "core": 0}]
    assert len(api.call("GET", "/v1/partitions/kafka/orders")[1]) == 2
    assert api.call("GET", "/v1/partitions/redpanda/controller/0")[1]["leader_id"] == 1
    missing = api.call("GET", "/v1/partitions/kafka/nope/0")
    assert missing == (404, {"message": "Could not find ntp: kafka/nope/0", "code": 404})
    assert api.call("GET", "/v1/partitions/kafka/nope")[1]["message"] == "Could not find topic: kafka/nope"
    listed = api.call("GET", "/v1/cluster/partitions")[1]
    assert [item["topic"] for item in listed] == ["orders", "orders"]
    assert "leader_id" not in listed[1]
    assert len(api.call("GET", "/v1/cluster/partitions?with_internal=true")[1]) == 3
    assert api.call("GET", "/v1/cluster/partitions?disabled=true")[1] == []
    assert len(api.call("GET", "/v1/cluster/partitions/kafka/orders")[1]) == 2


def test_cluster_config_round_trip(api):
    put = {"upsert": {"delete_retention_ms": "5", "superusers": ["a"]}, "remove": []}
    assert api.call("PUT", "/v1/cluster_config?dry_run=true", put) == (200, {"config_version": 0})
    assert api.call("PUT", "/v1/cluster_config", put) == (200, {"config_version": 1})
    assert api.call("PUT", "/v1/cluster_config", put) == (200, {"config_version": 1})
    assert api.call("GET", "/v1/cluster_config?key=delete_retention_ms") == (200, {"delete_retention_ms": 5})
    shown = api.call("GET", "/v1/cluster_config?include_defaults=false")[1]
    assert shown == {"log_retention_ms": 5, "superusers": ["a"]}
    assert "log_segment_size" in api.call("GET", "/v1/cluster_config")[1]
    put = {"upsert": {}, "remove": ["delete_retention_ms"]}
    assert api.call("PUT", "/v1/cluster_config", put) == (200, {"config_version": 2})
    assert api.call("GET", "/v1/cluster_config/status")[1] == [
        {"node_id": 1, "restart": False, "config_version": 2, "invalid": [], "unknown": []}
    ]
    assert "superusers" in api.call("GET", "/v1/cluster_config/schema")[1]["properties"]


def test_cluster_config_refusals(api):
    bad = {"upsert": {"log_segment_size": "x", "Bad Name": 1}, "remove": ["never_heard"]}
    status, body = api.call("PUT", "/v1/cluster_config", bad)
    assert status == 400
    assert body["log_segment_size"].startswith("expected type integer, for example")
    assert body["Bad Name"] == "Unknown property"
    assert body["never_heard"] == "Unknown property"
    unknown = api.call("GET", "/v1/cluster_config?key=nope")
    assert unknown == (400, {"message": "Unknown property {nope}", "code": 400})
    api.refusal = ChangeRefused(503, "no leader")
    put = {"upsert": {"log_retention_ms": 1}, "remove": []}
    assert api.call("PUT", "/v1/cluster_config", put) == (503, {"message": "no leader", "code": 503})


@pytest.mark.parametrize(
    ("body", "start"),
    [
        (b"{", "JSON parse error"),
        (b"\xff", "JSON parse error"),
        (b"[" * 100_000, "JSON parse error"),
        (b"[]", "JSON request body does not conform to schema"),
        (b'{"upsert": {}}', "JSON request body does not conform to schema"),
        (b'{"upsert": {}, "remove": [], "x": 1}', "JSON request body does not conform to schema"),
        (b'{"upsert": [], "remove": []}', "JSON request body does not conform to schema"),
    ],
)
def test_bad_bodies(api, body, start):
    status, answer = api.call("PUT", "/v1/cluster_config", body)
    assert status == 400
    assert answer["code"] == 400
    assert answer["message"].startswith(start)


def test_features_and_license(api):
    assert api.call("GET", "/v1/features/license") == (200, {"loaded": False})
    enterprise = api.call("GET", "/v1/features/enterprise")[1]
    assert enterprise["violation"] is False
    assert len(enterprise["features"]) == 11
    features = api.call("GET", "/v1/features")[1]
    assert isinstance(features["cluster_version"], int)
    assert {"name", "state", "was_active"} == set(features["features"][0])


def test_metrics(api):
    assert "# TYPE redpanda_application_uptime_seconds_total" in api.call("GET", "/public_metrics")[1]
    assert "vectorized_application_uptime" in api.call("GET", "/metrics")[1]
    api.config.replace({"disable_metrics": True}, 1)
    assert api.call("GET", "/metrics")[0] == 404


def test_unknown_routes_and_methods(api):
    for path in ("/", "/v1/nope", "/v1/brokers/1/2/3", "/redpanda.core.admin.v2.BrokerService/ListBrokers"):
        assert api.call("GET", path) == (404, {"message": "Not found", "code": 404})
    assert api.call("DELETE", "/v1/brokers")[0] == 405


def test_a_body_too_large_is_refused(api):
    assert api.call("PUT", "/v1/cluster_config", b" " * 1_100_000)[0] == 413


def test_a_slow_change_meets_the_deadline(api, monkeypatch):
    monkeypatch.setattr(app_module, "REQUEST_SECONDS_MAX", 0.2)
    api.slow = True
    put = {"upsert": {"log_retention_ms": 1}, "remove": []}
    assert api.call("PUT", "/v1/cluster_config", put) == (504, {"message": "Request timed out", "code": 504})


def test_a_defect_is_logged_and_answered(api, caplog):
    api.partitions = None
    with caplog.at_level(logging.CRITICAL):
        assert api.call("GET", "/v1/cluster/partitions")[0] == 500


def drained(connection):
    """Whether the server closes the connection within ten seconds."""
    connection.settimeout(10)
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    return True


def test_silent_and_endless_heads_are_cut_off(api, monkeypatch):
    monkeypatch.setattr(protocol_module, "HEAD_SECONDS_MAX", 0.3)
    with socket.create_connection(("127.0.0.1", api.port)) as silent:
        assert drained(silent)
    monkeypatch.setattr(protocol_module, "HEAD_SECONDS_MAX", 60)
    with socket.create_connection(("127.0.0.1", api.port)) as endless:
        endless.sendall(b"GET / HTTP/1.1\r\nX: ")
        try:
            for _ in range(100):
                endless.sendall(b"a" * 10_000)
        except OSError:
            return
        assert drained(endless)


def test_a_taken_port_is_named():
    async def main():
        first = AdminServer(Fake().views())
        first.bind([AdminListener(name="", host="127.0.0.1", port=0)])
        port = first.addresses[0][1]
        with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
            AdminServer(Fake().views()).bind([AdminListener(name="", host="127.0.0.1", port=port)])
        await first.stop(1)

    asyncio.run(main())
