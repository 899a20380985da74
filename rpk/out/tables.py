"""Text tables: left-aligned, two spaces apart, one line an item, never wrapped or cut (UX-09).

The layout is rpk's own since 2021, so scripts that cut columns keep working: a cell is at least six wide
including its padding, the last one is unpadded, missing is `-`, lists print as `[0 1 2]`.
"""

from __future__ import annotations

from rpk.out.escape import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CELL_WIDTH_MIN = 6
PADDING = 2


class Column:
    """One column: its header, the key of the row it shows, and whether only `--format wide` has it."""

    __slots__ = ("header", "key", "wide")

    def __init__(self, header: str, key: str, *, wide: bool = False) -> None:
        self.header = header
        self.key = key
        self.wide = wide


def cell(value: object) -> str:
    """One value as the text of a cell."""
    if value is None:
        return "-"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, (list, tuple)):
        return "[" + " ".join(cell(item) for item in value) + "]"
    text = one_line(str(value))
    return text if text else "-"


def align(lines: Sequence[Sequence[str]]) -> Iterable[str]:
    """Lines of cells as aligned text, without newlines."""
    widths: list[int] = []
    for line in lines:
        for at, text in enumerate(line[:-1]):
            width = max(len(text) + PADDING, CELL_WIDTH_MIN)
            if at == len(widths):
                widths.append(width)
            elif width > widths[at]:
                widths[at] = width
    for line in lines:
        padded = [text.ljust(width) for text, width in zip(line[:-1], widths, strict=False)]
        yield "".join(padded) + (line[-1] if line else "")


class Table:
    """A titled or untitled table of rows (mappings), drawn with `columns`."""

    def __init__(
        self, columns: Sequence[Column], rows: Iterable[Mapping[str, object]], *, title: str | None = None
    ) -> None:
        self.columns = columns
        self.rows = rows
        self.title = title

    def lines(self, *, wide: bool = False, headers: bool = True) -> Iterable[str]:
        """The lines of the table; a header always comes, even over no rows, unless `headers` is off."""
        columns = [column for column in self.columns if wide or not column.wide]
        grid = [[column.header for column in columns]] if headers else []
        grid.extend([cell(row.get(column.key)) for column in columns] for row in self.rows)
        return align(grid)


class Pairs:
    """A vertical summary: one `KEY  value` line a pair."""

    def __init__(self, pairs: Sequence[tuple[str, object]], *, title: str | None = None) -> None:
        self.pairs = pairs
        self.title = title

    def lines(self, *, wide: bool = False, headers: bool = True) -> Iterable[str]:
        """The lines of the summary."""
        del wide, headers
        return align([[key, cell(value)] for key, value in self.pairs])


class Text:
    """Lines of plain text, terminal escapes removed."""

    def __init__(self, *lines: str, title: str | None = None) -> None:
        self._lines = lines
        self.title = title

    def lines(self, *, wide: bool = False, headers: bool = True) -> Iterable[str]:
        """The lines as given."""
        del wide, headers
        return [one_line(line) for line in self._lines]


View = Table | Pairs | Text
