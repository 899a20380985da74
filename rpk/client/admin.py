"""The Admin API seam: JSON over HTTP to whichever address answers, errors in ours; `requests` is loaded here only.

with connect(run) as admin:
overview = admin.get("/v1/cluster/health_overview")
"""

from __future__ import annotations

from typing import Any

import requests

from rpk import __version__
from rpk.client.deadline import Deadline, timed_out
from rpk.config.run import Run
from rpk.config.settings import Settings, Tls
from rpk.out.errors import AuthError, ConfigError, NotFound, OperationFailed, RpkError, TransientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

RESPONSE_BYTES_MAX = 256 * 1024 * 1024
_CHUNK_BYTES = 1 << 16

Json = Any
"""A decoded JSON value."""


def connect(run: Run, *, timeout_s: float | None = None) -> AdminClient:
    """A client for the run's settings; use as a context manager."""
    return AdminClient(run.settings, Deadline(run.timeout_s(timeout_s)), debug=run.debug)


class AdminClient:
    """Requests to the Admin API of one cluster, all under one deadline."""

    def __init__(
        self,
        settings: Settings,
        deadline: Deadline,
        *,
        addresses: Sequence[str] | None = None,
        tls: Tls | None = None,
        debug: Callable[[str], None] = lambda _: None,
    ) -> None:
        """A client of the Admin API; of another HTTP door of the cluster when `addresses` (and `tls`) are given."""
        self.addresses = settings.admin_addresses if addresses is None else tuple(addresses)
        self.deadline = deadline
        self.debug = debug
        self._dial_timeout_s = settings.dial_timeout_s
        self._tls = settings.admin_tls if addresses is None else tls
        self._session = requests.Session()
        self._session.trust_env = False  # proxies of the environment are for the web, not for brokers
        self._session.headers["User-Agent"] = f"rpk/{__version__}"
        self._session.max_redirects = 5
        if settings.text("user"):
            self._session.auth = (settings.text("user"), settings.text("pass"))
        if self._tls is not None:
            _use_tls(self._session, self._tls)

    def __enter__(self) -> AdminClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, path: str, **query: str | int) -> Json:
        """GET from the first address that answers."""
        return self.request("GET", path, query=query)

    def put(self, path: str, body: Json = None, **query: str | int) -> Json:
        """PUT a JSON body (None: no body)."""
        return self.request("PUT", path, body=body, query=query)

    def post(self, path: str, body: Json = None, **query: str | int) -> Json:
        """POST a JSON body (None: no body)."""
        return self.request("POST", path, body=body, query=query)

    def delete(self, path: str, **query: str | int) -> Json:
        """DELETE."""
        return self.request("DELETE", path, query=query)

    def get_text(self, path: str, *, address: str | None = None) -> str:
        """GET a body that is not JSON (metrics)."""
        return self._first("GET", path, None, {}, address).decode("utf-8", "replace")

    def get_each(self, path: str) -> dict[str, Json | RpkError]:
        """GET from every address: the answer or the error of each."""
        found: dict[str, Json | RpkError] = {}
        for address in self.addresses:
            try:
                found[address] = self.request("GET", path, address=address)
            except RpkError as error:
                found[address] = error
        return found

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Json = None,
        query: Mapping[str, str | int] | None = None,
        address: str | None = None,
    ) -> Json:
        """Send to `address`, or to the addresses in turn until one answers; the decoded answer, None when empty."""
        import json

        data = self._first(method, path, body, query or {}, address)
        if not data.strip():
            return None
        try:
            return json.loads(data)
        except ValueError as error:
            raise OperationFailed(
                f"the Admin API's answer to {method} {path} is not JSON",
                cause=data[:80].decode("utf-8", "replace"),
                hint="check admin.hosts: is this the port of the Admin API?",
                name="NOT_ADMIN_API",
            ) from error

    def _first(
        self, method: str, path: str, body: Json, query: Mapping[str, str | int], address: str | None
    ) -> bytes:
        errors: list[RpkError] = []
        for each in (address,) if address is not None else self.addresses:
            try:
                return self._send(each, method, path, body, query)
            except TransientError as error:
                # A request that may have been carried out is not sent twice.
                if method != "GET" and error.name not in (
                    "CONNECTION_REFUSED",
                    "DIAL_TIMED_OUT",
                    "DNS_FAILED",
                ):
                    raise
                errors.append(error)
            if self.deadline.over:
                break
        raise errors[0]

    def _send(
        self, address: str, method: str, path: str, body: Json, query: Mapping[str, str | int]
    ) -> bytes:
        url = f"{'https' if self._tls else 'http'}://{address}{path}"
        self.debug(f"{method} {url}")
        timeout = (self.deadline.left_s(self._dial_timeout_s), self.deadline.left_s())
        try:
            with self._session.request(
                method, url, json=body, params=dict(query), timeout=timeout, stream=True
            ) as response:
                data = self._read(response)
        except requests.RequestException as error:
            raise _translate(address, self._dial_timeout_s, self._tls is not None, error) from error
        if response.status_code >= 400:
            raise _refused(f"{method} {path}", address, response.status_code, data)
        return data

    def _read(self, response: requests.Response) -> bytes:
        """The body; the deadline also covers a peer that sends one byte at a time."""
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(_CHUNK_BYTES):
            size += len(part)
            if size > RESPONSE_BYTES_MAX:
                raise OperationFailed(
                    "the Admin API's answer is too large", cause=f"over {RESPONSE_BYTES_MAX} bytes"
                )
            if self.deadline.over:
                raise timed_out("the Admin API sends too slowly", self.deadline.seconds)
            parts.append(part)
        return b"".join(parts)


