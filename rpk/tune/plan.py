"""What tuning would change: actions that each know their inverse, and the plan they make up. Pure data.

Dry run, shell script and apply are three renderings of one `Plan`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from rpk.tune.facts.files import FileText
from rpk.tune.irq.masks import format_mask, parse_mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BOOT_ONLY = ("/proc/", "/sys/", "/run/", "/var/run/", "/dev/")
"""What is below these is gone after a reboot."""


class Comparison(StrEnum):
    """How two texts of one file are compared, and which form is written."""

    TEXT = "text"
    WORD = "word"
    """A list with the active word in brackets; the word alone is written."""
    NUMBER = "number"
    MASK = "mask"


def canonical(comparison: Comparison, text: str) -> str:
    """The form of a file's text in which equal values are equal texts."""
    text = text.strip()
    if comparison is Comparison.WORD:
        _, bracket, rest = text.partition("[")
        return rest.partition("]")[0] if bracket else text
    try:
        if comparison is Comparison.NUMBER:
            return str(int(text))
        if comparison is Comparison.MASK:
            return format_mask(parse_mask(text))
    except ValueError:
        return text
    return text


def offered(text: str) -> tuple[str, ...]:
    """The words of a bracketed list."""
    return tuple(text.replace("[", "").replace("]", "").split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A value the kernel changes by itself when another is written; its old one is kept for the way back."""

    path: str
    comparison: Comparison
    old: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteValue:
    """Write one value into a file the kernel provides. Texts are canonical."""

    kind: ClassVar[str] = "value"
    path: str
    comparison: Comparison
    old: str
    new: str
    why: str = ""
    companions: tuple[Companion, ...] = ()

    @property
    def target(self) -> str:
        """What is changed."""
        return self.path

    @property
    def before(self) -> str:
        """The value there was, for people."""
        return self.old

    @property
    def wanted(self) -> str:
        """The value there will be, for people."""
        return self.new

    @property
    def survives_reboot(self) -> bool:
        """Kernel values never do."""
        return not self.path.startswith(BOOT_ONLY)

    def inverse(self) -> WriteValue:
        """The way back."""
        return replace(self, old=self.new, new=self.old)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteFile:
    """Replace a whole file, or make or delete it (None). reload: a command that makes it take effect, both ways."""

    kind: ClassVar[str] = "file"
    path: str
    old: FileText | None
    new: FileText | None
    why: str = ""
    reload: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """What is changed."""
        return self.path

    @property
    def before(self) -> str:
        """In short, for people."""
        return _summary(self.old)

    @property
    def wanted(self) -> str:
        """In short, for people."""
        return _summary(self.new)

    @property
    def survives_reboot(self) -> bool:
        """Files do, unless their directory lives in memory."""
        return not self.path.startswith(BOOT_ONLY)

    def inverse(self) -> WriteFile:
        """The way back."""
        return replace(self, old=self.new, new=self.old)


def _summary(text: FileText | None) -> str:
    if text is None:
        return "absent"
    lines = text.text.count("\n")
    return f"{lines} line{'' if lines == 1 else 's'}, mode {text.mode:04o}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Make a directory, or remove the empty one that was made."""

    kind: ClassVar[str] = "directory"
    path: str
    old: bool = False
    new: bool = True
    mode: int = 0o755
    why: str = ""

    @property
    def target(self) -> str:
        """What is changed."""
        return self.path

    @property
    def before(self) -> str:
        """For people."""
        return "present" if self.old else "absent"

    @property
    def wanted(self) -> str:
        """For people."""
        return "present" if self.new else "absent"

    @property
    def survives_reboot(self) -> bool:
        """As files."""
        return not self.path.startswith(BOOT_ONLY)

    def inverse(self) -> Directory:
        """The way back."""
        return replace(self, old=self.new, new=self.old)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Make a symbolic link to `new`, or remove it (None)."""

    kind: ClassVar[str] = "link"
    path: str
    old: str | None
    new: str | None
    why: str = ""

    @property
    def target(self) -> str:
        """What is changed."""
        return self.path

    @property
    def before(self) -> str:
        """For people."""
        return self.old or "absent"

    @property
    def wanted(self) -> str:
        """For people."""
        return self.new or "absent"

    @property
    def survives_reboot(self) -> bool:
        """As files."""
        return not self.path.startswith(BOOT_ONLY)

    def inverse(self) -> Link:
        """The way back."""
        return replace(self, old=self.new, new=self.old)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocate:
    """Give a file a size with real blocks under it, or remove it (None). Its content is of no interest."""

    kind: ClassVar[str] = "allocate"
    path: str
    old: int | None
    new: int | None
    why: str = ""

    @property
    def target(self) -> str:
        """What is changed."""
        return self.path

    @property
    def before(self) -> str:
        """For people."""
        return "absent" if self.old is None else f"{self.old} bytes"

    @property
    def wanted(self) -> str:
        """For people."""
        return "absent" if self.new is None else f"{self.new} bytes"

    @property
    def survives_reboot(self) -> bool:
        """As files."""
        return True

    def inverse(self) -> Allocate:
        """The way back."""
        return replace(self, old=self.new, new=self.old)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetChannels:
    """Queue counts of a NIC as (combined, rx, tx)."""

    kind: ClassVar[str] = "channels"
    interface: str
    old: tuple[int, int, int]
    new: tuple[int, int, int]
    why: str = ""

    @property
    def target(self) -> str:
        """What is changed."""
        return f"{self.interface} channels"

    @property
    def before(self) -> str:
        """For people."""
        return _channels(self.old)

    @property
    def wanted(self) -> str:
        """For people."""
        return _channels(self.new)

    @property
    def survives_reboot(self) -> bool:
        """Drivers start with their own."""
        return False

    def inverse(self) -> SetChannels:
        """The way back."""
        return replace(self, old=self.new, new=self.old)


def _channels(counts: tuple[int, int, int]) -> str:
    names = (("combined", counts[0]), ("rx", counts[1]), ("tx", counts[2]))
    return " ".join(f"{name} {count}" for name, count in names if count) or "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNtuple:
    """Flow steering filters of a NIC, on or off."""

    kind: ClassVar[str] = "ntuple"
    interface: str
    old: bool
    new: bool
    why: str = ""

    @property
    def target(self) -> str:
        """What is changed."""
        return f"{self.interface} ntuple"

    @property
    def before(self) -> str:
        """For people."""
        return "on" if self.old else "off"

    @property
    def wanted(self) -> str:
        """For people."""
        return "on" if self.new else "off"

    @property
    def survives_reboot(self) -> bool:
        """Drivers start with their own."""
        return False

    def inverse(self) -> SetNtuple:
        """The way back."""
        return replace(self, old=self.new, new=self.old)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchUnit:
    """Start or stop a systemd unit."""

    kind: ClassVar[str] = "unit"
    unit: str
    old: bool
    new: bool
    why: str = ""

    @property
    def target(self) -> str:
        """What is changed."""
        return self.unit

    @property
    def before(self) -> str:
        """For people."""
        return "active" if self.old else "inactive"

    @property
    def wanted(self) -> str:
        """For people."""
        return "active" if self.new else "inactive"

    @property
    def survives_reboot(self) -> bool:
        """Being started does not; being enabled is a link."""
        return False

    def inverse(self) -> SwitchUnit:
        """The way back."""
        return replace(self, old=self.new, new=self.old)


Action = WriteValue | WriteFile | Directory | Link | Allocate | SetChannels | SetNtuple | SwitchUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A kernel value a tuner cares about: how it is and how it should be. The planner writes what differs."""

    path: str
    comparison: Comparison
    current: str
    wanted: str
    why: str
    changeable: bool = True
    companions: tuple[Companion, ...] = ()
    persist: str = ""
    """How it can be made to last: `sysctl`, `queue` (a udev rule for a disk), or empty: set again at boot."""

    @property
    def satisfied(self) -> bool:
        """Whether nothing needs to be written."""
        return canonical(self.comparison, self.current) == canonical(self.comparison, self.wanted)

    def action(self) -> WriteValue:
        """The write."""
        return WriteValue(
            path=self.path,
            comparison=self.comparison,
            old=canonical(self.comparison, self.current),
            new=canonical(self.comparison, self.wanted),
            why=self.why,
            companions=self.companions,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A value that should be another but cannot be. excused: nobody could change it, so it is no failure."""

    target: str
    now: str
    wanted: str
    reason: str
    excused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What one tuner wants of a host.

    unsupported: why it can do nothing here; excused when nobody needs it to (no interrupts to move). ban_irqs: interrupts irqbalance must leave alone. hand_over: facts for
    the broker's start (merged into the node tuner's state file). reboot: why the work is only done after a reboot.
    """

    settings: tuple[Setting, ...] = ()
    actions: tuple[Action, ...] = ()
    refused: tuple[Refusal, ...] = ()
    unsupported: str | None = None
    excused: bool = False
    ban_irqs: tuple[int, ...] = ()
    hand_over: Mapping[str, object] | None = None
    reboot: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action of one tuner. owners: tuners it serves together; undone when all of them are."""

    tuner: str
    action: Action
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TunerPlan:
    """One tuner's part: what it will do, what it cannot, what is already as it should be."""

    name: str
    enabled: bool
    steps: tuple[Step, ...] = ()
    refused: tuple[Refusal, ...] = ()
    satisfied: tuple[Setting, ...] = ()
    unsupported: str | None = None
    unsupported_is_fine: bool = False
    reboot: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All tuners asked for, in the order of their work."""

    boot_id: str
    tuners: tuple[TunerPlan, ...]
    read_only: tuple[str, ...] = ()
    container: str = ""

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step of enabled, supported tuners, in order."""
        return tuple(step for tuner in self.tuners for step in tuner.steps)

    @property
    def empty(self) -> bool:
        """Whether nothing would be changed."""
        return not self.steps

    def __iter__(self) -> Iterator[TunerPlan]:
        return iter(self.tuners)
