"""The commands of `rpk generate`."""

from rpk.out.commands import Command, Group

GROUP = Group(
    "generate",
    "Generate shell completion and other files.",
    (Command("shell-completion", "rpk.generate.shell_completion", "Print the completion code of a shell."),),
)
