"""A plan as a shell script that does the same writes in the same order, and the script that undoes them."""

from __future__ import annotations

from rpk.tune.plan import (
    Action,
    Allocate,
    Directory,
    Link,
    SetChannels,
    SetNtuple,
    SwitchUnit,
    WriteFile,
    WriteValue,
    canonical,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpk.tune.plan import Plan

HEAD = """#!/bin/bash
# {title}
# Made by rpk redpanda tune from the state of one host; run it there, as root.
# RPK_TUNE_ROOT puts another tree in place of / (commands are then left out).
set -u
root="${{RPK_TUNE_ROOT:-}}"
failed=0

fail() {{ echo "failed: $*" >&2; failed=$((failed + 1)); }}
put() {{ printf '%s\\n' "$2" > "$root$1" || fail "$1 = $2"; }}
file() {{ printf '%s' "$3" > "$root$1.rpk-tune" && chmod "$2" "$root$1.rpk-tune" \\
  && mv -f "$root$1.rpk-tune" "$root$1" || fail "$1"; }}
remove() {{ rm -f "$root$1" || fail "remove $1"; }}
directory() {{ mkdir -m "$2" "$root$1" || fail "mkdir $1"; }}
link() {{ ln -sfn "$2" "$root$1" || fail "link $1"; }}
allocate() {{ {{ [ "$2" = 0 ] && : > "$root$1" || fallocate -l "$2" "$root$1"; }} \\
  && truncate -s "$2" "$root$1" && sync "$root$1" || fail "allocate $1"; }}
command_() {{ [ -n "$root" ] || "$@" || fail "$*"; }}

"""
TAIL = """
[ "$failed" = 0 ] || { echo "$failed writes failed" >&2; exit 1; }
"""


def render_script(plan: Plan, title: str) -> str:
    """The writes of the plan."""
    parts = [HEAD.format(title=title)]
    for tuner in plan.tuners:
        if tuner.steps:
            parts.append(f"# {tuner.name}\n")
            parts += [_lines(step.action) for step in tuner.steps]
    return "".join([*parts, TAIL])


def render_undo(plan: Plan, title: str) -> str:
    """The way back, newest first. It does not look whether somebody else changed a value since."""
    parts = [HEAD.format(title=title)]
    for step in reversed(plan.steps):
        parts.append(_lines(step.action.inverse(), undo=True))
        if isinstance(step.action, WriteValue):
            parts += [
                f"put {quote(each.path)} {quote(canonical(each.comparison, each.old))}\n"
                for each in step.action.companions
            ]
    return "".join([*parts, TAIL])


def _lines(action: Action, *, undo: bool = False) -> str:
    comment = f"# {_plain(action.why)}\n" if action.why and not undo else ""
    match action:
        case WriteValue():
            text = f"put {quote(action.path)} {quote(action.new)}\n"
        case WriteFile():
            if action.new is None:
                text = f"remove {quote(action.path)}\n"
            else:
                text = f"file {quote(action.path)} {action.new.mode:04o} {quote(action.new.text)}\n"
            text += _command(action.reload) if action.reload else ""
        case Directory():
            made = f"directory {quote(action.path)} {action.mode:04o}\n"
            text = made if action.new else f'rmdir "$root"{quote(action.path)} 2>/dev/null || :\n'
        case Link():
            gone = f"remove {quote(action.path)}\n"
            text = gone if action.new is None else f"link {quote(action.path)} {quote(action.new)}\n"
        case Allocate():
            gone = f"remove {quote(action.path)}\n"
            text = gone if action.new is None else f"allocate {quote(action.path)} {action.new}\n"
        case SetChannels():
            names = (("combined", action.new[0]), ("rx", action.new[1]), ("tx", action.new[2]))
            words = [word for name, count in names if count for word in (name, str(count))]
            text = _command(("ethtool", "-L", action.interface, *words))
        case SetNtuple():
            text = _command(("ethtool", "-K", action.interface, "ntuple", "on" if action.new else "off"))
        case SwitchUnit():
            text = _command(("systemctl", "start" if action.new else "stop", action.unit))
    return comment + text


def _command(arguments: Sequence[str]) -> str:
    return f"command_ {' '.join(quote(each) for each in arguments)}\n"


def quote(text: str) -> str:
    """The text as one word of a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def _plain(text: str) -> str:
    return " ".join(text.split())
