"""The commands of `rpk profile`."""

from rpk.out.commands import Command, Group

GROUP = Group(
    "profile",
    "Keep the settings of several clusters.",
    (
        Command("clear", "rpk.profile.clear", "Select no profile."),
        Command("copy", "rpk.profile.copy", "Copy a profile under a new name."),
        Command("create", "rpk.profile.create", "Create a profile and select it."),
        Command(
            "current",
            "rpk.profile.current",
            "Show the selected profile; --explain shows every setting's source.",
        ),
        Command("delete", "rpk.profile.delete", "Delete a profile."),
        Command("edit", "rpk.profile.edit", "Edit a profile in your editor."),
        Command("edit-globals", "rpk.profile.edit_globals", "Edit the globals in your editor."),
        Command(
            "list", "rpk.profile.list", "List the profiles; the selected one has a star.", aliases=("ls",)
        ),
        Command("print", "rpk.profile.print", "Print a profile as YAML, without its password."),
        Command("print-globals", "rpk.profile.print_globals", "Print the globals as YAML."),
        Command("prompt", "rpk.profile.prompt", "Print the selected profile for a shell prompt."),
        Command("rename-to", "rpk.profile.rename_to", "Rename the selected profile.", aliases=("rename",)),
        Command("set", "rpk.profile.set", "Set fields of the selected profile."),
        Command("set-globals", "rpk.profile.set_globals", "Set fields of the globals."),
        Command("use", "rpk.profile.use", "Select a profile; - is the one before."),
        Command("validate", "rpk.profile.validate", "Dial every address of a profile and report."),
    ),
)
