"""The commands of `rpk cluster`."""

from rpk.out.commands import Command, Group

GROUP = Group(
    "cluster",
    "Look at and configure a cluster.",
    (
        Command("health", "rpk.cluster.health", "Ask the cluster whether it is healthy.", flags="AS"),
        Command(
            "info", "rpk.cluster.info", "Show brokers and topics.", aliases=("status", "metadata"), flags="K"
        ),
        Group(
            "logdirs",
            "Look at the brokers' log directories.",
            (Command("describe", "rpk.cluster.logdirs", "Show how much disk each replica takes."),),
            flags="K",
        ),
    ),
)
