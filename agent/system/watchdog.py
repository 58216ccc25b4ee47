"""systemd's watchdog, tied to real progress: it is fed only while every endless loop of the agent beats its Pulse."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Never

from agent.system.clock import Clock
from agent.system.notify import Notifier
from agent.system.pulse import Pulse

log = logging.getLogger(__name__)

LOOK_S = 5.0
"""How often the pulses are looked at where no watchdog asks for more."""


def period_s(environment: Mapping[str, str]) -> float:
    """Half of what systemd allows between two meals, or ``LOOK_S`` where that is less, or where none are asked for."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return LOOK_S
    allowed = environment.get("WATCHDOG_USEC", "")
    return min(LOOK_S, int(allowed) / 2_000_000) if allowed.isdigit() and int(allowed) else LOOK_S


def stale_parts(pulses: Iterable[Pulse]) -> tuple[str, ...]:
    """The names of the loops that have stopped."""
    return tuple(sorted(pulse.name for pulse in pulses if pulse.stale))


async def feed(
    notifier: Notifier, pulses: Callable[[], Iterable[Pulse]], summary: Callable[[], str], clock: Clock, every_s: float
) -> Never:
    """Feed while all beat; a part that stops is named in the log once, and once more when it goes on.

    ``pulses`` is asked each time, since lines come and go with the settings; ``summary`` is for ``systemctl status``.
    """
    stopped: tuple[str, ...] = ()
    while True:
        stale = stale_parts(pulses())
        if stale != stopped:
            for part in sorted(set(stale) - set(stopped)):
                log.error("%s has stopped making progress; the watchdog is not fed until it goes on", part)
            for part in sorted(set(stopped) - set(stale)):
                log.warning("%s makes progress again", part)
            stopped = stale
        if not stale:
            notifier.watchdog()
        notifier.status(summary() if not stale else f"stuck: {', '.join(stale)}")
        await clock.sleep(every_s)
