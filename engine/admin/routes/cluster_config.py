"""/v1/cluster_config: the cluster's properties, their schema, changes and their status."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.admin.answer import answer
from engine.admin.body import not_conforming, read_json
from engine.admin.errors import ApiError
from engine.admin.query import flag
from engine.admin.views import AdminViews, ChangeRefused
from engine.config.cluster_config import canonical, check_change, schema, shown_value
from engine.config.errors import InvalidProperty


async def _change(request: Request) -> tuple[dict[str, object], list[str]]:
    """The upserts and removes of a PUT's body."""
    body = await read_json(request)
    if not isinstance(body, dict):
        raise not_conforming("it must be an object")
    extra = set(body) - {"upsert", "remove"}
    if extra:
        raise not_conforming(f"unexpected key {min(extra)[:100]!r}")
    upsert, remove = body.get("upsert"), body.get("remove")
    if not isinstance(upsert, dict):
        raise not_conforming("upsert must be an object")
    if not isinstance(remove, list) or not all(isinstance(name, str) for name in remove):
        raise not_conforming("remove must be a list of strings")
    return upsert, remove


def routes(views: AdminViews) -> list[Route]:
    """GET and PUT /v1/cluster_config, GET …/schema, GET …/status."""
    config = views.cluster_config

    async def read(request: Request) -> Response:
        name = request.query_params.get("key")
        if name is None:
            return answer(config.shown(include_defaults=flag(request, "include_defaults", default=True)))
        try:
            value = config.get(name)
        except InvalidProperty:
            raise ApiError(400, f"Unknown property {{{name[:100]}}}") from None
        return answer({name: shown_value(canonical(name), value)})

    async def describe(_request: Request) -> Response:
        return answer(schema())

    async def write(request: Request) -> Response:
        force = flag(request, "force", default=False)
        dry_run = flag(request, "dry_run", default=False)
        upsert, remove = await _change(request)
        values, removes, errors = check_change(upsert, remove)
        if "cluster_id" in values or "cluster_id" in removes:
            errors["cluster_id"] = "the cluster's identity cannot be changed"
        for name in remove:
            if canonical(name) not in config.values and not force:
                errors[name] = "Unknown property"
        if errors:
            return answer(errors, 400)
        changed = {name: value for name, value in values.items() if _differs(name, value)}
        gone = [name for name in dict.fromkeys(removes) if name in config.overrides and name not in values]
        if dry_run or not (changed or gone):
            return answer({"config_version": config.version})
        try:
            return answer({"config_version": await views.set_cluster_config(changed, gone)})
        except ChangeRefused as refusal:
            raise ApiError(refusal.status, refusal.message) from refusal

    def _differs(name: str, value: object) -> bool:
        return name not in config.overrides or config.overrides[name] != value

    async def status(_request: Request) -> Response:
        return answer(
            [
                {
                    "node_id": broker.node_id,
                    "restart": config.needs_restart if broker.needs_restart is None else broker.needs_restart,
                    "config_version": config.version
                    if broker.config_version is None
                    else broker.config_version,
                    "invalid": config.invalid,
                    "unknown": config.unknown,
                }
                for broker in views.brokers()
            ]
        )

    return [
        Route("/v1/cluster_config", read, methods=["GET"]),
        Route("/v1/cluster_config", write, methods=["PUT"]),
        Route("/v1/cluster_config/schema", describe),
        Route("/v1/cluster_config/status", status),
    ]
