"""Console entry. Answers `--version` and the help of groups without loading typer; everything else goes on.

Start-up is a promise (docs/adr/0005-cli-start-up.md): what is imported here is paid by every command.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; the exit status."""
    try:
        return _main(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:  # Ctrl-C while the command is still being loaded
        return EXIT_INTERRUPTED


def _main(arguments: list[str]) -> int:
    if arguments in (["--version"], []) or arguments[-1:] in (["--help"], ["-h"]):
        text = _static_answer(arguments)
        if text is not None:
            return _print(text)
    if arguments[:2] == ["__complete", "--"]:
        from rpk.cli.complete import answer

        return _print(answer(arguments[2:]))
    import gc

    # Nothing a command allocates while starting is garbage; a collection there costs 3 ms.
    gc.disable()
    from rpk.cli.app import run

    return run(arguments)


def _static_answer(arguments: list[str]) -> str | None:
    if arguments == ["--version"]:
        from rpk.cli.version import version_line

        return version_line() + "\n"
    from rpk.cli.table import GLOBAL_FLAGS, ROOT
    from rpk.out.commands import Group, find
    from rpk.out.help import group_screen, render

    node = ROOT
    path = "rpk"
    for word in arguments[:-1]:
        child = find(node, word)
        if not isinstance(child, Group):
            return None
        node = child
        path = f"{path} {node.name}"
    return render(group_screen(path, node, GLOBAL_FLAGS), full=arguments[-1:] != ["-h"])


def _print(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        from rpk.cli.streams import abandon_stdout

        return abandon_stdout()
    return 0


if __name__ == "__main__":
    sys.exit(main())
