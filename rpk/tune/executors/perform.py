"""Take one action on the host. Raises OSError in the kernel's own words; decides nothing."""

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
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.system.host_writer import HostWriter


class ReloadFailed(Exception):
    """The file is written, but the command that makes it take effect failed."""


def perform(host: HostWriter, action: Action, *, timeout_s: float) -> None:
    """Bring the action's target from old to new. OSError, ReloadFailed."""
    match action:
        case WriteValue():
            host.write_value(action.path, action.new)
        case WriteFile():
            if action.new is None:
                host.delete_file(action.path)
            else:
                host.replace_file(action.path, action.new.text, action.new.mode)
            reload(host, action, timeout_s=timeout_s)
        case Directory():
            if action.new:
                host.make_directory(action.path, action.mode)
            else:
                host.remove_directory(action.path)
        case Link():
            if action.old is not None:
                host.delete_file(action.path)
            if action.new is not None:
                host.make_link(action.path, action.new)
        case Allocate():
            if action.new is None:
                host.delete_file(action.path)
            else:
                host.allocate(action.path, action.new)
        case SetChannels():
            from rpk.system.ethtool import Channels

            combined, rx, tx = action.new
            host.set_channels(action.interface, Channels(combined=combined, rx=rx, tx=tx))
        case SetNtuple():
            host.set_ntuple(action.interface, on=action.new)
        case SwitchUnit():
            verb = "start" if action.new else "stop"
            _run(host, ("systemctl", verb, action.unit), timeout_s)


def reload(host: HostWriter, action: WriteFile, *, timeout_s: float) -> None:
    """Have a written file take effect. ReloadFailed; under another root there is nobody to tell."""
    if action.reload and host.is_machine:
        _run(host, action.reload, timeout_s)


def _run(host: HostWriter, arguments: tuple[str, ...], timeout_s: float) -> None:
    end = host.run(arguments, timeout_s=timeout_s)
    if end.status != 0:
        words = end.text.splitlines()[-1] if end.text else f"status {end.status}"
        raise ReloadFailed(f"{' '.join(arguments)}: {words}")
