"""`rpk profile edit-globals`."""

from __future__ import annotations

from rpk.config import rpk_yaml
from rpk.config.run import current
from rpk.profile.editor import edit
from rpk.profile.store import open_file

EXAMPLES = (
    ("rpk profile edit-globals", "in your editor"),
    ("rpk profile set-globals command_timeout=30s", "one field without an editor"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string"}


def command() -> None:
    """Edit the globals as YAML in your editor (VISUAL, EDITOR, else nano or vi)."""
    run = current()
    file = open_file(run)
    edited = edit(run, file.globals)
    if edited is None:
        run.out.done("The globals are unchanged.")
        return
    rpk_yaml.settings_of({"globals": edited}, file.path)
    rpk_yaml.warn_unknown(edited, rpk_yaml.SCHEMA["globals"], file.path, "globals.", run.out.warning)
    file.data["globals"] = edited
    file.save()
    run.out.done("Saved the globals.")
