"""Render `engine/wire/message_schemas.py` from kio, Kafka's schemas as typed Python.

    python tests/engine/wire/message_schemas_from_kio.py            compare, exit 1 on a difference
    python tests/engine/wire/message_schemas_from_kio.py --rewrite  write the file

kio has a class per message and version; the table has a line per field with the versions it lives in.
"""

import datetime
import sys
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import get_args, get_origin

from kio.index import load_request_schema, load_response_schema
from kio.schema.index import api_key_map, schema_name_map

TARGET = Path(__file__).parents[3] / "engine" / "wire" / "message_schemas.py"

WIRE_TYPES = {
    "error_code": "int16",
    "timedelta_i32": "int32",
    "timedelta_i64": "int64",
    "datetime_i64": "int64",
}
# Kafka calls these points in time, in ms too, without the unit that kio strips from the others.
UNITLESS = {(41, "issue_timestamp"), (41, "expiry_timestamp"), (41, "max_timestamp")}
NULLABLE_TYPES = ("string", "bytes", "records")

HEAD = '''"""Every message of the Kafka protocol up to Kafka 4.2, a line a field. Generated: see below.

    name type [first-last] [?first-last] [#tag] [=default]

A message's first line gives its versions and the first flexible one. A field lives in all of them
unless `first-last` says otherwise, may be null in the versions behind `?` (`?` alone: wherever it
lives), and is a tagged field in flexible versions with `#`. `[]type` is an array, `{}` a structure whose fields
follow, indented. Times are ints of ms and carry the unit in their name, as Kafka's own schemas do.

Rewritten by tests/engine/wire/message_schemas_from_kio.py; a test holds the two together.
"""

MESSAGES: dict[int, tuple[str, str]] = {
'''


def field_shape(field):
    """(kind, nullable, nested class or None): kind is "[]x", "{}", "[]{}" or a primitive."""
    annotation = field.type
    nullable = False
    if type(None) in get_args(annotation):
        nullable = True
        annotation = next(a for a in get_args(annotation) if a is not type(None))
    array = get_origin(annotation) is tuple
    inner = get_args(annotation)[0] if array else annotation
    if type(None) in get_args(inner):
        inner = next(a for a in get_args(inner) if a is not type(None))
    if is_dataclass(inner):
        return ("[]{}" if array else "{}"), nullable, inner
    kafka_type = field.metadata["kafka_type"]
    wire_type = WIRE_TYPES.get(kafka_type, kafka_type)
    if not array and wire_type not in NULLABLE_TYPES:
        nullable = False
    return ("[]" if array else "") + wire_type, nullable, None


def field_name(api_key, field):
    timed = field.metadata.get("kafka_type") in ("timedelta_i32", "timedelta_i64", "datetime_i64")
    return field.name + "_ms" if timed and (api_key, field.name) not in UNITLESS else field.name


def default_of(field, kind):
    value = field.default
    if value is MISSING:
        return MISSING
    if is_dataclass(value) or value == ():
        return MISSING
    if isinstance(value, datetime.timedelta):
        value = value // datetime.timedelta(milliseconds=1)
    if value is None:
        # kio's None for a point in time is Kafka's -1, for a uuid it is zero
        if kind == "int64":
            return -1
        return MISSING if kind == "uuid" else None
    if isinstance(value, bool):
        value = bool(value)
    elif isinstance(value, int):
        value = int(value)
    elif isinstance(value, float):
        value = float(value)
    implicit = {"string": "", "bool": False, "bytes": b""}.get(kind, 0)
    return MISSING if value == implicit else value


def merge(api_key, classes):
    """Merge one structure's classes by version into [(name, {version: (field, kind, nullable, nested)})]."""
    order = []
    facts = {}
    for version in sorted(classes, reverse=True):
        at = 0
        for field in fields(classes[version]):
            name = field_name(api_key, field)
            if name in facts:
                at = order.index(name) + 1
            else:
                facts[name] = {}
                order.insert(at, name)
                at += 1
            facts[name][version] = (field, *field_shape(field))
    for version, cls in classes.items():
        here = [name for name in order if version in facts[name]]
        assert here == [field_name(api_key, field) for field in fields(cls)], cls
    return [(name, facts[name]) for name in order]


def span(versions, low, high, *, alone=False):
    first, last = min(versions), max(versions)
    assert sorted(versions) == list(range(first, last + 1)), versions
    if (first, last) == (low, high) and not alone:
        return ""
    return f"{first}+" if last == high else f"{first}-{last}"


def lines(api_key, classes, low, high, indent):
    for name, by_version in merge(api_key, classes):
        kinds = {facts[1] for facts in by_version.values()}
        assert len(kinds) == 1, (api_key, name, kinds)
        kind = kinds.pop()
        parts = [name, kind]
        parts.append(span(by_version, low, high))
        null = [version for version, facts in by_version.items() if facts[2]]
        if null:
            parts.append("?" + span(null, min(by_version), max(by_version)))
        tags = {facts[0].metadata.get("tag") for facts in by_version.values()}
        assert len(tags) == 1, (api_key, name, tags)
        if (tag := tags.pop()) is not None:
            parts.append(f"#{tag}")
        defaults = {default_of(facts[0], kind) for facts in by_version.values()}
        assert len(defaults) == 1, (api_key, name, defaults)
        if (default := defaults.pop()) is not MISSING:
            parts.append("=null" if default is None else f"={default}".replace("True", "true"))
        yield indent + " ".join(part for part in parts if part)
        if "{}" in kind:
            nested = {version: facts[3] for version, facts in by_version.items()}
            yield from lines(api_key, nested, min(nested), max(nested), indent + "  ")


def message(api_key, load):
    versions = sorted(schema_name_map[api_key_map[api_key]])
    classes = {version: load(api_key, version) for version in versions}
    flexible = [version for version in versions if classes[version].__flexible__]
    low, high = versions[0], versions[-1]
    head = f"{classes[high].__name__} {low}-{high}"
    yield f"{head} flexible {flexible[0]}" if flexible else head
    yield from lines(api_key, classes, low, high, "")


def render():
    out = [HEAD]
    for api_key in sorted(api_key_map):
        out.append(f"    {api_key}: (\n")
        for load in (load_request_schema, load_response_schema):
            body = "\n".join(message(api_key, load))
            out.append(f'        """{body}\n""",\n')
        out.append("    ),\n")
    out.append("}\n")
    return "".join(out)


if __name__ == "__main__":
    wanted = render()
    if "--rewrite" in sys.argv:
        TARGET.write_text(wanted)
    elif TARGET.read_text() != wanted:
        sys.exit(f"{TARGET.name} is not what kio says: run this file with --rewrite")
