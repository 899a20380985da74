"""librdkafka for the record paths: the library itself, its configuration from settings, its errors in ours.

The C extension is loaded without its Python package, whose other imports cost more than all of rpk's own.
"""

from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from rpk.client.kafka_errors import UNKNOWN_TOPIC_OR_PARTITION, broker_error
from rpk.config.settings import Settings
from rpk.out.errors import AuthError, OperationFailed, RpkError, TransientError

_EXTENSION = "confluent_kafka.cimpl"
# librdkafka's own codes: topic or partition unknown; authentication; transport, all brokers down, timed out.
_UNKNOWN = frozenset((-188, -190))
_AUTHENTICATION = -169
_TRANSIENT = frozenset((-195, -187, -185, -192, -193))


def library() -> Any:  # noqa: ANN401 - a C extension, typed only through its package
    """The extension module: `Producer`, `Consumer`, `TopicPartition`, `KafkaError`, `KafkaException`, `Message`."""
    loaded = sys.modules.get(_EXTENSION)
    if loaded is not None:
        return loaded
    package = find_spec("confluent_kafka")
    for directory in (package.submodule_search_locations or ()) if package is not None else ():
        for suffix in EXTENSION_SUFFIXES:
            path = Path(directory, f"cimpl{suffix}")
            if not path.exists():
                continue
            spec = spec_from_file_location(
                _EXTENSION, path, loader=ExtensionFileLoader(_EXTENSION, str(path))
            )
            if spec is not None and spec.loader is not None:
                module = module_from_spec(spec)
                sys.modules[_EXTENSION] = module
                spec.loader.exec_module(module)
                return module
    from confluent_kafka import cimpl

    return cimpl


def librdkafka_settings(settings: Settings) -> dict[str, Any]:
    """Connection settings in librdkafka's words; callers add their own."""
    found: dict[str, Any] = {
        "bootstrap.servers": ",".join(settings.brokers),
        "client.id": settings.client_id,
        "socket.connection.setup.timeout.ms": max(int(settings.dial_timeout_s * 1000), 1000),
        "socket.keepalive.enable": True,
        "socket.nagle.disable": True,
        "reconnect.backoff.max.ms": 1000,
        # Failures reach the user as errors; the library's own log lines would sit between records.
        "log_level": 0,
    }
    tls, sasl = settings.kafka_tls, settings.sasl
    found["security.protocol"] = ("SASL_" if sasl else "") + ("SSL" if tls else "PLAINTEXT")
    if tls is not None:
        if tls.ca_file:
            found["ssl.ca.location"] = tls.ca_file
        if tls.cert_file:
            found["ssl.certificate.location"] = tls.cert_file
            found["ssl.key.location"] = tls.key_file
        if tls.insecure_skip_verify:
            found["enable.ssl.certificate.verification"] = False
    if sasl is not None:
        found["sasl.mechanism"] = sasl.mechanism
        found["sasl.username"] = sasl.user
        found["sasl.password"] = sasl.password
    return found


def library_error(error: Any, what: str) -> RpkError:  # noqa: ANN401 - librdkafka's KafkaError
    """The error for a `KafkaError`: the broker's code, or librdkafka's own (negative) in its words.

    what: what failed on which object.
    """
    code = int(error.code())
    if code in _UNKNOWN:
        return broker_error(UNKNOWN_TOPIC_OR_PARTITION, what, str(error.str()))
    if code >= -1:
        return broker_error(code, what, str(error.str()))
    name = str(error.name()).lstrip("_")
    cause = f"{name}: {error.str()}"
    if code == _AUTHENTICATION:
        return AuthError(what, cause=cause, name=name, hint="check user, password and sasl.mechanism")
    kind: type[RpkError] = TransientError if code in _TRANSIENT or error.retriable() else OperationFailed
    return kind(what, cause=cause, name=name)
