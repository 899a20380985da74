"""The cluster's properties as commands need them: their schema, what texts mean, and changing them."""

from __future__ import annotations

from rpk.config.keys import suggestion
from rpk.out.errors import NotFound, OperationFailed, UsageError
from rpk.out.tables import Column, Table, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from rpk.client.admin import AdminClient, Json
    from rpk.config.run import Run

SECRET = "[secret]"  # what the server shows instead of one
NEVER_WRITTEN = frozenset({"cluster_id"})
CHANGE_OUTPUT = {
    "config_version": "integer",
    "changes": "list of {property, prior, new}",
    "needs_restart": "list of integers",
}


def schema(client: AdminClient) -> dict[str, dict[str, Any]]:
    """Every property's description by name."""
    found: dict[str, dict[str, Any]] = client.get("/v1/cluster_config/schema")["properties"]
    return found


def aliases(properties: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Name or alias → name."""
    found = {name: name for name in properties}
    for name, entry in properties.items():
        found.update(dict.fromkeys(entry.get("aliases") or (), name))
    return found


def unknown(name: str, names: Sequence[str]) -> NotFound:
    """The error for a name nobody knows."""
    near = suggestion(name, sorted(names))
    return NotFound(
        f"there is no cluster property {name!r}",
        hint=f"did you mean {near}?" if near else "rpk cluster config list shows them all",
        name="UNKNOWN_PROPERTY",
    )


def parse(entry: Mapping[str, Any], name: str, text: str) -> tuple[Json, bool]:
    """(value to send, False), or (None, True) when the property is to go back to its default.

    Scalars are sent as the text they are: the server knows the types. Lists are YAML.
    """
    kind = entry.get("type")
    if not text and kind != "string":
        return None, True
    if text == "null" and entry.get("nullable"):
        return None, False
    if kind != "array":
        return text, False
    import yaml

    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{name} is a list, and {text!r} is not YAML", cause=str(error)) from error
    return value if isinstance(value, list) else [value], False


def change(
    run: Run,
    client: AdminClient,
    upserts: Mapping[str, Json],
    removes: Sequence[str],
    before: Mapping[str, Json],
) -> None:
    """Send a change and say what it did; which brokers must be restarted follows."""
    version = put(client, upserts, removes)
    rows = [
        {"property": name, "prior": before.get(name), "new": value} for name, value in upserts.items()
    ] + [{"property": name, "prior": before.get(name), "new": None} for name in removes]
    restart = [row["node_id"] for row in client.get("/v1/cluster_config/status") if row.get("restart")]
    lines = [f"Successfully updated configuration. New configuration version is {version}."]
    if restart:
        nodes = ", ".join(str(node) for node in restart)
        lines.append(f"Restart these brokers for it to hold: {nodes}.")
    run.out.document(
        {"config_version": version, "changes": rows, "needs_restart": restart},
        Table((Column("PROPERTY", "property"), Column("PRIOR", "prior"), Column("NEW", "new")), rows),
        Text(*lines),
    )


def put(client: AdminClient, upserts: Mapping[str, Json], removes: Sequence[str]) -> int:
    """The configuration version after the change. OperationFailed names each value that was refused."""
    try:
        answer = client.put("/v1/cluster_config", {"upsert": dict(upserts), "remove": list(removes)})
    except OperationFailed as error:
        if error.code == 400:
            raise OperationFailed(
                "the cluster refused the change", cause=error.cause, name="PROPERTY_REFUSED"
            ) from error
        raise
    return int(answer["config_version"])


def difference(
    wanted: Mapping[str, Json],
    now: Mapping[str, Json],
    properties: Mapping[str, Mapping[str, Any]],
    *,
    tunables: bool,
) -> tuple[dict[str, Json], list[str]]:
    """(upserts, removes) that turn `now` into `wanted`; what `wanted` does not name goes back to its default.

    Tunables and unknown names are left alone unless `tunables`; secrets that are shown as such, identities and
    deprecated properties always are.
    """
    names = aliases(properties)
    given = {}
    for name, value in wanted.items():
        if name not in names:
            raise unknown(name, list(names))
        given[names[name]] = value
    upserts = {
        name: value
        for name, value in given.items()
        if name not in NEVER_WRITTEN and value != SECRET and (name not in now or now[name] != value)
    }
    removes = [
        name
        for name in now
        if name not in given
        and name in properties
        and name not in NEVER_WRITTEN
        and properties[name].get("visibility") != "deprecated"
        and (tunables or properties[name].get("visibility") != "tunable")
    ]
    return upserts, removes


def shown(
    now: Mapping[str, Json], properties: Mapping[str, Mapping[str, Any]], *, tunables: bool
) -> dict[str, Json]:
    """The properties an export has: no identity, nothing deprecated, tunables only when asked."""
    return {
        name: value
        for name, value in sorted(now.items())
        if name not in NEVER_WRITTEN
        and (name not in properties or properties[name].get("visibility") != "deprecated")
        and (tunables or name not in properties or properties[name].get("visibility") != "tunable")
    }


def as_yaml(values: Mapping[str, Json], properties: Mapping[str, Mapping[str, Any]]) -> str:
    """The values as YAML, a comment with the meaning over each."""
    import textwrap

    import yaml

    parts = []
    for name, value in values.items():
        about = str(properties.get(name, {}).get("description") or "")
        comment = textwrap.fill(about, 100, initial_indent="# ", subsequent_indent="# ") if about else ""
        line = yaml.safe_dump({name: value}, sort_keys=False, allow_unicode=True, default_flow_style=None)
        parts.append(f"{comment}\n{line}" if comment else line)
    return "\n".join(parts)


def read_yaml(text: str, where: str) -> dict[str, Json]:
    """The mapping in an exported file. UsageError for anything else."""
    import yaml

    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{where} is not YAML", cause=str(error).split("\n")[0]) from error
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise UsageError(f"{where} does not hold properties", hint="one `name: value` a line")
    return found
