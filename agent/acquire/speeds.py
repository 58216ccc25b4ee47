"""On a serial line where nobody answers: whether its devices do at another speed. Only questions of theirs are sent."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal

import msgspec

from agent.acquire import sentences_lines as say
from agent.acquire.plan import gap_s
from agent.acquire.session import AGAIN, DEAD, DeviceSession
from agent.acquire.transport import Transport
from agent.acquire.tty import character_s, is_recording
from agent.acquire.turn import Timing, ask
from agent.api import Fault, FaultCode, Item
from agent.config.settings import LineSettings
from agent.errors import Retry
from agent.system.clock import Clock

Parity = Literal["none", "even", "odd"]
USUAL: tuple[tuple[int, Parity], ...] = (
    (9600, "none"),
    (2400, "even"),
    (115200, "none"),
    (4800, "none"),
    (19200, "none"),
    (19200, "even"),
    (9600, "even"),
    (38400, "none"),
    (57600, "none"),
    (1200, "even"),
    (4800, "even"),
    (2400, "none"),
    (9600, "odd"),
)
"""Baud rate and parity, the most usual first."""
AFTER_S = 30.0
"""Silence of a whole line after which other speeds are tried."""
AGAIN_S = 900.0
"""Shortest time between two searches: each costs the line some seconds."""
MOST_DEVICES = 4
LONGEST_S = 0.5
"""How long a device is waited for at each speed, at most."""


log = logging.getLogger(__name__)


class NobodyAnswers(Exception):  # no error: it ends a conversation so that other speeds are tried
    """No device of the line answers."""


class SpeedSearch:
    """Of one line. ``advice`` is what to do, by the devices that answered at another speed."""

    def __init__(self, line: str, clock: Clock) -> None:
        self._line = line
        self._clock = clock
        self._next = clock.monotonic() + AFTER_S
        self.advice: dict[str, str] = {}

    def due(self, settings: LineSettings, sessions: Collection[DeviceSession]) -> bool:
        """Whether to search now: all devices are ones that are asked and not written to, and none is understood."""
        if settings.tcp or not sessions:
            return False
        deaf = all(_may_be_asked(each) and each.state == "down" and each.code in AGAIN for each in sessions)
        if not deaf:
            self.advice = {}
            self._next = self._clock.monotonic() + AFTER_S
        return deaf and self._clock.monotonic() >= self._next and not is_recording(settings.port or "")

    async def search(
        self,
        settings: LineSettings,
        sessions: Sequence[DeviceSession],
        opened: Callable[[LineSettings], AbstractAsyncContextManager[Transport]],
    ) -> None:
        """Ask each device its first question at each usual speed until one answers."""
        self.advice = {}
        self._next = self._clock.monotonic() + AGAIN_S
        for baud, parity in USUAL:
            if (baud, parity) == (settings.baud, settings.parity):
                continue
            there = msgspec.structs.replace(settings, baud=baud, parity=parity)
            with contextlib.suppress(Retry):  # a port need not know every speed; one that is gone is noticed as ever
                async with opened(there) as port:
                    for each in sessions[:MOST_DEVICES]:
                        if await self._answers(port, there, each):
                            words = {"who": each.who, "line": self._line, "baud": baud, "parity": parity}
                            self.advice[each.name] = say.ANSWERS_AT(**words)
            if self.advice:
                log.warning("%s", " ".join(self.advice.values()))
                break

    async def _answers(self, port: Transport, there: LineSettings, session: DeviceSession) -> bool:
        codec = session.driver.codec(session.name, session.device.options)
        request = codec.ask(0)
        await port.pause(gap_s(there))
        port.waiting()
        timeout_s = min(session.device.common.timeout_s, LONGEST_S)
        timing = Timing(character_s=character_s(there), timeout_s=timeout_s, echo=there.echo)
        result = await ask(port, codec, request, timing, self._clock)
        return any(map(_an_answer, result.items))


def _may_be_asked(session: DeviceSession) -> bool:
    return not session.streams and not session.codec.writes


def _an_answer(item: Item) -> bool:
    """A value, or a refusal: both passed the checks of their protocol."""
    return not isinstance(item, Fault) or item.code is FaultCode.EXCEPTION or item.code not in DEAD
