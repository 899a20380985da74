"""`rpk cluster config get`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.config.run import current
from rpk.out.errors import OperationFailed
from rpk.out.tables import Text

EXAMPLES = (
    ("rpk cluster config get default_topic_replications", "the value, bare"),
    ("rpk cluster config get superusers --format json", "a list as JSON"),
)
OUTPUT = {"name": "string", "value": "any"}


def command(name: Annotated[str, typer.Argument(metavar="PROPERTY", help="Name or alias.")]) -> None:
    """Print one property.

    The value is printed as YAML, a bare scalar for scripts. An unknown name exits 5.
    """
    import yaml

    from rpk.cluster import properties

    run = current()
    with admin.connect(run) as client:
        try:
            found = client.get("/v1/cluster_config", key=name)
        except OperationFailed as error:
            if error.code != 400:
                raise
            raise properties.unknown(name, list(properties.aliases(properties.schema(client)))) from error
    (value,) = found.values()
    text = yaml.safe_dump(value, default_flow_style=False).removesuffix("...\n").strip()
    run.out.document({"name": name, "value": value}, Text(*text.splitlines()))
