"""`rpk cluster config set`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.cluster import properties
from rpk.config.run import current
from rpk.out.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = (
    ("rpk cluster config set default_topic_replications 3", "one property"),
    ("rpk cluster config set log_retention_ms=86400000 superusers='[admin]'", "several at once"),
)
OUTPUT = properties.CHANGE_OUTPUT


def command(
    words: Annotated[
        list[str], typer.Argument(metavar="PROPERTY VALUE | PROPERTY=VALUE...", help="What to set.")
    ],
) -> None:
    """Set one or more properties.

    An empty value brings a property back to its default (a string becomes empty); `null` unsets one that may be
    unset; a list is written as YAML. All are set together or none. Names are checked here, values by the cluster.
    """
    run = current()
    pairs = pairs_of(words)
    with admin.connect(run) as client:
        known = properties.schema(client)
        names = properties.aliases(known)
        upserts: dict[str, object] = {}
        removes: list[str] = []
        for name, text in pairs:
            if name not in names:
                raise properties.unknown(name, list(names))
            value, reset = properties.parse(known[names[name]], name, text)
            if reset:
                removes.append(names[name])
            else:
                upserts[names[name]] = value
        before = client.get("/v1/cluster_config", include_defaults="true")
        removes = [name for name in removes if name in before]
        properties.change(run, client, upserts, removes, before)


def pairs_of(words: Sequence[str]) -> list[tuple[str, str]]:
    """`K V` or `K=V…` as pairs."""
    if len(words) == 2 and "=" not in words[0]:
        return [(words[0], words[1])]
    pairs = []
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise UsageError(
                f"{word}: not PROPERTY=VALUE", hint="rpk cluster config set PROPERTY VALUE sets one property"
            )
        pairs.append((name, text))
    return pairs
