"""The version of rpk and the revision it was made from; reads files only, imports nothing."""

from __future__ import annotations

from rpk import __version__


def revision() -> str:
    """Commit of the checkout rpk runs from, shortened; `unknown` outside one."""
    root = __file__.rsplit("/rpk/cli/", 1)[0]
    try:
        with open(f"{root}/.git/HEAD", encoding="ascii") as file:
            head = file.read().strip()
        if head.startswith("ref: "):
            with open(f"{root}/.git/{head[5:]}", encoding="ascii") as file:
                head = file.read().strip()
    except (OSError, ValueError):
        return "unknown"
    return head[:10]


def version_line() -> str:
    """What `rpk --version` prints."""
    return f"rpk version {__version__} (rev {revision()})"
