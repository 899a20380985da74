"""How partitions are named on the command line: `[[ns/]topic/]partition`, and what comes behind a colon."""

from __future__ import annotations

from rpk.out.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

NAMESPACE = "kafka"


def topic_of(text: str) -> tuple[str, str]:
    """`ns/topic` or `topic` as (ns, topic)."""
    namespace, slash, topic = text.rpartition("/")
    return (namespace if slash else NAMESPACE), topic


def place(text: str, topics: Sequence[str]) -> tuple[str, str, int]:
    """`[[ns/]topic/]P` as (ns, topic, partition); without a topic the one of `topics` is meant."""
    name, slash, number = text.rpartition("/")
    if not number.isascii() or not number.isdigit():
        raise UsageError(f"{text}: {number!r} is not a partition", hint="for example orders/3")
    if not slash:
        if len(topics) != 1:
            raise UsageError(f"{text}: of which topic?", hint="name one topic, or write topic/partition")
        name = topics[0]
    return (*topic_of(name), int(number))


def node_id(text: str) -> int:
    """A broker's id. UsageError for anything else."""
    if not text.isascii() or not text.isdigit():
        raise UsageError(f"{text!r} is not a broker id", hint="rpk redpanda admin brokers list shows the ids")
    return int(text)


def quoted(text: str) -> str:
    """A name as a segment of a path."""
    from urllib.parse import quote

    return quote(text, safe="")
