"""NIC driver settings through the SIOCETHTOOL ioctl: no ethtool binary is needed.

Layouts from include/uapi/linux/ethtool.h; numbers are in host byte order.
"""

from __future__ import annotations

import contextlib
import struct
from dataclasses import dataclass
from typing import Protocol

_SIOCETHTOOL = 0x8946
_GET_DRIVER_INFO = 0x03
_GET_FLAGS, _SET_FLAGS = 0x25, 0x26
_GET_CHANNELS, _SET_CHANNELS = 0x3C, 0x3D
_FLAG_NTUPLE = 1 << 27
_CHANNELS = struct.Struct("=9I")  # command, then maximum and count of rx, tx, other, combined
_NAME_BYTES_MAX = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Queue counts of a NIC. A driver has either combined queues or separate rx and tx ones."""

    combined: int = 0
    combined_max: int = 0
    rx: int = 0
    rx_max: int = 0
    tx: int = 0
    tx_max: int = 0


class Ethtool(Protocol):
    """What tuning asks of a NIC driver. Reading answers None where the driver cannot tell; setting raises OSError."""

    def driver(self, interface: str) -> str | None:
        """Name of the driver."""

    def channels(self, interface: str) -> Channels | None:
        """Queue counts."""

    def ntuple(self, interface: str) -> bool | None:
        """Whether flow steering filters are on."""

    def set_channels(self, interface: str, channels: Channels) -> None:
        """Change the counts (not the maxima)."""

    def set_ntuple(self, interface: str, *, on: bool) -> None:
        """Turn flow steering filters on or off."""


class KernelEthtool:
    """The real driver calls."""

    def driver(self, interface: str) -> str | None:
        """Name of the driver."""
        data = bytearray(196)
        struct.pack_into("=I", data, 0, _GET_DRIVER_INFO)
        if not _try(interface, data):
            return None
        return bytes(data[4:36]).split(b"\0", 1)[0].decode("ascii", "replace")

    def channels(self, interface: str) -> Channels | None:
        """Queue counts."""
        data = bytearray(_CHANNELS.pack(_GET_CHANNELS, *[0] * 8))
        if not _try(interface, data):
            return None
        _, rx_max, tx_max, _, combined_max, rx, tx, _, combined = _CHANNELS.unpack(data)
        return Channels(
            combined=combined, combined_max=combined_max, rx=rx, rx_max=rx_max, tx=tx, tx_max=tx_max
        )

    def ntuple(self, interface: str) -> bool | None:
        """Whether flow steering filters are on."""
        data = bytearray(struct.pack("=II", _GET_FLAGS, 0))
        if not _try(interface, data):
            return None
        return bool(struct.unpack("=II", data)[1] & _FLAG_NTUPLE)

    def set_channels(self, interface: str, channels: Channels) -> None:
        """Change the counts (not the maxima)."""
        data = bytearray(_CHANNELS.pack(_GET_CHANNELS, *[0] * 8))
        _call(interface, data)
        values = list(_CHANNELS.unpack(data))
        values[0], values[5], values[6], values[8] = (
            _SET_CHANNELS, channels.rx, channels.tx, channels.combined,
        )  # fmt: skip
        _call(interface, bytearray(_CHANNELS.pack(*values)))

    def set_ntuple(self, interface: str, *, on: bool) -> None:
        """Turn flow steering filters on or off."""
        data = bytearray(struct.pack("=II", _GET_FLAGS, 0))
        _call(interface, data)
        flags = struct.unpack("=II", data)[1]
        flags = flags | _FLAG_NTUPLE if on else flags & ~_FLAG_NTUPLE
        _call(interface, bytearray(struct.pack("=II", _SET_FLAGS, flags)))


def _try(interface: str, data: bytearray) -> bool:
    with contextlib.suppress(OSError):
        _call(interface, data)
        return True
    return False


def _call(interface: str, data: bytearray) -> None:
    import ctypes
    import fcntl
    import socket

    name = interface.encode()
    if len(name) > _NAME_BYTES_MAX:
        raise OSError(f"{interface} is no interface name")
    holder = (ctypes.c_char * len(data)).from_buffer(data)
    request = struct.pack("@16sP", name, ctypes.addressof(holder)).ljust(40, b"\0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        fcntl.ioctl(link.fileno(), _SIOCETHTOOL, request)
