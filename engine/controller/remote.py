"""Commands to the broker that leads the controller, over rpc; both ends.

A request is the timeout in ms (u32) and the command; the answer one byte, 0 and the decision, or 1 and
``{"kind", "message"}``. An error keeps its kind on the way, so the asking broker knows whether to ask again.
"""

import json
import struct
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from engine.controller import errors
from engine.controller.command_codec import (
    BYTES_MAX,
    BadCommand,
    decode_command,
    decode_decision,
    encode_command,
    encode_decision,
)
from engine.controller.commands import Command, RegisterBroker
from engine.controller.decision import Decision
from engine.controller.errors import ControllerError, ControllerTimeout, LeadershipLost, NotController
from engine.controller.methods import ClusterMethod
from engine.rpc.errors import CallTimeout, PeerUnreachable, RpcError

if TYPE_CHECKING:
    from engine.controller.runtime import Controller
    from engine.rpc.frame import Payload
    from engine.rpc.network import RpcNetwork

_TIMEOUT = struct.Struct(">I")
_KINDS = {
    kind.__name__: kind
    for kind in (
        errors.ControllerUnavailable,
        errors.NotController,
        errors.LeadershipLost,
        errors.ControllerLogRefused,
        errors.ControllerBusy,
        errors.ControllerTimeout,
    )
}
_OK, _ERROR = b"\x00", b"\x01"


class RemoteController:
    """`Remote` over the network, and the answering end of it."""

    def __init__(self, network: "RpcNetwork") -> None:
        self._network = network
        self._controller: Controller | None = None
        self.before_join: Callable[[], Awaitable[None]] | None = None
        """Awaited before another broker is registered: a broker alone becomes a group of one. Raises OperatingError."""

    def serve(self, controller: "Controller") -> None:
        """Answer other brokers from `controller` from now on."""
        self._controller = controller
        self._network.on_request(ClusterMethod.SUBMIT, self._submitted)
        self._network.on_request(ClusterMethod.JOIN, self._joined)

    async def submit(self, leader: int, command: Command, timeout_ms: int) -> Decision:
        """See `Remote`."""
        if leader < 0:
            raise NotController("no broker leads the controller")
        if not self._network.is_up(leader):
            raise NotController(f"broker {leader}, which leads the controller, cannot be reached")
        request = (_TIMEOUT.pack(timeout_ms), encode_command(command))
        try:
            answer = await self._network.call(leader, ClusterMethod.SUBMIT, request, timeout_ms=timeout_ms)
        except PeerUnreachable as error:
            raise LeadershipLost(f"the connection to broker {leader} broke: it may be done") from error
        except CallTimeout as error:
            raise ControllerTimeout(str(error)) from error
        except RpcError as error:
            raise NotController(str(error)) from error
        return decode_answer(answer)

    async def _submitted(self, _sender: int, payload: memoryview) -> "Payload":
        return await self._answer(payload, here=True)

    async def _joined(self, _sender: int, payload: memoryview) -> "Payload":
        return await self._answer(payload, here=False)

    async def _answer(self, payload: memoryview, *, here: bool) -> "Payload":
        controller = self._controller
        try:
            if len(payload) < _TIMEOUT.size or len(payload) > BYTES_MAX:
                raise BadCommand("a command of a wrong size")
            (timeout_ms,) = _TIMEOUT.unpack_from(payload)
            command = decode_command(payload[_TIMEOUT.size :])
            if controller is None:
                raise NotController("this broker is starting")
            if here:
                return (_OK, encode_decision(await controller.submit_here(command, timeout_ms)))
            if not isinstance(command, RegisterBroker):
                raise BadCommand("only a registration comes this way")
            if self.before_join is not None:
                await self.before_join()
            return (_OK, encode_decision(await controller.admit(command, timeout_ms)))
        except ControllerError as error:
            kind = type(error).__name__
            return (_ERROR, json.dumps({"kind": kind, "message": str(error)}).encode())


def registration(command: RegisterBroker, timeout_ms: int) -> "Payload":
    """The payload of a JOIN."""
    return (_TIMEOUT.pack(timeout_ms), encode_command(command))


def decode_answer(answer: memoryview) -> Decision:
    """What the other broker decided. Raises the `ControllerError` it had, or `LeadershipLost` for bytes that say nothing."""
    try:
        if answer[:1] == _OK:
            return decode_decision(answer[1:])
        body = json.loads(bytes(answer[1:]))
        kind, message = body["kind"], str(body["message"])
    except (BadCommand, ValueError, KeyError, TypeError) as error:
        raise LeadershipLost(f"the other broker's answer makes no sense: {error}") from error
    raise _KINDS.get(kind, ControllerError)(message)
