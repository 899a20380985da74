"""Every method between brokers and its number. Numbers are never used again for something else.

1 … 99 Raft, 100 … 199 controller and joining, 200 … 299 partitions.
"""

from enum import IntEnum


class Method(IntEnum):
    """Method numbers."""

    RAFT = 1
    """One-way: messages of many groups, as `engine.raft` encodes them."""
