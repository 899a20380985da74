"""InitProducerId 0-5: ids for idempotent producers (KIP-98, KIP-360).

Without a transactional id every call gives a fresh id at epoch 0, whatever id the producer had. Transactions are
not served: a request with a transactional id gets UNSUPPORTED_VERSION, which every client reports at once instead
of retrying until a timeout (as it would for the coordinator errors) or blaming permissions.
"""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.controller.errors import ControllerError
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.model.ids import NO_PRODUCER
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.controller.runtime import Controller
    from engine.wire.cold import Message

logger = logging.getLogger(__name__)

NO_EPOCH = -1


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """A producer id nobody has had."""
    controller: Controller = context.services.controller
    if request.transactional_id is not None:
        empty = request.transactional_id == ""
        return _answer(ErrorCode.INVALID_REQUEST if empty else ErrorCode.UNSUPPORTED_VERSION)
    if (request.producer_id == NO_PRODUCER) != (request.producer_epoch == NO_EPOCH):
        return _answer(ErrorCode.INVALID_REQUEST)
    if context.services.cluster_config.get("enable_idempotence") is False:
        return _answer(ErrorCode.UNSUPPORTED_VERSION)
    try:
        producer_id = await controller.next_producer_id()
    except ControllerError as error:
        logger.warning("no producer id for %r: %s", context.client_id, error)
        return _answer(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    return _answer(ErrorCode.NONE, producer_id, 0)


def _answer(
    code: ErrorCode, producer_id: int = NO_PRODUCER, producer_epoch: int = NO_EPOCH
) -> Mapping[str, object]:
    return {
        "throttle_time_ms": 0,
        "error_code": code,
        "producer_id": producer_id,
        "producer_epoch": producer_epoch,
    }


API = ColdApi(
    key=ApiKey.INIT_PRODUCER_ID,
    versions=(0, 5),
    handle=handle,
    kips=(98, 360),
    deviations=("a transactional id is refused with 35: transactions are not served yet",),
)
