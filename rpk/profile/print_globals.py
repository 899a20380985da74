"""`rpk profile print-globals`."""

from __future__ import annotations

from rpk.config import rpk_yaml
from rpk.config.run import current
from rpk.profile.store import open_file

EXAMPLES = (
    ("rpk profile print-globals", "as YAML"),
    ("rpk profile print-globals --format json", "as JSON"),
)
OUTPUT = {"schema_version": "integer", "command_timeout": "string", "dial_timeout": "string"}


def command() -> None:
    """Print the globals of rpk.yaml: what holds for every profile that does not say otherwise."""
    run = current()
    file = open_file(run)
    if run.out.structured:
        run.out.document(file.globals)
    else:
        run.out.raw(rpk_yaml.dump(file.globals))
