"""The bytes of Raft between two nodes: one frame carries messages of many groups; pure.

Frame: ``version u8, incarnation u64, count u32``, then `count` messages: ``type u8, group u64``, the fields of the type
in the order of its struct below, and for an AppendRequest with data the batches themselves. `sender` and `to` are the
connection's. All numbers are big-endian; a position is ``offset i64, marks i32``, a configuration
``voters u16, learners u16`` and their ids, i32 each.

`incarnation` is drawn when a broker starts: a peer that sees another one knows that it forgot what was not durable.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.base.errors import OperatingError
from engine.model.ids import NodeId
from engine.raft.entries import Mark, Position, Run
from engine.raft.membership import Configuration
from engine.raft.messages import (
    AppendRequest,
    AppendResponse,
    Heartbeat,
    HeartbeatResponse,
    Message,
    Rejection,
    ResetRequest,
    TimeoutNow,
    VoteRequest,
    VoteResponse,
)

VERSION = 1
MEMBERS_MAX = 1_024
MARKS_MAX = 65_535

Buffer = bytes | bytearray | memoryview

_FRAME = struct.Struct(">BQI")
_HEAD = struct.Struct(">BQ")
_VOTE_REQUEST = struct.Struct(">qqqiB")
_VOTE_RESPONSE = struct.Struct(">qB")
_APPEND = struct.Struct(">qqqiqiqHB")
_RUN = struct.Struct(">qqqI")
_MARK = struct.Struct(">qiqB")
_RESET = struct.Struct(">qqiqqi")
_APPENDED = struct.Struct(">qqiqiB")
_REJECTION = struct.Struct(">qiqqi")
_HEARTBEAT = struct.Struct(">qqiqB")
_HEARTBEAT_RESPONSE = struct.Struct(">qqiqiqB")
_TERM = struct.Struct(">q")
_TRIM = struct.Struct(">qq")
_CONFIGURATION = struct.Struct(">HH")

_VOTE_REQUEST_TYPE, _VOTE_RESPONSE_TYPE, _APPEND_TYPE, _APPENDED_TYPE, _RESET_TYPE = 1, 2, 3, 4, 5
_HEARTBEAT_TYPE, _HEARTBEAT_RESPONSE_TYPE, _TIMEOUT_NOW_TYPE, _TRIM_TYPE = 6, 7, 8, 9

_PREVOTE, _TRANSFER, _GRANTED = 1, 2, 1
FRAME_HEADER_BYTES = _FRAME.size


class CodecError(OperatingError):
    """Bytes that are no frame of this protocol."""


class Trim(NamedTuple):
    """The driver's own message: this term's leader has dropped what lies below `offset`, so may its followers."""

    term: int
    offset: int


class Received(NamedTuple):
    """One message of a frame."""

    group: int
    message: Message | Trim
    payload: memoryview
    """The batches of an AppendRequest's run."""


def encode_frame_header(incarnation: int, count: int) -> bytes:
    """What comes before `count` messages."""
    return _FRAME.pack(VERSION, incarnation, count)


def encode(group: int, message: Message | Trim, log_start: int = 0) -> bytes:
    """One message, without the data of its run. `log_start` goes along with an AppendRequest, for trimming."""
    match message:
        case AppendRequest():
            return _encode_append(group, message, log_start)
        case AppendResponse():
            matched, durable, rejection = message.matched, message.durable, message.rejection
            out = _HEAD.pack(_APPENDED_TYPE, group) + _APPENDED.pack(
                message.term, *matched, *durable, rejection is not None
            )
            if rejection is not None:
                out += _REJECTION.pack(*rejection.prev, rejection.hint_term, *rejection.hint)
            return out
        case Heartbeat():
            return _HEAD.pack(_HEARTBEAT_TYPE, group) + _HEARTBEAT.pack(
                message.term, *message.commit, message.round, message.quiet
            )
        case HeartbeatResponse():
            return _HEAD.pack(_HEARTBEAT_RESPONSE_TYPE, group) + _HEARTBEAT_RESPONSE.pack(
                message.term, *message.matched, *message.durable, message.round, message.quiet
            )
        case VoteRequest():
            flags = (_PREVOTE if message.prevote else 0) | (_TRANSFER if message.transfer else 0)
            return _HEAD.pack(_VOTE_REQUEST_TYPE, group) + _VOTE_REQUEST.pack(
                message.term, message.last_term, *message.last, flags
            )
        case VoteResponse():
            flags = (_GRANTED if message.granted else 0) | (2 if message.prevote else 0)
            return _HEAD.pack(_VOTE_RESPONSE_TYPE, group) + _VOTE_RESPONSE.pack(message.term, flags)
        case ResetRequest():
            return (
                _HEAD.pack(_RESET_TYPE, group)
                + _RESET.pack(message.term, *message.start, message.start_term, *message.commit)
                + encode_configuration(message.configuration)
            )
        case TimeoutNow():
            return _HEAD.pack(_TIMEOUT_NOW_TYPE, group) + _TERM.pack(message.term)
        case Trim():
            return _HEAD.pack(_TRIM_TYPE, group) + _TRIM.pack(message.term, message.offset)


