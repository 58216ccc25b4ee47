"""The socket of the page: on one interface or one address of this box, never on all."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress

from agent.config.web import WebSettings
from agent.errors import ConfigError
from agent.system import interfaces
from agent.web import sentences as say

_BACKLOG = 16


def listen(settings: WebSettings) -> socket.socket:
    """Bound and listening. ConfigError: there is no such interface or address, or its port is taken."""
    address = address_of(settings.interface)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if not _literal(settings.interface):
            with suppress(PermissionError):  # without root before Linux 5.7: then the address alone decides
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, settings.interface.encode() + b"\0")
        listener.bind((address, settings.port))
        listener.listen(_BACKLOG)
    except OSError as reason:
        listener.close()
        raise ConfigError(
            say.CANNOT_LISTEN(address=address, port=settings.port, why=(reason.strerror or str(reason)).lower())
        ) from reason
    listener.setblocking(False)  # noqa: FBT003 - the socket module's own signature
    return listener


def address_of(interface: str) -> str:
    """The address that is listened on; of an interface its first IPv4 address."""
    if _literal(interface):
        return interface
    try:
        return interfaces.address(interface)
    except OSError as reason:
        known = ", ".join(interfaces.names())
        raise ConfigError(say.NO_SUCH_INTERFACE(interface=interface, known=known)) from reason


def _literal(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
