"""The global flags and the hidden legacy ones, as click options shared by every group and command.

They are accepted before and after subcommands and arguments; a command that has a flag of the same name keeps
its own (produce and consume: `--format`). Values go into the current run's `Options`, never to the command.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from rpk.config.run import current
from rpk.out.colour import CHOICES
from rpk.out.errors import UsageError
from rpk.out.output import FORMAT_ALIASES, FORMATS


def _store(name: str) -> Any:  # noqa: ANN401 - click's callback type
    def callback(context: click.Context, parameter: click.Parameter, value: object) -> None:
        del context, parameter
        if value not in (None, False, ()):
            setattr(current().options, name, value)

    return callback


def _overrides(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> None:
    del parameter
    if not values:
        return
    from rpk.config.resolve import parse_override

    for value in values:
        if value in ("list", "help"):
            from rpk.cli.keys_help import keys_text

            current().out.raw(keys_text(full=value == "help"))
            context.exit(0)
        parse_override(value)
    current().options.overrides.extend(values)


def _format(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    del parameter
    if value is None:
        return
    name = FORMAT_ALIASES.get(value, value)
    if name not in FORMATS:
        raise UsageError(f"--format {value} is not known", hint=f"use one of {', '.join(FORMATS)}")
    current().options.format = name
    if name == "help" and (show := getattr(context.command, "show_fields", None)) is not None:
        show()
        context.exit(0)


def _colour(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    del context, parameter
    if value is not None and value not in CHOICES:
        raise UsageError(f"--color {value} is not known", hint=f"use one of {', '.join(CHOICES)}")
    current().options.color = value or current().options.color


def _timeout(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    del context, parameter
    if value is not None:
        from rpk.config.durations import parse_duration

        if parse_duration(value) <= 0:
            raise UsageError(f"--timeout {value} is not positive")
        current().options.timeout = value


def _legacy(key: str) -> Any:  # noqa: ANN401 - click's callback type
    def callback(context: click.Context, parameter: click.Parameter, value: object) -> None:
        del context, parameter
        if value in (None, (), False):
            return
        text = ",".join(value) if isinstance(value, tuple) else "true" if value is True else str(value)
        current().options.legacy.append(f"{key}={text}")

    return callback


def _option(*names: str, callback: Any, help: str = "", **rest: Any) -> click.Option:  # noqa: ANN401 - passed to click
    return click.Option(list(names), callback=callback, expose_value=False, help=help, **rest)


def _global_options() -> list[click.Option]:
    return [
        _option(
            "-X", "--config-opt", callback=_overrides, multiple=True, metavar="key=value", is_eager=True,
            help="Override one setting; -X list shows them, -X help explains them.",
        ),
        _option("--profile", callback=_store("profile"), metavar="NAME", help="Use this profile for this run."),
        _option("--config", callback=_store("config"), metavar="FILE", help="Use this rpk.yaml or redpanda.yaml."),
        _option(
            "--ignore-profile", callback=_store("ignore_profile"), is_flag=True, help="Read no settings file at all."
        ),
        _option("-v", "--verbose", callback=_store("verbose"), is_flag=True, help="Say on stderr what goes on."),
        _option(
            "--format", callback=_format, metavar="FORMAT", is_eager=True,
            help="text, wide, json, yaml, or help for the fields. Default text.",
        ),
        _option(
            "--no-headers", callback=_store("no_headers"), is_flag=True, help="Leave the header line out of tables."
        ),
        _option("--color", callback=_colour, metavar="WHEN", is_eager=True, help="auto, always or never. Default auto."),
        _option("--no-pager", callback=_store("no_pager"), is_flag=True, help="Never page long output."),
        _option("--no-input", callback=_store("no_input"), is_flag=True, help="Never ask; a question is an error."),
        _option("-y", "--yes", callback=_store("yes"), is_flag=True, help="Answer every question with yes."),
        _option(
            "--timeout", callback=_timeout, metavar="DURATION",
            help="Total time for talking to the cluster. Default 10s.",
        ),
    ]  # fmt: skip


_SASL = (("--user", "user"), ("--password", "pass"), ("--sasl-mechanism", "sasl.mechanism"))
_KAFKA = (
    ("--brokers", "brokers"),
    ("--tls-truststore", "tls.ca"),
    ("--tls-cert", "tls.cert"),
    ("--tls-key", "tls.key"),
)
_ADMIN = (
    ("--api-urls", "admin.hosts"),
    ("--hosts", "admin.hosts"),
    ("--admin-url", "admin.hosts"),
    ("--admin-api-tls-truststore", "admin.tls.ca"),
    ("--admin-api-tls-cert", "admin.tls.cert"),
    ("--admin-api-tls-key", "admin.tls.key"),
)


def _legacy_options(letter: str) -> list[click.Option]:
    names = {"S": _SASL, "K": _SASL + _KAFKA, "A": _ADMIN}[letter]
    options = [
        _option(flag, callback=_legacy(key), hidden=True, multiple=key in ("brokers", "admin.hosts"))
        for flag, key in names
    ]
    for wanted, flag, key in (
        ("K", "--tls-enabled", "tls.enabled"),
        ("A", "--admin-api-tls-enabled", "admin.tls.enabled"),
    ):
        if letter == wanted:
            options.append(_option(flag, callback=_legacy(key), hidden=True, is_flag=True, default=None))
    return options


_made: dict[str, list[click.Option]] = {}


def global_options() -> list[click.Option]:
    """The flags every command takes; made once, options hold no state of a run."""
    if "" not in _made:
        _made[""] = _global_options()
    return _made[""]


def legacy_options(letters: str) -> list[click.Option]:
    """The hidden flags of the bundles named by `letters` (S, K, A)."""
    found: list[click.Option] = []
    for letter in letters:
        if letter not in _made:
            _made[letter] = _legacy_options(letter)
        found.extend(_made[letter])
    return found


def add_to(command: click.Command, letters: str) -> None:
    """Give `command` the global flags and bundles it does not shadow by its own."""
    taken = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    for option in (*global_options(), *legacy_options(letters)):
        clear = [name for name in option.opts if name not in taken]
        if len(clear) == len(option.opts):
            command.params.append(option)
        elif any(name.startswith("--") for name in clear):
            # Only the short name is taken: keep the long one.
            import copy

            kept = copy.copy(option)
            kept.opts = clear
            command.params.append(kept)
        taken.update(clear)


def plain_flags(params: Sequence[click.Parameter], arguments: list[str]) -> list[str]:
    """`arguments` with `--flag=true` as `--flag`, and `--flag=false` as its opposite or, having none, left out."""
    flags = {
        name: option.secondary_opts
        for option in params
        if isinstance(option, click.Option) and option.is_flag
        for name in option.opts
    }
    plain: list[str] = []
    for at, argument in enumerate(arguments):
        if argument == "--":
            return plain + arguments[at:]
        name, _, value = argument.partition("=")
        if name not in flags or not name.startswith("--") or value not in ("true", "false"):
            plain.append(argument)
        elif value == "true":
            plain.append(name)
        else:
            plain.extend(flags[name][:1])
    return plain
