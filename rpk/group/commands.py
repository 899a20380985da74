"""The commands of `rpk group`."""

from rpk.out.commands import Command, Group

GROUP = Group(
    "group",
    "List, describe and change consumer groups.",
    (
        Command("delete", "rpk.group.delete", "Delete groups without members."),
        Command("describe", "rpk.group.describe", "Show members, offsets and lag of groups."),
        Command("list", "rpk.group.list", "List groups.", aliases=("ls",)),
        Command("offset-delete", "rpk.group.offset_delete", "Forget committed offsets of a group."),
        Command("seek", "rpk.group.seek", "Move the committed offsets of a group without members."),
    ),
    aliases=("g",),
    flags="K",
)
