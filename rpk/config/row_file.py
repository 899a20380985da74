"""Files of rows given on the command line: columns of text, or a list in JSON or YAML.

No extension or `.txt`: columns split by spaces or tabs, lines starting with `//` or `#` skipped. `.json`, `.yaml`,
`.yml`: a list of objects with the columns as keys.
"""

from __future__ import annotations

from rpk.out.errors import UsageError
from rpk.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    TopicPartition = tuple[str, int]

Row = dict[str, str]


def read(path: str, *layouts: Sequence[str]) -> list[Row]:
    """The rows of `path`, each in one of the `layouts` (column names); UsageError names the line or the item."""
    text = files.read_text(path)
    if text is None:
        raise UsageError(f"there is no file {path}")
    rows = list(
        _listed(path, text, layouts)
        if path.endswith((".json", ".yaml", ".yml"))
        else _columns(path, text, layouts)
    )
    if not rows:
        raise UsageError(f"{path} has no rows", hint=f"a row is {_named(layouts)}")
    return rows


def partition_offsets(path: str, *, topic: str | None = None) -> dict[TopicPartition, int]:
    """Rows of topic, partition, offset; with a `topic` the first column may be left out."""
    layouts: list[tuple[str, ...]] = [("topic", "partition", "offset")]
    if topic is not None:
        layouts.append(("partition", "offset"))
    return {
        (row.get("topic") or topic or "", number(path, row, "partition")): number(path, row, "offset")
        for row in read(path, *layouts)
    }


def number(path: str, row: Row, column: str) -> int:
    """A column as a whole number from 0; UsageError when it is none."""
    if not (row[column].isascii() and row[column].isdecimal()):
        raise UsageError(f"{path}: {column} {row[column]!r} is not a number")
    return int(row[column])


def _columns(path: str, text: str, layouts: Sequence[Sequence[str]]) -> Iterable[Row]:
    by_count = {len(layout): layout for layout in layouts}
    for at, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith(("//", "#")):
            continue
        if len(words) not in by_count:
            raise UsageError(f"{path}:{at}: {len(words)} columns", hint=f"a row is {_named(layouts)}")
        yield dict(zip(by_count[len(words)], words, strict=True))


def _listed(path: str, text: str, layouts: Sequence[Sequence[str]]) -> Iterable[Row]:
    import yaml  # JSON is YAML

    try:
        items = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not valid", cause=str(error).split("\n")[0]) from error
    if not isinstance(items, list):
        raise UsageError(f"{path} is not a list", hint=f"a list of objects with {_named(layouts)}")
    for at, item in enumerate(items, 1):
        yield _object(path, at, item, layouts)


def _object(path: str, at: int, item: object, layouts: Sequence[Sequence[str]]) -> Row:
    if isinstance(item, dict):
        found: Mapping[object, object] = item
        for layout in layouts:
            if set(layout) == set(found):
                return {name: str(found[name]) for name in layout}
    raise UsageError(f"{path}: item {at} is not an object with {_named(layouts)}")


def _named(layouts: Sequence[Sequence[str]]) -> str:
    return " or ".join(", ".join(layout) for layout in layouts)
