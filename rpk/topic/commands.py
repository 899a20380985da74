"""The commands of `rpk topic`."""

from rpk.out.commands import Command, Group

GROUP = Group(
    "topic",
    "Create, list, change, write to and read from topics.",
    (
        Command("add-partitions", "rpk.topic.add_partitions", "Add partitions to topics."),
        Command(
            "alter-config",
            "rpk.topic.alter_config",
            "Set, delete, append to and subtract from topic configs.",
        ),
        Command("consume", "rpk.topic.consume", "Read records from topics."),
        Command("create", "rpk.topic.create", "Create topics."),
        Command("delete", "rpk.topic.delete", "Delete topics."),
        Command(
            "describe", "rpk.topic.describe", "Show topics: summary, configs, partitions.", aliases=("info",)
        ),
        Command(
            "describe-storage",
            "rpk.topic.describe_storage",
            "Show where a topic's data is and how much.",
            flags="A",
        ),
        Command("list", "rpk.topic.list", "List topics, partitions and replicas.", aliases=("ls",)),
        Command("produce", "rpk.topic.produce", "Write records to a topic."),
        Command("set-partitions", "rpk.topic.set_partitions", "Grow topics to a number of partitions."),
        Command(
            "trim-prefix",
            "rpk.topic.trim_prefix",
            "Delete the oldest records of partitions.",
            aliases=("trim",),
        ),
    ),
    flags="K",
)
