"""What the generated table says, as structures: `parse` turns one message's lines into its fields."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Versions `first` … `last`, both included."""

    first: int
    last: int

    def __contains__(self, version: int) -> bool:
        return self.first <= version <= self.last


NO_VERSION = Span(first=1, last=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: its wire type, the versions it lives in, may be null in, and its tag if it is tagged."""

    name: str
    kind: str
    """A primitive's name, or "" for a structure."""
    is_array: bool
    versions: Span
    nullable: Span
    tag: int | None
    default: object
    """What an absent field reads as; a tuple for arrays, None for structures left out."""
    fields: "tuple[Field, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSchema:
    """One request or response of an API, over all its versions."""

    name: str
    versions: Span
    flexible_from: int | None
    fields: tuple[Field, ...]

    def is_flexible(self, version: int) -> bool:
        """Whether this version has compact lengths and tags."""
        return self.flexible_from is not None and version >= self.flexible_from


@dataclass(slots=True)
class _Lines:
    """The lines still to read, each with its depth of indentation."""

    rest: list[str] = field(default_factory=list)

    def take_at(self, depth: int) -> Iterator[str]:
        while self.rest and _depth(self.rest[-1]) == depth:
            yield self.rest.pop().strip()


def _depth(line: str) -> int:
    return (len(line) - len(line.lstrip(" "))) // 2


IMPLICIT_DEFAULTS: dict[str, object] = {
    "string": "",
    "bytes": b"",
    "records": None,
    "uuid": None,
    "bool": False,
}


def parse(text: str) -> MessageSchema:
    """Parse one message of the table; see `message_schemas` for the notation."""
    head, *body = text.rstrip("\n").split("\n")
    name, versions, *flexible = head.split(" ")
    first, last = versions.split("-")
    span = Span(first=int(first), last=int(last))
    return MessageSchema(
        name=name,
        versions=span,
        flexible_from=int(flexible[1]) if flexible else None,
        fields=_fields(_Lines(body[::-1]), 0, span),
    )


def _fields(lines: _Lines, depth: int, outer: Span) -> tuple[Field, ...]:
    return tuple(_field(line, lines, depth, outer) for line in lines.take_at(depth))


def _field(line: str, lines: _Lines, depth: int, outer: Span) -> Field:
    name, kind, *rest = line.split(" ")
    is_array = kind.startswith("[]")
    kind = kind.removeprefix("[]").removesuffix("{}")
    versions = outer
    nullable = NO_VERSION
    tag = None
    default = () if is_array else IMPLICIT_DEFAULTS.get(kind, 0 if kind else None)
    if kind == "float64" and not is_array:
        default = 0.0
    for part in rest:
        if part.startswith("?"):
            nullable = _span(part[1:], versions) if len(part) > 1 else versions
        elif part.startswith("#"):
            tag = int(part[1:])
        elif part.startswith("="):
            default = _default(part[1:])
        else:
            versions = _span(part, outer)
    return Field(
        name=name,
        kind=kind,
        is_array=is_array,
        versions=versions,
        nullable=nullable,
        tag=tag,
        default=default,
        fields=() if kind else _fields(lines, depth + 1, versions),
    )


def _span(text: str, outer: Span) -> Span:
    if text.endswith("+"):
        return Span(first=int(text[:-1]), last=outer.last)
    first, last = text.split("-")
    return Span(first=int(first), last=int(last))


def _default(text: str) -> object:
    if text in ("null", "true"):
        return None if text == "null" else True
    return int(text)
