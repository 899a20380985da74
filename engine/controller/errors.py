"""What may go wrong in the controller.

    OperatingError
    └── ControllerError
        ├── UnknownRecord           the log holds what this version cannot read: refuse to start
        ├── RegistrationRefused     this broker may not join as configured: refuse to start
        ├── ControllerUnavailable   not started, closing, or the log failed: ask again, or another broker
        │   ├── NotController       another broker decides, or none: nothing was done
        │   └── LeadershipLost      leadership went while it was written: it may be done
        ├── Refused                 the state does not allow it; nothing was done
        ├── ControllerLogRefused    the log took nothing (full disk): nothing was done, ask again later
        ├── ControllerBusy          the command queue is full: nothing was done
        └── ControllerTimeout       the deadline passed; the command may still have been carried out

Each carries the Kafka error code (`code`) a handler answers with.
"""

from engine.base.errors import OperatingError
from engine.wire.error_codes import ErrorCode


class ControllerError(OperatingError):
    """Base of the room's errors."""

    code = ErrorCode.UNKNOWN_SERVER_ERROR


class UnknownRecord(ControllerError):
    """A record of the controller log that this version cannot read."""


class RegistrationRefused(ControllerError):
    """The broker's node id contradicts the cluster's records."""


class ControllerUnavailable(ControllerError):
    """The controller takes no commands."""

    code = ErrorCode.NOT_CONTROLLER


class NotController(ControllerUnavailable):
    """The broker asked does not lead the controller; nothing was done."""


class LeadershipLost(ControllerUnavailable):
    """Leadership of the controller was lost before the commit was seen; the command may be carried out."""


class Refused(ControllerError):
    """The command makes no sense as things stand; nothing was done."""

    code = ErrorCode.INVALID_REQUEST

    def __init__(self, message: str, *, unknown: bool = False) -> None:
        super().__init__(message)
        self.unknown = unknown
        """What it names does not exist."""


class ControllerLogRefused(ControllerError):
    """The records could not be written, and were not."""

    code = ErrorCode.KAFKA_STORAGE_ERROR


class ControllerBusy(ControllerError):
    """The queue of commands is full; nothing was done."""

    code = ErrorCode.REQUEST_TIMED_OUT


class ControllerTimeout(ControllerError):
    """The deadline passed before the command was carried out. It may still be."""

    code = ErrorCode.REQUEST_TIMED_OUT
