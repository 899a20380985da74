"""The little language of `prompt`: colour words and quoted texts, `bold, bg-red "[%n]"`."""

from __future__ import annotations

from rpk.out.errors import UsageError

_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_ATTRIBUTES = {"bold": 1, "faint": 2, "italic": 3, "underline": 4, "blink": 5, "reverse": 7, "invert": 7}
for _at, _colour in enumerate(_COLOURS):
    _ATTRIBUTES.update(
        {
            _colour: 30 + _at,
            f"hi-{_colour}": 90 + _at,
            f"bg-{_colour}": 40 + _at,
            f"bg-hi-{_colour}": 100 + _at,
        }
    )

_QUOTES = "\"'`"


def render_prompt(prompt: str, name: str) -> str:
    r"""The prompt as text with ANSI codes; UsageError says what is wrong with it.

    Words set colours for the texts after them; `%n` is the profile's name, `%%` a percent sign, `\n` a newline.
    """
    out: list[str] = []
    codes: list[int] = []
    at = 0
    while at < len(prompt):
        letter = prompt[at]
        if letter in " \t,":
            at += 1
        elif letter in _QUOTES:
            end = prompt.find(letter, at + 1)
            if end < 0:
                raise UsageError(f"the prompt has an unclosed {letter}")
            out.append(_styled(_expand(prompt[at + 1 : end], name), codes))
            codes = []
            at = end + 1
        else:
            end = at
            while end < len(prompt) and prompt[end] not in " \t," + _QUOTES:
                end += 1
            word = prompt[at:end]
            if word.lower() not in _ATTRIBUTES:
                raise UsageError(
                    f'the prompt has an unknown word "{word}"', hint='texts go in quotes: bg-red "%n"'
                )
            codes.append(_ATTRIBUTES[word.lower()])
            at = end
    if codes:
        raise UsageError("the prompt ends with colours and no text after them")
    return "".join(out)


def _styled(text: str, codes: list[int]) -> str:
    if not codes:
        return text
    return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m"


def _expand(text: str, name: str) -> str:
    out: list[str] = []
    at = 0
    while at < len(text):
        pair = text[at : at + 2]
        if pair in ("%n", "%p"):
            out.append(name)
        elif pair == "%%":
            out.append("%")
        elif pair == "\\n":
            out.append("\n")
        elif pair[:1] == "%":
            raise UsageError(f'the prompt has an unknown "{pair}"', hint="%n is the name of the profile")
        else:
            out.append(text[at])
            at += 1
            continue
        at += 2
    return "".join(out)
