"""Commands and decisions as bytes between brokers: JSON that says which class it is, checked field by field.

A peer may run another version or be broken: whatever does not fit the class raises `BadCommand`, so that nothing
of a wrong type reaches `decide`. Tuples are JSON lists, UUIDs objects with a key "$uuid", classes objects with a key "$".
"""

import json
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import IntEnum
from functools import cache
from uuid import UUID

from engine.base.errors import OperatingError
from engine.controller import commands
from engine.controller.brokers import Endpoint
from engine.controller.decision import Decision
from engine.controller.topics import PartitionMetadata, TopicMetadata
from engine.wire.error_codes import ErrorCode

BYTES_MAX = 32 * 1024 * 1024
"""Of one command or decision, encoded."""


class BadCommand(OperatingError):
    """Bytes that are no command or decision of this version."""


_CLASSES: dict[str, type] = {
    one.__name__: one
    for one in (
        *typing.get_args(commands.Command),
        commands.NewTopic,
        commands.NewPartitions,
        commands.ConfigChange,
        commands.TopicConfigChanges,
        commands.ReplicaMove,
        commands.MoveOutcome,
        commands.TopicOutcome,
        Decision,
        Endpoint,
        PartitionMetadata,
        TopicMetadata,
    )
}
_SKIPPED = {(Decision, "records")}
_ANY_JSON = {(commands.SetClusterConfig, "upserts")}
_UUID = "$uuid"


def encode_command(command: commands.Command) -> bytes:
    """The bytes of a command."""
    return json.dumps(_plain(command), separators=(",", ":")).encode()


def encode_decision(decision: Decision) -> bytes:
    """The bytes of a decision, without its records: those come through the log."""
    return json.dumps(_plain(decision), separators=(",", ":")).encode()


def decode_command(data: bytes | memoryview) -> commands.Command:
    """Inverse of `encode_command`. Raises `BadCommand`."""
    found = _decode(data)
    if not isinstance(found, typing.get_args(commands.Command)):
        raise BadCommand(f"{type(found).__name__} is not a command")
    return found  # type: ignore[no-any-return]  # narrowed by the check above


def decode_decision(data: bytes | memoryview) -> Decision:
    """Inverse of `encode_decision`; its `records` are empty. Raises `BadCommand`."""
    found = _decode(data)
    if not isinstance(found, Decision):
        raise BadCommand(f"{type(found).__name__} is not a decision")
    return found


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        body = {
            one.name: _plain(getattr(value, one.name))
            for one in fields(value)
            if (kind, one.name) not in _SKIPPED
        }
        return {"$": kind.__name__, **body}
    if isinstance(value, UUID):
        return {_UUID: value.hex}
    if isinstance(value, IntEnum):
        return int(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _decode(data: bytes | memoryview) -> object:
    try:
        body = json.loads(bytes(data))
    except (ValueError, RecursionError) as error:
        raise BadCommand("not JSON") from error
    try:
        return _object(body)
    except (TypeError, ValueError, KeyError, RecursionError) as error:
        raise BadCommand(f"not a command: {error}") from error


def _object(body: object) -> object:
    if not isinstance(body, dict):
        raise TypeError("not an object")
    kind = _CLASSES.get(body.get("$", ""))
    if kind is None:
        raise TypeError(f"unknown class {str(body.get('$'))[:60]!r}")
    hints = _hints(kind)
    given = {name: _as(hints[name], value) for name, value in body.items() if name in hints}
    for owner, name in _ANY_JSON:
        if owner is kind:
            given[name] = _mapping(body[name])
    if kind is Decision:
        given["records"] = []
    return kind(**given)


@cache
def _hints(kind: type) -> dict[str, object]:
    return {
        name: hint
        for name, hint in typing.get_type_hints(kind).items()
        if (kind, name) not in _SKIPPED | _ANY_JSON
    }


def _as(hint: object, value: object) -> object:
    """`value` as the type `hint` says. Raises TypeError or ValueError."""
    origin = typing.get_origin(hint)
    if origin is typing.Union or origin is types.UnionType:
        return _one_of(typing.get_args(hint), value)
    if origin is tuple:
        return _as_tuple(typing.get_args(hint), value)
    if origin is list:
        (item_hint,) = typing.get_args(hint)
        return [_as(item_hint, item) for item in _sequence(value)]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {name: _as(typing.get_args(hint)[1], item) for name, item in _mapping(value).items()}
    if hint is UUID:
        if not isinstance(value, dict) or set(value) != {_UUID}:
            raise TypeError("not a UUID")
        return UUID(hex=value[_UUID])
    if hint is type(None):
        if value is not None:
            raise TypeError("not null")
        return None
    supertype = getattr(hint, "__supertype__", None)
    if supertype is not None:
        return _as(supertype, value)
    if hint is ErrorCode:
        return ErrorCode(value)  # type: ignore[call-arg, arg-type]  # looks a member up, makes none
    if hint in {int, str, bool}:
        if type(value) is not hint:
            raise TypeError(f"{str(value)[:60]!r} is not of type {hint}")
        return value
    if isinstance(hint, type) and is_dataclass(hint):
        found = _object(value)
        if not isinstance(found, hint):
            raise TypeError(f"not a {hint.__name__}")
        return found
    raise TypeError(f"no rule for {hint}")


def _one_of(hints: Sequence[object], value: object) -> object:
    if value is None and type(None) in hints:
        return None
    for hint in hints:
        try:
            return _as(hint, value)
        except (TypeError, ValueError):
            continue
    raise TypeError(f"{str(value)[:60]!r} fits none of {hints}")


def _as_tuple(hints: Sequence[object], value: object) -> tuple[object, ...]:
    found = _sequence(value)
    if len(hints) == 2 and hints[1] is Ellipsis:
        return tuple(_as(hints[0], item) for item in found)
    if len(found) != len(hints):
        raise TypeError("a tuple of another length")
    return tuple(_as(hint, item) for hint, item in zip(hints, found, strict=True))


def _sequence(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError("not a mapping")
    return value
