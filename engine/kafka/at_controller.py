"""Requests that only the broker leading the controller takes: the others answer NOT_CONTROLLER, and clients look again."""

from typing import TYPE_CHECKING

from engine.controller.errors import NotController

if TYPE_CHECKING:
    from engine.controller.runtime import Controller


def check_leads(controller: "Controller") -> None:
    """Raise `NotController` where another broker is known to lead the controller.

    While none is known the request goes on and waits for one, which is all that a client could do too.
    """
    if not controller.leading and controller.controller_id >= 0:
        raise NotController(f"broker {controller.controller_id} leads the controller: ask that one")
