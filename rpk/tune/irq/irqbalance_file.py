"""Ban interrupts in the options file of irqbalance, so that it does not move back what was placed."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_BANNED = re.compile(r"--banirq=(\d+)")


class OptionsUnclear(ValueError):
    """The file sets the variable more than once, or in a way that cannot be edited safely."""


def banned(text: str, key: str) -> set[int]:
    """Interrupts the file bans under the variable the installed version reads."""
    return {
        int(number) for line in text.splitlines() if _assigns(line, key) for number in _BANNED.findall(line)
    }


def ban(text: str, key: str, irqs: Iterable[int]) -> str:
    """The file with `--banirq=N` for every interrupt not yet banned; unchanged when all are. OptionsUnclear."""
    missing = sorted(set(irqs) - banned(text, key))
    if not missing:
        return text
    lines = text.splitlines(keepends=True)
    at = [index for index, line in enumerate(lines) if _assigns(line, key)]
    if len(at) > 1:
        raise OptionsUnclear(f"{key} is set {len(at)} times")
    added = " ".join(f"--banirq={irq}" for irq in missing)
    if not at:
        start = text if not text or text.endswith("\n") else text + "\n"
        return f'{start}{key}="{added}"\n'
    line = lines[at[0]].rstrip("\n")
    end = "\n" if lines[at[0]].endswith("\n") else ""
    head, _, rest = line.partition("=")
    value, behind = _unquoted(rest.strip(), key)
    quote = "'" if rest.strip()[:1] == "'" else '"'
    lines[at[0]] = f"{head}={quote}{f'{value} {added}'.strip()}{quote}{behind}{end}"
    return "".join(lines)


def _unquoted(text: str, key: str) -> tuple[str, str]:
    """The value without its quotes, and a comment behind it as it stands."""
    quote = text[:1]
    if quote not in ("'", '"') or not quote:
        value, mark, comment = text.partition(" #")
        return value, f" #{comment}" if mark else ""
    close = text.find(quote, 1)
    behind = text[close + 1 :]
    if close < 0 or behind.strip()[:1] not in ("", "#"):
        raise OptionsUnclear(f"the line that sets {key} is not one quoted value")
    return text[1:close], behind


def _assigns(line: str, key: str) -> bool:
    words = line.strip().removeprefix("export ").lstrip()
    return words.startswith(f"{key}=")
