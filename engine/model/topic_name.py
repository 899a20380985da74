"""What may be a topic's name, and which topics are the engine's own."""

import re

TOPIC_NAME_CHARS_MAX = 249
CONSUMER_OFFSETS = "__consumer_offsets"
TRANSACTION_STATE = "__transaction_state"
INTERNAL_TOPICS = frozenset({CONSUMER_OFFSETS, TRANSACTION_STATE})

_LEGAL = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)


def topic_name_error(name: str) -> str | None:
    """Say what is wrong with `name` as a topic name, or None if nothing is.

    Rules: 1 … 249 characters of ``[A-Za-z0-9._-]``, neither ``.`` nor ``..`` (Kafka's `Topic.validate`).
    """
    if not name:
        return "the topic name is empty"
    if name in {".", ".."}:
        return f"the topic name cannot be {name!r}"
    if len(name) > TOPIC_NAME_CHARS_MAX:
        return f"the topic name has {len(name)} characters, more than the {TOPIC_NAME_CHARS_MAX} allowed"
    if not _LEGAL.fullmatch(name):
        return f"the topic name {name!r} has characters outside A-Z a-z 0-9 . _ -"
    return None


def is_internal(name: str) -> bool:
    """Whether clients see the topic flagged as internal and may not produce to it."""
    return name in INTERNAL_TOPICS
