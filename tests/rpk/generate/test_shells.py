"""Completion in real shells on a terminal: what a Tab makes of a line."""

import contextlib
import os
import pty
import select
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.support.fake_kafka import FakeBroker

BIN = Path(sys.executable).parent
PROMPT = "READY> "
SETUP = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(rpk generate shell-completion bash)"),
    "zsh": (
        ["zsh", "-f", "-i"],
        "autoload -Uz compinit; compinit -u -D; zstyle ':completion:*' menu no; setopt no_always_last_prompt; "
        "source <(rpk generate shell-completion zsh)",
    ),
    "fish": (["fish", "--no-config", "-i"], "rpk generate shell-completion fish | source"),
}


class Shell:
    """An interactive shell on a pseudo terminal."""

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        command, setup = SETUP[name]
        self.kept = Path(environment["HOME"]) / "line"
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment)
        if name == "fish":
            setup += f"; function fish_prompt; echo -n '{PROMPT}'; end"
        else:
            setup += f"; PS1='{PROMPT}'; PROMPT='{PROMPT}'" if name == "zsh" else f"; PS1='{PROMPT}'"
        self.read(1.0)
        self.write(f"{setup}; echo set''up\r")
        self.read_until("setup\r", 30)
        self.read(0.5)

    def write(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def read(self, quiet_seconds: float) -> str:
        """Everything until nothing has come for so long."""
        found = b""
        while select.select([self.terminal], [], [], quiet_seconds)[0]:
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                break
            found += data
            if b"\x1b[c" in data or b"\x1b[0c" in data:  # fish asks what the terminal is and waits for it
                os.write(self.terminal, b"\x1b[?62;c")
        return found.decode(errors="replace")

    def read_until(self, text: str, timeout_seconds: float) -> str:
        found = ""
        deadline = time.monotonic() + timeout_seconds
        while text not in found:
            assert time.monotonic() < deadline, found
            found += self.read(0.2)
        return found

    def typed(self, line: str) -> str:
        """The line as it stands after a Tab at its end."""
        self.write("\x15" + line + "\t")
        self.read(0.4)
        # Home, and a command before the line that keeps its words: the terminal's drawing is of no interest.
        self.kept.unlink(missing_ok=True)
        self.write(f"\x01printf '%s ' \x05 > {self.kept}.new; mv {self.kept}.new {self.kept}\r")
        deadline = time.monotonic() + 20
        while not self.kept.exists():
            assert time.monotonic() < deadline, line
            self.read(0.05)
        return self.kept.read_text().strip()

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


@pytest.fixture(params=list(SETUP))
def shell(request, tmp_path):
    """Each shell that is installed, with rpk's completion and a cluster that has topics."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    with FakeBroker(topics=("orders", "payments.eu")) as broker:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("RPK_", "XDG_"))}
        environment = inherited | {
            "HOME": str(tmp_path),
            "RPK_BROKERS": broker.address,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "TERM": "xterm",
            "COLUMNS": "200",
        }
        shell = Shell(request.param, environment)
        yield shell
        shell.close()


@pytest.mark.timeout(120)
def test_a_tab(shell):
    for line, wanted in (
        ("rpk topi", "rpk topic"),
        ("rpk topic descr", "rpk topic describe"),
        ("rpk topic create --if-n", "rpk topic create --if-not-exists"),
        ("rpk topic describe ord", "rpk topic describe orders"),
        ("rpk topic describe orders pay", "rpk topic describe orders payments.eu"),
        ("rpk topic list --format js", "rpk topic list --format json"),
        ("rpk topic list --format=js", "rpk topic list --format=json"),
        ("rpk topic list -X broke", "rpk topic list -X brokers="),
        ("rpk nonsense ", "rpk nonsense"),
    ):
        assert shell.typed(line) == wanted
