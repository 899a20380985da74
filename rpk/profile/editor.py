"""Let the user edit a mapping as YAML in their editor."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import tempfile

from rpk.config import rpk_yaml
from rpk.config.run import Run
from rpk.out.errors import OperationFailed, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def edit(run: Run, data: dict[str, Any]) -> dict[str, Any] | None:
    """The edited mapping, None when nothing was changed. The file is private and gone afterwards.

    Uses VISUAL, EDITOR, else nano or vi. UsageError when there is none or what was written is not understood.
    """
    if run.options.no_input:
        raise UsageError(
            "an editor is needed, and --no-input was given", hint="rpk profile set changes single fields"
        )
    command = _editor(run)
    before = rpk_yaml.dump(data)
    descriptor, path = tempfile.mkstemp(prefix="rpk-", suffix=".yaml")
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(before)
        try:
            status = subprocess.run([*command, path], check=False).returncode
        except OSError as error:
            raise OperationFailed(f"cannot run the editor {command[0]}", cause=error.strerror) from error
        if status != 0:
            raise OperationFailed(f"the editor {command[0]} failed", cause=f"exit status {status}")
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            after = file.read()
        if after == before:
            return None
        edited = rpk_yaml.read_mapping(path)
        return {} if edited is None else edited
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _editor(run: Run) -> list[str]:
    for name in ("VISUAL", "EDITOR"):
        if run.environment.get(name):
            return shlex.split(run.environment[name])
    for name in ("nano", "vi"):
        found = shutil.which(name)
        if found:
            return [found]
    raise UsageError("there is no editor", hint="set EDITOR, or use rpk profile set KEY=VALUE")
