"""The commands of `rpk cluster partitions`."""

from rpk.out.commands import Command, Group

GROUP = Group(
    "partitions",
    "See where partitions live; move them and their leaders.",
    (
        Command("balance", "rpk.cluster.partitions_balance", "Spread the replicas evenly now."),
        Command("balancer-status", "rpk.cluster.partitions_balancer_status", "Show what the balancer does."),
        Command(
            "list",
            "rpk.cluster.partitions_list",
            "List partitions with leaders and replicas.",
            aliases=("ls", "describe"),
        ),
        Command("move", "rpk.cluster.partitions_move", "Move replicas to other brokers."),
        Command(
            "move-cancel",
            "rpk.cluster.partitions_move_cancel",
            "Send moving partitions back.",
            aliases=("alter-cancel",),
        ),
        Command("move-status", "rpk.cluster.partitions_move_status", "Show how far moves are."),
        Command(
            "transfer-leadership", "rpk.cluster.partitions_transfer", "Hand a partition's leadership over."
        ),
    ),
    flags="AS",
)
