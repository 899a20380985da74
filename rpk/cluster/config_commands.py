"""The commands of `rpk cluster config`."""

from rpk.out.commands import Command, Group

GROUP = Group(
    "config",
    "Look at and change the cluster's properties.",
    (
        Command("edit", "rpk.cluster.config_edit", "Edit the properties in your editor."),
        Command("export", "rpk.cluster.config_export", "Write all properties to a YAML file."),
        Command("get", "rpk.cluster.config_get", "Print one property."),
        Command("import", "rpk.cluster.config_import", "Make the properties what a YAML file says."),
        Command("lint", "rpk.cluster.config_lint", "Take cluster properties out of redpanda.yaml."),
        Command("list", "rpk.cluster.config_list", "List the properties.", aliases=("ls",)),
        Command("set", "rpk.cluster.config_set", "Set one or more properties."),
        Command("status", "rpk.cluster.config_status", "Show which broker has which version."),
    ),
    flags="AS",
)
