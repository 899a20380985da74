"""The dispatch table: which API keys and versions this broker serves, and who answers them.

How a handler registers
-----------------------
One API is one file ``engine/kafka/handlers/<api>.py`` that ends in a module-level constant ``API``. Nothing
else needs editing: `load_handlers` finds the file, ApiVersions advertises it, a test holds the two together.

A **cold** handler (everything but Produce, Fetch and a few of their kind) is an ``async def``. Its request
is decoded by `engine.wire.cold` before it runs; it returns the response body as a mapping which may hold
more fields than the version has (nested mappings and sequences; plain ints for times)::

    from engine.kafka.context import RequestContext
    from engine.kafka.dispatch import ColdApi
    from engine.wire.api_keys import ApiKey

    async def handle(request: CreateTopicsRequest, context: RequestContext) -> Mapping[str, object]:
        created = await context.services.controller.create_topics(...)
        return {"throttle_time_ms": 0, "topics": [...]}

    API = ColdApi(
        key=ApiKey.CREATE_TOPICS,
        versions=(2, 7),
        handle=handle,
        kips=(464, 599),
        deviations=("replica assignments other than this broker are refused with 39",),
    )

`request` is whatever `wire.cold` decodes (attributes named as in Kafka's schemas, snake case); annotate it
with a small Protocol of the fields the handler reads. Errors the protocol can say are part of the
mapping. A raised `CloseConnection(reason)` or `DecodeError` closes the connection with one log line; any
other exception is a defect: it is logged with its traceback and costs the client its connection.
Several cold requests of one connection may run at once; their answers leave in request order.

A **hot** handler is a plain function that gets the undecoded `Call` and answers it now or later, from any
callback on the loop, exactly once: ``call.respond(parts)``, ``call.respond_nothing()`` or
``call.close(reason)``. No task, no future, no per-record work::

    def handle(call: Call) -> None: ...

    API = HotApi(key=ApiKey.PRODUCE, versions=(3, 13), advertised_min=0, handle=handle, kips=(98,))

A handler module imports at its top only what is light: `engine.wire.error_codes`, `engine.model`, this
module, `context`. Rooms it merely calls arrive as `context.services`; their types are imported under
``TYPE_CHECKING``. So loading all handlers costs milliseconds.
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.base.errors import OperatingError, invariant

if TYPE_CHECKING:
    from engine.kafka.call import Call
    from engine.kafka.context import RequestContext

API_KEYS_MAX = 256
"""Keys at or above are unknown without looking further."""


class CloseConnection(OperatingError):
    """The request cannot be answered in the protocol; the connection is closed with this reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One API: its key, the versions whose whole behaviour is there, and notes for the docs."""

    key: int
    versions: tuple[int, int]
    """Lowest and highest version answered, both included."""
    advertised_min: int | None = None
    """Shown by ApiVersions instead of the lowest version, for clients that gate features on it."""
    kips: tuple[int, ...] = ()
    """Kafka Improvement Proposals the handler implements."""
    deviations: tuple[str, ...] = ()
    """Where it knowingly differs from Apache Kafka, a sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdApi(Api):
    """An API decoded by `engine.wire.cold` and answered by a coroutine."""

    handle: "Callable[[Any, RequestContext], Awaitable[Mapping[str, object]]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class HotApi(Api):
    """An API answered by a function and its callbacks, on the raw request."""

    handle: "Callable[[Call], None]"


class DispatchTable:
    """All APIs by key. Built once at start and never changed."""

    __slots__ = ("_by_key", "apis")

    def __init__(self, apis: Iterator[Api] | list[Api] | tuple[Api, ...]) -> None:
        self._by_key: list[Api | None] = [None] * API_KEYS_MAX
        for api in apis:
            invariant(0 <= api.key < API_KEYS_MAX, f"API key {api.key} is out of range")
            invariant(self._by_key[api.key] is None, f"two handlers for API key {api.key}")
            invariant(0 <= api.versions[0] <= api.versions[1], f"versions of API key {api.key} are reversed")
            self._by_key[api.key] = api
        self.apis: tuple[Api, ...] = tuple(api for api in self._by_key if api is not None)

    def find(self, key: int) -> Api | None:
        """The API with this key, or None; any int may be asked."""
        return self._by_key[key] if 0 <= key < API_KEYS_MAX else None

    def advertised(self) -> list[tuple[int, int, int]]:
        """(key, lowest, highest) as ApiVersions lists them, in key order."""
        return [
            (api.key, api.versions[0] if api.advertised_min is None else api.advertised_min, api.versions[1])
            for api in self.apis
        ]


def load_handlers() -> DispatchTable:
    """Import every module of `engine.kafka.handlers` and collect its ``API``."""
    handlers = importlib.import_module("engine.kafka.handlers")
    found: list[Api] = []
    for module_info in pkgutil.iter_modules(handlers.__path__):
        module = importlib.import_module(f"{handlers.__name__}.{module_info.name}")
        api = getattr(module, "API", None)
        invariant(isinstance(api, Api), f"{module.__name__} has no API constant")
        found.append(api)  # type: ignore[arg-type]  # narrowed by the invariant above
    return DispatchTable(found)
