"""`rpk redpanda stop`."""

from __future__ import annotations

import fcntl
import os
import signal
from typing import Annotated

import typer

from rpk.config.durations import parse_duration
from rpk.config.node_file import NodeFile
from rpk.config.run import current
from rpk.out.errors import OperationFailed, UsageError
from rpk.system import paths, process

EXAMPLES = (
    ("rpk redpanda stop", "stop the broker of this host's redpanda.yaml"),
    ("rpk redpanda stop --config ./redpanda.yaml", "the broker of that file"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string", "pid": "integer or null"}
SIGNALS = ((signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM"), (signal.SIGKILL, "SIGKILL"))


def command(
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="DURATION", help="How long each signal is given.")
    ] = "5s",
) -> None:
    """Stop the broker.

    SIGINT, then SIGTERM, then SIGKILL, each given --timeout. The broker is found by the lock it holds on its data
    directory. A broker that is not running is no error.
    """
    run = current()
    seconds = parse_duration(timeout)
    file = NodeFile.load(run.options.config or paths.redpanda_yaml(run.environment), required=True)
    directory = file.get("redpanda.data_directory")
    if not isinstance(directory, str):
        raise UsageError(f"{file.path}: redpanda.data_directory is missing")
    pid = holder(os.path.join(directory, "pid.lock"))
    identity = process.identify(pid) if pid is not None else None
    if identity is None:
        run.out.done("The broker is not running.", pid=None)
        return
    for number, name in SIGNALS:
        process.send_signal(identity, number)
        if process.wait_gone(identity, seconds):
            run.out.done(f"Stopped the broker (pid {identity.pid}) with {name}.", pid=identity.pid)
            return
    raise OperationFailed(f"the broker (pid {identity.pid}) does not end", hint="look for a hung disk: dmesg")


def holder(path: str) -> int | None:
    """The process that holds the lock file, None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperationFailed(f"cannot look at {path}", cause=error.strerror) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            return int(text) if text.isdecimal() else None
        return None
    finally:
        os.close(descriptor)
