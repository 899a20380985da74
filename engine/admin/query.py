"""Query parameters and path segments, checked."""

from starlette.requests import Request

from engine.admin.errors import ApiError


def flag(request: Request, name: str, *, default: bool) -> bool:
    """The boolean query parameter `name`: true, false, 1, 0, or present without a value."""
    raw = request.query_params.get(name)
    if raw is None:
        return default
    value = {"true": True, "1": True, "": True, "false": False, "0": False}.get(raw.lower())
    if value is None:
        raise ApiError(400, f"Parameter {name} must be true or false, not '{raw[:50]}'")
    return value


def number(request: Request, name: str, what: str) -> int:
    """The path segment `name` as a number ≥ 0."""
    raw = str(request.path_params[name])
    if not raw.isascii() or not raw.isdigit() or len(raw) > 10:
        raise ApiError(400, f"{what} must be an integer, not '{raw[:50]}'")
    return int(raw)
