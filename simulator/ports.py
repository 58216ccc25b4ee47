"""Ports for servers that must know theirs before they start."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 10_000


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on.

    It lies below the ports that the kernel gives to outgoing connections: no client can take it before the server does.
    """
    highest = int(_EPHEMERAL.read_text().split()[0]) if _EPHEMERAL.exists() else 32_768
    while True:
        port = _LOWEST + secrets.randbelow(max(highest - _LOWEST, 10_000))
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
