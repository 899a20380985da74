"""`ClusterProperty`: one cluster-wide setting, its type and bounds, and how outside values become typed ones."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.config.errors import InvalidProperty

PropertyKind: TypeAlias = Literal["string", "integer", "number", "boolean", "array"]
Visibility: TypeAlias = Literal["user", "tunable", "deprecated"]
PropertyValue: TypeAlias = "str | int | float | bool | list[str] | None"

TEXT_CHARS_MAX = 65_536
LIST_ITEMS_MAX = 10_000
INTEGER_MAX = 2**63 - 1
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterProperty:
    """One cluster property. `minimum` and `maximum` bound numbers, inclusively."""

    name: str
    kind: PropertyKind
    default: PropertyValue
    description: str
    nullable: bool = False
    needs_restart: bool = False
    visibility: Visibility = "user"
    is_secret: bool = False
    one_or_many: bool = False
    """A lone text stands for a list of one."""
    minimum: float | None = None
    maximum: float | None = None
    units: str | None = None
    example: str | None = None
    enum_values: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    refuse: Callable[[PropertyValue], str | None] | None = None
    """A further check: the reason why a well-typed value is refused, or None."""

    def coerce(self, raw: object) -> PropertyValue:
        """The typed value of `raw`, which may be text, as clients send it. Raises `InvalidProperty`."""
        if raw is None or (raw == "null" and self.nullable and self.kind != "string"):
            if not self.nullable:
                raise self._wrong_type()
            return None
        value = _COERCE[self.kind](self, raw)
        if self.enum_values:
            self._check_words(value)
        reason = self.refuse(value) if self.refuse is not None else None
        if reason is not None:
            raise InvalidProperty(self.name, reason)
        return value

    def _wrong_type(self) -> InvalidProperty:
        return InvalidProperty(self.name, f"expected type {self.kind}, for example '{self._example()}'")

    def out_of_range(self, raw: object) -> InvalidProperty:
        """The error for a value of the right type that is not allowed."""
        allowed = ""
        if self.enum_values:
            allowed = f" (one of {', '.join(self.enum_values)})"
        elif self.minimum is not None and self.maximum is not None:
            allowed = f" (from {self.minimum:g} to {self.maximum:g})"
        return InvalidProperty(self.name, f"out of range: '{str(raw)[:100]}'{allowed}")

    def _example(self) -> str:
        if self.example is not None:
            return self.example
        return {"string": "text", "integer": "42", "number": "0.5", "boolean": "true", "array": "[]"}[
            self.kind
        ]

    def _check_words(self, value: PropertyValue) -> None:
        for word in value if isinstance(value, list) else [value]:
            if word not in self.enum_values:
                raise self.out_of_range(word)

    def text(self, raw: object) -> PropertyValue:
        """Text; booleans and numbers are taken as their YAML text."""
        if isinstance(raw, bool):
            return "true" if raw else "false"
        if isinstance(raw, (int, float)):
            return str(raw)
        if not isinstance(raw, str):
            raise self._wrong_type()
        if len(raw) > TEXT_CHARS_MAX:
            raise self.out_of_range(raw)
        return raw

    def integer(self, raw: object) -> PropertyValue:
        """A whole number within the bounds."""
        value = raw
        if (isinstance(raw, str) and _INTEGER.fullmatch(raw.strip())) or (
            isinstance(raw, float) and raw.is_integer() and abs(raw) < 2**53
        ):
            value = int(raw)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong_type()
        self._bounded(value)
        return value

    def number(self, raw: object) -> PropertyValue:
        """A finite number within the bounds."""
        if isinstance(raw, bool) or not isinstance(raw, (int, float, str)) or len(str(raw)[:64]) > 40:
            raise self._wrong_type()
        try:
            value = float(raw)
        except (ValueError, OverflowError):
            raise self._wrong_type() from None
        if not math.isfinite(value):
            raise self.out_of_range(raw)
        self._bounded(value)
        return value

    def _bounded(self, value: float) -> None:
        low = -INTEGER_MAX if self.minimum is None else self.minimum
        high = INTEGER_MAX if self.maximum is None else self.maximum
        if not low <= value <= high:
            raise self.out_of_range(value)

    def boolean(self, raw: object) -> PropertyValue:
        """True or false, or their text."""
        if isinstance(raw, str):
            raw = {"true": True, "false": False}.get(raw.strip().lower())
        if not isinstance(raw, bool):
            raise self._wrong_type()
        return raw

    def array(self, raw: object) -> PropertyValue:
        """A list of text; lone text only where `one_or_many`."""
        if isinstance(raw, str) and self.one_or_many:
            raw = [raw]
        if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
            raise self._wrong_type()
        if len(raw) > LIST_ITEMS_MAX or sum(map(len, raw)) > TEXT_CHARS_MAX:
            raise self.out_of_range(f"{len(raw)} items")
        return list(raw)

    def schema(self) -> dict[str, object]:
        """The property as GET /v1/cluster_config/schema describes it."""
        found: dict[str, object] = {
            "type": self.kind,
            "description": self.description,
            "nullable": self.nullable,
            "needs_restart": self.needs_restart,
            "visibility": self.visibility,
            "is_secret": self.is_secret,
        }
        if self.kind == "array":
            found["items"] = {"type": "string"}
        if self.units is not None:
            found["units"] = self.units
        if self.example is not None:
            found["example"] = self.example
        if self.enum_values:
            found["enum_values"] = list(self.enum_values)
        if self.aliases:
            found["aliases"] = list(self.aliases)
        return found


_COERCE: dict[PropertyKind, Callable[[ClusterProperty, object], PropertyValue]] = {
    "string": ClusterProperty.text,
    "integer": ClusterProperty.integer,
    "number": ClusterProperty.number,
    "boolean": ClusterProperty.boolean,
    "array": ClusterProperty.array,
}
