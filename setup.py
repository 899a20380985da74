"""Compile the hot modules where a C compiler is at hand; without one they run interpreted.

Each module below is ordinary Python in Cython's pure mode (ADR 0002). `optional=True` turns a
failing compiler into a warning, so that the package installs everywhere.
"""

import os
from pathlib import Path

from setuptools import Extension, setup

HOT_MODULES: list[str] = [
    "engine.wire.varint",
    "engine.wire.primitives",
    "engine.wire.batch_header",
    "engine.wire.records",
    "engine.wire.produce",
    "engine.wire.fetch",
    "engine.wire.header",
    "engine.net.frames",
    "engine.net.exchange",
    "engine.kafka.call",
    "engine.kafka.handlers.produce",
    "engine.metrics.histogram",
    "engine.metrics.kafka",
    "engine.partition.append_checks",
    "engine.partition.commit_queue",
    "engine.partition.partition",
    "engine.partition.producer_state",
    "engine.partition.timer_wheel",
    "engine.storage.chunk",
    "engine.storage.log",
    "engine.storage.segment",
    "engine.storage.segment_index",
]


def extensions():
    if os.environ.get("RPK_NO_COMPILE") or not HOT_MODULES:
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        return []
    modules = cythonize(
        [
            Extension(
                name,
                [str(Path(*name.split(".")).with_suffix(".py"))],
                extra_compile_args=["-O1", "-g0", "-w"],
            )
            for name in HOT_MODULES
        ],
        build_dir="build/cython",
        language_level=3,
        # Python's meaning is kept: bounds are checked, since the bytes are hostile and an IndexError is how a
        # codec learns of a short frame; division floors; annotations are documentation, types are in the .pxd.
        compiler_directives={"annotation_typing": False, "embedsignature": True},
    )
    for module in modules:
        # Set here, because cythonize loses it.
        module.optional = True
    return modules


setup(ext_modules=extensions(), options={"build_ext": {"parallel": os.cpu_count() or 1}})
