"""``--set section.key=value`` on the command line: a dotted path with ``[i]`` for lists, the value read as YAML."""

import itertools
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy

from engine.config.errors import ConfigError
from engine.config.yaml_file import Plain, parse_yaml

_SOURCE = "--set"
_STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)((?:\[\d{1,2}\])*)", re.ASCII)


def _path(text: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in text.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            raise ConfigError(
                _SOURCE, text[:200], "is not a key", "write section.key=value or list[0].key=value"
            )
        steps.append(match[1])
        steps.extend(int(index) for index in re.findall(r"\d+", match[2]))
    return steps


def _step_into(holder: Plain, step: str | int, following: str | int, text: str) -> Plain:
    """The container below `holder` at `step`, made when missing."""
    empty: Plain = {} if isinstance(following, str) else []
    if isinstance(step, str) and isinstance(holder, dict):
        if holder.get(step) is None:
            holder[step] = empty
        return holder[step]
    if isinstance(step, int) and isinstance(holder, list) and step <= len(holder):
        if step == len(holder):
            holder.append(empty)
        return holder[step]
    raise ConfigError(_SOURCE, text, f"{step!r} does not fit what the file holds there", "look at the file")


def apply_sets(values: Mapping[str, Plain], sets: Sequence[str]) -> dict[str, Plain]:
    """A copy of `values` with every ``path=value`` of `sets` put in. Raises `ConfigError`."""
    found: dict[str, Plain] = deepcopy(dict(values))
    for item in sets:
        path_text, equals, value_text = item.partition("=")
        if not equals:
            raise ConfigError(_SOURCE, item[:200], "has no '='", "write section.key=value")
        steps = _path(path_text.strip())
        value = parse_yaml(value_text, file=f"{_SOURCE} {path_text}")
        holder: Plain = found
        for step, following in itertools.pairwise(steps):
            holder = _step_into(holder, step, following, path_text)
        last = steps[-1]
        if isinstance(last, str) and isinstance(holder, dict):
            holder[last] = value
        elif isinstance(last, int) and isinstance(holder, list) and last <= len(holder):
            holder[last : last + 1] = [value]
        else:
            raise ConfigError(
                _SOURCE, path_text, "does not fit what the file holds there", "look at the file"
            )
    return found
