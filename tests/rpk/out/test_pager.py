"""Long text is paged on a terminal only (UX-15)."""

import io
import os
import pty
import subprocess
import sys

import pytest

from rpk.out.output import Output
from rpk.out.pager import page

TEXT = "line\n" * 200
PROGRAM = """
import sys
from rpk.out.output import Output
from rpk.out.pager import page
page(Output(pager=sys.argv[1] == "1"), "line\\n" * 200)
"""


def test_a_pipe_is_never_paged():
    out = Output(stdout=io.StringIO(), stdin=io.StringIO(), environment={"PAGER": "false"})
    page(out, TEXT)
    assert out.stdout.getvalue() == TEXT


@pytest.mark.parametrize(
    ("pager", "wanted", "paged"),
    [
        ("head -n 1", True, True),
        ("head -n 1", False, False),
        ("/nowhere/pager", True, False),
        ("", True, False),
    ],
)
def test_a_terminal(pager, wanted, paged):
    """The pager writes to the same terminal: it shows one line, we print all."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(int(wanted))],
        stdin=follower,
        stdout=follower,
        env={"PATH": os.environ["PATH"], "PAGER": pager},
    )
    os.close(follower)
    seen = b""
    try:
        while part := os.read(leader, 65536):
            seen += part
    except OSError:
        pass  # the terminal is gone with the process
    finally:
        os.close(leader)
    assert process.wait(30) == 0
    assert seen.count(b"line") == (1 if paged else 200)