def _use_tls(session: requests.Session, tls: Tls) -> None:
    if tls.insecure_skip_verify:
        session.verify = False
        import warnings

        warnings.filterwarnings("ignore", message="Unverified HTTPS request")
    elif tls.ca_file:
        session.verify = tls.ca_file
    if tls.cert_file:
        session.cert = (tls.cert_file, tls.key_file)


def _translate(address: str, dial_timeout_s: float, tls: bool, error: requests.RequestException) -> RpkError:  # noqa: FBT001 - private
    text = str(error)
    if isinstance(error, requests.exceptions.SSLError):
        if "WRONG_VERSION_NUMBER" in text or "record layer" in text:
            return ConfigError(
                f"TLS is on, but {address} speaks plaintext HTTP",
                hint="-X admin.tls.enabled=false",
                name="TLS_TO_PLAINTEXT",
            )
        return ConfigError(
            f"the certificate of {address} is not trusted",
            cause=text.rsplit("]", 1)[-1].strip(" ()'\""),
            hint="-X admin.tls.ca=FILE names the CA that signed it",
            name="CERTIFICATE_NOT_TRUSTED",
        )
    if isinstance(error, requests.ConnectTimeout):
        return TransientError(
            f"cannot connect to the Admin API at {address}",
            cause=f"no answer to the dial within {dial_timeout_s:g}s",
            name="DIAL_TIMED_OUT",
        )
    if isinstance(error, requests.Timeout):
        return TransientError(
            f"the Admin API at {address} does not answer", cause="no answer in time", name="TIMED_OUT"
        )
    if "NameResolutionError" in text or "getaddrinfo" in text:
        return TransientError(
            f"cannot find host {address}", cause="DNS", name="DNS_FAILED", hint="check admin.hosts"
        )
    if "Connection refused" in text:
        return TransientError(
            f"nothing listens on {address}",
            cause="connection refused",
            hint="check admin.hosts; the Admin API usually has port 9644",
            name="CONNECTION_REFUSED",
        )
    hint = None if tls else "is this the port of the Admin API? -X admin.tls.enabled=true if it wants TLS"
    return TransientError(
        f"{address} does not answer as an Admin API",
        cause="it closed the connection"
        if isinstance(error, requests.ConnectionError)
        else type(error).__name__,
        hint=hint,
        name="CONNECTION_CLOSED",
    )


def _refused(what: str, address: str, status: int, data: bytes) -> RpkError:
    message = _message(data)
    kind: type[RpkError] = OperationFailed
    hint = None
    if status in (401, 403):
        kind, hint = AuthError, "set user and password: -X user=NAME with RPK_PASS=…, or in the profile"
    elif status == 404:
        kind = NotFound
    elif status in (408, 425, 429, 502, 503, 504):
        kind = TransientError
    return kind(
        f"{address} refused {what}",
        cause=f"HTTP {status}: {message}" if message else f"HTTP {status}",
        hint=hint,
        name=f"HTTP_{status}",
        code=status,
    )


def _message(data: bytes) -> str:
    import json

    try:
        body = json.loads(data)
    except ValueError:
        return data[:200].decode("utf-8", "replace").strip()
    if isinstance(body, dict):
        found = body.get("message", body)
        return found if isinstance(found, str) else json.dumps(found)
    return str(body)
