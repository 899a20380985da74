"""Deciding IncrementalAlterConfigs (KIP-339) and the older AlterConfigs for topics."""

from collections import Counter
from collections.abc import Sequence

from engine.controller.commands import (
    AlterTopicConfigs,
    ConfigChange,
    ConfigOperation,
    TopicConfigChanges,
    TopicOutcome,
)
from engine.controller.create_topics import (
    REPLICATION_FACTOR,
    Refusal,
    check_config,
    check_config_size,
    is_list_config,
)
from engine.controller.records import Record
from engine.controller.state import ClusterState
from engine.controller.topics import TopicConfigsSet, TopicMetadata
from engine.model.topic_config import TOPIC_PROPERTIES, InvalidConfig, format_topic_config, parse_topic_config
from engine.wire.error_codes import ErrorCode


def decide_alter_topic_configs(
    state: ClusterState, command: AlterTopicConfigs
) -> tuple[list[TopicOutcome], list[Record]]:
    """One outcome a topic name, in order of first mention."""
    outcomes: list[TopicOutcome] = []
    records: list[Record] = []
    mentions = Counter(topic.name for topic in command.topics)
    for asked in {item.name: item for item in command.topics}.values():
        try:
            if mentions[asked.name] > 1:
                raise Refusal(
                    ErrorCode.INVALID_REQUEST, f"the request names topic {asked.name[:300]!r} twice"
                )
            topic = state.topics.by_name.get(asked.name)
            if topic is None:
                raise Refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"there is no topic {asked.name[:300]!r}")
            configs = _altered(topic, asked)
        except Refusal as refusal:
            outcomes.append(TopicOutcome(name=asked.name, error=refusal.code, message=refusal.message))
            continue
        outcomes.append(TopicOutcome(name=asked.name, topic_id=topic.topic_id, topic=topic))
        if configs != topic.configs and not command.validate_only:
            records.append(TopicConfigsSet(topic_id=topic.topic_id, configs=configs))
    return outcomes, records


def _altered(topic: TopicMetadata, asked: TopicConfigChanges) -> dict[str, str]:
    _check_changes(asked.changes)
    configs = {} if asked.replace else dict(topic.configs)
    for change in asked.changes:
        if change.name == REPLICATION_FACTOR:
            _check_replication_factor(topic, change)
            continue
        match change.operation:
            case ConfigOperation.SET:
                check_config(change.name, change.value or "")
                configs[change.name] = change.value or ""
            case ConfigOperation.DELETE:
                configs.pop(change.name, None)
            case _:
                _alter_list(configs, change)
    check_config_size(configs)
    return configs


def _check_changes(changes: Sequence[ConfigChange]) -> None:
    seen: set[str] = set()
    for change in changes:
        shown = repr(change.name[:200])
        if change.name in seen:
            raise Refusal(ErrorCode.INVALID_REQUEST, f"config {shown} is given twice")
        seen.add(change.name)
        if change.operation not in tuple(ConfigOperation):
            raise Refusal(
                ErrorCode.INVALID_REQUEST, f"config {shown} has unknown operation {change.operation}"
            )
        if change.name not in TOPIC_PROPERTIES:
            try:
                parse_topic_config(change.name, "")
            except InvalidConfig as error:
                raise Refusal(ErrorCode.INVALID_CONFIG, error.message) from error
        if change.operation != ConfigOperation.DELETE and change.value is None:
            raise Refusal(ErrorCode.INVALID_REQUEST, f"config {shown} has no value")
        entry = TOPIC_PROPERTIES[change.name]
        if entry.effect == "create_only" and change.name != REPLICATION_FACTOR:
            raise Refusal(
                ErrorCode.INVALID_CONFIG, f"config {change.name} can only be set when the topic is created"
            )


def _check_replication_factor(topic: TopicMetadata, change: ConfigChange) -> None:
    """It is not a config but the partitions' shape; saying what it is already is harmless (tools echo configs)."""
    if change.operation == ConfigOperation.SET and change.value == str(topic.replication_factor):
        return
    raise Refusal(
        ErrorCode.INVALID_CONFIG,
        f"{REPLICATION_FACTOR} of topic {topic.name} is {topic.replication_factor} and cannot be altered",
    )


def _alter_list(configs: dict[str, str], change: ConfigChange) -> None:
    if not is_list_config(change.name):
        verb = "append to" if change.operation == ConfigOperation.APPEND else "subtract from"
        raise Refusal(ErrorCode.INVALID_CONFIG, f"cannot {verb} {change.name}: it is not a list")
    current = configs.get(change.name)
    if current is None:
        default = TOPIC_PROPERTIES[change.name].default
        current = "" if default is None else format_topic_config(default)
    words = [word.strip() for word in current.split(",") if word.strip()]
    operands = [word.strip() for word in (change.value or "").split(",") if word.strip()]
    if change.operation == ConfigOperation.APPEND:
        words += [word for word in dict.fromkeys(operands) if word not in words]
    else:
        words = [word for word in words if word not in operands]
    value = ",".join(words)
    check_config(change.name, value)
    configs[change.name] = value
