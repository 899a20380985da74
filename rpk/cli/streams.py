"""stdout at the edge of the process: encoding, and a reader that goes away (UX-17)."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

EXIT_BROKEN_PIPE = 141


def prepare() -> None:
    """Make stdout and stderr UTF-8 whatever the locale; bytes that came in undecoded go out as they were."""
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors=errors)


def abandon_stdout() -> int:
    """Point stdout at nothing so that no later flush complains; the status native tools leave.

    SIGPIPE keeps being ignored: its default action would let a closed broker socket kill the process.
    """
    with suppress(OSError, ValueError):
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, sys.stdout.fileno())
        os.close(sink)
    return EXIT_BROKEN_PIPE


def flush() -> None:
    """Flush both streams; BrokenPipeError when the reader of stdout is gone."""
    sys.stdout.flush()
    with suppress(BrokenPipeError):
        sys.stderr.flush()
