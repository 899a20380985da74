"""Run command lines of rpk in this process, in a home of their own."""

import gc
import io
import os
import sys
from dataclasses import dataclass

import pytest

from rpk.cli.main import main


@dataclass
class Result:
    """What a command line left behind."""

    status: int
    stdout: str
    stderr: str


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without settings; the working directory is in it."""
    for name in list(os.environ):
        if name.startswith(("RPK_", "REDPANDA_", "XDG_")) or name in (
            "NO_COLOR",
            "FORCE_COLOR",
            "PAGER",
            "EDITOR",
            "VISUAL",
        ):
            monkeypatch.delenv(name)
    directory = tmp_path / "home"
    (directory / "work").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(directory))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(directory / "work")
    return directory


@pytest.fixture
def invoke(home, monkeypatch):
    """`invoke("topic", "list", stdin="")` → Result; stdin, stdout and stderr are no terminals."""

    def run(*arguments: str, stdin: str | bytes = "") -> Result:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        stdout, stderr = io.BytesIO(), io.BytesIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
            patch.setattr(sys, "stdout", io.TextIOWrapper(stdout, encoding="utf-8", write_through=True))
            patch.setattr(sys, "stderr", io.TextIOWrapper(stderr, encoding="utf-8", write_through=True))
            try:
                status = main([str(argument) for argument in arguments])
            finally:
                gc.enable()
                gc.unfreeze()
            sys.stdout.flush()
            sys.stderr.flush()
            return Result(
                status,
                stdout.getvalue().decode("utf-8", "surrogateescape"),
                stderr.getvalue().decode("utf-8", "surrogateescape"),
            )

    return run
