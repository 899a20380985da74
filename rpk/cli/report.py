"""An unexpected exception becomes a report file without secrets, and one line naming it (UX-22)."""

from __future__ import annotations

import os
import sys
import time
import traceback

from rpk.cli.version import version_line
from rpk.config.redact import redact_arguments, redact_text
from rpk.out.errors import InternalError, OperationFailed
from rpk.system import files, paths


def internal_error(error: BaseException, arguments: list[str], *, verbose: bool) -> InternalError:
    """Write the report; the error to print. With `verbose` the traceback also goes to stderr."""
    trace = redact_text("".join(traceback.format_exception(error)))
    if verbose:
        sys.stderr.write(trace)
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    report = (
        f"{version_line()}\nPython {sys.version}\n{' '.join(os.uname())}\n{moment}\n"
        f"Command: rpk {' '.join(redact_arguments(arguments))}\n\n{trace}"
    )
    path = os.path.join(paths.state_directory(), "reports", f"{moment}-{os.getpid()}.txt")
    try:
        files.write_text(path, report)
        hint = f"the report {path} holds no passwords; please attach it to an issue"
    except OperationFailed:
        hint = "run again with -v to see where"
    first_line = redact_text(str(error)).split("\n", 1)[0]
    return InternalError(
        "rpk met an error of its own", cause=f"{type(error).__name__}: {first_line}", hint=hint
    )
