"""A change of ``[uplink]`` cannot cut a pole off: the settings that reached the platform last are kept and come back.

Where new ones do not reach it in time, the old ones are used again, and then both in turn until one does. The file on
the pole is never changed; what it says is tried first at every reload and start.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Never

import msgspec

from agent.config.settings import UplinkSettings
from agent.system.clock import Clock
from agent.uplink import sentences as say

STATE = "proven uplink"
LOOK_S, CALM_S = 1.0, 5.0
NOT_REACHED = say.UPLINK_PLATFORM_NOT_REACHED()


class ProvenLink:
    """Pure: fed with what is wanted, what is used, whether that is up, and the time."""

    def __init__(self, saved: bytes) -> None:
        """``saved`` is what ``encoded`` gave in an earlier run; what cannot be read is nothing."""
        try:
            self._proven = msgspec.json.decode(saved, type=UplinkSettings) if saved else None
        except (msgspec.DecodeError, msgspec.ValidationError):
            self._proven = None
        self._used: UplinkSettings | None = None
        self._since = 0.0

    @property
    def encoded(self) -> bytes:
        """What reached the platform last."""
        return msgspec.json.encode(self._proven)

    def proves(self, used: UplinkSettings, *, up: bool) -> bool:
        """Whether that is news: these settings reach the platform, and others did before."""
        if not up or used == self._proven:
            return False
        self._proven = used
        return True

    def instead(self, wanted: UplinkSettings, used: UplinkSettings, now_s: float, *, up: bool) -> UplinkSettings | None:
        """The settings to use from now on; None: those that are used."""
        if used != self._used or up:
            self._used, self._since = used, now_s
        if up or self._proven is None or wanted == self._proven or now_s - self._since < wanted.trial_s:
            return None
        return wanted if used != wanted else self._proven


async def keep_reaching(
    link: ProvenLink,
    state: Callable[[], tuple[UplinkSettings, UplinkSettings, bool] | None],
    use: Callable[[UplinkSettings], Awaitable[None]],
    save: Callable[[str, bytes], None],
    clock: Clock,
    *,
    reached: Callable[[], None],
) -> Never:
    """Look every second, and each five while the wanted settings are up or there is no link. ``state``: wanted and used
    settings, and whether the link is up; None: there is no link.

    ``reached``: the wanted settings have reached the platform.
    """
    look_s = LOOK_S
    while True:
        await clock.sleep(look_s)
        seen = state()
        calm = seen is None or (seen[2] and seen[0] == seen[1])
        look_s = CALM_S if calm else LOOK_S
        if seen is None:
            continue
        wanted, used, up = seen
        if link.proves(used, up=up):
            save(STATE, link.encoded)
            if used == wanted:
                reached()
        other = link.instead(wanted, used, clock.monotonic(), up=up)
        if other is not None:
            await use(other)
