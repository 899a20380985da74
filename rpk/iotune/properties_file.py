"""The I/O properties file: a list of disks by mountpoint, as Seastar reads it."""

from __future__ import annotations

from rpk.out.errors import ConfigError
from rpk.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from rpk.iotune.phases import Measured
    from rpk.iotune.places import Place

KEYS = ("read_iops", "read_bandwidth", "write_iops", "write_bandwidth")
HEAD = "# Measured by rpk iotune; read by the broker at start. Operations and bytes a second.\n"
FILE_MODE = 0o644


def read(path: str) -> list[dict[str, Any]]:
    """The disks in the file, none where there is none. ConfigError when it holds something else."""
    text = files.read_text(path)
    if text is None:
        return []
    import yaml

    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML", hint="remove it, or use --force") from error
    disks = data.get("disks") if isinstance(data, dict) else None
    if not isinstance(disks, list) or not all(
        isinstance(disk, dict) and isinstance(disk.get("mountpoint"), str) for disk in disks
    ):
        raise ConfigError(f"{path}: has no list of disks", hint="remove it, or use --force")
    return disks


def missing(disks: Sequence[dict[str, Any]], devices: dict[str, str], wanted: Sequence[Place]) -> list[Place]:
    """Places that the file does not cover: their mount is new, or another device is mounted there now."""
    known = {disk["mountpoint"] for disk in disks}
    return [
        place
        for place in wanted
        if place.mountpoint not in known or devices.get(place.mountpoint, place.device) != place.device
    ]


def devices_in(path: str) -> dict[str, str]:
    """Mountpoint to the device it was measured on, from the comments `write` leaves."""
    found: dict[str, str] = {}
    device = ""
    for line in (files.read_text(path) or "").splitlines():
        words = line.strip()
        if words.startswith("# device "):
            device = words.removeprefix("# device ")
        elif words.startswith("- mountpoint:") and device:
            found[words.partition(":")[2].strip().strip("\"'")] = device
            device = ""
    return found


def render(old: Sequence[dict[str, Any]], old_devices: dict[str, str], measured: Sequence[Measured]) -> str:
    """The file: what was measured replaces what it knew of those mounts, others stay."""
    lines = [HEAD, "disks:\n"]
    new = {each.mountpoint for each in measured}
    for disk in old:
        if disk["mountpoint"] not in new:
            lines += _disk(disk["mountpoint"], old_devices.get(disk["mountpoint"], ""), disk)
    for each in measured:
        lines += _disk(each.mountpoint, each.device, {name: each.figures[name].value for name in KEYS})
    return "".join(lines)


def _disk(mountpoint: str, device: str, values: dict[str, Any]) -> list[str]:
    import json

    plain = all(letter.isalnum() or letter in "/._-" for letter in mountpoint)
    lines = [f"  # device {device}\n"] if device else []
    lines.append(f"  - mountpoint: {mountpoint if plain else json.dumps(mountpoint, ensure_ascii=False)}\n")
    lines += [f"    {name}: {value}\n" for name, value in values.items() if name != "mountpoint"]
    return lines
