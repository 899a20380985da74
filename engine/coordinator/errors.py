"""What can go wrong here.

OperatingError
├── GroupRecordError     a record on __consumer_offsets is not one we, or Kafka, would write
└── CoordinatorError     the request cannot be served; carries the Kafka error code to answer
"""

from engine.base.errors import OperatingError
from engine.wire.error_codes import ErrorCode


class GroupRecordError(OperatingError):
    """Bytes that do not decode as a group record of a known version."""


class CoordinatorError(OperatingError):
    """A request answered with `code` as a whole."""

    def __init__(self, code: ErrorCode, message: str = "") -> None:
        super().__init__(message or code.name)
        self.code = code


_RETRY_ELSEWHERE = frozenset({ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.KAFKA_STORAGE_ERROR})
_RETRY_LATER = frozenset(
    {
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.NOT_ENOUGH_REPLICAS,
        ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        ErrorCode.REQUEST_TIMED_OUT,
    }
)
_OURS = frozenset(
    {ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.RECORD_LIST_TOO_LARGE, ErrorCode.INVALID_FETCH_SIZE}
)


def append_error(failure: OperatingError) -> ErrorCode:
    """The error code a client gets when the append of its record raised `failure`.

    Clients of groups understand three answers: look for the coordinator (NOT_COORDINATOR), try again
    (COORDINATOR_NOT_AVAILABLE), give up (UNKNOWN_SERVER_ERROR). A failure that says no more than that it happened
    (a full disk, a closed log) is worth trying again.
    """
    code = getattr(failure, "code", None)
    if code in _RETRY_ELSEWHERE:
        return ErrorCode.NOT_COORDINATOR
    if code in _OURS:
        return ErrorCode.UNKNOWN_SERVER_ERROR
    if code in _RETRY_LATER or not isinstance(code, ErrorCode):
        return ErrorCode.COORDINATOR_NOT_AVAILABLE
    return code if code.retriable else ErrorCode.COORDINATOR_NOT_AVAILABLE
