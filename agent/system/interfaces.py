"""The network interfaces of this box and their IPv4 addresses, by the ioctls of netdevice(7)."""

from __future__ import annotations

import fcntl
import socket
import struct
from contextlib import suppress

_SIOCGIFFLAGS, _SIOCGIFADDR = 0x8913, 0x8915
_UP, _LOOPBACK, _POINT_TO_POINT, _MULTICAST = 0x1, 0x8, 0x10, 0x1000


def names() -> list[str]:
    return [name for _, name in socket.if_nameindex()]


def address(name: str) -> str:
    """The first IPv4 address of an interface. OSError: there is no such interface, or it has none."""
    return socket.inet_ntoa(_asked(name, _SIOCGIFADDR)[20:24])


def local_networks() -> list[str]:
    """This box's own address in each network that reaches neighbours: neither loopback nor the line of a modem."""
    found = []
    for name in names():
        with suppress(OSError):
            (flags,) = struct.unpack_from("=H", _asked(name, _SIOCGIFFLAGS), 16)
            if flags & (_UP | _MULTICAST) == _UP | _MULTICAST and not flags & (_LOOPBACK | _POINT_TO_POINT):
                found.append(address(name))
    return found


def _asked(name: str, what: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        return fcntl.ioctl(asker, what, struct.pack("256s", name.encode()[:15]))
