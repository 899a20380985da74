"""What the process says when it ends; the same table as the tool's."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of ``python -m engine.node``."""

    OK = 0
    """Stopped on request, log clean."""
    FAILED = 1
    """An operation failed: disk, port, permission."""
    USAGE = 2
    """A flag or the configuration is wrong; nothing was touched."""
    CRASH_LOOP = 10
    """Too many unclean starts in a row."""
    INTERNAL = 70
    """A defect: state that cannot be."""
