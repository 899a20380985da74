"""ApiVersions: what this broker serves, generated from the dispatch table.

Versions 0-4. KIP-35, KIP-511 (client software name; a version 0 answer with error 35 to a version unknown here),
KIP-584. No features are advertised yet, so transactions stay on their first protocol (KIP-890).
"""

import re
from typing import TYPE_CHECKING

from engine.kafka.dispatch import HotApi
from engine.wire import cold
from engine.wire.api_keys import ApiKey
from engine.wire.api_versions import encode_api_versions_response
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.kafka.call import Call

VERSIONS = (0, 4)

_SOFTWARE = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?", re.ASCII)


def handle(call: "Call") -> None:
    """Answer at once, before anything else is known of the client."""
    version = call.api_version
    ranges = call.services.dispatch.advertised()
    if not VERSIONS[0] <= version <= VERSIONS[1]:
        call.respond_body(encode_api_versions_response(0, ranges, error_code=ErrorCode.UNSUPPORTED_VERSION))
        return
    if version >= 3:
        request = cold.decode_request(ApiKey.API_VERSIONS, version, call.frame, call.body_at)
        name, software_version = request.client_software_name, request.client_software_version
        if not _SOFTWARE.fullmatch(name) or not _SOFTWARE.fullmatch(software_version):
            call.respond_body(encode_api_versions_response(version, (), error_code=ErrorCode.INVALID_REQUEST))
            return
    call.respond_body(encode_api_versions_response(version, ranges))


API = HotApi(key=ApiKey.API_VERSIONS, versions=VERSIONS, handle=handle, kips=(35, 511, 584))
