"""/v1/partitions and /v1/cluster/partitions: where partitions live and who leads them."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.admin.answer import answer
from engine.admin.errors import ApiError
from engine.admin.query import flag, number
from engine.admin.views import CONTROLLER_PARTITION, AdminViews, PartitionView


def _replicas(item: PartitionView) -> list[dict[str, int]]:
    return [{"node_id": node_id, "core": 0} for node_id in item.replicas]


def _detail(item: PartitionView) -> dict[str, object]:
    return {
        "ns": item.namespace,
        "topic": item.topic,
        "partition_id": item.partition,
        "status": "done",
        "leader_id": item.leader,
        "raft_group_id": item.group,
        "replicas": _replicas(item),
        "disabled": False,
    }


def _summary(item: PartitionView) -> dict[str, object]:
    found: dict[str, object] = {
        "ns": item.namespace,
        "topic": item.topic,
        "partition_id": item.partition,
        "replicas": _replicas(item),
        "disabled": False,
    }
    if item.leader >= 0:
        found["leader_id"] = item.leader
    return found


def routes(views: AdminViews) -> list[Route]:
    """GET /v1/partitions/{ns}/{topic}[/{p}], /v1/cluster/partitions[/{ns}/{topic}]."""

    def controller() -> PartitionView:
        namespace, topic, partition = CONTROLLER_PARTITION
        nodes = tuple(broker.node_id for broker in views.brokers())
        return PartitionView(namespace, topic, partition, views.controller_id(), nodes, 0, internal=True)

    def of_topic(request: Request) -> list[PartitionView]:
        namespace, topic = request.path_params["namespace"], request.path_params["topic"]
        if (namespace, topic) == CONTROLLER_PARTITION[:2]:
            return [controller()]
        return [item for item in views.partitions() if item.namespace == namespace and item.topic == topic]

    async def one(request: Request) -> Response:
        partition = number(request, "partition", "partition id")
        for item in of_topic(request):
            if item.partition == partition:
                return answer(_detail(item))
        place = f"{request.path_params['namespace']}/{request.path_params['topic']}/{partition}"
        raise ApiError(404, f"Could not find ntp: {place}")

    def found(request: Request) -> Iterable[PartitionView]:
        items = of_topic(request)
        if not items:
            place = f"{request.path_params['namespace']}/{request.path_params['topic']}"
            raise ApiError(404, f"Could not find topic: {place}")
        return items

    async def topic(request: Request) -> Response:
        return answer([_detail(item) for item in found(request)])

    async def cluster(request: Request) -> Response:
        internal = flag(request, "with_internal", default=False)
        if flag(request, "disabled", default=False):
            return answer([])
        return answer([_summary(item) for item in views.partitions() if internal or not item.internal])

    async def cluster_topic(request: Request) -> Response:
        disabled = flag(request, "disabled", default=False)
        items = found(request)
        return answer([] if disabled else [_summary(item) for item in items])

    return [
        Route("/v1/partitions/{namespace}/{topic}", topic),
        Route("/v1/partitions/{namespace}/{topic}/{partition}", one),
        Route("/v1/cluster/partitions", cluster),
        Route("/v1/cluster/partitions/{namespace}/{topic}", cluster_topic),
    ]
