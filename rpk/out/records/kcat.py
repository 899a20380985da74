"""kcat's one-line JSON (`-J`): topic, partition, offset, tstype, ts, broker, headers, key, payload.

Headers are a flat list of names and values. The broker that served a record is not known to the client
library's messages and is left out; text that is not UTF-8 is base64 beside a `*_encoding` field, where kcat
would lose it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from rpk.out.records.envelope import quoter
from rpk.out.records.view import RecordView, Render

TIMESTAMP_TYPES = ("unknown", "create", "logappend")


def kcat_formatter(*, terminal: bool = False) -> Render:
    """A function printing batches of records as kcat does."""
    quote = quoter(terminal=terminal)

    def field(name: str, data: bytes | None) -> str:
        if data is None:
            return f'"{name}":null'
        try:
            return f'"{name}":{quote(data.decode())}'
        except UnicodeDecodeError:
            return f'"{name}":"{base64.b64encode(data).decode()}","{name}_encoding":"base64"'

    def header_value(data: bytes | None) -> str:
        return "null" if data is None else quote(data.decode("utf-8", "replace"))

    def render(records: Sequence[RecordView]) -> bytes:
        out: list[str] = []
        for record in records:
            kind, timestamp = record.timestamp()
            headers = record.headers()
            listed = ""
            if headers:
                pairs = [
                    f"{quote(name.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace'))},{header_value(value)}"
                    for name, value in headers
                ]
                listed = f'"headers":[{",".join(pairs)}],'
            out.append(
                f'{{"topic":{quote(record.topic() or "")},"partition":{record.partition()},"offset":{record.offset()},'
                f'"tstype":"{TIMESTAMP_TYPES[kind]}","ts":{timestamp},{listed}'
                f"{field('key', record.key())},{field('payload', record.value())}}}\n"
            )
        return "".join(out).encode()

    return render
