"""`rpk profile set`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.run import current
from rpk.out.errors import UsageError
from rpk.profile.store import named_or_selected, open_file, parse_assignments, read_password, set_field

EXAMPLES = (
    ("rpk profile set brokers=broker-0.example.com:9092", "one field of the selected profile"),
    ("rpk profile set user=me sasl.mechanism=SCRAM-SHA-512 --profile staging", "two fields of another one"),
    ("rpk profile set --password-file secret.txt", "a password that no history and no process list shows"),
    ("rpk profile set description 'the big one'", "a key and a value as two words"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string", "name": "string"}


def command(
    assignments: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Fields to set.")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")
    ] = False,
    password_file: Annotated[
        str | None, typer.Option("--password-file", metavar="FILE", help="Read the password from a file.")
    ] = None,
) -> None:
    """Set fields of the selected profile.

    Keys are those of `rpk -X list`, or paths in the file such as kafka_api.brokers, or description and prompt.
    """
    run = current()
    if not assignments and not password_stdin and password_file is None:
        raise UsageError("nothing to set", hint="write key=value; rpk -X list shows the keys")
    file = open_file(run, must_exist=True)
    profile = named_or_selected(run, file, None)
    pairs = parse_assignments(assignments or [])
    for key, value in pairs:
        set_field(profile, key, value)
    password = read_password(run, password_file, from_stdin=password_stdin)
    if password is not None:
        set_field(profile, "pass", password)
    if any(key in ("pass", "kafka_api.sasl.password") for key, _ in pairs):
        run.out.warning("the password is now in your shell's history; rpk profile edit leaves no trace there")
    name = str(profile["name"])
    changed = file.save()
    run.out.done(f'Profile "{name}" {"saved" if changed else "is unchanged"}.', name=name)
