"""Options for every test, and what must hold after the last one."""

import os
import time
from pathlib import Path

import pytest

MARK = "PYTEST_SESSION_MARK"
GRACE_SECONDS = 10.0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="rewrite the golden files instead of comparing")


@pytest.fixture
def golden(request):
    """Compare a text with tests/golden/NAME, or rewrite that file under --rewrite."""
    root = request.config.rootpath / "tests" / "golden"

    def compare(name: str, text: str) -> None:
        path = root / name
        if request.config.getoption("--rewrite"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no {path}; run pytest with --rewrite"
        assert text == path.read_text(encoding="utf-8")

    return compare


def pytest_configure(config: pytest.Config) -> None:
    """Mark everything this session will start: children inherit the environment."""
    if not hasattr(config, "workerinput"):
        os.environ[MARK] = f"{os.getpid()}-{time.time_ns()}"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the session when a process it started outlives it."""
    if hasattr(session.config, "workerinput") or not Path("/proc/self/environ").exists():
        return
    deadline = time.monotonic() + GRACE_SECONDS
    while (left := orphans()) and time.monotonic() < deadline:
        time.sleep(0.1)
    if left:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        for pid, words in left.items():
            reporter.write_line(f"process {pid} outlives the tests: {words}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def orphans() -> dict[int, str]:
    """Living processes with this session's mark, by pid; the workers and this process aside."""
    mark = f"{MARK}={os.environ[MARK]}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            # A zombie has no command line any more.
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            if words and mark in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = words
        except OSError:
            continue
    return {pid: words for pid, words in found.items() if "exec(eval(sys.stdin.readline()))" not in words}
