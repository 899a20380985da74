"""What a target holds now, read afresh: the only source of the word "applied"."""

from __future__ import annotations

from dataclasses import dataclass

from rpk.tune.facts.files import snapshot
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
    from rpk.system.host import HostReader

ASK_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is there: for people, and whether it is the action's new or old value."""

    shown: str
    is_new: bool
    is_old: bool


def read_back(host: HostReader, action: Action) -> Reading:
    """Read the action's target."""
    match action:
        case WriteValue():
            text = host.read(action.path)
            value = None if text is None else canonical(action.comparison, text)
            return _reading("unreadable" if value is None else value, value, action.new, action.old)
        case WriteFile():
            found = snapshot(host, action.path)
            shown = WriteFile(path=action.path, old=found, new=None).before
            return _reading(shown, found, action.new, action.old)
        case Directory():
            there = host.is_directory(action.path)
            return _reading("present" if there else "absent", there, action.new, action.old)
        case Link():
            target = host.link(action.path)
            return _reading(target or "absent", target, action.new, action.old)
        case Allocate():
            status = host.status(action.path)
            size = None if status is None else status.size_bytes
            return _reading("absent" if size is None else f"{size} bytes", size, action.new, action.old)
        case SetChannels():
            channels = host.ethtool.channels(action.interface) if host.ethtool else None
            counts = None if channels is None else (channels.combined, channels.rx, channels.tx)
            return _reading("unknown" if counts is None else str(counts), counts, action.new, action.old)
        case SetNtuple():
            on = host.ethtool.ntuple(action.interface) if host.ethtool else None
            return _reading({True: "on", False: "off", None: "unknown"}[on], on, action.new, action.old)
        case SwitchUnit():
            active = host.ask(("systemctl", "is-active", action.unit), timeout_s=ASK_S).status == 0
            return _reading("active" if active else "inactive", active, action.new, action.old)


def _reading(shown: str, now: object, new: object, old: object) -> Reading:
    return Reading(shown=shown, is_new=now == new, is_old=now == old)
