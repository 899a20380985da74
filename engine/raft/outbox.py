"""What waits to leave in this turn of the loop: messages of all groups, gathered into one frame a peer node."""

from collections.abc import Sequence

from engine.model.ids import NodeId
from engine.raft.codec import Trim, encode, encode_frame_header
from engine.raft.messages import Message
from engine.rpc.methods import Method
from engine.rpc.network import Network

Buffer = bytes | bytearray | memoryview


class _Frame:
    __slots__ = ("count", "parts", "size")

    def __init__(self) -> None:
        self.parts: list[Buffer] = [b""]  # place of the header
        self.count = 0
        self.size = 0


class Outbox:
    """Loop thread only."""

    def __init__(self, network: Network, incarnation: int, frame_bytes_max: int) -> None:
        self._network = network
        self._incarnation = incarnation
        self._frame_bytes_max = frame_bytes_max
        self._frames: dict[NodeId, _Frame] = {}
        self.sent_nodes: set[NodeId] = set()
        """Who was sent something since it was last cleared."""
        self.messages = 0
        """Handed to the network since the start."""
        self.dropped = 0
        """Frames the network did not take."""

    def __bool__(self) -> bool:
        return bool(self._frames)

    def add(
        self,
        to: NodeId,
        group: int,
        message: Message | Trim,
        payload: Sequence[Buffer] = (),
        log_start: int = 0,
    ) -> None:
        """Send `message`, with the data of its run, at the end of the turn."""
        frame = self._frames.get(to)
        if frame is None:
            frame = self._frames[to] = _Frame()
        frame.parts.append(encode(group, message, log_start))
        frame.count += 1
        if payload:
            frame.parts.extend(payload)
            frame.size += sum(map(len, payload))
            if frame.size >= self._frame_bytes_max:
                del self._frames[to]
                self._send(to, frame)

    def beat(self, to: NodeId) -> None:
        """Send a frame even if it stays empty: a sign of life."""
        if to not in self._frames:
            self._frames[to] = _Frame()

    def flush(self) -> None:
        """Send everything."""
        frames, self._frames = self._frames, {}
        for to, frame in frames.items():
            self._send(to, frame)

    def _send(self, to: NodeId, frame: _Frame) -> None:
        frame.parts[0] = encode_frame_header(self._incarnation, frame.count)
        self.messages += frame.count
        self.sent_nodes.add(to)
        if not self._network.send(to, Method.RAFT, frame.parts):
            self.dropped += 1
