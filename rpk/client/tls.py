"""TLS contexts from settings; `ssl` is imported only here, by commands that need it."""

from __future__ import annotations

import ssl

from rpk.config.settings import Tls
from rpk.out.errors import ConfigError


def context(tls: Tls) -> ssl.SSLContext:
    """The client's context; ConfigError names the file that cannot be used."""
    made = ssl.create_default_context()
    if tls.insecure_skip_verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    try:
        if tls.ca_file:
            made.load_verify_locations(cafile=tls.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"cannot use the CA file {tls.ca_file}", cause=str(error)) from error
    try:
        if tls.cert_file:
            made.load_cert_chain(tls.cert_file, tls.key_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"cannot use the client certificate {tls.cert_file} with key {tls.key_file}", cause=str(error)
        ) from error
    return made
