"""Which topics a command line means: names, or regular expressions over the names there are."""

from __future__ import annotations

from rpk.config.expressions import matching
from rpk.config.keys import suggestion
from rpk.out.errors import NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rpk.client.model import Metadata, Topic


def matching_topics(metadata: Metadata, texts: Sequence[str], *, internal: bool) -> list[Topic]:
    """The topics the expressions match; internal ones only when asked for."""
    topics = {topic.name: topic for topic in metadata.topics if internal or not topic.internal}
    return [topics[name] for name in matching(topics, texts)]


def unknown_topic(name: str, known: Iterable[str]) -> NotFound:
    """The error for a topic that is not there, with the nearest name that is."""
    near = suggestion(name, sorted(known))
    return NotFound(
        f"topic {name} does not exist",
        hint=f"did you mean {near}?" if near else "rpk topic list shows what there is",
        name="UNKNOWN_TOPIC_OR_PARTITION",
        code=3,
    )


def without_repeats(names: Iterable[str]) -> list[str]:
    """The names in their order, each once."""
    return list(dict.fromkeys(names))
