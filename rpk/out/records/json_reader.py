"""Reads records from JSON objects as consume prints them, pretty or one a line, and from kcat's.

`topic` is taken where the command line names none; `partition` and `offset` say where a record came from and
are not where it goes. A value that is an object, list, number or boolean becomes its compact JSON text.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import json
from collections.abc import Callable
from difflib import get_close_matches

from rpk.out.records.errors import InputError, UnexpectedEnd
from rpk.out.records.incoming import RECORD_BYTES_MAX, InputRecord

ENVELOPE = frozenset(
    [
        "topic",
        "key",
        "key_encoding",
        "value",
        "value_encoding",
        "value_size",
        "value_error",
        "headers",
        "timestamp",
        "partition",
        "offset",
    ]
)
KCAT = frozenset(
    [
        "topic",
        "partition",
        "offset",
        "tstype",
        "ts",
        "broker",
        "headers",
        "key",
        "key_encoding",
        "payload",
        "payload_encoding",
    ]
)
_SPACE = " \t\r\n"
_RETRY_AT_ONCE = 1 << 20


def _text_field(item: dict[str, object], name: str) -> bytes | None:
    value = item.get(name)
    encoding = item.get(f"{name}_encoding")
    if value is None:
        return None
    if not isinstance(value, str):
        if encoding is not None:
            raise ValueError(f'"{name}_encoding" goes with a "{name}" that is a string')
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    if encoding is None:
        return value.encode("utf-8", "surrogatepass")
    if encoding != "base64":
        raise ValueError(f'"{name}_encoding" is {encoding!r}; the only one is "base64"')
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f'"{name}" is not base64') from None


def _header(item: object) -> tuple[str, bytes | None]:
    if not isinstance(item, dict) or "key" not in item:
        raise ValueError('a header is an object with "key" and "value"')
    unknown = item.keys() - {"key", "key_encoding", "value", "value_encoding"}
    if unknown:
        raise ValueError(f'unknown field "{min(unknown)}" in a header')
    name = _text_field(item, "key") or b""
    return name.decode("utf-8", "surrogateescape"), _text_field(item, "value")


def _integer(item: dict[str, object], name: str) -> int | None:
    value = item.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not -1 <= value < 1 << 63:
        raise ValueError(f'"{name}" is {value!r}, not milliseconds since the epoch')
    return value


def _check_names(item: dict[str, object], known: frozenset[str]) -> None:
    unknown = item.keys() - known
    if unknown:
        name = min(unknown)
        near = get_close_matches(name, sorted(known), 1)
        raise ValueError(f'unknown field "{name}"' + (f'; did you mean "{near[0]}"?' if near else ""))


def _finish(item: dict[str, object], record: InputRecord, timestamp: int | None) -> InputRecord:
    topic = item.get("topic")
    if topic is not None:
        if not isinstance(topic, str):
            raise ValueError('"topic" is not a string')
        record["topic"] = topic
    if timestamp is not None and timestamp >= 0:
        record["timestamp"] = timestamp
    return record


def from_envelope(item: dict[str, object]) -> InputRecord:
    """The record of one consume object; raises ValueError."""
    if not item.keys() <= ENVELOPE:
        _check_names(item, ENVELOPE)
    if "value_size" in item and "value" not in item:
        raise ValueError("it was made with --meta-only and has no value to produce")
    if item.get("value_error") is not None:
        raise ValueError(f"its value could not be decoded when it was read: {item['value_error']}")
    record: InputRecord = {"value": _text_field(item, "value"), "key": _text_field(item, "key")}
    headers = item.get("headers")
    if headers is not None:
        if not isinstance(headers, list):
            raise ValueError('"headers" is not a list')
        record["headers"] = [_header(header) for header in headers]
    return _finish(item, record, _integer(item, "timestamp"))


def from_kcat(item: dict[str, object]) -> InputRecord:
    """The record of one kcat object; raises ValueError."""
    _check_names(item, KCAT)
    record: InputRecord = {"value": _text_field(item, "payload"), "key": _text_field(item, "key")}
    headers = item.get("headers")
    if headers is not None:
        if not isinstance(headers, list) or len(headers) % 2:
            raise ValueError('"headers" is not a flat list of names and values')
        if not all(isinstance(name, str) for name in headers[::2]):
            raise ValueError("a header's name is not a string")
        if not all(value is None or isinstance(value, str) for value in headers[1::2]):
            raise ValueError("a header's value is neither a string nor null")
        record["headers"] = [
            (name, None if value is None else value.encode("utf-8", "surrogatepass"))
            for name, value in zip(headers[::2], headers[1::2], strict=True)
        ]
    return _finish(item, record, _integer(item, "ts"))


class JsonReader:
    """Cuts a stream of JSON objects into records; see `incoming.Reader`."""

    def __init__(self, convert: Callable[[dict[str, object]], InputRecord] = from_envelope) -> None:
        self.fields = frozenset(("topic", "key", "value", "headers", "timestamp"))
        self.error: InputError | None = None
        self._convert = convert
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._scan = json.JSONDecoder(parse_constant=_reject_constant).raw_decode
        self._pending = ""
        self._try_at = 0
        self._records = 0

    def feed(self, data: bytes) -> list[InputRecord]:
        """Records completed by `data`."""
        return self._take(data, at_end=False)

    def finish(self) -> list[InputRecord]:
        """The stream ended; anything left is an error."""
        return self._take(b"", at_end=True)

    def _take(self, data: bytes, *, at_end: bool) -> list[InputRecord]:
        if self.error is not None:
            return []
        try:
            text = self._pending + self._decode.decode(data, at_end)
        except UnicodeDecodeError as error:
            self.error = InputError(f"the input is not UTF-8: {error.reason}", self._records + 1)
            return []
        self._pending = ""
        if len(text) < self._try_at and not at_end:
            self._pending = text
            return []
        records: list[InputRecord] = []
        at, end = 0, len(text)
        while True:
            while at < end and text[at] in _SPACE:
                at += 1
            if at == end:
                return records
            try:
                if text[at] != "{":
                    raise ValueError(f"a JSON object expected, {text[at : at + 20]!r} found")
                item, next_at = self._scan(text, at)
                records.append(self._convert(item))
            except RecursionError:
                self.error = InputError("the object is nested too deeply", self._records + 1)
                return records
            except ValueError as error:
                if isinstance(error, json.JSONDecodeError) and _may_go_on(error, end):
                    self._wait(text[at:], at_end=at_end)
                else:
                    reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
                    self.error = InputError(f"invalid JSON record: {reason}", self._records + 1)
                return records
            self._records += 1
            at = next_at

    def _wait(self, rest: str, *, at_end: bool) -> None:
        if at_end:
            self.error = UnexpectedEnd("the input ends inside a JSON object", self._records + 1)
        elif len(rest) > RECORD_BYTES_MAX:
            self.error = InputError(f"more than {RECORD_BYTES_MAX} bytes without an end", self._records + 1)
        else:
            self._pending = rest
            self._try_at = 0 if len(rest) < _RETRY_AT_ONCE else len(rest) * 9 // 8


def _may_go_on(error: json.JSONDecodeError, end: int) -> bool:
    """Whether more text could still make the object valid: it broke at the very end of what is there."""
    if error.msg.startswith("Unterminated string"):
        return True
    rest = error.doc[error.pos : end].strip(_SPACE)
    return len(rest) < 12 and "\n" not in rest


def _reject_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
