"""Which topics a command line means: names, or regular expressions over the names there are."""

from __future__ import annotations

from rpk.client.kafka_errors import unknown_topic
from rpk.config.expressions import matching

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rpk.client.model import Metadata, Topic


def matching_topics(metadata: Metadata, texts: Sequence[str], *, internal: bool) -> list[Topic]:
    """The topics the expressions match; internal ones only when asked for."""
    topics = {topic.name: topic for topic in metadata.topics if internal or not topic.internal}
    return [topics[name] for name in matching(topics, texts)]


def without_repeats(names: Iterable[str]) -> list[str]:
    """The names in their order, each once."""
    return list(dict.fromkeys(names))


__all__ = ["matching_topics", "unknown_topic", "without_repeats"]
