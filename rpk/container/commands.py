"""The commands of `rpk container`."""

from rpk.out.commands import Command, Group

GROUP = Group(
    "container",
    "Run a local cluster; no Docker needed.",
    (
        Command("start", "rpk.container.start", "Start a local cluster and select its profile."),
        Command("status", "rpk.container.status", "Show the local cluster's brokers."),
        Command("stop", "rpk.container.stop", "Stop the local cluster; its data stays."),
        Command("purge", "rpk.container.purge", "Stop the local cluster and delete its data."),
        Command("kill", "rpk.container.kill", "Kill brokers of the local cluster (kill -9)."),
        Command("pause", "rpk.container.pause", "Freeze brokers of the local cluster."),
        Command("resume", "rpk.container.resume", "Let frozen brokers go on."),
        Command("run", "rpk.container.run", "Run a command against a cluster that lives as long as it does."),
    ),
)
