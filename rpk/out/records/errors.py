"""What goes wrong with record formats: a layout nobody can follow, or input that does not follow its layout."""

from __future__ import annotations

from rpk.out.errors import OperationFailed, UsageError


class LayoutError(UsageError):
    """The layout itself is wrong; known before any broker is dialed. Exit 2."""

    default_name = "INVALID_FORMAT"

    def __init__(self, message: str) -> None:
        super().__init__(f"invalid record format: {message}")


class InputError(OperationFailed):
    """The data read does not follow its layout; nothing after it can be read. Exit 1.

    `record` is the number of the record it happened in, counted from 1, 0 where it is not known yet.
    """

    default_name = "INVALID_INPUT"

    def __init__(self, reason: str, record: int = 0) -> None:
        super().__init__(f"record {record} of the input: {reason}" if record else reason)
        self.reason = reason
        self.record = record


class UnexpectedEnd(InputError):
    """The input ended inside a record."""
