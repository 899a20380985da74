"""Every error a command may end with: what failed, why, what to run next, and the exit status.

Commands raise these; `rpk.cli` prints them (`rpk.out.report`) and exits with `exit_code`. Nothing here
is specific to Kafka or HTTP: `rpk.client` translates broker answers into this tree.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class RpkError(Exception):
    """The command failed.

    message: what failed on which object, one line, no trailing period.
    cause: why, in the words of the broker or the operating system where there are any.
    hint: the command to run next, or the change to make.
    name: stable upper-case identifier for scripts (`NOT_FOUND`, `TOPIC_ALREADY_EXISTS`, …).
    code: number of the error in its own world (Kafka error code, HTTP status), if it has one.
    retryable: the same command may succeed later without a change.
    """

    exit_code = 1
    default_name = "OPERATION_FAILED"
    default_retryable = False

    def __init__(
        self,
        message: str,
        *,
        cause: str | None = None,
        hint: str | None = None,
        name: str | None = None,
        code: int | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.hint = hint
        self.name = name or self.default_name
        self.code = code
        self.retryable = self.default_retryable if retryable is None else retryable

    def as_json(self) -> dict[str, object]:
        """The error as scripts see it (UX-08); `code` falls back to the exit status."""
        message = self.message if self.cause is None else f"{self.message}: {self.cause}"
        return {
            "code": self.exit_code if self.code is None else self.code,
            "name": self.name,
            "message": message,
            "hint": self.hint,
            "retryable": self.retryable,
        }


class OperationFailed(RpkError):
    """The broker or this host refused; repeating the command changes nothing. Exit 1."""


class ItemsFailed(OperationFailed):
    """Some of many items failed; their rows are already printed. Exit 1."""

    default_name = "ITEMS_FAILED"


class UsageError(RpkError):
    """The command line or a file given on it cannot be understood. Exit 2."""

    exit_code = 2
    default_name = "USAGE"


class ConfigError(UsageError):
    """A settings file, variable or -X value is wrong. Exit 2."""

    default_name = "INVALID_SETTING"


class TransientError(RpkError):
    """Refused, timed out, no leader: safe to run again. Exit 3."""

    exit_code = 3
    default_name = "UNAVAILABLE"
    default_retryable = True


class AuthError(RpkError):
    """Not authenticated or not authorized. Exit 4."""

    exit_code = 4
    default_name = "NOT_AUTHORIZED"


class NotFound(RpkError):
    """The named object does not exist. Exit 5."""

    exit_code = 5
    default_name = "NOT_FOUND"


class Unhealthy(RpkError):
    """The cluster is unhealthy, or a check found something fatal. Exit 10."""

    exit_code = 10
    default_name = "UNHEALTHY"


class DifferencesFound(RpkError):
    """`--exit-code` was asked and there are differences. Exit 11."""

    exit_code = 11
    default_name = "DIFFERENCES_FOUND"


class InternalError(RpkError):
    """rpk itself is at fault; a report file was written. Exit 70."""

    exit_code = 70
    default_name = "INTERNAL"


EXIT_CODES: Sequence[tuple[int, str]] = (
    (0, "success"),
    (1, "the operation, or any one item of it, failed"),
    (2, "usage error: the command line, a settings file or an input format cannot be understood"),
    (3, "transient failure (refused, timed out, no leader): safe to run again"),
    (4, "authentication or authorization failed"),
    (5, "a named object does not exist"),
    (10, "unhealthy, or a check found something fatal"),
    (11, "differences found, where --exit-code asked for it"),
    (70, "internal error; the message names a report file"),
    (130, "interrupted (SIGINT)"),
    (141, "the reader of stdout went away (SIGPIPE)"),
    (143, "terminated (SIGTERM)"),
)
"""What every exit status means; `rpk help exit-codes` and rpk-exit-codes(7) print it."""
