"""Several broker processes that form one cluster."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from tests.support.broker import BrokerProcess


class ClusterProcesses:
    """Founders `0 … count-1`, seeds of each other; `add` brings brokers that join through them."""

    def __init__(
        self, directory: Path, count: int = 3, *, cluster: Mapping[str, object] | None = None
    ) -> None:
        self._directory = directory
        self._cluster = {"default_topic_replications": min(3, count), **(cluster or {})}
        self.brokers = [self._make(at, {"node_id": at}) for at in range(count)]
        self._seeds = [{"host": self._listener(broker)} for broker in self.brokers]
        for broker in self.brokers:
            self._point(broker)

    def _make(self, at: int, node: Mapping[str, object]) -> BrokerProcess:
        return BrokerProcess(self._directory / f"node-{at}", cluster=self._cluster, node=node)

    @staticmethod
    def _listener(broker: BrokerProcess) -> dict[str, object]:
        return {"address": "127.0.0.1", "port": broker.rpc_port}

    def _point(self, broker: BrokerProcess) -> None:
        document = yaml.safe_load(broker.config_path.read_text())
        document["redpanda"]["seed_servers"] = self._seeds
        document["redpanda"]["advertised_rpc_api"] = self._listener(broker)
        broker.config_path.write_text(yaml.safe_dump(document))

    def start(self) -> "ClusterProcesses":
        """Start all founders at once and wait until each is ready."""
        with ThreadPoolExecutor(len(self.brokers)) as pool:
            for started in [pool.submit(broker.start) for broker in self.brokers]:
                started.result()
        return self

    def add(self) -> BrokerProcess:
        """Start a broker without a node id that joins through the founders."""
        broker = self._make(len(self.brokers), {"node_id": None})
        self._point(broker)
        self.brokers.append(broker)
        return broker.start()

    @property
    def bootstrap(self) -> str:
        """All Kafka listeners."""
        return ",".join(broker.bootstrap for broker in self.brokers)

    def stop(self) -> None:
        """Kill what still runs."""
        for broker in self.brokers:
            broker.kill()

    def admin(self, path: str, *, at: int = 0, method: str = "GET", body: object = None) -> object:
        """One Admin API call to one broker; 503 means that a leader is being elected, and is asked again."""
        deadline = time.monotonic() + 30
        while True:
            try:
                return self._admin(path, at, method, body)
            except urllib.error.HTTPError as error:
                if error.code != 503 or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _admin(self, path: str, at: int, method: str, body: object) -> object:
        request = urllib.request.Request(
            f"{self.brokers[at].admin_url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            text = response.read()
        return json.loads(text) if text.strip() else None

    def wait_healthy(self, *, at: int = 0, brokers: int | None = None, seconds: float = 30) -> None:
        """Return when that broker calls the cluster healthy, with so many brokers in it."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.admin("/v1/cluster/health_overview", at=at)
            assert isinstance(found, dict)
            if found["is_healthy"] and (brokers is None or len(found["all_nodes"]) == brokers):
                return
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
