"""Clock speed and sleep states of the CPUs."""

from __future__ import annotations

from rpk.tune.facts.files import FileText
from rpk.tune.grub import CmdlineUnclear, with_options
from rpk.tune.plan import Comparison, Proposal, Refusal, Setting, WriteFile
from rpk.tune.tuners.record import Tuner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters

GRUB = "/etc/default/grub"
BOOST = "/sys/devices/system/cpu/cpufreq/boost"
GOVERNOR = "performance"
GRUB_CONFIGS = ("/boot/grub2/grub.cfg", "/boot/grub/grub.cfg", "/boot/efi/EFI/fedora/grub.cfg")


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """Boot options when allowed, then the governor of every policy and turbo off."""
    proposal = _boot_options(facts) if parameters.reboot_allowed else None
    if proposal is not None:
        return proposal
    cpu = facts.cpu
    settings: list[Setting] = []
    refused: list[Refusal] = []
    if cpu.boost is not None:
        settings.append(
            Setting(
                path=BOOST, comparison=Comparison.NUMBER, current=cpu.boost, wanted="0",
                why="a steady clock makes latency steady",
            )
        )  # fmt: skip
    for path, text in cpu.governors.items():
        if cpu.governors_offered.get(path) and GOVERNOR not in cpu.governors_offered[path]:
            offers = ", ".join(cpu.governors_offered[path])
            refused.append(
                Refusal(
                    target=path,
                    now=text,
                    wanted=GOVERNOR,
                    reason=f"the driver offers {offers} only",
                    excused=True,
                )
            )
            continue
        settings.append(
            Setting(
                path=path, comparison=Comparison.TEXT, current=text, wanted=GOVERNOR,
                why="no wait for the clock to rise",
            )
        )  # fmt: skip
    notes = () if settings or refused else ("the kernel governs no clock here: nothing to do",)
    return Proposal(settings=tuple(settings), refused=tuple(refused), notes=notes)


def wanted_options(facts: HostFacts) -> list[str]:
    """Boot options this machine would profit from. intel_idle is built in everywhere: its driver must be in use."""
    cpu = facts.cpu
    options = []
    if cpu.vendor == "GenuineIntel" and cpu.idle_driver == "intel_idle" and cpu.intel_idle_max_cstate:
        options += ["intel_idle.max_cstate=0", "processor.max_cstate=1"]
    if cpu.scaling_driver == "intel_pstate":
        options.append("intel_pstate=disable")
    return options


def _boot_options(facts: HostFacts) -> Proposal | None:
    """The edit of grub's defaults; None when nothing is to be added."""
    options = wanted_options(facts)
    file = facts.files.get(GRUB)
    if not options:
        return None
    if file is None:
        return Proposal(unsupported=f"boot options are wanted ({' '.join(options)}) but there is no {GRUB}")
    try:
        text = with_options(file.text, options)
    except CmdlineUnclear as error:
        return Proposal(unsupported=f"{GRUB}: {error}")
    if text == file.text:
        reboot = f"{GRUB} has the boot options; they take effect at the next boot"
        return Proposal(reboot=reboot)
    programs = facts.machine.programs
    reload: tuple[str, ...] = ()
    update = next((path for path in programs if path.endswith("/update-grub")), None)
    make = next((path for path in programs if path.endswith(("/grub2-mkconfig", "/grub-mkconfig"))), None)
    config = next((path for path in GRUB_CONFIGS if path in facts.present), None)
    if update is not None:
        reload = (update,)
    elif make is not None and config is not None:
        reload = (make, "-o", config)
    else:
        return Proposal(
            unsupported="boot options are wanted but neither update-grub nor grub-mkconfig is installed"
        )
    action = WriteFile(
        path=GRUB,
        old=file,
        new=FileText(text=text, mode=file.mode),
        why=f"boot with {' '.join(options)}",
        reload=reload,
    )
    return Proposal(actions=(action,), reboot="reboot, then run the same tuners again")


TUNER = Tuner(
    name="cpu",
    key="tune_cpu",
    summary="Keep the CPUs at a steady, high clock.",
    what="Sets every cpufreq policy's governor to performance and turns boost off. With --reboot-allowed it also adds boot "
    "options to /etc/default/grub where they matter: intel_idle.max_cstate=0 and processor.max_cstate=1 when the "
    "intel_idle driver is in use, intel_pstate=disable when intel_pstate is. Hyper-threading is not touched.",
    why="A CPU that has to wake up or speed up adds tens of microseconds to the request that woke it.",
    risk="More power and heat; without boost the peak of a single CPU is lower. cpu_latency does for sleep states what "
    "the boot options do, without a reboot.",
    undo="rpk redpanda tune revert restores governors and boost, and the grub file; boot options end with the next boot.",
    plan=plan,
)
