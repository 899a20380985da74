"""The words `-f` understands beside layouts, for both directions."""

from __future__ import annotations

from rpk.out.records.envelope import json_formatter
from rpk.out.records.formatter import Formatter
from rpk.out.records.incoming import Reader
from rpk.out.records.json_reader import JsonReader, from_kcat
from rpk.out.records.kcat import kcat_formatter
from rpk.out.records.reader import LayoutReader
from rpk.out.records.view import Render

VALUE_LAYOUT = r"%v\n"
JSON_WORDS = ("json", "ndjson", "kcat")


def reader_for(format: str, *, strict: bool) -> Reader:
    """The reader of a produce format; raises LayoutError."""
    if format in ("json", "ndjson"):
        return JsonReader()
    if format == "kcat":
        return JsonReader(from_kcat)
    return LayoutReader(VALUE_LAYOUT if format == "value" else format, strict=strict)


def writer_for(
    format: str, *, pretty: bool, meta_only: bool, terminal: bool, value_errors: bool
) -> tuple[Render, Formatter | None]:
    """The printer of a consume format, and the layout it came from where it is one; raises LayoutError."""
    if format in ("json", "ndjson"):
        return json_formatter(
            pretty=pretty and format == "json",
            meta_only=meta_only,
            terminal=terminal,
            value_errors=value_errors,
        ), None
    if format == "kcat":
        return kcat_formatter(terminal=terminal), None
    formatter = Formatter(VALUE_LAYOUT if format == "value" else format, terminal=terminal)
    return formatter.render, formatter
