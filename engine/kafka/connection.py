"""One Kafka client's connection: reads each request's header and hands the request to its handler.

Requests are taken in the order they come; hot ones are appended or read before the next is looked at, so
that one connection's batches keep their order. Answers leave in the same order, which `FrameConnection`
sees to.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.base.errors import InvariantError
from engine.kafka.call import Call
from engine.kafka.context import RequestContext, Services
from engine.kafka.dispatch import Api, CloseConnection, ColdApi, HotApi
from engine.net.connection import ConnectionOwner, FrameConnection
from engine.wire import cold
from engine.wire.api_keys import ApiKey
from engine.wire.errors import DecodeError

if TYPE_CHECKING:
    from engine.net.shared import NetShared

_logger = logging.getLogger("engine.kafka")
_THROTTLED = frozenset({ApiKey.PRODUCE, ApiKey.FETCH})


class KafkaConnection(FrameConnection):
    """A connection of one Kafka listener."""

    __slots__ = ("_counted", "on_lost", "services", "throttle_ms")

    def __init__(
        self, listener: str, shared: "NetShared", owner: ConnectionOwner, services: Services
    ) -> None:
        super().__init__(listener, shared, owner)
        self.services = services
        self._counted = False
        self.throttle_ms = 0
        """For how long the last request had this connection muted."""
        self.on_lost: dict[object, Callable[[], None]] = {}
        """Called when the connection is gone; whoever waits on its behalf keeps an entry here."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the client, or its refusal."""
        super().connection_made(transport)
        metrics = self.services.metrics
        if self.closed:
            metrics.connections_refused += 1
        else:
            self._counted = True
            metrics.connections_accepted += 1
            metrics.connections_open += 1

    def frame_received(self, frame: bytearray) -> None:
        """Serve one request. Whatever its bytes, the worst that happens is that its connection is closed."""
        try:
            call = Call(self, frame)
        except DecodeError as error:
            self._reject(str(error))
            return
        services = self.services
        services.metrics.received_bytes += len(frame) + 4
        if services.throttle is not None:
            self._charge(call.api_key, services.throttle.received(len(frame) + 4, call.arrived_s))
        api = services.dispatch.find(call.api_key)
        version = call.api_version
        # A too new ApiVersions is answered all the same, in version 0, so that the client learns (KIP-511).
        if api is None or (
            not api.versions[0] <= version <= api.versions[1] and call.api_key != ApiKey.API_VERSIONS
        ):
            self._reject(f"API key {call.api_key} version {version} is not served")
            return
        self.expect(call)
        try:
            if isinstance(api, HotApi):
                api.handle(call)
            elif isinstance(api, ColdApi):
                self._start_cold(api, call)
        except (DecodeError, CloseConnection) as error:
            self._reject(f"{_name(api)} version {version}: {error}")
        except InvariantError as error:
            self._broken(api, call, error)
        except Exception as error:  # noqa: BLE001  # a defect costs this client its connection, not the shard
            self._defect(api, call, error)

    def _charge(self, api_key: int, delay_ms: int) -> None:
        """Only data is throttled: a late heartbeat would cost a member its place."""
        self.throttle_ms = delay_ms if api_key in _THROTTLED else 0
        if self.throttle_ms:
            self.mute(self.throttle_ms / 1000)

    def charge_answer(self, size: int) -> int:
        """An answer with data of `size` bytes is about to go: the ms to report as its throttle time."""
        throttle = self.services.throttle
        if throttle is None:
            return 0
        delay_ms = throttle.sent(size, self.services.clock.monotonic())
        if delay_ms > self.throttle_ms:
            self.throttle_ms = delay_ms
            self.mute(delay_ms / 1000)
        return self.throttle_ms

    def lost(self) -> None:
        """Tell those who wait on its behalf."""
        if self._counted:
            self._counted = False
            self.services.metrics.connections_open -= 1
        waiting, self.on_lost = self.on_lost, {}
        for callback in waiting.values():
            callback()

    def _start_cold(self, api: ColdApi, call: Call) -> None:
        request = cold.decode_request(call.api_key, call.api_version, call.frame, call.body_at)
        context = RequestContext(
            services=self.services,
            api_key=call.api_key,
            api_version=call.api_version,
            client_id=call.client_id,
            listener=self.listener,
            client_host=self.peer_host,
        )
        services = self.services
        task = services.loop.create_task(self._serve_cold(api, call, request, context))
        services.tasks.add(task)
        task.add_done_callback(services.tasks.discard)

    async def _serve_cold(self, api: ColdApi, call: Call, request: object, context: RequestContext) -> None:
        try:
            body = await api.handle(request, context)
            encoded = cold.encode_response(call.api_key, call.api_version, body)
        except (DecodeError, CloseConnection) as error:
            self._reject(f"{_name(api)} version {call.api_version}: {error}")
        except asyncio.CancelledError:
            self.abort()
            raise
        except InvariantError as error:
            self._broken(api, call, error)
        except Exception as error:  # noqa: BLE001  # a defect costs this client its connection, not the shard
            self._defect(api, call, error)
        else:
            call.respond_body(encoded)

    def _reject(self, reason: str) -> None:
        self.services.metrics.request_errors += 1
        self.close_for(reason)

    def _defect(self, api: Api, call: Call, error: Exception) -> None:
        _logger.error("%s version %d failed; this is a defect", _name(api), call.api_version, exc_info=error)
        self._reject(f"{_name(api)} version {call.api_version} failed inside the broker")

    def _broken(self, api: Api, call: Call, error: InvariantError) -> None:
        """State that cannot be: the loop's exception handler decides, and stops the shard."""
        self._reject(f"{_name(api)} version {call.api_version} failed inside the broker")
        self.services.loop.call_exception_handler(
            {"message": f"{_name(api)} broke an invariant", "exception": error}
        )


def _name(api: Api) -> str:
    try:
        return ApiKey(api.key).name
    except ValueError:
        return f"API key {api.key}"
