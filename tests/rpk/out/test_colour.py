"""Colour is decided for each stream on its own (UX-12): the whole matrix, and once through a real terminal."""

import io
import os
import pty
import subprocess
import sys

import pytest

from rpk.out.colour import wants_colour


class Stream(io.StringIO):
    def __init__(self, *, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize(
    ("choice", "environment", "wanted"),
    [
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": ""}, None),
        ("auto", {"TERM": "dumb"}, False),
        ("auto", {"TERM": "dumb", "CLICOLOR_FORCE": "1"}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": "0"}, None),
        ("auto", {"CLICOLOR_FORCE": "1"}, True),
        ("auto", {}, None),
    ],
)
def test_matrix(choice, environment, wanted, terminal):
    expected = terminal if wanted is None else wanted
    assert wants_colour(choice, environment, Stream(terminal=terminal)) is expected


@pytest.mark.parametrize("stdout_is_terminal", [False, True])
@pytest.mark.parametrize("stderr_is_terminal", [False, True])
def test_an_error_on_a_terminal_is_coloured_whatever_stdout_is(
    tmp_path, stdout_is_terminal, stderr_is_terminal
):
    leader, follower = pty.openpty()
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm"}
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "rpk.cli.main", "profile", "use", "nope"],
            stdin=subprocess.DEVNULL,
            stdout=follower if stdout_is_terminal else subprocess.PIPE,
            stderr=follower if stderr_is_terminal else subprocess.PIPE,
            env=environment,
        )
        stdout, stderr = process.communicate(timeout=30)
        if stderr_is_terminal:
            stderr = os.read(leader, 4096)
    finally:
        os.close(follower)
        os.close(leader)
    assert process.returncode == 5
    assert (b"\x1b[31merror:\x1b[0m" in stderr) is stderr_is_terminal
    assert not stdout
