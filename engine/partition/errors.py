"""What a partition refuses, each with the code that Kafka answers.

    OperatingError
    └── PartitionError      a read, list or trim that cannot be answered; `.code` says why

Produced records are refused with `engine.wire.errors.RecordError`.
"""

from engine.base.errors import OperatingError
from engine.wire.error_codes import ErrorCode


class PartitionError(OperatingError):
    """The partition cannot do that: `code` is for the client, the message for people."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message
