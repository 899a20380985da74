"""Names for completion: profiles from the file, topics and groups from a cache at most 60 s old (UX-35).

A stale cache is refreshed under a deadline of 300 ms; when that fails the old names serve on.
"""

from __future__ import annotations

import hashlib
import os
import time

from rpk.config.resolve import resolve
from rpk.config.run import Options, Run, current
from rpk.out.errors import RpkError
from rpk.system import files, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

FRESH_S = 60.0
DEADLINE_S = 0.3
NAMES_MAX = 5000


def names(kind: str, environment: Mapping[str, str]) -> list[str]:
    """Names of that kind (topics, groups, profiles), ascending; empty when they cannot be had in time."""
    options = current().options
    if kind == "profiles":
        from rpk.config import rpk_yaml

        return sorted(rpk_yaml.load(options.config or paths.rpk_yaml(environment)).names())
    settings = resolve(options, environment)
    place = "\n".join((kind, ",".join(settings.brokers), settings.text("user")))
    digest = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    path = os.path.join(paths.cache_directory(environment), f"names-{digest}")
    try:
        age_s: float | None = time.time() - os.stat(path).st_mtime
    except OSError:
        age_s = None
    old = (files.read_text(path) or "").splitlines()
    if age_s is not None and 0 <= age_s < FRESH_S:
        return old
    try:
        fresh = _ask(kind, environment, options)
    except RpkError:
        return old
    # Always touched, also when nothing changed: its age is what counts.
    files.write_text(path, "".join(f"{name}\n" for name in fresh[:NAMES_MAX]))
    os.utime(path)
    return fresh


def _ask(kind: str, environment: Mapping[str, str], options: Options) -> list[str]:
    from rpk.client.deadline import Deadline
    from rpk.client.kafka import KafkaClient

    run = Run(options, environment)
    with KafkaClient(run.settings, Deadline(DEADLINE_S)) as client:
        if kind == "groups":
            return sorted({listing.name for listing in client.groups.list()[0]})
        return [topic.name for topic in client.metadata().topics if not topic.internal]
