"""Reports our state to systemd, by its datagram protocol (sd_notify(3)); without systemd all of it does nothing."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping

log = logging.getLogger(__name__)


class Notifier:
    """Sends to the socket of ``$NOTIFY_SOCKET``; never waits and never raises, since nothing hangs on it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address  # @: Linux' abstract names
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if address else None
        self._sent = ""
        self._failed = False
        if self._socket is not None:
            self._socket.setblocking(False)  # noqa: FBT003 - the socket module's own signature

    def ready(self) -> None:
        """Started, or done with reloading."""
        self._send("READY=1")

    def status(self, text: str) -> None:
        """One line for ``systemctl status``; sent when it is new."""
        if text != self._sent:
            self._sent = text
            self._send("STATUS=" + text.replace("\n", " "))

    def reloading(self, monotonic_s: float) -> None:
        """New settings are being read; ``ready`` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic_s * 1_000_000)}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def watchdog(self) -> None:
        self._send("WATCHDOG=1")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _send(self, text: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(text.encode(), self._address)
        except OSError as reason:
            if not self._failed:
                log.warning("systemd receives nothing from us at %s: %s", self._address, reason)
            self._failed = True
        else:
            self._failed = False
