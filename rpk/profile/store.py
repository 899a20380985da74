"""Changing rpk.yaml for the commands of this room: find, select, set, show."""

from __future__ import annotations

import copy

from rpk.config import rpk_yaml
from rpk.config.keys import BY_NAME, KEYS, Key, suggestion
from rpk.config.resolve import unknown_profile
from rpk.config.rpk_yaml import RpkYaml
from rpk.config.run import Run
from rpk.config.settings import ADMIN_PORT, KAFKA_PORT, REGISTRY_PORT, SECRET_SHOWN, addresses, parse_bool
from rpk.out.errors import ConfigError, NotFound, UsageError
from rpk.system import files, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PLAIN_FIELDS = ("description", "prompt")
_PORTS = {"kafka_api": KAFKA_PORT, "admin_api": ADMIN_PORT, "schema_registry": REGISTRY_PORT}
_SECRETS = ("password", "client_secret", "auth_token", "refresh_token")


def open_file(run: Run, *, must_exist: bool = False) -> RpkYaml:
    """The rpk.yaml this run works on (`--config` or the user's)."""
    path = run.options.config or paths.rpk_yaml(run.environment)
    file = rpk_yaml.load(path, run.out.warning)
    if file.is_node_file:
        raise ConfigError(
            f"{path} is a redpanda.yaml; profiles live in an rpk.yaml", hint="leave out --config"
        )
    if must_exist and not file.exists:
        raise NotFound(f"there is no {path}", hint="rpk profile create NAME", name="NO_PROFILES")
    return file


def named_or_selected(run: Run, file: RpkYaml, name: str | None) -> dict[str, Any]:
    """The profile of that name, or the selected one."""
    wanted = name or selected_name(run, file)
    profile = file.profile(wanted)
    if profile is None:
        raise unknown_profile(wanted, file.names(), file.path)
    return profile


def selected_name(run: Run, file: RpkYaml) -> str:
    """Name of the profile this run uses; NotFound when there is none."""
    wanted = run.options.profile or run.environment.get("RPK_PROFILE") or file.current_profile
    if not wanted:
        raise NotFound(
            "no profile is selected",
            hint="rpk profile use NAME, or rpk profile create NAME",
            name="NO_PROFILE",
        )
    return wanted


def check_name(name: str) -> str:
    """A usable name; UsageError for one that is empty, `-`, or hard to type."""
    if (
        not name
        or name == "-"
        or not name.isprintable()
        or any(letter.isspace() or letter in "*/" for letter in name)
    ):
        raise UsageError(
            f"{name!r} cannot be the name of a profile", hint="use letters, digits, dots and hyphens"
        )
    return name


def check_free(file: RpkYaml, name: str) -> None:
    """UsageError when a profile of that name exists."""
    if file.profile(name) is not None:
        raise UsageError(
            f'profile "{name}" already exists',
            hint=f"rpk profile use {name}, or rpk profile delete {name}",
            name="PROFILE_EXISTS",
        )


def select(file: RpkYaml, name: str) -> None:
    """Make a profile the selected one; the one before it becomes `-`."""
    if file.current_profile != name:
        file.data["previous_profile"] = file.current_profile
        file.data["current_profile"] = name


def parse_assignments(words: list[str]) -> list[tuple[str, str]]:
    """`K=V …` or the two words `K V`."""
    if len(words) == 2 and "=" not in words[0]:
        return [(words[0], words[1])]
    found = []
    for word in words:
        name, separator, value = word.partition("=")
        if not separator:
            raise UsageError(f"{word}: there is no =", hint="write key=value; rpk -X list shows the keys")
        found.append((name.strip(), value.strip()))
    return found


def set_field(data: dict[str, Any], name: str, value: str, *, globals_only: bool = False) -> None:
    """Set one field of a profile (or of the globals), by its -X name or its path in the file."""
    if not globals_only and name in PLAIN_FIELDS:
        data[name] = value
        return
    key = _key(name, globals_only=globals_only)
    steps = key.path[1:] if globals_only else key.path
    if steps[-2:] == ("tls", "enabled"):
        _set_tls(data, steps[0], enabled=parse_bool(value, name))
        return
    node = data
    for step in steps[:-1]:
        if not isinstance(node.get(step), dict):
            node[step] = {}
        node = node[step]
    node[steps[-1]] = _typed(key, value)


def _set_tls(data: dict[str, Any], section: str, *, enabled: bool) -> None:
    # Redpanda's rpk reads any tls section as on, whatever `enabled` says: absence is the only "off" both understand.
    api = data.setdefault(section, {})
    if not enabled:
        api.pop("tls", None)
    elif not isinstance(api.get("tls"), dict):
        api["tls"] = {}
    else:
        api["tls"].pop("enabled", None)


def _key(name: str, *, globals_only: bool) -> Key:
    usable = [
        key
        for key in KEYS
        if (key.path[0] == "globals") == globals_only and not key.name.startswith("cloud.")
    ]
    for key in usable:
        dotted = ".".join(key.path)
        if name in (key.name, dotted) or (globals_only and name == key.path[-1]):
            return key
    known = [key.name for key in usable] + ([] if globals_only else list(PLAIN_FIELDS))
    near = suggestion(name, known)
    hint = f'did you mean "{near}"?' if near else "known are " + ", ".join(known)
    if name in BY_NAME:
        hint = "use rpk profile set-globals" if BY_NAME[name].path[0] == "globals" else "use rpk profile set"
    raise UsageError(f'"{name}" cannot be set here', hint=hint, name="UNKNOWN_SETTING")


def _typed(key: Key, value: str) -> object:
    if key.kind == "list":
        return list(addresses(value, _PORTS[key.path[0]]))
    if key.kind == "bool":
        return parse_bool(value, key.name)
    if key.kind == "duration":
        from rpk.config.durations import parse_duration

        parse_duration(value)
    return value


def read_password(run: Run, path: str | None, *, from_stdin: bool) -> str | None:
    """The password of `--password-file` or `--password-stdin` (one line), None when neither is given."""
    if path is not None and from_stdin:
        raise UsageError("--password-file and --password-stdin exclude each other")
    if path is not None:
        text = files.read_text(path)
        if text is None:
            raise NotFound(f"there is no file {path}")
    elif from_stdin:
        text = run.out.stdin.readline()
    else:
        return None
    password = text.rstrip("\r\n")
    if not password:
        raise UsageError("the password is empty")
    return password


def redacted(data: dict[str, Any]) -> dict[str, Any]:
    """A copy with every secret replaced (UX-31)."""
    shown = copy.deepcopy(data)

    def walk(node: object) -> None:
        if isinstance(node, dict):
            for name, value in node.items():
                if name in _SECRETS and value:
                    node[name] = SECRET_SHOWN
                else:
                    walk(value)
        elif isinstance(node, list):
            for item in node:
                walk(item)

    walk(shown)
    return shown
