"""Mounts, from /proc/self/mountinfo: which device a directory is on, without asking stat for a number that may lie."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One mount: where, `major:minor`, type of file system, source, and whether it is read-only."""

    point: str
    device: str
    filesystem: str
    source: str
    read_only: bool


def parse_mounts(text: str) -> tuple[Mount, ...]:
    """The mounts in their order; lines that are none are left out."""
    found = []
    for line in text.splitlines():
        left, dash, right = line.partition(" - ")
        head, tail = left.split(), right.split()
        if dash and len(head) >= 6 and len(tail) >= 2:
            found.append(
                Mount(
                    point=_unescaped(head[4]),
                    device=head[2],
                    filesystem=tail[0],
                    source=_unescaped(tail[1]),
                    read_only="ro" in head[5].split(","),
                )
            )
    return tuple(found)


def mount_of(mounts: Sequence[Mount], path: str) -> Mount | None:
    """The mount that covers an absolute path; of two at one point the later hides the earlier."""
    best: Mount | None = None
    for mount in mounts:
        point = mount.point.rstrip("/")
        covers = path == point or path.startswith(point + "/") or not point
        if covers and (best is None or len(point) >= len(best.point.rstrip("/"))):
            best = mount
    return best


def _unescaped(text: str) -> str:
    """Spaces and the like are written as three octal digits."""
    parts = text.split("\\")
    done = parts[0]
    for part in parts[1:]:
        code = part[:3]
        octal = len(code) == 3 and all(digit in "01234567" for digit in code)
        done += chr(int(code, 8)) + part[3:] if octal else "\\" + part
    return done
