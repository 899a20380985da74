"""Short constructors for the rows of the property tables: a verb a type."""

from collections.abc import Callable

from engine.config.property import INTEGER_MAX, ClusterProperty, PropertyValue, Visibility

KIBIBYTE = 2**10
MEBIBYTE = 2**20
GIBIBYTE = 2**30
DAY_MS = 86_400_000
LONG_MAX = INTEGER_MAX
INT_MAX = 2**31 - 1


def not_yet(what: str) -> Callable[[PropertyValue], str | None]:
    """A check that refuses switching on a protection this engine would not give: a false promise is worse."""

    def refuse(value: PropertyValue) -> str | None:
        return f"{what} is not available in this version" if value is True else None

    return refuse


def _flag(
    name: str,
    description: str,
    default: PropertyValue,
    restart: object,
    visibility: Visibility,
    refuse: Callable[[PropertyValue], str | None] | None,
) -> ClusterProperty:
    return ClusterProperty(
        name=name,
        kind="boolean",
        default=default,
        description=description,
        nullable=default is None,
        needs_restart=bool(restart),
        visibility=visibility,
        refuse=refuse,
    )


def on(
    name: str,
    description: str,
    *,
    restart: bool = False,
    visibility: Visibility = "user",
) -> ClusterProperty:
    """A boolean whose default is true."""
    return _flag(name, description, True, restart, visibility, None)  # noqa: FBT003  # a default, not a switch


def off(
    name: str,
    description: str,
    *,
    restart: bool = False,
    visibility: Visibility = "user",
    refuse: Callable[[PropertyValue], str | None] | None = None,
) -> ClusterProperty:
    """A boolean whose default is false."""
    return _flag(name, description, False, restart, visibility, refuse)  # noqa: FBT003  # a default


def undecided(
    name: str, description: str, *, refuse: Callable[[PropertyValue], str | None] | None = None
) -> ClusterProperty:
    """A boolean that is null until it is set."""
    return _flag(name, description, None, None, "user", refuse)


def whole(
    name: str,
    default: int | None,
    description: str,
    *,
    minimum: int = 0,
    maximum: int = LONG_MAX,
    units: str | None = None,
    nullable: bool = False,
    restart: bool = False,
    visibility: Visibility = "user",
    aliases: tuple[str, ...] = (),
    refuse: Callable[[PropertyValue], str | None] | None = None,
) -> ClusterProperty:
    """An integer; nullable when said or when its default is None."""
    return ClusterProperty(
        name=name,
        kind="integer",
        default=default,
        description=description,
        nullable=nullable or default is None,
        needs_restart=restart,
        visibility=visibility,
        minimum=minimum,
        maximum=maximum,
        units=units,
        example=None if default is None else str(default),
        aliases=aliases,
        refuse=refuse,
    )


def words(
    name: str,
    default: str | None,
    description: str,
    *,
    allowed: tuple[str, ...] = (),
    restart: bool = False,
    visibility: Visibility = "user",
    secret: bool = False,
    refuse: Callable[[PropertyValue], str | None] | None = None,
) -> ClusterProperty:
    """Text, of the `allowed` words if any are given; nullable when its default is None."""
    return ClusterProperty(
        name=name,
        kind="string",
        default=default,
        description=description,
        nullable=default is None,
        needs_restart=restart,
        visibility=visibility,
        is_secret=secret,
        enum_values=allowed,
        example=default or None,
        refuse=refuse,
    )


def texts(
    name: str,
    default: list[str],
    description: str,
    *,
    allowed: tuple[str, ...] = (),
    one_or_many: bool = False,
) -> ClusterProperty:
    """A list of text."""
    return ClusterProperty(
        name=name,
        kind="array",
        default=default,
        description=description,
        enum_values=allowed,
        one_or_many=one_or_many,
    )
