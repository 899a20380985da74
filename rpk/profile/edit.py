"""`rpk profile edit`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config import rpk_yaml
from rpk.config.run import current
from rpk.profile.editor import edit
from rpk.profile.store import check_free, check_name, open_file, selected_name

EXAMPLES = (
    ("rpk profile edit", "the selected profile"),
    ("EDITOR=vi rpk profile edit staging", "another one; it is created if it is not there"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string", "name": "string"}


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Profile; the selected one without.")
    ] = None,
) -> None:
    """Edit a profile as YAML in your editor (VISUAL, EDITOR, else nano or vi).

    What you write is checked before the file is replaced. A profile that is not there is created.
    """
    run = current()
    file = open_file(run)
    wanted = name or selected_name(run, file)
    profile = file.profile(wanted)
    edited = edit(run, profile if profile is not None else {"name": check_name(wanted)})
    if edited is None and profile is not None:
        run.out.done(f'Profile "{wanted}" is unchanged.', name=wanted)
        return
    content = edited if edited is not None else {"name": wanted}
    new_name = check_name(str(content.setdefault("name", wanted)))
    if new_name != wanted:
        check_free(file, new_name)
    rpk_yaml.settings_of(content, file.path)
    rpk_yaml.warn_unknown(
        content, rpk_yaml.PROFILE_SCHEMA, file.path, f"profile {new_name}: ", run.out.warning
    )
    if profile is None:
        file.profiles.append(content)
    else:
        file.profiles[file.profiles.index(profile)] = content
        if file.current_profile == wanted:
            file.data["current_profile"] = new_name
    file.save()
    run.out.done(f'Saved profile "{new_name}".', name=new_name)
