"""Commands made when they are named: a table entry becomes a click command with typer's parameters."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any

import click
import typer
from typer.core import TyperCommand
from typer.main import get_command

from rpk.cli import options
from rpk.cli.table import GLOBAL_FLAGS, ROOT
from rpk.config.run import current
from rpk.out.commands import Command, Group, find
from rpk.out.help import GLOBAL_TITLE, Screen, group_screen, render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def _show_help(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value and not context.resilient_parsing:
        command = context.command
        if isinstance(command, LazyGroup):
            screen = group_screen(command.path, command.table, GLOBAL_FLAGS)
        elif isinstance(command, Leaf):
            screen = leaf_screen(command)
        else:
            return
        current().out.raw(render(screen, full="--help" in parameter.opts))
        context.exit(0)


def _help_options() -> list[click.Option]:
    return [
        click.Option(
            [name], is_flag=True, is_eager=True, expose_value=False, callback=_show_help, help=help
        )
        for name, help in (("-h", "Short help with examples."), ("--help", "Full help."))
    ]  # fmt: skip


def _early_option(name: str, callback: Callable[..., None], *, hidden: bool = False) -> click.Option:
    return click.Option(
        [name], is_flag=True, is_eager=True, expose_value=False, callback=callback, hidden=hidden
    )


class LazyGroup(click.Group):
    """A group whose commands are loaded one by one; its help comes from the table alone."""

    def __init__(self, group: Group, path: str, letters: str = "") -> None:
        super().__init__(
            name=group.name,
            help=group.help,
            hidden=group.hidden,
            invoke_without_command=True,
            callback=self._without_command,
            add_help_option=False,
            params=list(_help_options()),
        )
        self.table = group
        self.path = path
        self.letters = letters + group.flags
        if group is ROOT:
            self.params.append(_early_option("--version", _show_version))
        options.add_to(self, self.letters)
        if group is ROOT:
            # After the global flags: it prints in the format they ask for.
            self.params.append(_early_option("--print-tree", _show_tree, hidden=True))

    def _without_command(self) -> None:
        if click.get_current_context().invoked_subcommand is None:
            current().out.raw(render(group_screen(self.path, self.table, GLOBAL_FLAGS)))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's; words that name no child are for the default one, flags of its own included."""
        if self.table.default is not None and self._for_default(ctx, args):
            args = [self.table.default, *args]
        return super().parse_args(ctx, args)

    def _for_default(self, ctx: click.Context, args: list[str]) -> bool:
        try:
            rest = self.make_parser(ctx).parse_args(list(args))[1]
        except click.UsageError:
            return True  # a flag the group does not have
        return bool(rest) and find(self.table, rest[0]) is None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the children, hidden ones too, in table order."""
        return [child.name for child in self.table.children]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one child; None when there is none of that name."""
        return self.child(cmd_name)

    def child(self, name: str) -> LazyGroup | Leaf | None:
        """The child called `name`, loaded."""
        found = find(self.table, name)
        if found is None:
            return None
        path = f"{self.path} {found.name}"
        if isinstance(found, Group):
            return LazyGroup(found, path, self.letters)
        return load(found, path, self.letters)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with the nearest names when there is no such command (UX-25)."""
        command = self.child(args[0])
        if command is None and not ctx.resilient_parsing:
            from rpk.cli.usage import unknown_command

            raise unknown_command(
                self.path, args[0], [child for child in self.table.children if not child.hidden]
            )
        return (command.name if command else None), command, args[1:]


class Leaf(TyperCommand):
    """One command with what its module says about it."""

    path: str
    entry: Command
    examples: tuple[tuple[str, str], ...] = ()
    output: dict[str, str] | None = None
    function: Callable[..., None]

    def argument_help(self, argument: click.Argument) -> str:
        """What its module says of an argument: click 8.5 has a `help` of its own and empties typer's."""
        from typer.utils import get_params_from_function

        parameter = get_params_from_function(self.function).get(argument.name or "")
        return str(getattr(parameter.default, "help", None) or "") if parameter is not None else ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's, with `--flag=true` and `--flag=false` for flags, as scripts write them."""
        if current().options.format == "help":
            self.show_fields()
            ctx.exit(0)
        return super().parse_args(ctx, options.plain_flags(self.params, args))

    def show_fields(self) -> None:
        """Answer `--format help`: what it prints, from OUTPUT; arguments need not be given."""
        current().out.fields(self.output or {})

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run the command."""
        run = current()
        if self.entry.deprecated:
            run.out.warning(f'"{self.path}" is deprecated; use "{self.entry.deprecated}"')
        # From here on a command may run for days: what starting made stays, garbage is collected again.
        gc.freeze()
        gc.enable()
        return ctx.invoke(self.callback, **ctx.params) if self.callback is not None else None


def load(entry: Command, path: str, letters: str = "") -> Leaf:
    """Import the module of a command and make it runnable."""
    module = import_module(entry.module)
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    settings: dict[str, Any] = {"help_option_names": []}
    settings.update(getattr(module, "CONTEXT_SETTINGS", {}))
    app.command(entry.name, cls=Leaf, hidden=entry.hidden, context_settings=settings)(module.command)
    leaf = get_command(app)
    if not isinstance(leaf, Leaf):
        raise TypeError(f"{entry.module}.command did not become one command")
    leaf.path = path
    leaf.entry = entry
    leaf.function = module.command
    leaf.examples = tuple(getattr(module, "EXAMPLES", ()))
    leaf.output = getattr(module, "OUTPUT", None)
    leaf.params.extend(_help_options())
    options.add_to(leaf, letters + entry.flags)
    return leaf


def leaf_screen(leaf: Leaf) -> Screen:
    """The help of a command: its docstring, examples and flags."""
    own = [
        parameter
        for parameter in leaf.params
        if isinstance(parameter, click.Option) and parameter.expose_value and not parameter.hidden
    ]
    arguments = [parameter for parameter in leaf.params if isinstance(parameter, click.Argument)]
    usage = " ".join((leaf.path, *(argument_usage(argument) for argument in arguments), "[flags]"))
    shadowed = {name for option in own for name in option.opts}
    inherited = [
        (term, text)
        for term, text in GLOBAL_FLAGS
        if not any(word.rstrip(",") in shadowed for word in term.split() if word.startswith("--"))
    ]
    sections = [
        ("Arguments", [(argument_name(item), leaf.argument_help(item)) for item in arguments]),
        ("Flags", [option_row(option) for option in own]),
        (GLOBAL_TITLE, inherited),
    ]
    if leaf.entry.aliases:
        sections.insert(0, ("Aliases", [(", ".join(leaf.entry.aliases), "")]))
    paragraphs = [part for part in _paragraphs(leaf.help or "")[1:] if part]
    return Screen(
        leaf.path, usage, leaf.entry.help, description=paragraphs, examples=leaf.examples, sections=sections
    )


def argument_name(argument: click.Argument) -> str:
    """The argument as usage lines show it: TOPIC, TOPIC..."""
    name = (argument.metavar or argument.name or "").upper().strip("[].")
    return f"{name}..." if argument.nargs == -1 else name


def argument_usage(argument: click.Argument) -> str:
    """The argument in a usage line: optional ones in brackets."""
    name = argument_name(argument)
    return name if argument.required else f"[{name}]"


def option_row(option: click.Option) -> tuple[str, str]:
    """The names and the help of a flag."""
    names = ", ".join(sorted((*option.opts, *option.secondary_opts), key=lambda name: name.startswith("--")))
    if not option.is_flag and not option.count:
        names += f" {option.metavar or option.type.name.upper()}"
    text = option.help or ""
    default = option.default
    if (
        option.show_default is not False
        and not callable(default)
        and default not in (None, False, "", (), [])
    ):
        text += f" Default {default}."
    return names, text


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n")]


def _show_version(context: click.Context, parameter: click.Parameter, value: object) -> None:
    del parameter
    if value:
        from rpk.cli.version import version_line

        current().out.raw(version_line() + "\n")
        context.exit(0)


def _show_tree(context: click.Context, parameter: click.Parameter, value: object) -> None:
    del parameter
    if value:
        from rpk.cli.tree import print_tree

        print_tree()
        context.exit(0)
