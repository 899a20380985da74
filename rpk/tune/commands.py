"""The commands of `rpk redpanda tune`."""

from rpk.out.commands import Command, Group

GROUP = Group(
    "tune",
    "Tune this host for the broker: see the plan, apply it, verify it, undo it.",
    (
        Command("run", "rpk.tune.run", 'Tune: "all" or names; the word run may be left out.'),
        Command("list", "rpk.tune.list", "List the tuners: switched on, possible here.", aliases=("ls",)),
        Command("help", "rpk.tune.help", "Explain a tuner: what, why, risk, how to undo."),
        Command("status", "rpk.tune.status", "Show what tuning this boot has, and what drifted since."),
        Command("revert", "rpk.tune.revert", "Write back what was there before.", aliases=("undo",)),
    ),
    default="run",
)
