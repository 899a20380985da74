"""Core dumps where the operator finds them."""

from __future__ import annotations

from rpk.tune.facts.files import FileText
from rpk.tune.plan import Action, Comparison, Directory, Proposal, Setting, WriteFile
from rpk.tune.tuners.record import Tuner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters

PATTERN = "/proc/sys/kernel/core_pattern"
HANDLER_DIRECTORY = "/var/lib/redpanda"
HANDLER = f"{HANDLER_DIRECTORY}/save_coredump"
MODE = 0o755


def handler(directory: str) -> str:
    """The program the kernel pipes core dumps into: name, time of day and process id are its arguments."""
    quoted = "'" + directory.replace("'", "'\\''") + "'"
    return f"""#!/bin/sh
# Made by rpk redpanda tune coredump: keeps core dumps of crashed programs in one directory.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 077
directory={quoted}
name=$(printf '%s' "$1" | tr -c 'A-Za-z0-9._-' '_')
file="$directory/core.$name-$(date -u -d "@$2" +%Y%m%dT%H%M%SZ 2>/dev/null || printf '%s' "$2")-$3"
mkdir -p "$directory" || exit 1
if cat > "$file"; then
    logger -t save_coredump "kept $file" 2>/dev/null
else
    rm -f "$file"
    logger -t save_coredump "could not keep $file" 2>/dev/null
    exit 1
fi
exit 0
"""


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """Install the handler, then point the kernel at it."""
    current = facts.sysctls.get(PATTERN)
    if current is None:
        return Proposal(unsupported=f"the kernel has no {PATTERN}")
    wanted = FileText(text=handler(parameters.coredump_directory), mode=MODE)
    actions: list[Action] = []
    at = ""
    for part in HANDLER_DIRECTORY.strip("/").split("/"):
        at = f"{at}/{part}"
        if at not in facts.present:
            actions.append(Directory(path=at, why="the handler lives there"))
    if facts.files.get(HANDLER) != wanted:
        actions.append(
            WriteFile(
                path=HANDLER,
                old=facts.files.get(HANDLER),
                new=wanted,
                why=f"keeps core dumps in {parameters.coredump_directory}",
            )
        )
    setting = Setting(
        path=PATTERN,
        comparison=Comparison.TEXT,
        current=current,
        wanted=f"|{HANDLER} %e %t %p",
        why="the kernel pipes core dumps to the handler, whatever ulimit says",
        persist="sysctl",
    )
    return Proposal(settings=(setting,), actions=tuple(actions))


TUNER = Tuner(
    name="coredump",
    key="tune_coredump",
    summary="Keep core dumps of crashed programs in one directory.",
    what="Installs /var/lib/redpanda/save_coredump and points kernel.core_pattern at it; dumps go to rpk.coredump_dir "
    "(default /var/lib/redpanda/coredump) as core.NAME-TIME-PID.",
    why="A crash without a core dump cannot be explained; the default writes into the working directory, or nowhere.",
    risk="Applies to every program of the host. A dump is as large as the memory of the program: watch the directory.",
    prod="keep",
    plan=plan,
)
