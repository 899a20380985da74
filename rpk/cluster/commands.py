"""The commands of `rpk cluster`."""

from rpk.out.commands import Command, Group, Reference

GROUP = Group(
    "cluster",
    "Look at and configure a cluster.",
    (
        Reference("config", "rpk.cluster.config_commands", "Look at and change the cluster's properties."),
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
        Reference(
            "maintenance", "rpk.cluster.maintenance_commands", "Take a broker out of service for a while."
        ),
        Reference(
            "partitions",
            "rpk.cluster.partitions_commands",
            "See where partitions live; move them and their leaders.",
        ),
    ),
)
