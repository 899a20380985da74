"""What a command or a group is before its code is loaded: names and one line of help.

Every room of commands has a `commands.py` holding one `Group` made of these. It imports nothing else, so that
help, completion and the command tree of a room cost no more than reading a table.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Command:
    """A leaf: `module` has the function `command` (typer's annotations), `EXAMPLES` and `OUTPUT`.

    help: one line, a full stop at the end. flags: letters of the hidden legacy flag bundles it takes (S SASL,
    K Kafka with S, A Admin). hidden: not listed, still runs. deprecated: what to use instead; a notice says so.
    """

    __slots__ = ("aliases", "deprecated", "flags", "help", "hidden", "module", "name")

    def __init__(
        self,
        name: str,
        module: str,
        help: str,
        *,
        aliases: Sequence[str] = (),
        flags: str = "",
        hidden: bool = False,
        deprecated: str | None = None,
    ) -> None:
        self.name = name
        self.module = module
        self.help = help
        self.aliases = tuple(aliases)
        self.flags = flags
        self.hidden = hidden
        self.deprecated = deprecated


class Group:
    """A branch: a name, one line of help, and the commands and groups under it.

    default: the child meant when the first word names none of them (`tune all` is `tune run all`).
    """

    __slots__ = ("aliases", "children", "default", "flags", "help", "hidden", "name")

    def __init__(
        self,
        name: str,
        help: str,
        children: Sequence[Command | Group | Reference],
        *,
        aliases: Sequence[str] = (),
        flags: str = "",
        hidden: bool = False,
        default: str | None = None,
    ) -> None:
        self.name = name
        self.help = help
        self.children = tuple(children)
        self.aliases = tuple(aliases)
        self.flags = flags
        self.hidden = hidden
        self.default = default


class Reference:
    """A group that lives in another room: `module` has it as `GROUP`, loaded when it is entered."""

    __slots__ = ("aliases", "help", "hidden", "module", "name")

    def __init__(
        self, name: str, module: str, help: str, *, aliases: Sequence[str] = (), hidden: bool = False
    ) -> None:
        self.name = name
        self.module = module
        self.help = help
        self.aliases = tuple(aliases)
        self.hidden = hidden

    def load(self) -> Group:
        """Import the room's table."""
        from importlib import import_module

        group = import_module(self.module).GROUP
        if not isinstance(group, Group):
            raise TypeError(f"{self.module}.GROUP is not a Group")
        return group


def find(group: Group, name: str) -> Command | Group | None:
    """The child of `group` called `name` or having it as an alias; references are loaded."""
    for child in group.children:
        if name == child.name or name in child.aliases:
            return child.load() if isinstance(child, Reference) else child
    return None
