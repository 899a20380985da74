"""Answers in the Admin API's dialect: compact JSON, and errors as ``{"message", "code"}``."""

import json

from starlette.responses import Response


def answer(value: object, status: int = 200) -> Response:
    """A JSON answer."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, status, media_type="application/json")


def done() -> Response:
    """Success with nothing to say."""
    return Response(b"", 200)


def error_answer(status: int, message: str) -> Response:
    """An error in the one shape all errors have."""
    return answer({"message": message, "code": status}, status)
