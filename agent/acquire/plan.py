"""What a line can carry: the time that each device's questions take, and which periods cannot be met, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from agent.acquire import sentences as say
from agent.acquire.tty import character_s
from agent.acquire.turn import FIFO
from agent.api import Driver
from agent.config.settings import Device, LineSettings

FIXED_GAP_ABOVE = 19_200
FIXED_GAP_S = 0.00175  # Modbus over Serial Line V1.02, 2.5.1.1: t3.5 above 19,200 baud
HOLD_S = 0.1
"""How long an adapter, its driver and a busy box may hold back what has arrived."""
DEVICE_S = 0.01
"""How long a device thinks before it answers, where nobody knows better."""
BUSY, FULL = 0.5, 0.9
MOST_STEPS = 200


class LineShare(msgspec.Struct, frozen=True, kw_only=True):
    """One polled device: ``round_s`` of the line's time every ``every_s``."""

    device: str
    every_s: float
    questions: int
    round_s: float

    @property
    def load(self) -> float:
        return self.round_s / self.every_s


class LinePlan(msgspec.Struct, frozen=True, kw_only=True):
    """``load`` 1 = the line is always in use; ``problems`` are sentences, empty where every period can be met."""

    shares: tuple[LineShare, ...]
    load: float
    problems: tuple[str, ...]

    @property
    def busy(self) -> bool:
        """Whether the time that a dead device costs is taken from the others."""
        return len(self.shares) > 1 and self.load > BUSY


def gap_s(settings: LineSettings) -> float:
    """The silence of 3.5 characters that Modbus RTU wants before a question."""
    return FIXED_GAP_S if settings.baud > FIXED_GAP_ABOVE else 3.5 * character_s(settings)


def pause_s(settings: LineSettings) -> float:
    """The longest silence inside an answer: t1.5 of Modbus RTU as far as it can be seen from here; 0 over a network.

    A UART hands over up to 16 characters at once, adapters and drivers hold bytes back: shorter pauses are not theirs.
    """
    return 0.0 if settings.tcp else (1.5 + FIFO) * character_s(settings) + HOLD_S


def plan(settings: LineSettings, devices: Sequence[Device], drivers: Mapping[str, Driver]) -> LinePlan:
    """The plan of a line with a bit rate; a line over TCP has no load that could be known beforehand."""
    if not character_s(settings):
        return LinePlan(shares=(), load=0.0, problems=())
    shares = tuple(share for device in devices if (share := _share(settings, device, drivers[device.common.driver])))
    load = sum(share.load for share in shares)
    return LinePlan(shares=shares, load=load, problems=tuple(_problems(settings, shares, load)))


def _share(settings: LineSettings, device: Device, driver: Driver) -> LineShare | None:
    """None for a device that talks by itself."""
    codec = driver.codec(device.name, device.options)
    each_s = character_s(settings)
    round_s = 0.0
    for step in range(MOST_STEPS):
        question = codec.ask(step)
        if not question:
            break
        round_s += (len(question) + codec.missing_bytes) * each_s + DEVICE_S + (gap_s(settings) if driver.gap else 0.0)
    else:
        step = MOST_STEPS
    every_s = device.common.every_s or driver.every_s or 1.0
    return LineShare(device=device.name, every_s=every_s, questions=step, round_s=round_s) if step else None


def _problems(settings: LineSettings, shares: Sequence[LineShare], load: float) -> Iterator[str]:
    slow = [share for share in shares if share.load > 1]
    for share in slow:
        yield (
            say.CANNOT_READ_EVERY_QUESTIONS(
                device=share.device,
                every_s=share.every_s,
                questions=share.questions,
                round_s=share.round_s,
                baud=settings.baud,
            )
        )
    parts = ", ".join(f"{share.device} {share.load:.0%}" for share in sorted(shares, key=_load, reverse=True)[:4])
    if load > 1 and len(shares) > len(slow):
        yield (say.DEVICES_NEED_TIME_BAUD(load=load, baud=settings.baud, parts=parts))
    elif FULL < load <= 1:
        yield say.TIME_PLANNED_DEVICE_FALLS(load=load, parts=parts)


def _load(share: LineShare) -> float:
    return share.load
