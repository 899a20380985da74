"""`config_cache.yaml` in the data directory: the cluster's properties as last seen, for the next start.

The controller's log is the truth. The cache is for what must be known before that log can be read, such as how
much disk space to leave free. It is JSON, which is YAML too.
"""

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from engine.config.errors import ConfigError
from engine.config.yaml_file import read_yaml_mapping
from engine.storage.checked_file import replace_file
from engine.storage.disk import Disk

logger = logging.getLogger(__name__)

NAME = "config_cache.yaml"


def read_cache(directory: Path) -> dict[str, object] | None:
    """The properties set when the cache was written; None when there is none to be trusted."""
    path = directory / NAME
    if not path.exists():
        return None
    try:
        values: dict[str, object] = dict(read_yaml_mapping(path))
    except ConfigError as error:
        logger.warning("%s; it will be written anew", error)
        return None
    values.pop("_version", None)
    return values


def write_cache(disk: Disk, directory: Path, overrides: Mapping[str, object], version: int) -> None:
    """Keep the properties. A failure is logged: the controller's log has them."""
    body = json.dumps({"_version": version, **overrides}, indent=1, sort_keys=True)
    try:
        replace_file(disk, str(directory / NAME), body.encode() + b"\n")
    except OSError as error:
        logger.warning("cannot write %s: %s", directory / NAME, error)
