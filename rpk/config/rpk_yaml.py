"""rpk.yaml version 6: profiles and globals, read into layers of settings and written back whole.

Unknown keys warn with the nearest known one and are kept (UX-33). Reading never writes (UX-30).
"""

from __future__ import annotations

import os

from rpk.config.keys import KEYS, suggestion
from rpk.out.errors import ConfigError
from rpk.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

VERSION = 6

_TLS = {"enabled": None, "key_file": None, "cert_file": None, "ca_file": None, "insecure_skip_verify": None}
_OLD_TLS = {"truststore_file": None}
SCHEMA: Mapping[str, Any] = {
    "version": None,
    "globals": {key.path[1]: None for key in KEYS if key.path[0] == "globals"},
    "current_profile": None,
    "previous_profile": None,
    "current_cloud_auth_org_id": None,
    "current_cloud_auth_kind": None,
    "profiles": None,
    "cloud_auth": None,
}
"""Keys of the file; None accepts anything below."""

PROFILE_SCHEMA: Mapping[str, Any] = {
    "name": None,
    "description": None,
    "prompt": None,
    "from_cloud": None,
    "cloud_cluster": None,
    "container_cluster": None,
    "kafka_api": {
        "brokers": None,
        "tls": _TLS | _OLD_TLS,
        "sasl": {"user": None, "password": None, "mechanism": None},
    },
    "admin_api": {"addresses": None, "tls": _TLS | _OLD_TLS},
    "schema_registry": {"addresses": None, "tls": _TLS | _OLD_TLS},
    "license_check": None,
}
"""Keys of one profile, of the project file, and of the rpk section of the node file."""


class RpkYaml:
    """The file's content; `data` is the mapping as it stands in the file."""

    def __init__(self, path: str, data: dict[str, Any], *, exists: bool) -> None:
        self.path = path
        self.data = data
        self.exists = exists

    @classmethod
    def empty(cls, path: str) -> RpkYaml:
        """What a missing file means."""
        return cls(
            path, {"version": VERSION, "globals": {}, "current_profile": "", "profiles": []}, exists=False
        )

    @property
    def is_node_file(self) -> bool:
        """True when the content is a redpanda.yaml (`--config` takes either)."""
        return "redpanda" in self.data or ("rpk" in self.data and "profiles" not in self.data)

    @property
    def current_profile(self) -> str:
        """Name of the selected profile, empty for none."""
        return str(self.data.get("current_profile") or "")

    @property
    def profiles(self) -> list[dict[str, Any]]:
        """The profiles, as stored; the list may be changed in place."""
        if self.data.get("profiles") is None:
            self.data["profiles"] = []
        return list_of_maps(self.data["profiles"], "profiles", self.path)

    @property
    def globals(self) -> dict[str, Any]:
        """The globals, as stored; may be changed in place."""
        if self.data.get("globals") is None:
            self.data["globals"] = {}
        return mapping(self.data["globals"], "globals", self.path)

    def names(self) -> list[str]:
        """Names of the profiles in file order."""
        return [str(profile.get("name", "")) for profile in self.profiles]

    def profile(self, name: str) -> dict[str, Any] | None:
        """The stored profile of that name."""
        return next((profile for profile in self.profiles if profile.get("name") == name), None)

    def profile_layer(self, name: str) -> tuple[str, dict[str, str]] | None:
        """The settings of a profile, None when there is none of that name."""
        profile = self.profile(name)
        return None if profile is None else (f"profile {name}", settings_of(profile, self.path))

    def globals_layer(self) -> tuple[str, dict[str, str]]:
        """The settings of `globals`."""
        return f"globals of {self.path}", settings_of({"globals": self.globals}, self.path)

    def save(self) -> bool:
        """Write the file whole, atomically, mode 0600 when new; True when it changed."""
        self.data["version"] = VERSION
        return files.write_text(self.path, dump(self.data))


def load(path: str, warn: Callable[[str], None] = lambda _: None, *, required: bool = False) -> RpkYaml:
    """Read rpk.yaml (or a redpanda.yaml in its place); ConfigError when it is not understood."""
    data = read_mapping(path)
    if data is None:
        if required:
            raise ConfigError(f"there is no file {path}", hint="check --config")
        return RpkYaml.empty(path)
    found = RpkYaml(path, data, exists=True)
    if found.is_node_file:
        return found
    version = data.get("version", VERSION)
    if isinstance(version, bool) or not isinstance(version, int):
        raise ConfigError(
            f"{path}: version must be a number, not {version!r}", hint=f"set version: {VERSION}"
        )
    if version > VERSION:
        raise ConfigError(
            f"{path}: version {version} is newer than this rpk understands ({VERSION})", hint="upgrade rpk"
        )
    if version < VERSION:
        _migrate(data, version)
    warn_unknown(data, SCHEMA, path, "", warn)
    for profile in found.profiles:
        warn_unknown(profile, PROFILE_SCHEMA, path, f"profile {profile.get('name', '?')}: ", warn)
    return found


