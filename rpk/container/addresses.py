"""Which ports the brokers get: the asked ones, else the usual ones and every thousand above, else free ones."""

from __future__ import annotations

import errno
import socket

from rpk.container.cluster import Ports
from rpk.out.errors import OperationFailed, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HOST = "127.0.0.1"
USUAL = {"kafka": 9092, "admin": 9644, "proxy": 8082, "schema_registry": 8081, "rpc": 33145}
STEP = 1000
PORT_MAX = 65535
TRIES_MAX = 1000


def parse(name: str, words: Iterable[str]) -> list[int] | None:
    """The ports of one `--…-ports` flag; None for the single word `any`, [] when the flag was not given."""
    texts = [text.strip() for word in words for text in word.split(",") if text.strip()]
    if texts == ["any"]:
        return None
    ports: list[int] = []
    for text in texts:
        if not text.isdecimal() or not 0 < int(text) <= PORT_MAX:
            raise UsageError(
                f"--{name}-ports: {text!r} is not a port", hint="give numbers from 1 to 65535, or any"
            )
        ports.append(int(text))
    return ports


def plan(
    count: int, asked: Mapping[str, Sequence[int] | None], *, strict: bool, taken: Iterable[int] = ()
) -> tuple[list[Ports], list[str]]:
    """Ports for `count` brokers, and a sentence for each that could not be the one expected.

    asked: by kind (`kafka`, `admin`, …) a list, continued at +1000 from its last, or None for any free port.
    strict: a busy port is an error instead of the next free one.
    """
    used = set(taken)
    notes: list[str] = []
    columns: dict[str, list[int]] = {}
    for kind, usual in USUAL.items():
        wanted = asked.get(kind, ())
        column: list[int] = []
        for at in range(count):
            if wanted is None:
                port = _any_free(used)
            else:
                given = at < len(wanted)
                expected = wanted[at] if given else (column[-1] if column else usual - STEP) + STEP
                port = (
                    expected if _is_free(expected, used) else _next_free(kind, expected, used, strict=strict)
                )
                if port != expected:
                    notes.append(
                        f"port {expected} is busy: broker {at} uses {port} for {kind.replace('_', ' ')}"
                    )
            used.add(port)
            column.append(port)
        columns[kind] = column
    return [Ports(**{kind: columns[kind][at] for kind in USUAL}) for at in range(count)], notes


def _next_free(kind: str, expected: int, used: set[int], *, strict: bool) -> int:
    if strict:
        raise OperationFailed(
            f"port {expected} for {kind.replace('_', ' ')} is busy",
            hint=f"free it, name another with --{kind.replace('_', '-')}-ports, or leave out --strict-ports",
        )
    for port in range(expected + 1, min(PORT_MAX, expected + TRIES_MAX) + 1):
        if _is_free(port, used):
            return port
    raise OperationFailed(f"no free port above {expected}", hint="use --any-port")


def _is_free(port: int, used: set[int]) -> bool:
    if port in used or port > PORT_MAX:
        return False
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # TIME_WAIT of our own last run is no holder
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise OperationFailed(f"port {port} needs more rights than this user has") from error
            return False
    return True


def _any_free(used: set[int]) -> int:
    for _ in range(TRIES_MAX):
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
        if port not in used:
            return port
    raise OperationFailed("no free port on this host")
