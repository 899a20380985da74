"""Where tests keep what they download: one folder outside the tree, shared by runs."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_directory() -> Path:
    """`$RPK_TEST_CACHE`, or `rpk-tests` in the user's cache directory; made when missing."""
    named = os.environ.get("RPK_TEST_CACHE")
    base = (
        Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "rpk-tests"
    )
    base.mkdir(parents=True, exist_ok=True)
    return base


@contextmanager
def locked(name: str) -> Iterator[Path]:
    """Hold the cache's lock `name`, so that parallel test workers download a thing once."""
    with (cache_directory() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield cache_directory()
