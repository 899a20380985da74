"""`rpk container purge`."""

from __future__ import annotations

import os
import shutil

from rpk.config.run import current
from rpk.container import cluster as clusters
from rpk.container import local_profile
from rpk.container.runtimes import runtime
from rpk.out.errors import OperationFailed, RpkError

EXAMPLES = (
    ("rpk container purge", "stop the local cluster, delete its data and its profile"),
    ("rpk container purge --format json", "the same, the answer as JSON"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string", "purged": "boolean"}


def command() -> None:
    """Stop and delete the local cluster.

    Asks nothing: a local cluster is made to be thrown away.

    Idempotent: nothing to purge exits 0. Removes the profile rpk-container and selects the one before it.
    """
    run = current()
    home = clusters.home(run.environment)
    with clusters.exclusively(home):
        try:
            cluster = clusters.load(home)
        except OperationFailed as error:  # a damaged file must not keep its folder alive
            run.out.warning(error.message)
            cluster = None
        if cluster is not None:
            ways = runtime(cluster.runtime)
            cluster, _ = ways.stop(cluster)
            ways.remove(cluster)
            cluster.forget()
        elif os.path.isdir(home):
            shutil.rmtree(home, ignore_errors=True)
        try:
            local_profile.remove(run.environment)
        except RpkError as error:  # the data is gone: say so, and what is left
            cause = f": {error.cause}" if error.cause else ""
            run.out.warning(f"the profile {local_profile.NAME} is left as it was: {error.message}{cause}")
    run.out.done(
        "Stopped the local cluster and deleted its data." if cluster else "There was no local cluster.",
        purged=cluster is not None,
    )
