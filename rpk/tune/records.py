"""Actions as plain data and back: for the journal and for `--format json`."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from rpk.tune.facts.files import FileText
from rpk.tune.plan import (
    Action,
    Allocate,
    Companion,
    Comparison,
    Directory,
    Link,
    SetChannels,
    SetNtuple,
    SwitchUnit,
    WriteFile,
    WriteValue,
)

KINDS: dict[str, type[Action]] = {
    each.kind: each
    for each in (WriteValue, WriteFile, Directory, Link, Allocate, SetChannels, SetNtuple, SwitchUnit)
}


class RecordError(ValueError):
    """Data that is no action."""


def to_record(action: Action) -> dict[str, Any]:
    """The action as data of JSON's kinds."""
    return {"kind": action.kind, **asdict(action)}


def from_record(data: object) -> Action:
    """The action of such data; RecordError when it is none."""
    if not isinstance(data, dict) or data.get("kind") not in KINDS:
        raise RecordError("not an action of this version of rpk")
    kind = KINDS[str(data["kind"])]
    try:
        values = {field.name: data[field.name] for field in fields(kind) if field.name in data}
        for name in ("old", "new"):
            if kind is WriteFile and values[name] is not None:
                values[name] = FileText(text=str(values[name]["text"]), mode=int(values[name]["mode"]))
            if kind is SetChannels:
                values[name] = tuple(int(count) for count in values[name])
        if kind is WriteFile:
            values["reload"] = tuple(values.get("reload", ()))
        if kind is WriteValue:
            values["comparison"] = Comparison(values["comparison"])
            values["companions"] = tuple(
                Companion(path=each["path"], comparison=Comparison(each["comparison"]), old=each["old"])
                for each in values.get("companions", ())
            )
        return kind(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(f"not a whole {data['kind']} action: {error}") from error
