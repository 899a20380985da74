"""`rpk version`: what this rpk is; no broker is asked (UX-37)."""

from __future__ import annotations

import os
import sys

from rpk import __version__
from rpk.cli.version import revision
from rpk.config.run import current
from rpk.out.tables import Pairs

EXAMPLES = (
    ("rpk version", "the version, revision, Python and machine"),
    ("rpk version --format json", "the same for a script"),
)
OUTPUT = {
    "schema_version": "integer",
    "version": "string",
    "revision": "string",
    "python": "string",
    "os": "string",
    "arch": "string",
}


def command() -> None:
    """Print the version of rpk.

    The versions of the brokers are in `rpk cluster info`; this command talks to nobody and works offline.
    """
    machine = os.uname()
    python = ".".join(map(str, sys.version_info[:3]))
    data = {
        "version": __version__,
        "revision": revision(),
        "python": python,
        "os": machine.sysname.lower(),
        "arch": machine.machine,
    }
    pairs = [
        ("Version:", __version__),
        ("Git ref:", data["revision"]),
        ("OS/Arch:", f"{data['os']}/{data['arch']}"),
        ("Python:", python),
    ]
    current().out.document(data, Pairs(pairs))
