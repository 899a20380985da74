"""Usage errors in rpk's words: what was not understood, the nearest thing that would be (UX-25)."""

from __future__ import annotations

import click

from rpk.config.keys import suggestion
from rpk.out.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpk.out.commands import Command, Group, Reference


def unknown_command(path: str, name: str, children: Sequence[Command | Group | Reference]) -> UsageError:
    """The error for a word that names no command of this group."""
    names = [known for child in children for known in (child.name, *child.aliases)]
    near = suggestion(name, names)
    hint = f'did you mean "{path} {near}"?' if near else f'"{path} --help" lists the commands'
    return UsageError(f'unknown command "{name}" for "{path}"', hint=hint, name="UNKNOWN_COMMAND")


def translate(error: click.UsageError) -> UsageError:
    """Click's error as ours."""
    command = error.ctx.command if error.ctx is not None else None
    path = getattr(command, "path", "rpk")
    see = f'"{path} -h" shows the usage'
    if isinstance(error, click.NoSuchOption):
        known = {name.lstrip("-"): name for name in error.possibilities or ()}
        near = suggestion(error.option_name.lstrip("-"), list(known))
        hint = f"did you mean {known[near]}? {see}" if near else see
        return UsageError(f'unknown flag {error.option_name} for "{path}"', hint=hint, name="UNKNOWN_FLAG")
    message = error.format_message().rstrip(".")
    return UsageError(f"{path}: {message[:1].lower()}{message[1:]}", hint=see)
