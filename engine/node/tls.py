"""TLS contexts from the node file. Only listeners that ask for TLS load the library."""

from typing import TYPE_CHECKING

from engine.config.address import TlsConfig
from engine.config.errors import ConfigError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

_VERSIONS = {"v1.0": "TLSv1", "v1.1": "TLSv1_1", "v1.2": "TLSv1_2", "v1.3": "TLSv1_3"}


def tls_context(
    settings: "Sequence[TlsConfig]", listener: str, *, file: str, key: str, minimum: str
) -> "ssl.SSLContext | None":
    """The server context of the listener called `listener`; None when it has no TLS. Raises `ConfigError`."""
    tls = next((item for item in settings if item.name == listener and item.enabled), None)
    if tls is None:
        return None
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion[_VERSIONS.get(minimum, "TLSv1_2")]
    try:
        context.load_cert_chain(tls.cert_file or "", tls.key_file)
        if tls.truststore_file:
            context.load_verify_locations(tls.truststore_file)
        if tls.crl_file:
            context.load_verify_locations(tls.crl_file)
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    except (OSError, ValueError) as error:
        raise ConfigError(
            file, key, f"cannot be loaded: {error}", "check cert_file, key_file and truststore_file"
        ) from error
    if tls.require_client_auth:
        if not tls.truststore_file:
            raise ConfigError(file, key, "require_client_auth needs a CA", "set truststore_file")
        context.verify_mode = ssl.CERT_REQUIRED
    return context
