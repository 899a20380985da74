"""CRC-32C (Castagnoli), from the crc32c package's C extension.

The package's own `__init__` loads importlib.metadata, argparse and more: 45 ms and 4 MiB that a broker
start has no use for. So the extension is loaded straight from its file; where a release moves it,
the ordinary import serves.
"""

import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType

_Crc32c = Callable[..., int]


def _load_extension() -> ModuleType | None:
    package = PathFinder.find_spec("crc32c", sys.path)
    if package is None or not package.submodule_search_locations:
        return None
    spec = PathFinder.find_spec("_crc32c", list(package.submodule_search_locations))
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _load() -> _Crc32c:
    try:
        module = _load_extension()
    except ImportError:
        module = None
    found: _Crc32c | None = getattr(module, "crc32c", None)
    if found is None:
        from crc32c import crc32c as packaged

        return packaged
    return found


crc32c: _Crc32c = _load()
"""`crc32c(data, value=0) -> int`: CRC-32C of any contiguous buffer, going on from `value`."""
