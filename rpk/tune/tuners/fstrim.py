"""Regular trimming of solid state disks."""

from __future__ import annotations

from rpk.tune.facts.files import FileText
from rpk.tune.plan import Action, Link, Proposal, SwitchUnit, WriteFile
from rpk.tune.tuners.record import Tuner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters

UNITS = "/etc/systemd/system"
SERVICE = f"{UNITS}/redpanda-fstrim.service"
TIMER = f"{UNITS}/redpanda-fstrim.timer"
WANTS = f"{UNITS}/timers.target.wants"
RELOAD = ("systemctl", "daemon-reload")

SERVICE_TEXT = """[Unit]
Description=Discard unused blocks of the file systems in fstab
ConditionVirtualization=!container

[Service]
Type=oneshot
ExecStart={fstrim} --fstab --verbose --quiet
PrivateDevices=no
PrivateNetwork=yes
PrivateUsers=no
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
MemoryDenyWriteExecute=yes
SystemCallFilter=@default @file-system @basic-io @system-service
"""
TIMER_TEXT = """[Unit]
Description=Discard unused blocks once a week
ConditionVirtualization=!container

[Timer]
OnCalendar=weekly
AccuracySec=1h
Persistent=true
RandomizedDelaySec=6000

[Install]
WantedBy=timers.target
"""


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """Start and enable the distribution's timer, else one of our own."""
    del parameters
    machine = facts.machine
    fstrim = next((path for path in machine.programs if path.endswith("/fstrim")), None)
    if not machine.systemd:
        return Proposal(unsupported="systemd does not run this machine")
    if fstrim is None:
        return Proposal(unsupported="fstrim is not installed")
    if machine.fstrim_timer.loaded:
        name, unit, path = "fstrim.timer", machine.fstrim_timer, "/usr/lib/systemd/system/fstrim.timer"
        actions: list[Action] = []
    else:
        name, unit, path = "redpanda-fstrim.timer", machine.rpk_fstrim_timer, TIMER
        service = FileText(text=SERVICE_TEXT.format(fstrim=fstrim), mode=0o644)
        timer = FileText(text=TIMER_TEXT, mode=0o644)
        actions = [
            WriteFile(path=each, old=facts.files.get(each), new=text, why="trims once a week", reload=RELOAD)
            for each, text in ((SERVICE, service), (TIMER, timer))
            if facts.files.get(each) != text
        ]
    if not unit.enabled:
        actions.append(
            Link(
                path=f"{WANTS}/{name}",
                old=facts.links.get(f"{WANTS}/{name}"),
                new=path,
                why="started at boot too",
            )
        )
    if not unit.active:
        actions.append(SwitchUnit(unit=name, old=False, new=True, why="trims once a week"))
    return Proposal(actions=tuple(actions))


TUNER = Tuner(
    name="fstrim",
    key="tune_fstrim",
    summary="Tell solid state disks once a week which blocks are free.",
    what="Starts and enables fstrim.timer of the distribution; where there is none, installs redpanda-fstrim.service and "
    "redpanda-fstrim.timer. Needs systemd.",
    why="A disk that knows its free blocks writes faster and wears less.",
    risk="Trimming a large disk takes its time and can stall writes while it runs; some disks handle it badly. That is "
    "why mode prod leaves it off.",
    undo="rpk redpanda tune revert stops and disables the timer and removes what was installed.",
    prod="off",
    plan=plan,
)
