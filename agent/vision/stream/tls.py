"""Encryption without proof of who is at the other end: cameras make their own certificates (docs/vision.md)."""

from __future__ import annotations

import socket
import ssl


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
