"""`rpk profile clear`."""

from __future__ import annotations

from rpk.config.run import current
from rpk.profile.store import open_file

EXAMPLES = (
    ("rpk profile clear", "select no profile: settings come from flags, variables and the node file"),
    ("rpk profile clear && rpk profile use -", "and back to the one before"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string"}


def command() -> None:
    """Select no profile. Profiles themselves are kept."""
    run = current()
    file = open_file(run)
    if file.exists and file.current_profile:
        file.data["previous_profile"] = file.current_profile
        file.data["current_profile"] = ""
        file.save()
    run.out.done("No profile is selected.")