def _encode_append(group: int, message: AppendRequest, log_start: int) -> bytes:
    run = message.run
    out = [
        _HEAD.pack(_APPEND_TYPE, group),
        _APPEND.pack(
            message.term,
            message.prev_term,
            *message.prev,
            *message.commit,
            log_start,
            len(message.marks),
            run is not None,
        ),
    ]
    out.extend(encode_mark(mark) for mark in message.marks)
    if run is not None:
        out.append(_RUN.pack(*run))
    return b"".join(out)


def encode_configuration(configuration: Configuration) -> bytes:
    """The members."""
    voters, learners = configuration.voters, configuration.learners
    return _CONFIGURATION.pack(len(voters), len(learners)) + struct.pack(
        f">{len(voters) + len(learners)}i", *voters, *learners
    )


def encode_mark(mark: Mark) -> bytes:
    """One mark, with its configuration if it has one."""
    head = _MARK.pack(mark.term, mark.ordinal, mark.offset, mark.configuration is not None)
    return head if mark.configuration is None else head + encode_configuration(mark.configuration)


class Reader:
    """Reads numbers off a buffer, never beyond its end. Raises `CodecError`."""

    __slots__ = ("at", "view")

    def __init__(self, data: Buffer) -> None:
        self.view = memoryview(data)
        self.at = 0

    def take(self, layout: struct.Struct) -> tuple[int, ...]:
        """The next fields."""
        at = self.at
        if len(self.view) - at < layout.size:
            raise CodecError("a message is cut short")
        self.at = at + layout.size
        return layout.unpack_from(self.view, at)

    def bytes(self, length: int) -> memoryview:
        """The next `length` bytes, uncopied."""
        at = self.at
        if len(self.view) - at < length:
            raise CodecError("a message's data is cut short")
        self.at = at + length
        return self.view[at : at + length]

    def configuration(self) -> Configuration:
        """The next members."""
        voters, learners = self.take(_CONFIGURATION)
        if voters + learners > MEMBERS_MAX:
            raise CodecError(f"{voters + learners} members of one group")
        nodes = self.take(struct.Struct(f">{voters + learners}i"))
        first, second = nodes[:voters], nodes[voters:]
        if (
            list(first) != sorted(set(first))
            or list(second) != sorted(set(second))
            or set(first) & set(second)
        ):
            raise CodecError("members out of order, or twice")
        return Configuration(
            voters=tuple(NodeId(node) for node in first), learners=tuple(NodeId(node) for node in second)
        )

    def mark(self) -> Mark:
        """The next mark."""
        term, ordinal, offset, has_configuration = self.take(_MARK)
        if min(ordinal, offset) < 0:
            raise CodecError("a mark before the log's beginning")
        return Mark(term, ordinal, offset, self.configuration() if has_configuration else None)


def decode(data: memoryview, sender: NodeId, to: NodeId) -> tuple[int, Iterator[Received]]:
    """(the sender's incarnation, its messages). Both the call and the iteration raise `CodecError`."""
    reader = Reader(data)
    version, incarnation, count = reader.take(_FRAME)
    if version != VERSION:
        raise CodecError(f"frame version {version}, this release reads {VERSION}")
    return incarnation, _messages(reader, count, sender, to)


def _messages(reader: Reader, count: int, sender: NodeId, to: NodeId) -> Iterator[Received]:
    for _ in range(count):
        kind, group = reader.take(_HEAD)
        if kind == _APPEND_TYPE:
            yield from _append_request(reader, group, sender, to)
            continue
        decoder = _DECODERS.get(kind)
        if decoder is None:
            raise CodecError(f"messages of type {kind} are not known")
        yield Received(group, decoder(reader, sender, to), _NOTHING)


_NOTHING = memoryview(b"")


