"""A connection to a camera, encrypted without proof of who is at the other end: cameras make their own certificates
(docs/vision.md).
"""

from __future__ import annotations

import socket
import ssl

from agent.config.address import Address
from agent.vision import sentences_stream as say
from agent.vision.stream.door import Door
from agent.vision.stream.trouble import Ended, NotThere, why_not


def connected(door: Door, address: Address, within_s: float) -> socket.socket:
    """Ended: what answers is not encrypted. NotThere: nothing answers, and why."""
    try:
        plain = door.stream()
        plain.settimeout(max(0.1, within_s))
        return encrypted(plain) if address.encrypted else plain
    except ssl.SSLError as exc:
        scheme = address.scheme.removesuffix("s")
        raise Ended(say.PORT_ANSWERS_BUT_NOT(scheme=scheme)) from exc
    except OSError as exc:
        raise NotThere(why_not(exc)) from exc


def encrypted(plain: socket.socket) -> ssl.SSLSocket:
    """OSError, ssl.SSLError: no encrypted connection came about; ``plain`` is closed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        return context.wrap_socket(plain)
    except OSError:
        plain.close()
        raise
