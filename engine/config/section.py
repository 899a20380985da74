"""One mapping of the node file while it is read: typed access by key, errors that name file, key and fix.

`finish` reports what was never asked for: unknown keys are not fatal, they are collected in `Remarks`, with the
nearest known key.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from engine.config.errors import ConfigError
from engine.config.yaml_file import Plain


@dataclass(slots=True, kw_only=True)
class Remarks:
    """What the reader of a file noticed without failing; at most `LINES_MAX` lines."""

    LINES_MAX = 50
    file: str
    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        """Keep one line, unless there are too many already."""
        if len(self.lines) < self.LINES_MAX:
            self.lines.append(line)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    for kind, name in (
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a number"),
        (str, "text"),
        (list, "a list"),
    ):
        if isinstance(value, kind):
            return name
    return "a mapping"


class Section:
    """Reads the mapping at `path` (dotted) of the file that `remarks` names."""

    def __init__(self, values: Mapping[str, Plain], path: str, remarks: Remarks) -> None:
        self._values = values
        self._path = path
        self._remarks = remarks
        self._asked: set[str] = set()

    def key(self, name: str) -> str:
        """The dotted path of `name`."""
        return f"{self._path}.{name}" if self._path else name

    def wrong(self, name: str, problem: str, fix: str) -> ConfigError:
        """The error for the key `name`; the caller raises it."""
        return ConfigError(self._remarks.file, self.key(name), problem, fix)

    def raw(self, name: str) -> Plain:
        """The value as it stands; None when absent."""
        self._asked.add(name)
        return self._values.get(name)

    def ignore(self, *names: str) -> None:
        """Keys that are known and mean nothing here."""
        self._asked.update(names)

    def text(self, name: str, default: str | None) -> str | None:
        """Text; a number is taken as its text."""
        value = self.raw(name)
        if value is None:
            return default
        if isinstance(value, (bool, dict, list)):
            raise self.wrong(name, f"must be text, not {_kind(value)}", "put it in quotes")
        return str(value)

    def word(self, name: str, default: str | None, allowed: Sequence[str]) -> str | None:
        """One of the `allowed` words."""
        value = self.text(name, default)
        if value is not None and value != default and value not in allowed:
            raise self.wrong(name, f"cannot be {value[:80]!r}", "write one of " + ", ".join(allowed))
        return value

    def integer(self, name: str, default: int | None, *, minimum: int, maximum: int) -> int | None:
        """A whole number, `minimum` … `maximum`; its text is accepted too."""
        value = self.raw(name)
        if value is None:
            return default
        if isinstance(value, str) and len(value) <= 20:
            with contextlib.suppress(ValueError):
                value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(name, f"must be an integer, not {_kind(value)}", f"write {minimum} to {maximum}")
        if not minimum <= value <= maximum:
            raise self.wrong(name, "is out of range", f"write {minimum} to {maximum}")
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self.raw(name)
        if value is None:
            return default
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise self.wrong(name, f"must be a boolean, not {_kind(value)}", "write true or false")
        return value

    def section(self, name: str) -> "Section | None":
        """The mapping under `name`, or None when it is absent or null."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(
                name, f"must be a mapping, not {_kind(value)}", "write its keys indented below it"
            )
        return Section(value, self.key(name), self._remarks)

    def sections(self, name: str, *, count_max: int = 64) -> "list[Section] | None":
        """The mappings in the list under `name`; one mapping counts as a list of one. None when absent."""
        value = self.raw(name)
        if value is None:
            return None
        items = [value] if isinstance(value, dict) else value
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise self.wrong(name, "must be a list of mappings", "write '- address: …' below it")
        if len(items) > count_max:
            raise self.wrong(name, f"has {len(items)} entries", f"write at most {count_max}")
        return [
            Section(item, f"{self.key(name)}[{index}]", self._remarks)
            for index, item in enumerate(items)
            if isinstance(item, dict)
        ]

    def rest(self) -> dict[str, Plain]:
        """What nobody asked for yet."""
        return {name: value for name, value in self._values.items() if name not in self._asked}

    def finish(self, known: Sequence[str] = ()) -> None:
        """Remark on every key that nobody asked for."""
        names = sorted(self._asked | set(known))
        for name in self.rest():
            near = get_close_matches(name[:256], names, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self._remarks.add(f"{self._remarks.file}: unknown key {self.key(name)[:256]} is ignored{hint}")
