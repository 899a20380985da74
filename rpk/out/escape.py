"""Make text harmless for a terminal: control bytes become visible escapes (UX-16)."""

from __future__ import annotations

_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_ESCAPES.update({0x07: "\\a", 0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"})
# Directional controls reorder what a reader sees (CVE-2021-42574); separators break lines.
_ESCAPES.update(
    {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029)}
)
# A byte that was not UTF-8 (surrogateescape) shows as that byte.
_ESCAPES.update({0xDC00 + byte: f"\\x{byte:02x}" for byte in range(0x80, 0x100)})

_MULTI_LINE = {code: text for code, text in _ESCAPES.items() if code not in (0x09, 0x0A)}


def one_line(text: str) -> str:
    """`text` on one line: every control character, tab and newline included, is escaped."""
    return text if text.isascii() and text.isprintable() else text.translate(_ESCAPES)


def for_terminal(text: str) -> str:
    """`text` with control characters escaped, tabs and newlines kept."""
    return text if text.isascii() and text.isprintable() else text.translate(_MULTI_LINE)
