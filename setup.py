"""Compile the hot modules where a C compiler is at hand; without one they run interpreted.

Each module below is ordinary Python in Cython's pure mode (ADR 0002). `optional=True` turns a
failing compiler into a warning, so that the package installs everywhere.
"""

import os
from pathlib import Path

from setuptools import Extension, setup

HOT_MODULES: list[str] = []


def extensions():
    if os.environ.get("RPK_NO_COMPILE") or not HOT_MODULES:
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        return []
    modules = [
        Extension(name, [str(Path(*name.split(".")).with_suffix(".py"))], extra_compile_args=["-O2"], optional=True)
        for name in HOT_MODULES
    ]
    return cythonize(
        modules,
        build_dir="build/cython",
        language_level=3,
        compiler_directives={"boundscheck": False, "wraparound": False, "cdivision": True, "embedsignature": True},
    )


setup(ext_modules=extensions())
