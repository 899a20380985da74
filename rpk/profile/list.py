"""`rpk profile list`."""

from __future__ import annotations

from rpk.config.run import current
from rpk.out.tables import Column
from rpk.profile.store import open_file

EXAMPLES = (
    ("rpk profile list", "all profiles"),
    ("rpk profile list --format json", "for a script"),
)
OUTPUT = {"name": "string", "description": "string", "selected": "boolean"}


def command() -> None:
    """List the profiles by name; the selected one has a star behind its name."""
    run = current()
    file = open_file(run)
    selected = run.options.profile or run.environment.get("RPK_PROFILE") or file.current_profile
    rows: list[dict[str, object]] = [
        {
            "name": str(profile.get("name", "")),
            "description": str(profile.get("description") or ""),
            "selected": profile.get("name") == selected,
        }
        for profile in sorted(file.profiles, key=lambda profile: str(profile.get("name", "")))
    ]
    if not run.out.structured:
        for row in rows:
            row["name"] = f"{row['name']}*" if row["selected"] else row["name"]
    run.out.table((Column("NAME", "name"), Column("DESCRIPTION", "description")), rows)
