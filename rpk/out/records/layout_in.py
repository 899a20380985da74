"""Compiles an input layout into steps, refusing the ones that could never be read back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rpk.out.records import steps
from rpk.out.records.errors import InputError, LayoutError
from rpk.out.records.numbers import NumberReader
from rpk.out.records.scanner import Token, Verb, scan
from rpk.out.records.steps import Cursor, Put, Step

TEXT_FIELDS = {"t": "topic", "k": "key", "v": "value"}
NUMBER_FIELDS = {"p": "partition", "d": "timestamp", "o": "", "e": "", "x": "", "y": ""}
SIZE_OF = {"t": "T", "k": "K", "v": "V"}


@dataclass(frozen=True, slots=True, kw_only=True)
class InputLayout:
    """A compiled input layout.

    `presets` set what the layout itself fixes (`%p{3}`). `columns` and `delimiters` are filled when the layout
    is nothing but plain text fields each followed by a literal, so that whole chunks can be cut at once.
    """

    steps: tuple[Step, ...]
    presets: tuple[Callable[[Cursor], None], ...]
    fields: frozenset[str]
    columns: tuple[str, ...]
    delimiters: tuple[bytes, ...]


def _put_size(letter: str) -> Callable[[Cursor, int], None]:
    def put(cursor: Cursor, value: int) -> None:
        cursor.sizes[letter] = value

    return put


def _put_count(cursor: Cursor, value: int) -> None:
    cursor.count = value


def _put_number(field: str) -> Callable[[Cursor, int], None]:
    def put(cursor: Cursor, value: int) -> None:
        if field == "partition":
            if value > 0x7FFF_FFFF:
                raise InputError(f"partition {value} is too large")
            cursor.record["partition"] = value
        elif field == "timestamp":
            if value > 0x7FFF_FFFF_FFFF_FFFF:
                raise InputError(f"timestamp {value} is too large")
            cursor.record["timestamp"] = value

    return put


def _put_text(letter: str, decode: steps.Decode | None) -> Put:
    def put(cursor: Cursor, field: bytes) -> None:
        if decode is not None:
            field = decode(field)
        if letter == "k":
            cursor.record["key"] = field
        elif letter == "v":
            cursor.record["value"] = field
        else:
            cursor.record["topic"] = field.decode("utf-8", "surrogateescape")

    return put


def _put_header(letter: str, decode: steps.Decode | None) -> Put:
    slot = 0 if letter == "k" else 1

    def put(cursor: Cursor, field: bytes) -> None:
        cursor.header[slot] = decode(field) if decode is not None else field

    return put


class _Compiler:
    def __init__(self, tokens: tuple[Token, ...], *, header: bool) -> None:
        self.tokens = tokens
        self.header = header
        self.steps: list[Step] = []
        self.presets: list[Callable[[Cursor], None]] = []
        self.sizes: set[str] = set()
        self.seen: set[str] = set()
        self.plain = True

    def compile(self) -> None:
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            at += 1
            last = at == len(self.tokens) and not self.header
            if isinstance(token, bytes):
                self.plain = False
                self.steps.append(steps.literal(token, last=last))
                continue
            letter = token.letter
            if letter in self.seen:
                raise LayoutError(f"%{letter} is there twice")
            self.seen.add(letter)
            if letter in ("t", "k", "v") and not (self.header and letter == "t"):
                at = self._text(token, at)
            elif letter == "h" and not self.header:
                self._headers(token)
            elif letter in "TKV" or (letter in "Hpoedxy" and not self.header):
                self._number(token)
            else:
                where = " inside %h{}" if self.header else ""
                raise LayoutError(f"%{letter} cannot be read from input{where}")

    def _number(self, verb: Verb) -> None:
        letter = verb.letter
        self.plain = False
        sized_letter = letter.lower()
        if sized_letter in self.seen and letter in "TKVH":
            raise LayoutError(f"%{letter} must come before the %{sized_letter} it measures")
        if verb.modifier is not None and verb.modifier.argument is not None:
            raise LayoutError(
                f"%{letter}{{{verb.modifier.name}[…]}} cannot be read from input; use milliseconds"
            )
        reader = NumberReader(verb.modifier.name if verb.modifier else "ascii", letter)
        put: Callable[[Cursor, int], None]
        if letter == "H":
            put = _put_count
        elif letter in "TKV":
            put = _put_size(letter)
        else:
            put = _put_number(NUMBER_FIELDS[letter])
        if letter in "TKV":
            self.sizes.add(letter)
        if reader.fixed is None:
            self.steps.append(steps.number(reader, put))
            return
        fixed = reader.fixed

        def preset(cursor: Cursor) -> None:
            put(cursor, fixed)

        if self.header:
            # Sizes start afresh with every header, so the preset is a step that reads nothing.
            def preset_step(_data: bytes, at: int, cursor: Cursor) -> int:
                put(cursor, fixed)
                return at

            self.steps.append(preset_step)
        else:
            self.presets.append(preset)

    def _text(self, verb: Verb, at: int) -> int:
        """Compile a text verb; returns the index of the next token, a swallowed delimiter skipped."""
        letter = verb.letter
        name = verb.modifier.name if verb.modifier else ""
        decode = {"": None, "hex": steps.decode_hex, "base64": steps.decode_base64}.get(name)
        put = _put_header(letter, decode) if self.header else _put_text(letter, decode)
        is_sized = SIZE_OF[letter] in self.sizes
        if name in ("json", "re"):
            self.plain = False
            if is_sized:
                raise LayoutError(
                    f"%{letter}{{{name}}} ends by itself; drop the %{SIZE_OF[letter]} before it"
                )
            if name == "json":
                self.steps.append(steps.json_value(letter, put))
            else:
                argument = verb.modifier.argument if verb.modifier else None
                self.steps.append(steps.pattern(letter, _expression(letter, argument or ""), put))
            return at
        if name not in ("", "hex", "base64"):
            raise LayoutError(
                f"text format {name!r} of %{letter} cannot be read; known are hex base64 json re[…]"
            )
        if is_sized:
            self.plain = False
            self.steps.append(steps.sized(letter, SIZE_OF[letter], put))
            return at
        following = self.tokens[at] if at < len(self.tokens) else None
        if isinstance(following, bytes):
            last = at + 1 == len(self.tokens) and not self.header
            self.plain = self.plain and name == ""
            self.steps.append(steps.until(letter, following, put, last=last))
            return at + 1
        self.plain = False
        if self.header:
            raise LayoutError(f"%{letter} inside %h{{}} has neither a size nor a text after it to end it")
        if any(isinstance(token, bytes) or not _is_fixed(token) for token in self.tokens[at:]):
            raise LayoutError(
                f"%{letter} has neither a size nor a text after it to end it, so nothing after it can be read; "
                f"put %{SIZE_OF[letter]} before it or a delimiter after it"
            )
        self.steps.append(steps.until(letter, b"", put, last=True))
        return at

    def _headers(self, verb: Verb) -> None:
        self.plain = False
        if "H" not in self.seen:
            raise LayoutError("%h{} needs a %H before it to know how many headers there are")
        inner = _Compiler(verb.inner, header=True)
        inner.compile()
        self.steps.append(steps.headers(inner.steps))


def _is_fixed(verb: Verb) -> bool:
    return verb.modifier is not None and verb.modifier.argument is None and verb.modifier.name.isdigit()


def _expression(letter: str, text: str) -> re.Pattern[bytes]:
    try:
        return re.compile(text.encode("utf-8", "surrogateescape"))
    except re.error as error:
        raise LayoutError(f"%{letter}{{re}}: {text!r} is no regular expression: {error}") from None


def compile_input(layout: str) -> InputLayout:
    """Compile `layout`; raises LayoutError."""
    tokens = scan(layout)
    if not tokens:
        raise LayoutError("the format is empty")
    compiler = _Compiler(tokens, header=False)
    compiler.compile()
    if not compiler.steps:
        raise LayoutError("the format reads nothing from the input")
    columns: tuple[str, ...] = ()
    if compiler.plain:
        columns = tuple(TEXT_FIELDS[token.letter] for token in tokens if isinstance(token, Verb))
    return InputLayout(
        steps=tuple(compiler.steps),
        presets=tuple(compiler.presets),
        fields=frozenset(
            {**TEXT_FIELDS, "p": "partition", "d": "timestamp", "h": "headers"}.get(letter, "")
            for letter in compiler.seen
        )
        - {""},
        columns=columns,
        delimiters=tuple(token for token in tokens if isinstance(token, bytes)) if columns else (),
    )
