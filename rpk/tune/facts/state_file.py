"""The node tuner's state file: what tuning hands over to the broker's start. Written by plans, read by `start`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = "# Made by rpk redpanda tune for this boot; rpk redpanda start reads it.\n"


def parse_state(text: str | None) -> dict[str, object]:
    """The mapping in the file; nothing where it is missing or broken: it is only ever a hint."""
    if text is None:
        return {}
    import yaml

    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return {str(name): value for name, value in data.items()} if isinstance(data, dict) else {}


def render_state(state: Mapping[str, object]) -> str:
    """The file's text."""
    lines = [HEAD]
    for name, value in state.items():
        if isinstance(value, dict):
            lines.append(f"{name}:\n" if value else f"{name}: {{}}\n")
            lines += [f"  {key}: {_scalar(each)}\n" for key, each in value.items()]
        else:
            lines.append(f"{name}: {_scalar(value)}\n")
    return "".join(lines)


def _scalar(value: object) -> str:
    # CPU lists such as 0-3 or 7 must stay text, whatever YAML would make of them.
    return str(value) if isinstance(value, (int, float)) else f'"{value}"'
