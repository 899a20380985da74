"""The commands of `rpk cluster maintenance`."""

from rpk.out.commands import Command, Group

GROUP = Group(
    "maintenance",
    "Take a broker out of service for a while.",
    (
        Command("disable", "rpk.cluster.maintenance_disable", "Let a broker lead again."),
        Command("enable", "rpk.cluster.maintenance_enable", "Have a broker hand its leaderships over."),
        Command("status", "rpk.cluster.maintenance_status", "Show who rests and how far that is."),
    ),
    flags="AS",
)
