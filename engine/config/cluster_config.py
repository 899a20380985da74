"""`ClusterConfig`: the cluster's properties as one shard sees them; typed values over defaults.

The controller owns the stored overrides; it replays them into `replace`. Everyone else reads `values`. Names the
table does not know are stored and echoed, so that exports and imports between clusters lose nothing.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from engine.config.errors import InvalidProperty
from engine.config.properties import kafka, logs, services, system
from engine.config.property import ClusterProperty, PropertyValue

CLUSTER_PROPERTIES: Mapping[str, ClusterProperty] = MappingProxyType(
    {
        entry.name: entry
        for entry in sorted(
            kafka.PROPERTIES + logs.PROPERTIES + system.PROPERTIES + services.PROPERTIES,
            key=lambda row: row.name,
        )
    }
)
"""Every property the engine knows, by name, in alphabetical order."""

_ALIASES = {alias: entry.name for entry in CLUSTER_PROPERTIES.values() for alias in entry.aliases}
PROPERTY_NAMES = frozenset(CLUSTER_PROPERTIES) | frozenset(_ALIASES)
"""Names and aliases."""

UNKNOWN_STORED_MAX = 256
"""Properties outside the table that one cluster keeps."""
SECRET_SHOWN = "[secret]"  # what is shown instead of one
_LEGAL_NAME = re.compile(r"[a-z][a-z0-9_]{0,127}", re.ASCII)


def canonical(name: str) -> str:
    """The property's own name for a name or an alias."""
    return _ALIASES.get(name, name)


def _unknown(name: str, raw: object) -> PropertyValue:
    """A value of a property outside the table: any scalar or list of text."""
    if not _LEGAL_NAME.fullmatch(name):
        raise InvalidProperty(name[:128], "Unknown property")
    if raw is None or isinstance(raw, (bool, int, float)):
        return raw
    if isinstance(raw, str) and len(raw) <= 4096:
        return raw
    if (
        isinstance(raw, list)
        and len(raw) <= 100
        and all(isinstance(item, str) and len(item) <= 1000 for item in raw)
    ):
        return list(raw)
    raise InvalidProperty(name, "Unknown property")


def coerce_property(name: str, raw: object) -> PropertyValue:
    """The typed value for property (or alias) `name`; raises `InvalidProperty`."""
    entry = CLUSTER_PROPERTIES.get(canonical(name))
    return _unknown(name, raw) if entry is None else entry.coerce(raw)


def check_change(
    upsert: Mapping[str, object], remove: Iterable[str]
) -> tuple[dict[str, PropertyValue], list[str], dict[str, str]]:
    """Check a change: (typed values by canonical name, canonical names to remove, errors by name as given)."""
    values: dict[str, PropertyValue] = {}
    errors: dict[str, str] = {}
    for name, raw in upsert.items():
        try:
            values[canonical(name)] = coerce_property(name, raw)
        except InvalidProperty as error:
            errors[name] = error.message
    return values, [canonical(name) for name in remove], errors


def schema() -> dict[str, object]:
    """The body of GET /v1/cluster_config/schema."""
    return {"properties": {name: entry.schema() for name, entry in CLUSTER_PROPERTIES.items()}}


class ClusterConfig:
    """A shard's live view. One object lives as long as the shard; `replace` changes it in place."""

    def __init__(self, overrides: Mapping[str, object] | None = None, version: int = 0) -> None:
        self._values: dict[str, PropertyValue] = {}
        self.values: Mapping[str, PropertyValue] = MappingProxyType(self._values)
        """Property name → effective typed value, live."""
        self.overrides: dict[str, PropertyValue] = {}
        """What is set, typed, by canonical name."""
        self.invalid: list[str] = []
        self.unknown: list[str] = []
        self.version = 0
        self._at_start: dict[str, PropertyValue] = {}
        self.replace(overrides or {}, version)
        self.mark_started()

    def mark_started(self) -> None:
        """Take the present values as those the process runs with; later changes may need a restart."""
        self._at_start = dict(self._values)

    def replace(self, overrides: Mapping[str, object], version: int) -> None:
        """Make `overrides` the stored settings at `version`. Values that do not fit leave the default in force."""
        self.overrides, self.invalid, self.unknown = {}, [], []
        for name, raw in overrides.items():
            known = canonical(name)
            try:
                self.overrides[known] = coerce_property(known, raw)
            except InvalidProperty:
                self.invalid.append(name)
        self._values.clear()
        for name, entry in CLUSTER_PROPERTIES.items():
            self._values[name] = self.overrides.get(name, entry.default)
        for name, value in self.overrides.items():
            self._values.setdefault(name, value)
        self.version = version

    @property
    def needs_restart(self) -> bool:
        """Whether a property that is read only at start has changed since."""
        return any(
            entry.needs_restart and self._values[name] != self._at_start.get(name)
            for name, entry in CLUSTER_PROPERTIES.items()
        )

    def get(self, name: str) -> PropertyValue:
        """The effective value of a property or alias; raises `InvalidProperty` when there is none."""
        known = canonical(name)
        if known not in self._values:
            raise InvalidProperty(name, "Unknown property")
        return self._values[known]

    def integer(self, name: str) -> int:
        """The effective value of a property that is a number and not null."""
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidProperty(name, "is not an integer")
        return value

    def boolean(self, name: str) -> bool:
        """The effective value of a boolean property; null counts as false."""
        return self.get(name) is True

    def shown(self, *, include_defaults: bool) -> dict[str, PropertyValue]:
        """Name → value for people: secrets hidden; without defaults only what is set."""
        source = self._values if include_defaults else self.overrides
        return {name: shown_value(name, source[name]) for name in sorted(source)}


def shown_value(name: str, value: PropertyValue) -> PropertyValue:
    """`value`, or `SECRET_SHOWN` when the property is secret and set."""
    entry = CLUSTER_PROPERTIES.get(name)
    return SECRET_SHOWN if entry is not None and entry.is_secret and value is not None else value
