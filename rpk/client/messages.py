"""kafka-python's message classes over our connections; importing this module costs 130 ms."""

from __future__ import annotations

import struct
from typing import Any

from rpk.client.connection import Connection
from rpk.out.errors import OperationFailed

Message = Any
"""A class or instance of kafka-python's generated messages, which have no types."""


def call(
    connection: Connection,
    request: Message,
    highest: int,
    *,
    wait_s: float | None = None,
    lowest: int = 0,
    **fields: Message,
) -> Message:
    """Send `request` (a class) with `fields`, in the highest version up to `highest` both sides speak.

    The decoded response; OperationFailed when the broker is too old or its answer cannot be read.
    """
    version = connection.version_of(request.API_KEY, min(highest, request.max_version), lowest)
    body = bytes(request(**fields).encode(version=version))
    flexible = bool(request.flexible_version_q(version))
    data = connection.request(request.API_KEY, version, body, flexible=flexible, wait_s=wait_s)
    try:
        return _response_class(request).decode(data, version=version)
    except (ValueError, IndexError, TypeError, ArithmeticError, struct.error) as error:
        raise OperationFailed(
            f"the answer of {connection.address} to {request.name} cannot be read", cause=str(error)
        ) from error


def _response_class(request: Message) -> Message:
    from importlib import import_module

    name = request.__name__.removesuffix("Request") + "Response"
    return getattr(import_module(request.__module__), name)
