"""Help screens: drawn from tables, wrapped to COLUMNS, the same shape for every command (UX-15, UX-34)."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rpk.out.commands import Group

WIDTH_DEFAULT = 80
WIDTH_MIN = 40
_INDENT = 2


def width() -> int:
    """Columns to wrap to: COLUMNS, else the terminal's, else 80."""
    text = os.environ.get("COLUMNS", "")
    if text.isdigit() and int(text) > 0:
        return max(int(text), WIDTH_MIN)
    try:
        return max(os.get_terminal_size(1).columns or WIDTH_DEFAULT, WIDTH_MIN)
    except (OSError, ValueError):
        return WIDTH_DEFAULT


def wrap(text: str, columns: int, indent: int = 0) -> Iterable[str]:
    """Words of `text` in lines of at most `columns`, each indented; a long word keeps its own line."""
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) + indent > columns:
            yield " " * indent + line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield " " * indent + line


def definitions(pairs: Sequence[tuple[str, str]], columns: int) -> Iterable[str]:
    """Terms with their explanations in a second column; a long term gets its own line."""
    if not pairs:
        return
    left = min(max(len(term) for term, _ in pairs), max(columns // 3, 24)) + _INDENT + 2
    for term, text in pairs:
        head = " " * _INDENT + term
        lines = list(wrap(text, columns, left)) or [""]
        if len(head) + 2 <= left:
            lines[0] = head.ljust(left) + lines[0].lstrip()
            yield lines[0].rstrip()
        else:
            yield head
            yield from lines[:1]
        yield from lines[1:]


class Screen:
    """Everything a help screen says; `path` is the whole command (`rpk topic list`)."""

    def __init__(
        self,
        path: str,
        usage: str,
        summary: str,
        *,
        description: Sequence[str] = (),
        examples: Sequence[tuple[str, str]] = (),
        sections: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (),
        footer: str = "",
    ) -> None:
        self.path = path
        self.usage = usage
        self.summary = summary
        self.description = description
        self.examples = examples
        self.sections = sections
        self.footer = footer

    def lines(self, *, full: bool, columns: int) -> Iterable[str]:
        """The screen: two examples and the flags (`-h`), or everything (`--help`)."""
        yield from wrap(self.summary, columns)
        yield ""
        if not full and self.examples:
            yield from self._examples(2, columns)
        yield "Usage:"
        yield f"  {self.usage}"
        yield ""
        if full:
            for paragraph in self.description:
                yield from wrap(paragraph, columns)
                yield ""
            if self.examples:
                yield from self._examples(len(self.examples), columns)
        for title, pairs in self.sections:
            if not pairs or (not full and title == GLOBAL_TITLE):
                continue
            yield f"{title}:"
            yield from definitions(pairs, columns)
            yield ""
        if self.footer:
            yield from wrap(self.footer, columns)

    def _examples(self, count: int, columns: int) -> Iterable[str]:
        yield "Examples:"
        for command, text in self.examples[:count]:
            yield from wrap(f"# {text}", columns, _INDENT)
            yield f"  {command}"
        yield ""


GLOBAL_TITLE = "Global flags"


def render(screen: Screen, *, full: bool = True, columns: int | None = None) -> str:
    """The screen as text ending in one newline."""
    lines = [line.rstrip() for line in screen.lines(full=full, columns=columns or width())]
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n"


def group_screen(path: str, group: Group, global_flags: Sequence[tuple[str, str]]) -> Screen:
    """The help of a group: what is under it, from its table alone."""
    rows = [
        (", ".join((child.name, *child.aliases)), child.help) for child in group.children if not child.hidden
    ]
    return Screen(
        path,
        f"{path} [flags] COMMAND",
        group.help,
        sections=[("Commands", rows), (GLOBAL_TITLE, global_flags)],
        footer=f'Run "{path} COMMAND --help" for one command.',
    )