def load_project(path: str | None, warn: Callable[[str], None]) -> tuple[str, dict[str, str]] | None:
    """The layer of a project's `.rpk.yaml`: the content of one profile, plus `globals`."""
    data = read_mapping(path) if path is not None else None
    if path is None or data is None:
        return None
    warn_unknown(data, {**PROFILE_SCHEMA, "globals": SCHEMA["globals"]}, path, "", warn)
    return f"project file {path}", settings_of(data, path)


def node_layer(
    path: str, warn: Callable[[str], None], *, required: bool = False
) -> tuple[str, dict[str, str]]:
    """The layer of the rpk section of a redpanda.yaml; a file that cannot be read by this user is skipped."""
    source = f"rpk section of {path}"
    if not required and not os.access(path, os.R_OK):
        return source, {}
    section = mapping((read_mapping(path) or {}).get("rpk") or {}, "rpk", path)
    del warn  # tune_* and start flags live in the same section: the node's own reader checks it
    return source, settings_of(section, path)


def read_mapping(path: str) -> dict[str, Any] | None:
    """A YAML file whose root is a mapping; None when it is missing, {} when empty."""
    text = files.read_text(path)
    if text is None:
        return None
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data = yaml.load(text, Loader=loader)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        raise ConfigError(
            f"{path}{where}: not valid YAML",
            cause=str(getattr(error, "problem", None) or error).split("\n")[0],
        ) from error
    return {} if data is None else mapping(data, "the file", path)


def dump(data: object) -> str:
    """YAML text, keys in their order; what is read back is what was written."""
    from rpk.out.output import yaml_text

    return yaml_text(data)


def mapping(value: object, name: str, path: str) -> dict[str, Any]:
    """`value` if it is a mapping, else ConfigError."""
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: {name} must be a mapping, not {type(value).__name__}")
    return value


def list_of_maps(value: object, name: str, path: str) -> list[dict[str, Any]]:
    """`value` if it is a list of mappings, else ConfigError."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ConfigError(f"{path}: {name} must be a list of mappings")
    return value


def settings_of(data: Mapping[str, Any], path: str) -> dict[str, str]:
    """Raw values by key name out of profile-shaped data (also `globals` below it)."""
    found: dict[str, str] = {}
    for key in KEYS:
        node: Any = data
        for at, step in enumerate(key.path):
            if node is None:
                break
            if not isinstance(node, dict):
                raise ConfigError(
                    f"{path}: {'.'.join(key.path[:at])} must be a mapping, not {type(node).__name__}"
                )
            if key.path[at - 1 : at + 1] == ("tls", "enabled") and "enabled" not in node:
                node = True  # a tls section, even an empty one, means TLS
                break
            if step == "ca_file" and "ca_file" not in node:
                step = "truststore_file"
            node = node.get(step)
        if node is not None:
            found[key.name] = raw_text(node, ".".join(key.path), path)
    return found


def raw_text(value: object, name: str, path: str) -> str:
    """A YAML value as the text `-X` would take."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_address_text(item, name, path) for item in value)
    if isinstance(value, dict):
        raise ConfigError(f"{path}: {name} must be a value, not a mapping")
    return str(value)


def _address_text(item: object, name: str, path: str) -> str:
    if isinstance(item, dict) and "address" in item:  # the node file's {address, port}
        return f"{item['address']}:{item['port']}" if "port" in item else str(item["address"])
    if isinstance(item, (dict, list)):
        raise ConfigError(f"{path}: {name} must be a list of host:port")
    return str(item)


def warn_unknown(
    data: Mapping[str, Any], schema: Mapping[str, Any], path: str, prefix: str, warn: Callable[[str], None]
) -> None:
    """Warn of every key the schema does not have, with the nearest it has."""
    for name, value in data.items():
        if name not in schema:
            near = suggestion(str(name), list(schema))
            warn(f'{path}: {prefix}unknown key "{name}"' + (f'; did you mean "{near}"?' if near else ""))
        elif isinstance(schema[name], dict) and isinstance(value, dict):
            warn_unknown(value, schema[name], path, f"{prefix}{name}.", warn)


def _migrate(data: dict[str, Any], version: int) -> None:
    """Older files differ by keys that were renamed; the file itself changes only at the next write."""
    if "defaults" in data and "globals" not in data:  # up to version 3
        data["globals"] = data.pop("defaults")
    if version < 5:
        for old, new in (("current_cloud_auth", "current_cloud_auth_org_id"),):
            if old in data:
                data.setdefault(new, data.pop(old))
    data["version"] = VERSION
