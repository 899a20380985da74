"""Long text through the user's pager, on a terminal only (UX-15)."""

from __future__ import annotations

from rpk.out.colour import is_terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.out.output import Output

DEFAULT_PAGER = "less -FRX"


def page(out: Output, text: str) -> None:
    """Print `text`; through PAGER where both ends are a terminal, it is longer than the screen and nobody said no."""
    import os

    if out.pager and not out.structured and is_terminal(out.stdout) and is_terminal(out.stdin):
        lines = os.get_terminal_size(out.stdout.fileno()).lines
        command = out.environment.get("PAGER", DEFAULT_PAGER)
        if command and text.count("\n") >= lines and _paged(command, text):
            return
    out.raw(text)


def _paged(command: str, text: str) -> bool:
    """True when the pager ran, even if it was left early."""
    import shlex
    import subprocess

    try:
        with subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE) as process:
            process.communicate(text.encode("utf-8", "surrogateescape"))
    except (OSError, ValueError):
        return False
    return process.returncode in (0, 1, 130)
