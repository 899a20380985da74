"""What the Admin API answers when it cannot do what was asked.

OperatingError
└── ApiError   becomes an answer with this status and ``{"message", "code"}``
"""

from engine.base.errors import OperatingError


class ApiError(OperatingError):
    """An answer other than success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
