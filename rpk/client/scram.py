"""The client's side of SCRAM (RFC 5802) and PLAIN (RFC 4616); pure, `nonce` comes from outside."""

from __future__ import annotations

import base64
import hashlib
import hmac

ITERATIONS_MAX = 1_000_000
ITERATIONS_MIN = 4096


class ScramError(Exception):
    """The server broke the exchange, or does not know the password either."""


def plain(user: str, password: str) -> bytes:
    """The one message of PLAIN."""
    return b"\x00" + user.encode() + b"\x00" + password.encode()


class Scram:
    """One exchange: `first()`, `final(server_first)`, `verify(server_final)`."""

    def __init__(self, mechanism: str, user: str, password: str, nonce: str) -> None:
        self._hash = "sha512" if mechanism.endswith("512") else "sha256"
        self._password = password.encode()
        name = user.replace("=", "=3D").replace(",", "=2C")
        self._nonce = nonce
        self._first_bare = f"n={name},r={nonce}"
        self._server_signature = b""

    def first(self) -> bytes:
        """The client's first message."""
        return b"n,," + self._first_bare.encode()

    def final(self, server_first: bytes) -> bytes:
        """The client's proof; ScramError when the server's message is not acceptable."""
        fields = _fields(server_first)
        try:
            nonce, salt, iterations = (
                fields["r"],
                base64.b64decode(fields["s"], validate=True),
                int(fields["i"]),
            )
        except (KeyError, ValueError) as error:
            raise ScramError(f"unexpected answer {server_first[:80]!r}") from error
        if not nonce.startswith(self._nonce) or not ITERATIONS_MIN <= iterations <= ITERATIONS_MAX:
            raise ScramError("the server's nonce or iteration count is not acceptable")
        salted = hashlib.pbkdf2_hmac(self._hash, self._password, salt, iterations)
        without_proof = f"c=biws,r={nonce}"
        message = f"{self._first_bare},{server_first.decode()},{without_proof}".encode()
        client_key = hmac.digest(salted, b"Client Key", self._hash)
        stored_key = hashlib.new(self._hash, client_key).digest()
        signature = hmac.digest(stored_key, message, self._hash)
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        self._server_signature = hmac.digest(
            hmac.digest(salted, b"Server Key", self._hash), message, self._hash
        )
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()

    def verify(self, server_final: bytes) -> None:
        """Check that the server knows the password too; ScramError when not."""
        fields = _fields(server_final)
        if "e" in fields:
            raise ScramError(fields["e"])
        try:
            signature = base64.b64decode(fields["v"], validate=True)
        except (KeyError, ValueError) as error:
            raise ScramError(f"unexpected answer {server_final[:80]!r}") from error
        if not hmac.compare_digest(signature, self._server_signature):
            raise ScramError("the server's signature is wrong: it does not know this password")


def _fields(message: bytes) -> dict[str, str]:
    parts = message.decode("utf-8", "replace").split(",")
    return {part[0]: part[2:] for part in parts if part[1:2] == "="}
