"""`rpk redpanda config init`."""

from __future__ import annotations

from rpk.config.run import current

EXAMPLES = (
    ("rpk redpanda config init", "does nothing; kept so that old scripts go on"),
    ("rpk redpanda config bootstrap --self 10.0.0.1", "what to use today"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string"}


def command() -> None:
    """Do nothing.

    Node ids and cluster ids are assigned by the cluster.
    """
    current().out.done("Nothing to do: ids are assigned when the broker starts.")
