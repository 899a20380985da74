"""Which records `consume` shows: regular expressions (`--grep`) and globs (`--filter-*`), all of which must match.

`--grep` takes `k:RE`, `v:RE` and `h:NAME=RE`, searched anywhere in the field; a leading `!` turns it round.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import translate

from rpk.out.errors import UsageError
from rpk.out.records.view import RecordView

Predicate = Callable[[RecordView], bool]


def _expression(text: str, option: str) -> re.Pattern[bytes]:
    try:
        return re.compile(text.encode("utf-8", "surrogateescape"))
    except re.error as error:
        raise UsageError(f"{option}: {text!r} is no regular expression", cause=str(error)) from error


def _glob(text: str) -> re.Pattern[bytes]:
    return re.compile(translate(text).encode("utf-8", "surrogateescape"))


def _key(pattern: re.Pattern[bytes]) -> Predicate:
    def matches(record: RecordView) -> bool:
        key = record.key()
        return key is not None and pattern.search(key) is not None

    return matches


def _value(pattern: re.Pattern[bytes]) -> Predicate:
    def matches(record: RecordView) -> bool:
        value = record.value()
        return value is not None and pattern.search(value) is not None

    return matches


def _header(name: str, pattern: re.Pattern[bytes]) -> Predicate:
    def matches(record: RecordView) -> bool:
        return any(
            header == name and value is not None and pattern.search(value) is not None
            for header, value in record.headers() or ()
        )

    return matches


def _not(predicate: Predicate) -> Predicate:
    return lambda record: not predicate(record)


def parse_grep(text: str) -> Predicate:
    """One `--grep`; raises UsageError."""
    negated = text.startswith("!")
    field, colon, rest = text.removeprefix("!").partition(":")
    if field == "k" and colon:
        predicate = _key(_expression(rest, "--grep"))
    elif field == "v" and colon:
        predicate = _value(_expression(rest, "--grep"))
    elif field == "h" and colon and "=" in rest:
        name, _, expression = rest.partition("=")
        predicate = _header(name, _expression(expression, "--grep"))
    else:
        raise UsageError(
            f"--grep {text} is not understood", hint="write k:RE, v:RE or h:NAME=RE, with ! before it for not"
        )
    return _not(predicate) if negated else predicate


def _parse_header_glob(text: str) -> Predicate:
    name, equals, glob = text.partition("=")
    if not equals:
        raise UsageError(f"--filter-header {text} has no =", hint="write --filter-header NAME=GLOB")
    return _header(name, _glob(glob))


def compile_filters(
    greps: Sequence[str], keys: Sequence[str], values: Sequence[str], headers: Sequence[str]
) -> Predicate | None:
    """One predicate for all of them, None when there are none; raises UsageError."""
    predicates = [
        *[parse_grep(text) for text in greps],
        *[_key(_glob(text)) for text in keys],
        *[_value(_glob(text)) for text in values],
        *[_parse_header_glob(text) for text in headers],
    ]
    if len(predicates) <= 1:
        return predicates[0] if predicates else None
    return lambda record: all(predicate(record) for predicate in predicates)
