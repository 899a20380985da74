"""How numbers are written to and read from records: decimal, hexadecimal, fixed-width binary, truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from rpk.out.records.errors import LayoutError

WIDTHS = (64, 32, 16, 8)
NumberWriter = Callable[[int], bytes]


def _decimal(number: int) -> bytes:
    return b"%d" % number


def _truth(number: int) -> bytes:
    return b"true" if number else b"false"


def _shortest_hex(number: int) -> bytes:
    return b"%x" % (number & 0xFFFF_FFFF_FFFF_FFFF)


def _fixed_hex(bits: int) -> NumberWriter:
    mask, digits = (1 << bits) - 1, bits // 4

    def write(number: int) -> bytes:
        return b"%0*x" % (digits, number & mask)

    return write


def _binary(bits: int, order: Literal["big", "little"]) -> NumberWriter:
    mask, size = (1 << bits) - 1, bits // 8

    def write(number: int) -> bytes:
        return (number & mask).to_bytes(size, order)

    return write


DECIMAL_NAMES = frozenset({"ascii", "number"})
WRITERS: dict[str, NumberWriter] = {
    "ascii": _decimal,
    "number": _decimal,
    "hex": _shortest_hex,
    "hex4": _fixed_hex(4),
    **{f"hex{bits}": _fixed_hex(bits) for bits in WIDTHS},
    **{f"big{bits}": _binary(bits, "big") for bits in WIDTHS},
    **{f"little{bits}": _binary(bits, "little") for bits in WIDTHS},
    "byte": _binary(8, "big"),
    "bool": _truth,
}
"""Modifier to writer. Negative numbers are written in two's complement, too big ones lose their upper bits."""


def writer(name: str, verb: str) -> NumberWriter:
    """The writer of a number modifier; raises LayoutError naming `verb`."""
    if name in WRITERS:
        return WRITERS[name]
    raise LayoutError(
        f"%{verb}{{}} is empty; leave the braces out or name a number format"
        if not name
        else f"unknown number format {name!r} of %{verb}; known are {' '.join(WRITERS)}"
    )


class NumberReader:
    """Reads one number in the given format.

    `fixed` is set when the number is in the layout itself and no input is read. `width` is the bytes a
    binary or hexadecimal number takes, None where the text decides.
    """

    def __init__(self, name: str, verb: str) -> None:
        self.verb = verb
        self.fixed: int | None = None
        self.width: int | None = None
        self.base: Literal["hex", "big", "little"] | None = None
        self.truth = name == "bool"
        if name.isascii() and name.isdigit():
            self.fixed = int(name[:19])
            if len(name) > 18:
                raise LayoutError(f"%{verb}{{{name}}} is too large")
        elif name == "hex4":
            self.base, self.width = "hex", 1
        elif name.startswith("hex") and name[3:] in map(str, WIDTHS):
            self.base, self.width = "hex", int(name[3:]) // 4
        elif name == "byte":
            self.base, self.width = "big", 1
        elif name in WRITERS and name != "hex" and name not in DECIMAL_NAMES and not self.truth:
            self.base = "big" if name.startswith("big") else "little"
            self.width = int(name.removeprefix(self.base)) // 8
        elif name not in DECIMAL_NAMES and not self.truth:
            raise LayoutError(
                f"%{verb}{{}} is empty; leave the braces out or name a number format"
                if not name
                else f"number format {name!r} of %{verb} cannot be read; known are digits, ascii, number, bool, byte, "
                "hexN, bigN and littleN with N of 64, 32, 16, 8, and hex4"
            )

    def parse(self, field: bytes) -> int:
        """The number in `field`, which is `width` bytes long; raises ValueError."""
        if self.base == "hex":
            if not field.isalnum():
                raise ValueError(field)
            return int(field, 16)
        if self.base is None:
            return int(field)
        return int.from_bytes(field, self.base)