def _append_request(reader: Reader, group: int, sender: NodeId, to: NodeId) -> Iterator[Received]:
    term, prev_term, prev, prev_marks, commit, commit_marks, log_start, mark_count, has_run = reader.take(
        _APPEND
    )
    marks = tuple(reader.mark() for _ in range(mark_count))
    run = None
    payload = _NOTHING
    if has_run:
        base_offset, next_offset, run_term, size = reader.take(_RUN)
        run = Run(base_offset, next_offset, run_term, size)
        payload = reader.bytes(size)
    request = AppendRequest(
        sender=sender,
        to=to,
        term=term,
        prev_term=prev_term,
        prev=_position(prev, prev_marks),
        marks=marks,
        run=run,
        commit=_position(commit, commit_marks),
    )
    yield Received(group, request, payload)
    if log_start > 0:
        yield Received(group, Trim(term, log_start), _NOTHING)


def _position(offset: int, marks: int) -> Position:
    if offset < 0 or marks < 0:
        raise CodecError("a position before the log's beginning")
    return Position(offset, marks)


def _vote_request(reader: Reader, sender: NodeId, to: NodeId) -> Message:
    term, last_term, offset, marks, flags = reader.take(_VOTE_REQUEST)
    return VoteRequest(
        sender=sender,
        to=to,
        term=term,
        last_term=last_term,
        last=_position(offset, marks),
        prevote=bool(flags & _PREVOTE),
        transfer=bool(flags & _TRANSFER),
    )


def _vote_response(reader: Reader, sender: NodeId, to: NodeId) -> Message:
    term, flags = reader.take(_VOTE_RESPONSE)
    return VoteResponse(
        sender=sender, to=to, term=term, granted=bool(flags & _GRANTED), prevote=bool(flags & 2)
    )


def _append_response(reader: Reader, sender: NodeId, to: NodeId) -> Message:
    term, offset, marks, durable, durable_marks, rejected = reader.take(_APPENDED)
    rejection = None
    if rejected:
        prev, prev_marks, hint_term, hint, hint_marks = reader.take(_REJECTION)
        rejection = Rejection(_position(prev, prev_marks), hint_term, _position(hint, hint_marks))
    return AppendResponse(
        sender=sender,
        to=to,
        term=term,
        matched=_position(offset, marks),
        durable=_position(durable, durable_marks),
        rejection=rejection,
    )


def _reset_request(reader: Reader, sender: NodeId, to: NodeId) -> Message:
    term, start, start_marks, start_term, commit, commit_marks = reader.take(_RESET)
    return ResetRequest(
        sender=sender,
        to=to,
        term=term,
        start=_position(start, start_marks),
        start_term=start_term,
        configuration=reader.configuration(),
        commit=_position(commit, commit_marks),
    )


def _heartbeat(reader: Reader, sender: NodeId, to: NodeId) -> Message:
    term, offset, marks, number, quiet = reader.take(_HEARTBEAT)
    return Heartbeat(
        sender=sender, to=to, term=term, commit=_position(offset, marks), round=number, quiet=bool(quiet)
    )


def _heartbeat_response(reader: Reader, sender: NodeId, to: NodeId) -> Message:
    term, matched, matched_marks, durable, durable_marks, number, quiet = reader.take(_HEARTBEAT_RESPONSE)
    return HeartbeatResponse(
        sender=sender,
        to=to,
        term=term,
        matched=_position(matched, matched_marks),
        durable=_position(durable, durable_marks),
        round=number,
        quiet=bool(quiet),
    )


def _timeout_now(reader: Reader, sender: NodeId, to: NodeId) -> Message:
    return TimeoutNow(sender=sender, to=to, term=reader.take(_TERM)[0])


def _trim(reader: Reader, sender: NodeId, to: NodeId) -> Trim:
    term, offset = reader.take(_TRIM)
    return Trim(term, offset)


_DECODERS = {
    _VOTE_REQUEST_TYPE: _vote_request,
    _VOTE_RESPONSE_TYPE: _vote_response,
    _APPENDED_TYPE: _append_response,
    _RESET_TYPE: _reset_request,
    _HEARTBEAT_TYPE: _heartbeat,
    _HEARTBEAT_RESPONSE_TYPE: _heartbeat_response,
    _TIMEOUT_NOW_TYPE: _timeout_now,
    _TRIM_TYPE: _trim,
}


def frame(incarnation: int, messages: Sequence[Sequence[Buffer]]) -> list[Buffer]:
    """The parts of a frame of encoded messages, each with its data behind it."""
    parts: list[Buffer] = [encode_frame_header(incarnation, len(messages))]
    for message in messages:
        parts.extend(message)
    return parts
