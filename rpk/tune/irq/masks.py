"""Sets of CPUs as integers: bit n is the CPU the operating system calls n.

The kernel reads and prints them as 32-bit groups of hexadecimal digits joined by commas, padded to all CPUs that
could ever exist; as integers two such texts of different length compare as they should.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CPU_MAX = 8191
_GROUP_BITS = 32


def parse_mask(text: str) -> int:
    """`ff`, `00000003`, `1,00000000` as an integer; ValueError when it is no mask."""
    groups = text.strip().split(",")
    value = 0
    for group in groups:
        if not group or len(group) > 8 or not all(digit in "0123456789abcdefABCDEF" for digit in group):
            raise ValueError(f"{text!r} is no CPU mask")
        value = value << _GROUP_BITS | int(group, 16)
    return value


def format_mask(mask: int) -> str:
    """The mask as the kernel takes it: no 0x, groups of eight digits but for the first."""
    groups = []
    while True:
        mask, low = mask >> _GROUP_BITS, mask & 0xFFFF_FFFF
        if not mask:
            groups.append(f"{low:x}")
            return ",".join(reversed(groups))
        groups.append(f"{low:08x}")


def parse_list(text: str) -> int:
    """`0-3,7` as a mask; an empty text is no CPU; ValueError when it is no list."""
    mask = 0
    if not text.strip():
        return 0
    for part in text.strip().split(","):
        first, dash, last = part.strip().partition("-")
        if not (first.isascii() and first.isdigit()) or (dash and not (last.isascii() and last.isdigit())):
            raise ValueError(f"{text!r} is no list of CPUs")
        low, high = int(first), int(last) if dash else int(first)
        if low > high or high > CPU_MAX:
            raise ValueError(f"{text!r} is no list of CPUs")
        mask |= ((1 << (high - low + 1)) - 1) << low
    return mask


def format_list(mask: int) -> str:
    """A mask as `0-3,7`."""
    parts = []
    run: list[int] = []
    for cpu in (*cpus(mask), -1):
        if run and cpu != run[-1] + 1:
            parts.append(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}")
            run = []
        run.append(cpu)
    return ",".join(parts)


def cpus(mask: int) -> Iterator[int]:
    """The CPU numbers in a mask, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def lowest(mask: int) -> int:
    """The mask of the lowest CPU alone; 0 of none."""
    return mask & -mask


def highest(mask: int) -> int:
    """The mask of the highest CPU alone; 0 of none."""
    return 1 << (mask.bit_length() - 1) if mask else 0


def union(masks: Iterable[int]) -> int:
    """All CPUs of several masks."""
    found = 0
    for mask in masks:
        found |= mask
    return found
