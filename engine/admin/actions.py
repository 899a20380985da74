"""Calls on the cluster's actions: there may be none yet, and what they refuse becomes an answer."""

from collections.abc import Awaitable
from typing import TypeVar

from engine.admin.errors import ApiError
from engine.admin.views import AdminViews, ChangeRefused, ClusterActions

_Result = TypeVar("_Result")


def actions_of(views: AdminViews) -> ClusterActions:
    """The cluster's actions. Raises `ApiError` 503 while the broker starts."""
    if views.actions is None or not views.ready():
        raise ApiError(503, "the broker is starting")
    return views.actions


async def carried_out(action: Awaitable[_Result]) -> _Result:
    """The action's result; what it refuses as `ApiError`."""
    try:
        return await action
    except ChangeRefused as refusal:
        raise ApiError(refusal.status, refusal.message) from refusal
