"""Reads a request's body: bounded, and as JSON whatever the content type says, as rpk sends raw bodies too."""

import json

from starlette.requests import ClientDisconnect, Request

from engine.admin.errors import ApiError

BODY_BYTES_MAX = 1_048_576
DEPTH_MAX = 50


async def read_json(request: Request) -> object:
    """The body's JSON value. Raises `ApiError` 400 or 413."""
    received = bytearray()
    try:
        async for chunk in request.stream():
            received += chunk
            if len(received) > BODY_BYTES_MAX:
                raise ApiError(413, f"the body is larger than {BODY_BYTES_MAX} bytes")
    except ClientDisconnect:
        raise ApiError(400, "the client went away") from None
    try:
        value: object = json.loads(bytes(received))
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"JSON parse error: {str(error)[:200]}") from None
    return value


def not_conforming(reason: str) -> ApiError:
    """The error for JSON of the wrong shape."""
    return ApiError(400, f"JSON request body does not conform to schema: {reason}")
