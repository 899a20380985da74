"""`rpk generate shell-completion`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.run import current
from rpk.out.errors import UsageError

EXAMPLES = (
    ("source <(rpk generate shell-completion bash)", "in ~/.bashrc"),
    ("rpk generate shell-completion zsh > ~/.zfunc/_rpk", "for zsh, in a directory of fpath"),
    ("rpk generate shell-completion fish > ~/.config/fish/completions/rpk.fish", "for fish"),
)
OUTPUT = {"code": "string"}

_BASH = r"""# rpk completion for bash
_rpk() {
    local line candidates=()
    COMPREPLY=()
    local cur="${COMP_WORDS[COMP_CWORD]}"
    while IFS= read -r line; do
        candidates+=("${line%%$'\t'*}")
    done < <("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    # bash splits words at = and :, what is replaced is the part after them.
    local prefix=""
    case "$cur" in "=" | ":") cur="" ;; esac
    for line in "${candidates[@]}"; do
        COMPREPLY+=("$line")
    done
    if [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == *= ]]; then
        compopt -o nospace
    fi
}
complete -o default -F _rpk rpk
"""

_ZSH = r"""#compdef rpk
# rpk completion for zsh
_rpk() {
    local -a candidates
    local line
    while IFS= read -r line; do
        candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( ${#candidates} )); then
        _describe rpk candidates
    else
        _files
    fi
}
if [ "$funcstack[1]" = "_rpk" ]; then
    _rpk "$@"
else
    compdef _rpk rpk
fi
"""

_FISH = r"""# rpk completion for fish
function __rpk_complete
    set -l tokens (commandline -opc) (commandline -ct)
    $tokens[1] __complete -- $tokens[2..-1] 2>/dev/null
end
complete -c rpk -f -a '(__rpk_complete)'
"""

SHELLS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def command(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")] = "bash",
) -> None:
    """Print code that makes a shell complete commands, flags, settings, and live topic, group and profile names.

    Names are asked of the cluster at most once a minute and for at most 300 ms; completion never waits longer and
    never prints an error.
    """
    code = SHELLS.get(shell)
    if code is None:
        raise UsageError(f"no completion for {shell!r}", hint=f"use one of {', '.join(SHELLS)}")
    run = current()
    if run.out.structured:
        run.out.document({"code": code})
    else:
        run.out.raw(code)
