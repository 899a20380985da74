"""`rpk profile prompt`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.run import Run, current
from rpk.out.errors import RpkError
from rpk.profile.prompt_format import render_prompt
from rpk.profile.store import named_or_selected, open_file

EXAMPLES = (
    ("PS1='$(rpk profile prompt)'\"$PS1\"", "in your shell's start file"),
    ("rpk profile prompt --validate", "why a prompt shows nothing"),
)
OUTPUT = {"schema_version": "integer", "prompt": "string"}


def command(
    validate: Annotated[
        bool, typer.Option("--validate", help="Say what is wrong instead of printing nothing.")
    ] = False,
) -> None:
    """Print the selected profile for a shell prompt, with colours, without a newline.

    The format is the profile's `prompt`, else globals.prompt: colour words (red, hi-green, bg-blue, bold, …) and
    quoted texts, where %n is the name. Without a profile, or with a bad format, nothing is printed: a prompt must
    never break the shell.
    """
    run = current()
    try:
        text = _prompt(run)
    except RpkError:
        if validate:
            raise
        return
    if run.out.structured:
        run.out.document({"prompt": text})
    else:
        run.out.raw(f"vvv\n{text}\n^^^\n" if validate else text)


def _prompt(run: Run) -> str:
    file = open_file(run)
    profile = named_or_selected(run, file, None)
    prompt = profile.get("prompt") or run.settings.text("globals.prompt")
    return render_prompt(str(prompt), str(profile["name"]))
