"""What a call to another broker can end in.

OperatingError
└── RpcError
    ├── PeerUnknown       no address is known for that node
    ├── PeerUnreachable   no connection, or it broke before the answer came
    ├── CallTimeout       the deadline passed
    ├── CallRefused       a bound of ours: too much is queued or waiting
    ├── HelloRefused      the peer would not speak to us; `.code` says why
    ├── RemoteError       the peer's handler said no; the message is the peer's
    └── ProtocolError     bytes that are not this protocol; the connection is closed
"""

from enum import IntEnum

from engine.base.errors import OperatingError


class Refusal(IntEnum):
    """Why a hello is refused."""

    VERSION = 1
    CLUSTER = 2
    WRONG_NODE = 3
    NODE_ID_TAKEN = 4
    NOT_ADMITTED = 5


class RpcError(OperatingError):
    """Base of what this room raises."""


class PeerUnknown(RpcError):
    """No address is known for the node."""


class PeerUnreachable(RpcError):
    """There is no connection to the node, or it broke."""


class CallTimeout(RpcError):
    """No answer within the deadline; whether the call was carried out is not known."""


class CallRefused(RpcError):
    """Too much waits already; nothing was sent."""


class HelloRefused(RpcError):
    """The peer refused the connection."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class RemoteError(RpcError):
    """The peer answered with an error."""


class ProtocolError(RpcError):
    """The peer sent what this protocol does not know."""
