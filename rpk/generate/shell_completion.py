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
    local line word joined="" last=0
    local -a words=()
    # bash splits words at = and :, rpk wants them whole.
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ -n "$word" && "$word" != *[!=:]* && ${#words[@]} -gt 0 ]]; then
            words[last]+="$word"
            joined=yes
        elif [[ -n "$joined" ]]; then
            words[last]+="$word"
            joined=""
        else
            words+=("$word")
            last=$((${#words[@]} - 1))
        fi
    done
    # What bash replaces is the part after the last = or :.
    local whole="${words[last]}"
    local kept="${whole%"${whole##*[=:]}"}"
    COMPREPLY=()
    while IFS= read -r line; do
        line="${line%%$'\t'*}"
        COMPREPLY+=("${line#"$kept"}")
    done < <("${COMP_WORDS[0]}" __complete -- "${words[@]}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == *= ]]; then
        compopt -o nospace
    fi
}
complete -o default -F _rpk rpk
"""

_ZSH = r"""#compdef rpk
# rpk completion for zsh
_rpk() {
    local -a candidates settings
    local line name
    while IFS= read -r line; do
        name="${${line%%$'\t'*}//:/\\:}"
        if [[ "$name" == *= ]]; then
            settings+=("$name:${line#*$'\t'}")
        else
            candidates+=("$name:${line#*$'\t'}")
        fi
    done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    (( ${#settings} )) && _describe -t settings setting settings -S ''
    (( ${#candidates} )) && _describe -t candidates rpk candidates
    (( ${#settings} + ${#candidates} )) || _files
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
    set -l found ($tokens[1] __complete -- $tokens[2..-1] 2>/dev/null)
    if test (count $found) -eq 0
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $found
    end
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
