"""`make man`: the manual pages of man/, made from the command tree.

    rpk.1                  the tool: commands, global flags, variables, files
    rpk-GROUP.1            one page a group
    rpk-GROUP-COMMAND.1    one page a command
    rpk-exit-codes.7       every exit status

redpanda.yaml(5) and the pages in BY_HAND are written, not made. `tests/rpk/cli/test_man.py` says when one is stale.
"""

from pathlib import Path

from rpk import __version__
from rpk.cli.loader import LazyGroup, Leaf, leaf_screen
from rpk.cli.table import GLOBAL_FLAGS
from rpk.cli.table import ROOT as COMMANDS
from rpk.config.keys import KEYS
from rpk.config.run import Options, Run, enter, leave
from rpk.out.errors import EXIT_CODES
from rpk.out.help import GLOBAL_TITLE

ROOT = Path(__file__).resolve().parent.parent
DIRECTORY = ROOT / "man"
BY_HAND = {"rpk-redpanda-tune.1", "rpk-tuners.7", "redpanda.yaml.5"}

FILES = (
    ("~/.config/rpk/rpk.yaml", "Profiles and the settings of rpk ($XDG_CONFIG_HOME is followed)."),
    (
        ".rpk.yaml",
        "Settings of a project, found from the working directory up to the root of its repository.",
    ),
    ("redpanda.yaml, /etc/redpanda/redpanda.yaml", "The broker of this host; see redpanda.yaml(5)."),
    (
        "~/.local/state/rpk/container/",
        "The local cluster: data, logs, cluster.json ($XDG_STATE_HOME is followed).",
    ),
    ("~/.local/state/rpk/reports/", "What rpk writes when it meets an error of its own; without secrets."),
    ("~/.cache/rpk/", "Names for completion, at most a minute old ($XDG_CACHE_HOME is followed)."),
)


def text(words: str) -> str:
    """Prose: a backslash stands for itself, a line never starts a request."""
    escaped = words.replace("\\", "\\e").replace("\n", " ")
    return "\\&" + escaped if escaped[:1] in (".", "'") else escaped


def literal(words: str) -> str:
    """What is typed: dashes are minus signs, so that they can be copied."""
    return text(words).replace("-", "\\-")


def page(name: str, section: int, parts: list[str]) -> str:
    heading = f'.TH "{name.upper()}" "{section}" "" "rpk {__version__}" "rpk manual"'
    return (
        "\n".join(['.\\" Made by tools/man.py; make man makes it again.', heading, ".nh", ".ad l", *parts])
        + "\n"
    )


def definitions(title: str, pairs: list[tuple[str, str]]) -> list[str]:
    lines = [f".SH {title}"] if pairs else []
    for term, words in pairs:
        lines += [".TP", f".B {literal(term)}", text(words) if words else "\\&"]
    return lines


def see_also(*names: str) -> list[str]:
    words = ", ".join(
        f"\\fB{literal(name.rsplit('.', 1)[0])}\\fR({name.rsplit('.', 1)[1]})" for name in names
    )
    return [".SH SEE ALSO", words]


def file_name(path: str) -> str:
    return path.replace(" ", "-") + ".1"


def leaf_page(leaf: Leaf) -> str:
    screen = leaf_screen(leaf)
    parts = [".SH NAME", f"{literal(leaf.path.replace(' ', '-'))} \\- {text(screen.summary.rstrip('.'))}"]
    parts += [".SH SYNOPSIS", f".B {literal(screen.usage)}"]
    if screen.description:
        parts.append(".SH DESCRIPTION")
        for at, paragraph in enumerate(screen.description):
            parts += [".PP"] * bool(at) + [text(paragraph)]
    for title, pairs in screen.sections:
        if title != GLOBAL_TITLE:
            parts += definitions({"Flags": "OPTIONS"}.get(title, title.upper()), list(pairs))
    parts.append(
        ".PP" if any(title == "Flags" and pairs for title, pairs in screen.sections) else ".SH OPTIONS"
    )
    parts.append("The global flags of \\fBrpk\\fR(1) may stand before and after the arguments.")
    parts += definitions("JSON FIELDS", [(key, kind) for key, kind in (leaf.output or {}).items()])
    if screen.examples:
        parts.append(".SH EXAMPLES")
        for command, words in screen.examples:
            parts += [".TP", text(words[:1].upper() + words[1:] + ":"), f".B {literal(command)}"]
    parts += [".SH EXIT STATUS", "See \\fBrpk\\-exit\\-codes\\fR(7)."]
    group = leaf.path.rsplit(" ", 1)[0]
    return page(leaf.path.replace(" ", "-"), 1, parts + see_also(file_name(group), "rpk-exit-codes.7"))


def group_page(group: LazyGroup) -> str:
    root = group.table is COMMANDS
    children = [child for child in group.table.children if not child.hidden]
    parts = [".SH NAME", f"{literal(group.path.replace(' ', '-'))} \\- {text(group.table.help.rstrip('.'))}"]
    parts += [".SH SYNOPSIS", f".B {literal(group.path)} [flags] COMMAND"]
    parts += definitions(
        "COMMANDS", [(", ".join((child.name, *child.aliases)), child.help) for child in children]
    )
    others = [file_name(f"{group.path} {child.name}") for child in children]
    if not root:
        return page(group.path.replace(" ", "-"), 1, parts + see_also("rpk.1", *others))
    parts += definitions("OPTIONS", list(GLOBAL_FLAGS))
    parts += definitions(
        "ENVIRONMENT", [(key.variable, f"{key.help} The same as -X {key.name}.") for key in KEYS]
    )
    parts += definitions("FILES", list(FILES))
    parts += [".SH EXIT STATUS", "See \\fBrpk\\-exit\\-codes\\fR(7)."]
    return page("rpk", 1, parts + see_also(*others, "redpanda.yaml.5", "rpk-exit-codes.7"))


def exit_codes_page() -> str:
    parts = [".SH NAME", "rpk\\-exit\\-codes \\- what the exit status of rpk means", ".SH DESCRIPTION"]
    parts.append(
        "Every command of \\fBrpk\\fR(1) ends with one of these. When one of many items fails, the command"
    )
    parts.append("works on through the others, prints a row for each and ends with 1.")
    parts += definitions(
        "STATUS", [(str(code), meaning[:1].upper() + meaning[1:] + ".") for code, meaning in EXIT_CODES]
    )
    return page("rpk-exit-codes", 7, parts + see_also("rpk.1"))


def pages() -> dict[str, str]:
    """File name → text of every page that is made."""
    found = {"rpk-exit-codes.7": exit_codes_page()}
    waiting = [LazyGroup(COMMANDS, "rpk")]
    while waiting:
        group = waiting.pop()
        found[file_name(group.path)] = group_page(group)
        for entry in group.table.children:
            child = None if entry.hidden else group.child(entry.name)
            if isinstance(child, LazyGroup):
                waiting.append(child)
            elif child is not None:
                found[file_name(child.path)] = leaf_page(child)
    return {name: words for name, words in found.items() if name not in BY_HAND}


def main() -> None:
    DIRECTORY.mkdir(exist_ok=True)
    enter(Run(Options()))
    made = pages()
    leave()
    for path in DIRECTORY.iterdir():
        if path.name not in made and path.name not in BY_HAND:
            path.unlink()
    for name, words in made.items():
        (DIRECTORY / name).write_text(words)


if __name__ == "__main__":
    main()
