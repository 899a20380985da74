"""How a table's records become bytes in the controller log and come back.

A log record's key is the kind, its value one version byte and compact JSON::

    key    ASCII name of the kind, e.g. ``topic_created``
    value  u8 version | UTF-8 JSON object

The log batch around it carries the checksum. A kind or version this program does not know raises `UnknownRecord`:
skipping it would silently fork the state, so an older program refuses to start on a newer log.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from engine.controller.errors import UnknownRecord

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class Record(Protocol):
    """One fact of the controller log; a frozen dataclass that lives beside its table."""

    def to_json(self) -> dict[str, Json]:
        """Its fields as JSON values; `RecordKind.from_json` is the inverse."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKind:
    """How one type of record is written and read."""

    name: str
    version: int
    """Highest version read and the one written, 1 … 255."""
    type: type
    from_json: Callable[[dict[str, object]], Record]
    """Raises KeyError, TypeError or ValueError for a body that is not one."""


class RecordCodec:
    """The known kinds, both ways."""

    def __init__(self, kinds: Iterable[RecordKind]) -> None:
        self._by_name: Mapping[str, RecordKind] = {kind.name: kind for kind in kinds}
        self._by_type = {kind.type: kind for kind in self._by_name.values()}

    def encode(self, record: Record) -> tuple[bytes, bytes]:
        """The (key, value) of a record."""
        kind = self._by_type[type(record)]
        body = json.dumps(record.to_json(), separators=(",", ":"), ensure_ascii=False)
        return kind.name.encode(), bytes((kind.version,)) + body.encode()

    def decode(self, key: bytes | None, value: bytes | None) -> Record:
        """The record in (key, value); raises `UnknownRecord`."""
        name = bytes(key or b"")[:64].decode("ascii", "backslashreplace")
        kind = self._by_name.get(name)
        if kind is None or not value:
            raise UnknownRecord(
                f"the controller log holds a record of kind {name!r} that this version does not know; "
                "it was written by a newer version: start that one"
            )
        if not 1 <= value[0] <= kind.version:
            raise UnknownRecord(
                f"the controller log holds a {name} record of version {value[0]}, this version reads up to "
                f"{kind.version}; it was written by a newer version: start that one"
            )
        try:
            body = json.loads(value[1:])
            if not isinstance(body, dict):
                raise TypeError("not an object")
            return kind.from_json(body)
        except (ValueError, KeyError, TypeError) as error:
            raise UnknownRecord(f"the controller log holds a damaged {name} record: {error!r}") from error


def integer(value: object) -> int:
    """`value` as an int; raises TypeError for anything else, bool included."""
    if type(value) is not int:
        raise TypeError(f"{value!r} is not an integer")
    return value


def boolean(value: object) -> bool:
    """`value` as a bool; raises TypeError."""
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is not a boolean")
    return value


def string(value: object) -> str:
    """`value` as a str; raises TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value


def integers(value: object) -> tuple[int, ...]:
    """A JSON list of ints; raises TypeError."""
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return tuple(integer(item) for item in value)


def strings(value: object) -> dict[str, str]:
    """A JSON object of strings; raises TypeError."""
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is not an object")
    return {string(name): string(item) for name, item in value.items()}


def items(value: object) -> list[object]:
    """A JSON list; raises TypeError."""
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return value
