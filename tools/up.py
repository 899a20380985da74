"""`make up`: from a fresh clone to a running broker and a record there and back, with the time of each stage.

Runs under whatever Python started it, before anything is installed: the standard library only.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
RPK = str(BIN / "rpk")
MINIMUM = (3, 11)
PROMISE_S = 60
TOPIC = "hello"


def fail(what, hint):
    sys.exit(f"error: {what}\nhint: {hint}")


def check_python():
    if sys.version_info < MINIMUM:
        version = ".".join(map(str, sys.version_info[:3]))
        fail(f"Python {version} is too old, 3.11 or later is needed", "make up PYTHON=/path/to/python3.11")
    if sys.platform != "linux":
        fail(
            f"the broker does not run on {sys.platform}",
            "use Linux; WSL 2 on Windows and a Linux container or machine on macOS count",
        )
    try:
        import ensurepip  # noqa: F401 # looked for, not used
        import venv  # noqa: F401 # looked for, not used
    except ImportError:
        fail("this Python has no venv module", "on Debian and Ubuntu: apt-get install python3-venv")


def make(target):
    run = subprocess.run(
        ["make", "--silent", target, f"PYTHON={sys.executable}"],
        cwd=ROOT,
        check=False,
        text=True,
        capture_output=True,
    )
    if run.returncode:
        sys.stderr.write((run.stdout + run.stderr)[-4000:])
        fail("the installation failed", f"the lines above are pip's; make {target} runs it again")


def install():
    make("interpreted")


def compile_hot_path():
    """After the first record: the broker already runs, and its next start is faster."""
    make("install")
    if any((ROOT / "engine").rglob("*.so")):
        rpk("container", "stop")
        rpk("container", "start")


def rpk(*words, text=""):
    run = subprocess.run([RPK, *words], input=text, text=True, capture_output=True, check=False)
    sys.stderr.write(run.stderr)
    if run.returncode:
        sys.exit(run.returncode)
    return run.stdout


def start():
    sys.stdout.write(rpk("container", "start").split("\n\n")[0] + "\n")


def round_trip():
    sent = f"hello at {time.time_ns()}"
    rpk("topic", "create", TOPIC, "--if-not-exists")
    placed = rpk("topic", "produce", TOPIC, "-o", "%p:%o", text=sent + "\n")
    partition, offset = placed.split(":")
    got = rpk("topic", "consume", TOPIC, "-p", partition, "-o", offset, "-n", "1", "-f", "%v")
    if got != sent:
        fail(f"sent {sent!r} and read {got!r}", "rpk container status shows the broker and its log")


def run(stages):
    for name, stage in stages:
        begin = time.monotonic()
        stage()
        print(f"{time.monotonic() - begin:6.1f} s  {name}", flush=True)  # noqa: T201 # the tool's own words


def main():
    check_python()
    stages = [("install", install), ("start a broker", start), ("a record there and back", round_trip)]
    begin = time.monotonic()
    run(stages)
    total = time.monotonic() - begin
    late = "" if total <= PROMISE_S else f" (slower than the {PROMISE_S} s we aim for)"
    print(f"{total:6.1f} s  from nothing to the first record{late}", flush=True)  # noqa: T201 # the tool's own words
    run([("compile the hot path and start again", compile_hot_path)])
    shown = os.path.relpath(RPK)
    print(  # noqa: T201 # the tool's own words
        "\nThe broker is running. Next:\n"
        f"  export PATH={BIN}:$PATH\n"
        "  rpk topic create orders -p 12\n"
        "  seq 1 100000 | rpk topic produce orders -o ''\n"
        "  rpk topic consume orders -o :end -f '%p/%o %v\\n' | head\n"
        "  rpk container status          # where it listens; any Kafka client may connect\n"
        f"  {shown} container purge        # stop it and delete its data"
    )


if __name__ == "__main__":
    main()
