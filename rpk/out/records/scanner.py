r"""Cuts a layout into tokens: literal bytes and `%` verbs with the raw text of their braces.

Backslash escapes are `\t \n \r \\ \xNN`; `%% %{ %}` are literal. The braces of `%h` and `%a` are
mandatory. A bare `{` as the very last character after a verb is a literal, as scripts have come to rely on.
"""

from __future__ import annotations

from dataclasses import dataclass

from rpk.out.records.errors import LayoutError

ESCAPES = {"t": b"\t", "n": b"\n", "r": b"\r", "\\": b"\\"}
CLOSERS = {"{": "}", "[": "]", "(": ")"}
DELIMITED = ("strftime", "unpack", "go", "re")
VERBS = frozenset("tTkKvVhHpoedxya[|]iDA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Modifier:
    """The inside of a verb's braces: a word, and the argument between delimiters where it takes one."""

    name: str
    argument: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """`%` letter, its modifier (None without braces) and, for `%h`, the inner tokens."""

    letter: str
    modifier: Modifier | None = None
    inner: tuple[Token, ...] = ()


Token = bytes | Verb


def delimited(text: str, at: int, what: str) -> tuple[str, int]:
    """Read `<opener>…<closer>` of `text` from `at`; the argument and the position after the closer.

    The first character opens, repeated n times; `{ [ (` close with their partner, others with themselves,
    n times as well.
    """
    if at >= len(text) or text[at] == "}":
        raise LayoutError(f"{what} wants an argument between delimiters, as in {what}[…]")
    opener = text[at]
    end = at
    while end < len(text) and text[end] == opener:
        end += 1
    closer = CLOSERS.get(opener, opener) * (end - at)
    close_at = text.find(closer, end)
    if close_at < 0:
        raise LayoutError(f"{what}{text[at:end]} is never closed: {closer!r} is missing")
    return text[end:close_at], close_at + len(closer)


class Scanner:
    """One pass over one layout."""

    def __init__(self, layout: str) -> None:
        self.layout = layout
        self.at = 0

    def scan(self) -> tuple[Token, ...]:
        """All tokens; neighbouring literals are one token."""
        return self._items(nested=False)

    def _items(self, *, nested: bool) -> tuple[Token, ...]:
        tokens: list[Token] = []
        literal = bytearray()
        depth = 1
        while self.at < len(self.layout):
            char = self.layout[self.at]
            if char == "\\":
                literal += self._escape()
            elif char == "%":
                token = self._percent()
                if isinstance(token, bytes):
                    literal += token
                else:
                    if literal:
                        tokens.append(bytes(literal))
                        literal.clear()
                    tokens.append(token)
            else:
                if nested:
                    depth += (char == "{") - (char == "}")
                    if depth == 0:
                        self.at += 1
                        break
                literal += char.encode("utf-8", "surrogateescape")
                self.at += 1
        else:
            if nested:
                raise LayoutError("%h{ is never closed: '}' is missing")
        if literal:
            tokens.append(bytes(literal))
        return tuple(tokens)

    def _escape(self) -> bytes:
        kind = self.layout[self.at + 1 : self.at + 2]
        if kind == "x":
            digits = self.layout[self.at + 2 : self.at + 4]
            try:
                if len(digits) != 2 or not digits.isalnum():
                    raise ValueError
                byte = bytes([int(digits, 16)])
            except ValueError:
                raise LayoutError(f"\\x wants two hexadecimal digits, not {digits!r}") from None
            self.at += 4
            return byte
        if kind not in ESCAPES:
            raise LayoutError(
                f"unknown escape {chr(92) + kind!s}; known are \\t \\n \\r \\\\ \\xNN"
                if kind
                else "the layout ends in a lone backslash; write \\\\ for one"
            )
        self.at += 2
        return ESCAPES[kind]

    def _percent(self) -> Token:
        letter = self.layout[self.at + 1 : self.at + 2]
        self.at += 2
        if letter and letter in "%{}":
            return letter.encode()
        if letter not in VERBS or not letter:
            raise LayoutError(
                f"unknown verb %{letter} at character {self.at - 1}; write %% for a percent sign"
            )
        braces = self.layout[self.at : self.at + 1] == "{"
        if letter == "h":
            if not braces:
                raise LayoutError("%h wants braces with the format of one header, as in %h{%k=%v;}")
            self.at += 1
            inner = self._items(nested=True)
            if not inner:
                raise LayoutError("%h{} is empty; give the format of one header, as in %h{%k=%v;}")
            return Verb(letter=letter, inner=inner)
        if letter == "a" and not braces:
            raise LayoutError("%a wants braces with the attribute's name, as in %a{compression}")
        if not braces or self.at + 1 == len(self.layout):
            return Verb(letter=letter)
        return Verb(letter=letter, modifier=self._modifier(letter))

    def _modifier(self, letter: str) -> Modifier:
        start = self.at + 1
        for name in DELIMITED:
            if self.layout.startswith(name, start) and self._takes(letter, name):
                argument, self.at = delimited(self.layout, start + len(name), name)
                if self.layout[self.at : self.at + 1] != "}":
                    raise LayoutError(
                        f"%{letter}{{{name}…}} is never closed: '}}' is missing after its argument"
                    )
                self.at += 1
                return Modifier(name=name, argument=argument)
        end = self.layout.find("}", start)
        if end < 0:
            raise LayoutError(f"%{letter}{{ is never closed: '}}' is missing")
        self.at = end + 1
        return Modifier(name=self.layout[start:end])

    @staticmethod
    def _takes(letter: str, name: str) -> bool:
        return letter in ("d" if name in ("strftime", "go") else "tkv")


def scan(layout: str) -> tuple[Token, ...]:
    """Tokens of `layout`; raises LayoutError."""
    return Scanner(layout).scan()
