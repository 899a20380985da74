"""What can be wrong with bytes.

OperatingError
├── DecodeError     the peer's bytes are no message: close, or answer INVALID_REQUEST
└── RecordError     one partition's records are refused, with the code that says why

InvariantError
└── EncodeError     a body that no version of the message can carry: our own fault

Decoding raises nothing else, whatever the bytes.
"""

from collections.abc import Sequence

from engine.base.errors import OperatingError
from engine.wire.error_codes import ErrorCode


class DecodeError(OperatingError):
    """Bytes that are not what their header claims: too short, too long, not UTF-8, out of range."""


class EncodeError(OperatingError):
    """A body with an unknown field, or a value its wire type cannot hold.

    Mostly a fault of ours, but a name of 40 000 bytes that came in compact form and goes out in the
    legacy one ends here too, so it is not an invariant.
    """


class RecordError(OperatingError):
    """Records refused with `code`; `record_errors` names single records by index, as Produce 8+ reports them."""

    def __init__(
        self, code: ErrorCode, message: str, record_errors: Sequence[tuple[int, str | None]] = ()
    ) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message
        self.record_errors: list[tuple[int, str | None]] = list(record_errors)
