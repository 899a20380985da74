"""Boot options in /etc/default/grub: added without losing one that is there."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

VARIABLE = "GRUB_CMDLINE_LINUX"


class CmdlineUnclear(ValueError):
    """The variable is missing, set twice, or not one quoted value."""


def with_options(text: str, options: Sequence[str]) -> str:
    """The file with `name=value` options on the command line of Linux; others, repeated ones too, stay as they are.

    An option that is there with another value gets ours behind it: the kernel obeys the last. Unchanged when all
    are there and last of their name.
    """
    lines = text.splitlines(keepends=True)
    at = [index for index, line in enumerate(lines) if line.strip().startswith(f"{VARIABLE}=")]
    if len(at) != 1:
        raise CmdlineUnclear(f"{VARIABLE} is set {len(at)} times; set it once")
    line = lines[at[0]]
    head, _, rest = line.partition("=")
    value = rest.strip()
    quote = value[:1]
    if quote in ("'", '"'):
        close = value.find(quote, 1)
        while close > 0 and quote == '"' and value[close - 1] == "\\":
            close = value.find(quote, close + 1)
        if close < 0:
            raise CmdlineUnclear(f"the value of {VARIABLE} has no closing quote")
        value, behind = value[1:close], value[close + 1 :]
    elif " " in value or "\t" in value:
        raise CmdlineUnclear(f"the value of {VARIABLE} is not quoted")
    else:
        quote, behind = '"', ""
    words = value.split(" ")
    missing = []
    for option in options:
        name = option.partition("=")[0]
        same = [word for word in words if word.partition("=")[0] == name]
        if not same or same[-1] != option:
            missing.append(option)
    if not missing:
        return text
    end = "\n" if line.endswith("\n") else ""
    joined = " ".join([*([value] if value else []), *missing])
    lines[at[0]] = f"{head}={quote}{joined}{quote}{behind}{end}"
    return "".join(lines)
