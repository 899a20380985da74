"""`rpk profile create`."""

from __future__ import annotations

import copy
import os
from typing import Annotated, Any

import typer

from rpk.config import rpk_yaml
from rpk.config.resolve import unknown_profile
from rpk.config.rpk_yaml import RpkYaml
from rpk.config.run import Run, current
from rpk.out.errors import NotFound, UsageError
from rpk.profile.store import (
    check_free,
    check_name,
    open_file,
    parse_assignments,
    read_password,
    select,
    set_field,
)

EXAMPLES = (
    ("rpk profile create staging -s brokers=broker-0.example.com:9092", "a cluster by its address"),
    ("rpk profile create secure -s brokers=b:9093 -s tls.enabled=true -s user=me", "with TLS and a user"),
    (
        "rpk profile create node --from-redpanda /etc/redpanda/redpanda.yaml",
        "from the rpk section of a node file",
    ),
    ("rpk profile create dr --from-profile staging -s brokers=dr.example.com:9092", "like another one, but"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string", "name": "string"}
CONTAINER_PROFILE = "rpk-container"


def command(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Name of the profile.")] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="KEY=VALUE", help="Set a field; repeat for more."),
    ] = None,
    from_redpanda: Annotated[
        str | None,
        typer.Option(
            "--from-redpanda", metavar="FILE", help="Start from the rpk section of a redpanda.yaml."
        ),
    ] = None,
    from_profile: Annotated[
        str | None,
        typer.Option(
            "--from-profile", metavar="NAME", help="Start from another profile, or a file with one."
        ),
    ] = None,
    from_container: Annotated[
        bool, typer.Option("--from-rpk-container", help="Start from the local cluster of rpk container.")
    ] = False,
    description: Annotated[
        str, typer.Option("--description", "-d", metavar="TEXT", help="What it is for.")
    ] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")
    ] = False,
    password_file: Annotated[
        str | None, typer.Option("--password-file", metavar="FILE", help="Read the password from a file.")
    ] = None,
) -> None:
    """Create a profile and select it.

    At most one source may be given; --set comes after it. Keys are those of `rpk -X list`, or paths in the file
    such as kafka_api.brokers. A password is better given by --password-stdin, --password-file or RPK_PASS than on the command line.
    """
    run = current()
    if sum((from_redpanda is not None, from_profile is not None, from_container)) > 1:
        raise UsageError("--from-redpanda, --from-profile and --from-rpk-container exclude each other")
    if name is None and not from_container:
        raise UsageError("a profile needs a name", hint="rpk profile create NAME")
    file = open_file(run)
    wanted = check_name(CONTAINER_PROFILE if name is None else name)
    check_free(file, wanted)
    profile: dict[str, Any] = {"name": wanted}
    profile.update(_source(run, file, from_redpanda, from_profile, from_container=from_container))
    profile["name"] = wanted
    if description:
        profile["description"] = description
    pairs = parse_assignments(assignments or [])
    for key, value in pairs:
        set_field(profile, key, value)
    password = read_password(run, password_file, from_stdin=password_stdin)
    if password is not None:
        set_field(profile, "pass", password)
    if any(key in ("pass", "kafka_api.sasl.password") for key, _ in pairs):
        run.out.warning("the password is now in your shell's history; rpk profile edit leaves no trace there")
    file.profiles.append(profile)
    select(file, wanted)
    file.save()
    run.out.done(f'Created profile "{wanted}" and selected it.', name=wanted)


def _source(
    run: Run, file: RpkYaml, from_redpanda: str | None, from_profile: str | None, *, from_container: bool
) -> dict[str, Any]:
    if from_redpanda is not None:
        data = rpk_yaml.read_mapping(from_redpanda)
        if data is None:
            raise NotFound(f"there is no file {from_redpanda}")
        section = rpk_yaml.mapping(data.get("rpk") or {}, "rpk", from_redpanda)
        return {
            key: value
            for key, value in section.items()
            if key in ("kafka_api", "admin_api", "schema_registry")
        }
    if from_profile is not None:
        return _copied(file, from_profile)
    if from_container:
        return _container(run, file)
    return {}


def _copied(file: RpkYaml, source: str) -> dict[str, Any]:
    profile = file.profile(source)
    if profile is None and os.path.isfile(source):
        profile = rpk_yaml.read_mapping(source)
    if profile is None:
        raise unknown_profile(source, file.names(), file.path)
    return copy.deepcopy(profile)


def _container(run: Run, file: RpkYaml) -> dict[str, Any]:
    """What `rpk container start` wrote about its cluster."""
    profile = file.profile(CONTAINER_PROFILE)
    if profile is None:
        raise NotFound(
            "there is no local cluster",
            cause=f"no profile {CONTAINER_PROFILE} in {file.path}",
            hint="rpk container start",
        )
    del run
    return {key: copy.deepcopy(value) for key, value in profile.items() if key != "description"}
