"""Records as JSON: what `topic consume` prints by default, pretty over several lines or one object a line.

Field order is fixed. Nothing is lost: a key, value or header that is not UTF-8 is base64 beside a `*_encoding`
field. `<`, `>`, `&` and the two Unicode line separators are escaped, as Go's encoder does.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from json import encoder

from rpk.out.records.view import Headers, RecordView, Render

_GO = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
_OBEYED = (*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_TERMINAL = _GO | {code: f"\\u{code:04x}" for code in _OBEYED}
_quote: Callable[[str], str] = encoder.encode_basestring


def quoter(*, terminal: bool) -> Callable[[str], str]:
    """A function writing JSON strings; `terminal` also escapes what a terminal would obey."""
    table = _TERMINAL if terminal else _GO

    def quote(text: str) -> str:
        quoted = _quote(text)
        if (
            quoted.isascii()
            and "<" not in quoted
            and ">" not in quoted
            and "&" not in quoted
            and "\x7f" not in quoted
        ):
            return quoted
        return quoted.translate(table)

    return quote


class Layout:
    """Punctuation of one style: after a colon, and between fields of the record and of a header."""

    def __init__(self, *, pretty: bool) -> None:
        self.colon = ": " if pretty else ":"
        self.open, self.comma, self.close = ("{\n  ", ",\n  ", "\n}\n") if pretty else ("{", ",", "}\n")
        self.header_open, self.header_comma, self.header_close = (
            ("    {\n      ", ",\n      ", "\n    }") if pretty else ("{", ",", "}")
        )
        self.list_open, self.list_comma, self.list_close = (
            ("[\n", ",\n", "\n  ]") if pretty else ("[", ",", "]")
        )


class EnvelopeWriter:
    """Writes batches of records as JSON objects, each ending in a newline.

    pretty: several lines an object. meta_only: `value_size` instead of the value. terminal: also escape what a
    terminal would obey. value_errors: records may say in `value_error` why their value is not decoded (UX-51).
    """

    def __init__(
        self, *, pretty: bool, meta_only: bool = False, terminal: bool = False, value_errors: bool = False
    ) -> None:
        self._value_errors = value_errors
        self._layout = Layout(pretty=pretty)
        self._meta_only = meta_only
        self._quote = quoter(terminal=terminal)
        self._topics: dict[str | None, str] = {}

    def __call__(self, records: Sequence[RecordView]) -> bytes:
        """The records as bytes."""
        layout, quote, topics, meta_only = self._layout, self._quote, self._topics, self._meta_only
        colon, comma, close = layout.colon, layout.comma, layout.close
        key_name, value_name, size_name = (
            f'{comma}"key"{colon}',
            f'{comma}"value"{colon}',
            f'{comma}"value_size"{colon}',
        )
        timestamp_name = f'{comma}"timestamp"{colon}'
        partition_name, offset_name = f'{comma}"partition"{colon}', f'{comma}"offset"{colon}'
        out: list[str] = []
        for record in records:
            topic = record.topic()
            if topic not in topics:
                topics[topic] = f'{layout.open}"topic"{colon}{quote(topic or "")}'
            out.append(topics[topic])
            key = record.key()
            if key is not None:
                try:
                    out.append(key_name + quote(key.decode()))
                except UnicodeDecodeError:
                    out.append(comma + self._encoded("key", key, comma))
            value = record.value()
            if value is not None:
                if meta_only:
                    out.append(f"{size_name}{len(value)}")
                else:
                    try:
                        out.append(value_name + quote(value.decode()))
                    except UnicodeDecodeError:
                        out.append(comma + self._encoded("value", value, comma))
            headers = record.headers()
            if headers:
                out.append(comma + self._headers(headers))
            if self._value_errors:
                out.append(self._value_error(record))
            out.append(
                f"{timestamp_name}{record.timestamp()[1]}{partition_name}{record.partition()}"
                f"{offset_name}{record.offset()}{close}"
            )
        return "".join(out).encode()

    def _encoded(self, name: str, field: bytes, comma: str) -> str:
        text = base64.b64encode(field).decode()
        return f'"{name}"{self._layout.colon}"{text}"{comma}"{name}_encoding"{self._layout.colon}"base64"'

    def _value_error(self, record: RecordView) -> str:
        error = getattr(record, "value_error", None)
        layout = self._layout
        return "" if error is None else f'{layout.comma}"value_error"{layout.colon}{self._quote(error)}'

    def _headers(self, headers: Headers) -> str:
        layout = self._layout
        items = layout.list_comma.join(
            [f"{layout.header_open}{self._header(header)}{layout.header_close}" for header in headers]
        )
        return f'"headers"{layout.colon}{layout.list_open}{items}{layout.list_close}'

    def _header(self, header: tuple[str, bytes | None]) -> str:
        name, value = header
        colon, comma = self._layout.colon, self._layout.header_comma
        try:
            name.encode()
            text = f'"key"{colon}{self._quote(name)}'
        except UnicodeEncodeError:
            text = self._encoded("key", name.encode("utf-8", "surrogateescape"), comma)
        if value is None:
            return f'{text}{comma}"value"{colon}null'
        try:
            return f'{text}{comma}"value"{colon}{self._quote(value.decode())}'
        except UnicodeDecodeError:
            return text + comma + self._encoded("value", value, comma)


def json_formatter(
    *, pretty: bool, meta_only: bool = False, terminal: bool = False, value_errors: bool = False
) -> Render:
    """A function printing batches of records as JSON; see `EnvelopeWriter`."""
    return EnvelopeWriter(pretty=pretty, meta_only=meta_only, terminal=terminal, value_errors=value_errors)
