"""The frames of MQTT as they come in, looked at before anybody makes room for them; pure.

MQTT 5.0, 2.1: one byte of type and flags, the length of the rest in one to four bytes, the rest.
"""

from __future__ import annotations

from agent.uplink import sentences as say

_PUBLISH = 0x30
_QOS_2 = 0x04


class BadFrame(ValueError):
    """``str()`` ends a sentence that begins with the broker."""


class Framing:
    """Fed all that is received, in any pieces. Raises ``BadFrame`` at the header of a frame that nobody will take."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._left = 0  # of the frame's rest
        self._first: int | None = None  # of the frame's header
        self._length = self._digits = 0

    def feed(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
                continue
            self._header(data[at])
            at += 1

    def _header(self, byte: int) -> None:
        if self._first is None:
            if byte & 0xF0 == _PUBLISH and byte & _QOS_2:  # subscriptions are for QoS 1: nobody would end the handshake
                raise BadFrame(say.SENDS_QOS_NOT_ASKED())
            self._first, self._length, self._digits = byte, 0, 0
            return
        self._length |= (byte & 0x7F) << 7 * self._digits
        self._digits += 1
        if self._length > self._most or self._digits > 4:
            raise BadFrame(say.SENT_MESSAGE_MORE_THAN(most=self._most))
        if byte < 0x80:
            self._first, self._left = None, self._length
