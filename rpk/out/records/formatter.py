"""Compiles an output layout once into a function that prints whole batches of records.

The layout becomes the source of one list comprehension over `RecordView`s (a verb is one accessor call, all
literals sit in one bytes template), because a call per verb and record would cost more than the fetch. Nothing
of the user's text enters that source: literals and modifiers are reached through names.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from itertools import count
from typing import cast

from rpk.out.escape import for_terminal
from rpk.out.records.attributes import compile_attribute
from rpk.out.records.errors import LayoutError
from rpk.out.records.golayout import compile_go_layout
from rpk.out.records.numbers import DECIMAL_NAMES, WRITERS, writer
from rpk.out.records.scanner import Modifier, Token, Verb, scan
from rpk.out.records.strftime import compile_strftime
from rpk.out.records.unpack import compile_unpack
from rpk.out.records.view import Headers, Render

TEXT = {"t": "topic_bytes[m.topic()]", "k": "(m.key() or b'')", "v": "(m.value() or b'')"}
LENGTH = {"T": "len(topic_bytes[m.topic()])", "K": "len(m.key() or b'')", "V": "len(m.value() or b'')"}
NUMBER = {
    "p": "m.partition()",
    "o": "m.offset()",
    "e": "epoch(m.leader_epoch())",
    "x": "m.producer_id()",
    "y": "m.producer_epoch()",
    "H": "len(m.headers() or ())",
    "i": "next_index()",
    "D": "0",
    **LENGTH,
}
TIME = {"d": "m.timestamp()[1]", "A": "0"}
WATERMARK = {"[": "m.log_start()", "|": "m.last_stable()", "]": "m.high_watermark()"}
HEADER_TEXT = {"k": "header_name(h)", "v": "(h[1] or b'')"}
HEADER_NUMBER = {"K": "len(header_name(h))", "V": "len(h[1] or b'')", "i": "next_index()"}
BATCH_VERBS = frozenset("xya[|]")


class _TopicBytes(dict[str | None, bytes]):
    """Topic names as bytes, each encoded once."""

    def __missing__(self, name: str | None) -> bytes:
        encoded = self[name] = (name or "").encode("utf-8", "surrogateescape")
        return encoded


def _epoch(epoch: int | None) -> int:
    return -1 if epoch is None else epoch


def _header_name(header: tuple[str, bytes | None]) -> bytes:
    return header[0].encode("utf-8", "surrogateescape")


def safe_bytes(field: bytes) -> bytes:
    """Record text made harmless for a terminal (UX-16)."""
    return for_terminal(field.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _hex(field: bytes) -> bytes:
    return field.hex().encode()


def _base64_unpadded(field: bytes) -> bytes:
    return base64.b64encode(field).rstrip(b"=")


class _Compiler:
    """Turns tokens into a bytes template and the argument expressions that fill it."""

    def __init__(self, *, terminal: bool) -> None:
        self.terminal = terminal
        self.names: dict[str, object] = {
            "topic_bytes": _TopicBytes(),
            "epoch": _epoch,
            "header_name": _header_name,
            "next_index": count(1).__next__,
        }
        self.verbs: set[str] = set()

    def name(self, thing: object) -> str:
        """A name for an object the generated source refers to."""
        name = f"c{len(self.names)}"
        self.names[name] = thing
        return name

    def template(self, tokens: tuple[Token, ...], *, header: bool) -> tuple[bytes, list[str]]:
        template = bytearray()
        arguments: list[str] = []
        for token in tokens:
            if isinstance(token, bytes):
                template += token.replace(b"%", b"%%")
                continue
            placeholder, expression = self._header_verb(token) if header else self._verb(token)
            template += placeholder
            arguments.append(expression)
        return bytes(template), arguments

    def _verb(self, verb: Verb) -> tuple[bytes, str]:
        letter, modifier = verb.letter, verb.modifier
        self.verbs.add(letter)
        if letter in TEXT:
            return b"%b", self._text(letter, TEXT[letter], modifier)
        if letter in NUMBER:
            return self._number(letter, NUMBER[letter], modifier)
        if letter in TIME:
            return self._time(letter, modifier)
        if letter in WATERMARK:
            return b"%b", self._watermark(letter, modifier)
        if letter == "a":
            attribute = self.name(compile_attribute(modifier.name if modifier else ""))
            return b"%b", f"{attribute}(m.attributes())"
        return b"%b", f"{self.name(self._headers(verb))}(m.headers())"

    def _header_verb(self, verb: Verb) -> tuple[bytes, str]:
        letter = verb.letter
        if letter in HEADER_TEXT:
            return b"%b", self._text(letter, HEADER_TEXT[letter], verb.modifier)
        if letter in HEADER_NUMBER:
            return self._number(letter, HEADER_NUMBER[letter], verb.modifier)
        raise LayoutError(f"%{letter} means nothing inside %h{{}}; a header has %k %v %K %V and %i")

    def _headers(self, verb: Verb) -> Callable[[Headers | None], bytes]:
        inner = _Compiler(terminal=self.terminal)
        template, arguments = inner.template(verb.inner, header=True)
        source = f"lambda headers: b''.join([{_fill(inner, template, arguments)} for h in headers or ()])"
        return cast("Callable[[Headers | None], bytes]", _evaluate(source, inner.names))

    def _text(self, letter: str, expression: str, modifier: Modifier | None) -> str:
        name = modifier.name if modifier else ""
        if name == "hex":
            return f"{self.name(_hex)}({expression})"
        if name == "base64":
            return f"{self.name(base64.b64encode)}({expression})"
        if name == "base64raw":
            return f"{self.name(_base64_unpadded)}({expression})"
        if modifier is not None and name == "unpack":
            expression = f"{self.name(compile_unpack(modifier.argument or ''))}({expression})"
        elif name:
            raise LayoutError(
                f"unknown text format {name!r} of %{letter}; known are hex base64 base64raw unpack[…]"
            )
        return f"{self.name(safe_bytes)}({expression})" if self.terminal else expression

    def _number(self, letter: str, expression: str, modifier: Modifier | None) -> tuple[bytes, str]:
        if modifier is None or modifier.name in DECIMAL_NAMES:
            return b"%d", expression
        return b"%b", f"{self.name(writer(modifier.name, letter))}({expression})"

    def _time(self, letter: str, modifier: Modifier | None) -> tuple[bytes, str]:
        if modifier is not None and modifier.argument is not None and modifier.name in ("strftime", "go"):
            compiler = compile_strftime if modifier.name == "strftime" else compile_go_layout
            return b"%b", f"{self.name(compiler(modifier.argument))}({TIME[letter]})"
        return self._number(letter, TIME[letter], modifier)

    def _watermark(self, letter: str, modifier: Modifier | None) -> str:
        write = writer(modifier.name, letter) if modifier else WRITERS["ascii"]

        def written(offset: int | None) -> bytes:
            return b"<nil>" if offset is None else write(offset)

        return f"{self.name(written)}({WATERMARK[letter]})"


def _fill(compiler: _Compiler, template: bytes, arguments: list[str]) -> str:
    """The expression that fills one template; the cheapest one for its shape."""
    if not arguments:
        return compiler.name(template % ())
    if len(arguments) == 1 and template == b"%b":
        return arguments[0]
    return f"{compiler.name(template)} % ({', '.join(arguments)},)"


def _evaluate(source: str, names: dict[str, object]) -> object:
    return eval(compile(source, "<record format>", "eval"), dict(names))


class Formatter:
    """A compiled output layout; call it with a batch of records for the bytes to print.

    `verbs` are the letters used; `needs_batches` tells that some ask for what only the batch knows (producer,
    attributes, watermarks), so that records must come as `BatchView`s. A formatter keeps the running count of
    `%i`: use one per run. Raises LayoutError.
    """

    def __init__(self, layout: str, *, terminal: bool = False) -> None:
        compiler = _Compiler(terminal=terminal)
        template, arguments = compiler.template(scan(layout), header=False)
        self.verbs = frozenset(compiler.verbs)
        self.needs_batches = not BATCH_VERBS.isdisjoint(self.verbs)
        self.render: Render = _batch_function(compiler, template, arguments)

    def __call__(self, records: Iterator[object] | list[object]) -> bytes:
        """The printed records, one after the other."""
        return self.render(records)  # type: ignore[arg-type]  # tests hand over plain lists of fakes


def _batch_function(compiler: _Compiler, template: bytes, arguments: list[str]) -> Render:
    tail = template.removeprefix(b"%b")
    if len(arguments) == 1 and template.startswith(b"%b") and tail:
        # One field and a delimiter, as `%v\n`: join instead of filling a template per record.
        delimiter = compiler.name(tail % ())
        source = f"lambda records: {delimiter}.join([{arguments[0]} for m in records]) + {delimiter} if records else b''"
    else:
        source = f"lambda records: b''.join([{_fill(compiler, template, arguments)} for m in records])"
    return cast("Render", _evaluate(source, compiler.names))
