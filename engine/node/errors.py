"""Why a node does not start, or stops.

OperatingError
└── StartFailed   one line for the operator (thing and fix) and the exit code
"""

from engine.base.errors import OperatingError
from engine.node.exit_codes import ExitCode


class StartFailed(OperatingError):
    """The node cannot start; the message names the thing and the fix."""

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code
