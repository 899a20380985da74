"""The topics in a consumer's subscription: the one place where the coordinator looks into opaque bytes.

Subscription (Kafka's `ConsumerProtocolSubscription`, every version begins alike)::

    int16 version | int32 count | count × (int16 length, utf-8 topic) | what follows is not ours
"""

import struct

CONSUMER_PROTOCOL_TYPE = "consumer"

_HEAD = struct.Struct(">hi")
_LENGTH = struct.Struct(">h")


def subscribed_topics(subscription: bytes) -> frozenset[str] | None:
    """The topics named in `subscription`, or None when the bytes are not a subscription."""
    if len(subscription) < _HEAD.size:
        return None
    version, count = _HEAD.unpack_from(subscription)
    # Every topic takes at least its two length bytes, so a hostile count cannot make us loop for long.
    if version < 0 or not 0 <= count <= (len(subscription) - _HEAD.size) // _LENGTH.size:
        return None
    topics: set[str] = set()
    at = _HEAD.size
    for _ in range(count):
        if at + _LENGTH.size > len(subscription):
            return None
        (length,) = _LENGTH.unpack_from(subscription, at)
        at += _LENGTH.size
        if length < 0 or at + length > len(subscription):
            return None
        try:
            topics.add(subscription[at : at + length].decode())
        except UnicodeDecodeError:
            return None
        at += length
    return frozenset(topics)
