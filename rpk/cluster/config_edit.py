"""`rpk cluster config edit`."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from typing import Annotated

import typer

from rpk.client import admin
from rpk.cluster import properties
from rpk.config.run import current
from rpk.out.errors import OperationFailed, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.config.run import Run

EXAMPLES = (
    ("rpk cluster config edit", "in $EDITOR; saved means applied"),
    ("EDITOR='code --wait' rpk cluster config edit --all", "another editor, tunables too"),
)
OUTPUT = properties.CHANGE_OUTPUT


def command(
    everything: Annotated[
        bool, typer.Option("--all", help="Also tunables, which hardly anybody needs.")
    ] = False,
) -> None:
    """Edit the properties in your editor.

    Opens what export would write in VISUAL, EDITOR, nano or vi, and applies what was changed when the editor ends.
    """
    run = current()
    if run.options.no_input:
        raise UsageError(
            "an editor is needed, and --no-input was given", hint="rpk cluster config set changes properties"
        )
    with admin.connect(run) as client:
        known = properties.schema(client)
        now = client.get("/v1/cluster_config", include_defaults="true")
    text = properties.as_yaml(properties.shown(now, known, tunables=everything), known)
    edited = edit(run, text)
    if edited == text:
        run.out.done("No changes were made.", changes=[])
        return
    wanted = properties.read_yaml(edited, "what you saved")
    with admin.connect(run) as client:
        overridden = client.get("/v1/cluster_config", include_defaults="false")
        upserts, removes = properties.difference(wanted, now, known, tunables=everything)
        removes = [name for name in removes if name in overridden]
        if not upserts and not removes:
            run.out.done("No changes were made.", changes=[])
            return
        properties.change(run, client, upserts, removes, now)


def edit(run: Run, text: str) -> str:
    """The text as the user saved it. OperationFailed when the editor fails, UsageError when there is none."""
    words = editor(run)
    descriptor, path = tempfile.mkstemp(prefix="rpk-cluster-", suffix=".yaml")
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            status = subprocess.run([*words, path], check=False).returncode
        except OSError as error:
            raise OperationFailed(f"cannot run the editor {words[0]}", cause=error.strerror) from error
        if status:
            raise OperationFailed(f"the editor {words[0]} failed", cause=f"exit status {status}")
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    finally:
        os.unlink(path)


def editor(run: Run) -> list[str]:
    """The editor's command line."""
    for name in ("VISUAL", "EDITOR"):
        if run.environment.get(name):
            return shlex.split(run.environment[name])
    for name in ("nano", "vi"):
        found = shutil.which(name)
        if found:
            return [found]
    raise UsageError("there is no editor", hint="set EDITOR, or use rpk cluster config set")
