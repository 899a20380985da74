"""The table `start` and `status` print."""

from __future__ import annotations

from rpk.container.addresses import HOST
from rpk.container.brokers import RUNNING
from rpk.container.runtimes import runtime
from rpk.out.tables import Column

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.container.cluster import Cluster

OUTPUT = {
    "node_id": "integer",
    "status": "string",
    "kafka_address": "string",
    "admin_address": "string",
    "proxy_address": "string or null",
    "schema_registry_address": "string or null",
    "reason": "string",
    "pid": "integer or null",
    "data_directory": "string",
    "log": "string",
}

COLUMNS = (
    Column("NODE-ID", "node_id"),
    Column("STATUS", "status"),
    Column("KAFKA-ADDRESS", "kafka_address"),
    Column("ADMIN-ADDRESS", "admin_address"),
    Column("PROXY-ADDRESS", "proxy_address"),
    Column("SCHEMA-REGISTRY-ADDRESS", "schema_registry_address"),
)
REASON = Column("REASON", "reason")
WIDE = (Column("PID", "pid", wide=True), Column("LOG", "log", wide=True))


def rows(cluster: Cluster) -> list[dict[str, object]]:
    """One row a broker, as it is now."""
    ways = runtime(cluster.runtime)
    found: list[dict[str, object]] = []
    for node in cluster.nodes:
        state = ways.state(cluster, node)
        found.append(
            {
                "node_id": node.node_id,
                "status": state.status,
                "kafka_address": f"{HOST}:{node.ports.kafka}",
                "admin_address": f"{HOST}:{node.ports.admin}",
                "proxy_address": None,  # the HTTP Proxy and the Schema Registry are not part of the engine yet
                "schema_registry_address": None,
                "reason": state.reason,
                "pid": node.pid if state.status == RUNNING and node.pid else None,
                "data_directory": f"{cluster.node_directory(node)}/data",
                "log": cluster.log_path(node),
            }
        )
    return found


def columns(shown: list[dict[str, object]]) -> tuple[Column, ...]:
    """The columns for those rows; REASON only where a broker has one."""
    return (*COLUMNS, *((REASON,) if any(row["reason"] for row in shown) else ()), *WIDE)
