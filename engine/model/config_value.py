"""How a configuration value is read from text: validators with bounds, whose messages name key, value and allowed.

Topic configs arrive as strings from Kafka clients; every string is hostile. A `Validator` turns one into a typed
value or raises `InvalidConfig`.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

from engine.base.errors import OperatingError

INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1
VALUE_CHARS_MAX = 32_768
"""No config value is longer, in characters."""

ConfigValue: TypeAlias = bool | int | float | str | tuple[str, ...]
Validator: TypeAlias = Callable[[str, str], ConfigValue]
"""(name, raw) → typed value; raises `InvalidConfig`."""

_INTEGER = r"[+-]?[0-9]{1,20}"
_DECIMAL = r"[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})([eE][+-]?[0-9]{1,3})?"


class InvalidConfig(OperatingError):
    """A config's name is unknown or its value is not allowed (Kafka's INVALID_CONFIG, 40)."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message


def shown(raw: str) -> str:
    """`raw` as it may appear in an error message: quoted and at most 100 characters."""
    return repr(raw if len(raw) <= 100 else raw[:97] + "...")


def refuse(name: str, raw: str, allowed: str) -> InvalidConfig:
    """The error for a value outside `allowed`."""
    return InvalidConfig(name, f"invalid value {shown(raw)} for {name}: must be {allowed}")


def integer(minimum: int, maximum: int) -> Validator:
    """A whole number, `minimum` … `maximum`."""

    def validate(name: str, raw: str) -> int:
        text = raw.strip()
        if not re.fullmatch(_INTEGER, text) or not minimum <= (value := int(text)) <= maximum:
            raise refuse(name, raw, f"an integer from {minimum} to {maximum}")
        return value

    return validate


def decimal(minimum: float, maximum: float) -> Validator:
    """A decimal number, `minimum` … `maximum`."""

    def validate(name: str, raw: str) -> float:
        text = raw.strip()
        if not re.fullmatch(_DECIMAL, text) or not minimum <= (value := float(text)) <= maximum:
            raise refuse(name, raw, f"a number from {minimum} to {maximum}")
        return value

    return validate


def boolean(name: str, raw: str) -> bool:
    """The word true or false, in any case."""
    value = {"true": True, "false": False}.get(raw.strip().lower())
    if value is None:
        raise refuse(name, raw, "true or false")
    return value


def one_of(*allowed: str) -> Validator:
    """Exactly one of the words."""

    def validate(name: str, raw: str) -> str:
        if raw.strip() not in allowed:
            raise refuse(name, raw, "one of " + ", ".join(allowed))
        return raw.strip()

    return validate


def some_of(*allowed: str) -> Validator:
    """One or more of the words, comma separated, each at most once."""

    def validate(name: str, raw: str) -> tuple[str, ...]:
        words = tuple(word.strip() for word in raw.split(","))
        if not set(words) <= set(allowed) or len(set(words)) != len(words):
            raise refuse(name, raw, "a comma separated list of " + ", ".join(allowed))
        return words

    return validate


def text(name: str, raw: str) -> str:
    """Any text of at most `VALUE_CHARS_MAX` characters."""
    if len(raw) > VALUE_CHARS_MAX:
        raise refuse(name, raw, f"at most {VALUE_CHARS_MAX} characters")
    return raw


def text_list(name: str, raw: str) -> tuple[str, ...]:
    """Comma separated text, at most `VALUE_CHARS_MAX` characters; empty items are dropped."""
    return tuple(item.strip() for item in text(name, raw).split(",") if item.strip())


def matching(pattern: str, allowed: str) -> Validator:
    """Text that matches the regular expression `pattern` whole; `allowed` says it in words."""

    def validate(name: str, raw: str) -> str:
        # `re` compiles at first use and keeps it; compiling all of them here would delay every start.
        if len(raw) > VALUE_CHARS_MAX or not re.fullmatch(pattern, raw.strip(), re.ASCII):
            raise refuse(name, raw, allowed)
        return raw.strip()

    return validate
