"""Where rpk's own files live, by the XDG base directory specification.

Functions take the environment, so that tests and `rpk container run` children can point them elsewhere.
Paths are strings: `pathlib` costs every command three milliseconds at start.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def _home(environment: Mapping[str, str]) -> str:
    return environment.get("HOME") or os.path.expanduser("~")


def _base(environment: Mapping[str, str], variable: str, *default: str) -> str:
    value = environment.get(variable, "")
    # The specification says a relative path must be ignored.
    return value if os.path.isabs(value) else os.path.join(_home(environment), *default)


def config_directory(environment: Mapping[str, str] = os.environ) -> str:
    """`$XDG_CONFIG_HOME/rpk`, holding rpk.yaml."""
    return os.path.join(_base(environment, "XDG_CONFIG_HOME", ".config"), "rpk")


def state_directory(environment: Mapping[str, str] = os.environ) -> str:
    """`$XDG_STATE_HOME/rpk`: clusters started here, journals, report files."""
    return os.path.join(_base(environment, "XDG_STATE_HOME", ".local", "state"), "rpk")


def cache_directory(environment: Mapping[str, str] = os.environ) -> str:
    """`$XDG_CACHE_HOME/rpk`: names for completion; safe to delete."""
    return os.path.join(_base(environment, "XDG_CACHE_HOME", ".cache"), "rpk")


def rpk_yaml(environment: Mapping[str, str] = os.environ) -> str:
    """The file of profiles."""
    return os.path.join(config_directory(environment), "rpk.yaml")


def redpanda_yaml(environment: Mapping[str, str] = os.environ) -> str:
    """The node file: `./redpanda.yaml` if it is there, else `/etc/redpanda/redpanda.yaml`."""
    del environment
    local = os.path.join(os.getcwd(), "redpanda.yaml")
    return local if os.path.exists(local) else "/etc/redpanda/redpanda.yaml"


def project_file(start: str | None = None) -> str | None:
    """The nearest `.rpk.yaml` from `start` (the working directory) up to the root of its repository.

    Outside a repository only `start` itself is looked at: a file in a parent such as /tmp belongs to somebody else.
    """
    try:
        directory = os.path.abspath(start or os.getcwd())
    except OSError:
        return None
    first = os.path.join(directory, ".rpk.yaml")
    found = first if os.path.isfile(first) else None
    while True:
        candidate = os.path.join(directory, ".rpk.yaml")
        if found is None and os.path.isfile(candidate):
            found = candidate
        if os.path.exists(os.path.join(directory, ".git")):
            return found
        parent = os.path.dirname(directory)
        if parent == directory:
            return first if os.path.isfile(first) else None
        directory = parent
