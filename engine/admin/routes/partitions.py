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
        "status": "in_progress" if item.previous else "done",
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


def controller_partition(views: AdminViews) -> PartitionView:
    """The controller's own group as a partition."""
    namespace, topic, partition = CONTROLLER_PARTITION
    nodes = tuple(broker.node_id for broker in views.brokers())
    return PartitionView(namespace, topic, partition, views.controller_id(), nodes, 0, internal=True)


def of_topic(views: AdminViews, request: Request) -> list[PartitionView]:
    """The partitions of the topic the path names; none if there is no such topic."""
    namespace, topic = request.path_params["namespace"], request.path_params["topic"]
    if (namespace, topic) == CONTROLLER_PARTITION[:2]:
        return [controller_partition(views)]
    return [item for item in views.partitions() if item.namespace == namespace and item.topic == topic]


def one_of(views: AdminViews, request: Request) -> PartitionView:
    """The partition the path names. Raises `ApiError` 404."""
    partition = number(request, "partition", "partition id")
    for item in of_topic(views, request):
        if item.partition == partition:
            return item
    place = f"{request.path_params['namespace']}/{request.path_params['topic']}/{partition}"
    raise ApiError(404, f"Could not find ntp: {place}")


def routes(views: AdminViews) -> list[Route]:
    """The routes of /v1/partitions and /v1/cluster/partitions."""

    async def one(request: Request) -> Response:
        return answer(_detail(one_of(views, request)))

    def found(request: Request) -> Iterable[PartitionView]:
        items = of_topic(views, request)
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

    async def own(_request: Request) -> Response:
        node_id = views.node_id()
        return answer(
            [
                {
                    "ns": item.namespace,
                    "topic": item.topic,
                    "partition_id": item.partition,
                    "core": 0,
                    "materialized": True,
                    "leader": item.leader,
                }
                for item in (controller_partition(views), *views.partitions())
                if node_id in item.replicas
            ]
        )

    async def local_summary(_request: Request) -> Response:
        mine = [item for item in views.partitions() if views.node_id() in item.replicas]
        return answer(
            {
                "count": len(mine),
                "leaderless": sum(item.leader < 0 for item in mine),
                "under_replicated": sum(bool(item.lagging) for item in mine),
            }
        )

    return [
        Route("/v1/partitions", own),
        Route("/v1/partitions/local_summary", local_summary),
        Route("/v1/partitions/{namespace}/{topic}", topic),
        Route("/v1/partitions/{namespace}/{topic}/{partition}", one),
        Route("/v1/cluster/partitions", cluster),
        Route("/v1/cluster/partitions/{namespace}/{topic}", cluster_topic),
    ]
