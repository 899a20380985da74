"""The root of every room's error tree, and the one way to state an invariant.

    EngineError
    ├── OperatingError      the world said no: full disk, dead peer, bad input. Handled, answered, survived.
    └── InvariantError      we are wrong. The shard stops rather than go on with broken state.

A room derives its own tree from `OperatingError` and draws it at the head of its `errors.py`.
"""


class EngineError(Exception):
    """Base of every error the engine raises on purpose."""


class OperatingError(EngineError):
    """Something outside the code's control failed; the caller answers it and goes on."""


class InvariantError(EngineError):
    """State that cannot be. Never caught inside a room: it stops the shard."""


def invariant(condition: object, message: str) -> None:
    """Raise `InvariantError(message)` unless `condition` holds. Unlike `assert`, `-O` keeps it."""
    if not condition:
        raise InvariantError(message)
