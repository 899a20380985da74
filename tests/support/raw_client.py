"""A client that speaks single Kafka requests of a chosen version, nothing more."""

import asyncio
import struct
from collections.abc import Mapping

from engine.wire import cold
from engine.wire.api_keys import ApiKey
from engine.wire.header import is_flexible


class Connection:
    """One client connection; one request at a time."""

    def __init__(self, bootstrap: str, client_id: str) -> None:
        self.host, _, port = bootstrap.partition(":")
        self.port = int(port)
        self.client_id = client_id

    async def open(self) -> "Connection":
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        return self

    async def ask(self, key: ApiKey, version: int, body: Mapping[str, object]) -> cold.Message:
        client = self.client_id.encode()
        header = struct.pack(">hhih", key, version, 7, len(client)) + client
        flexible = is_flexible(key, version)
        request = header + (b"\0" if flexible else b"") + cold.encode_request(key, version, body)
        self.writer.write(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", await self.reader.readexactly(4))
        response = await self.reader.readexactly(size)
        return cold.decode_response(key, version, response, 5 if flexible else 4)
