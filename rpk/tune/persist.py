"""What makes tuning last over a reboot: sysctl.d, udev rules and a unit that tunes again at boot. Pure.

Interrupt numbers change from boot to boot: they are never written down, the unit works them out afresh.
"""

from __future__ import annotations

from rpk.tune.facts.files import FileText
from rpk.tune.plan import (
    Action,
    Directory,
    Link,
    Refusal,
    Setting,
    Step,
    TunerPlan,
    WriteFile,
    canonical,
)
from rpk.tune.planner import order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters

NAME = "persist"
SYSCTL = "/etc/sysctl.d/90-rpk-tune.conf"
UDEV = "/etc/udev/rules.d/90-rpk-tune.rules"
UNIT = "/etc/systemd/system/rpk-tune.service"
WANTS = "/etc/systemd/system/multi-user.target.wants"
LINK = f"{WANTS}/rpk-tune.service"
FILES = (SYSCTL, UDEV, UNIT)
PLACES = ("/etc/sysctl.d", "/etc/udev", "/etc/udev/rules.d", "/etc/systemd/system", WANTS)
HEAD = "# Made by rpk redpanda tune --persist; rpk redpanda tune revert removes it.\n"


def persistence(
    facts: HostFacts, parameters: Parameters, names: Sequence[str], arguments: Sequence[str]
) -> TunerPlan:
    """The files as one more part of the plan. arguments: the command line that tunes again, argv[0] a full path."""
    settings: list[Setting] = []
    for tuner in order(names):
        if tuner.name in parameters.enabled:
            proposal = tuner.plan(facts, parameters)
            if proposal.unsupported is None:
                settings += proposal.settings
    files = [(SYSCTL, sysctl_text(settings)), (UDEV, udev_text(settings)), (UNIT, unit_text(arguments))]
    actions: list[Action] = []
    refused: list[Refusal] = []
    if "/etc/systemd/system" not in facts.present:
        reason = "there is no systemd here: values it would set again at boot are lost then"
        refused.append(Refusal(target=UNIT, now="absent", wanted="present", reason=reason, excused=True))
        files.pop()
    wanted = [(path, text) for path, text in files if text]
    for place in PLACES:
        needed = any(path.startswith(place + "/") for path, _ in wanted) or (
            place == WANTS and len(files) == 3
        )
        if needed and place not in facts.present:
            actions.append(Directory(path=place, why="for the files that last"))
    for path, text in wanted:
        new = FileText(text=text, mode=0o644)
        if facts.files.get(path) != new:
            reload = ("systemctl", "daemon-reload") if path == UNIT and facts.machine.systemd else ()
            actions.append(
                WriteFile(
                    path=path, old=facts.files.get(path), new=new, why="survives a reboot", reload=reload
                )
            )
    if len(files) == 3 and facts.links.get(LINK) != UNIT:
        actions.append(Link(path=LINK, old=facts.links.get(LINK), new=UNIT, why="tunes again at boot"))
    return TunerPlan(
        name=NAME,
        enabled=True,
        steps=tuple(Step(tuner=NAME, action=action, owners=(NAME,)) for action in actions),
        refused=tuple(refused),
    )


def sysctl_text(settings: Sequence[Setting]) -> str:
    """sysctl.d(5) lines of the settings that are kernel parameters; empty without any."""
    lines = [
        f"{setting.path.removeprefix('/proc/sys/').replace('/', '.')} = "
        f"{canonical(setting.comparison, setting.wanted)}\n"
        for setting in settings
        if setting.persist == "sysctl"
    ]
    return HEAD + "".join(lines) if lines else ""


def udev_text(settings: Sequence[Setting]) -> str:
    """udev(7) rules for the queues of disks; empty without any."""
    disks: dict[str, list[str]] = {}
    for setting in settings:
        if setting.persist == "queue":
            disk, _, attribute = setting.path.rpartition("/queue/")
            value = canonical(setting.comparison, setting.wanted)
            disks.setdefault(disk.rpartition("/")[2], []).append(f'ATTR{{queue/{attribute}}}="{value}"')
    lines = [
        f'ACTION=="add|change", SUBSYSTEM=="block", KERNEL=="{disk}", {", ".join(attributes)}\n'
        for disk, attributes in disks.items()
    ]
    return HEAD + "".join(lines) if lines else ""


def unit_text(arguments: Sequence[str]) -> str:
    """systemd.service(5) of the oneshot that tunes at boot, before the broker."""
    words = " ".join(_systemd_word(word) for word in arguments)
    return (
        f"{HEAD}[Unit]\nDescription=Tune this host for the broker\n"
        "After=local-fs.target network.target systemd-sysctl.service irqbalance.service\n"
        "Before=redpanda.service\n\n"
        f"[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart={words}\n\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )


def _systemd_word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    plain = word and all(letter.isalnum() or letter in "-_./,=:+" for letter in word)
    return escaped if plain else f'"{escaped}"'
