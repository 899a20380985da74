"""The broker: a Kafka-API streaming engine. `engine/README.md` is the map."""

import os
import sys

if os.environ.get("ENGINE_INTERPRETED"):
    # Compiled modules lie beside their sources and would be found first: look for sources only.
    from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader

    def _sources_only(path: str) -> FileFinder:
        if not path.startswith(__path__[0]):
            raise ImportError(path)
        return FileFinder(path, (SourceFileLoader, SOURCE_SUFFIXES))

    sys.path_hooks.insert(0, _sources_only)
