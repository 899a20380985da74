"""The commands of `rpk redpanda admin`."""

from rpk.out.commands import Command, Group

GROUP = Group(
    "admin",
    "Look at and administer the brokers of a running cluster.",
    (
        Group(
            "brokers",
            "Look at brokers, take them out of the cluster.",
            (
                Command(
                    "decommission", "rpk.redpanda.brokers_decommission", "Take a broker out of the cluster."
                ),
                Command(
                    "decommission-status",
                    "rpk.redpanda.brokers_decommission_status",
                    "Show how far a decommission is.",
                ),
                Command("list", "rpk.redpanda.brokers_list", "List the brokers.", aliases=("ls",)),
                Command("recommission", "rpk.redpanda.brokers_recommission", "Keep a broker after all."),
            ),
            flags="AS",
        ),
        Group(
            "partitions",
            "Look at what a broker holds.",
            (
                Command(
                    "list",
                    "rpk.redpanda.broker_partitions",
                    "List the replicas of a broker.",
                    aliases=("ls",),
                ),
            ),
            flags="K",
        ),
    ),
)
