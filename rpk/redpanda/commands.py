"""The commands of `rpk redpanda`."""

from rpk.out.commands import Command, Group, Reference

GROUP = Group(
    "redpanda",
    "Start, configure and tune the broker of this host.",
    (
        Reference(
            "admin", "rpk.redpanda.admin_commands", "Look at and administer the brokers of a running cluster."
        ),
        Group(
            "config",
            "Edit redpanda.yaml.",
            (
                Command(
                    "bootstrap", "rpk.redpanda.config_bootstrap", "Write the first redpanda.yaml of a host."
                ),
                Command("init", "rpk.redpanda.config_init", "Do nothing; kept for old scripts.", hidden=True),
                Command("set", "rpk.redpanda.config_set", "Change keys of redpanda.yaml."),
            ),
        ),
        Command("check", "rpk.redpanda.check", "Check this host and redpanda.yaml for what a broker needs."),
        Command("mode", "rpk.redpanda.mode", "Switch redpanda.yaml to development, production or recovery."),
        Command("start", "rpk.redpanda.start", "Start the broker in the foreground."),
        Command("stop", "rpk.redpanda.stop", "Stop the broker of this host."),
        Reference("tune", "rpk.tune.commands", "Tune this host: see the plan, apply it, verify it, undo it."),
    ),
)
