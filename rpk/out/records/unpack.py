"""`unpack[…]`: binary keys and values taken apart by letters, as decimal numbers and text.

`<` (default) and `>` switch the byte order; `b B` one byte, `h H` two, `i I` four, `q Q` eight, lower case
signed except `b`; `c` or `.` one byte as it is; `s` the rest; `$` the input must end here; `x` nothing.
Too little input writes a mark in place instead of failing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from rpk.out.records.errors import LayoutError

SIZES = {"b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "q": 8, "Q": 8}
SIGNED = frozenset("hiq")
_Step = tuple[str, int, Literal["big", "little"], bool]


def compile_unpack(letters: str) -> Callable[[bytes], bytes]:
    """A function from the bytes of a field to their printed form; raises LayoutError on unknown letters."""
    steps: list[_Step] = []
    order: Literal["big", "little"] = "little"
    rest_read = False
    for letter in letters:
        if letter in "<>":
            order = "little" if letter == "<" else "big"
        elif letter in "xc.s$" or letter in SIZES:
            if rest_read and letter != "$":
                raise LayoutError(f"unpack[{letters}]: nothing is left for {letter!r} after 's'")
            rest_read = rest_read or letter == "s"
            if letter != "x":
                steps.append((letter, SIZES.get(letter, 0), order, letter in SIGNED))
        else:
            raise LayoutError(
                f"unpack[{letters}]: unknown letter {letter!r}; known are x < > b B h H i I q Q c . s $"
            )

    def write(field: bytes) -> bytes:
        out: list[bytes] = []
        at = 0
        for letter, size, byte_order, signed in steps:
            if size:
                if len(field) - at < size:
                    out.append(b"%%!(have %d bytes, need %d)" % (len(field) - at, size))
                    break
                out.append(b"%d" % int.from_bytes(field[at : at + size], byte_order, signed=signed))
                at += size
            elif letter == "s":
                out.append(field[at:])
                at = len(field)
            elif letter == "$":
                if at != len(field):
                    out.append(b"%!$(not end-of-input)")
            elif at == len(field):
                out.append(b"%!c(no bytes available)")
                break
            else:
                out.append(field[at : at + 1])
                at += 1
        return b"".join(out)

    return write
