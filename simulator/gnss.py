"""A simulated GNSS receiver: RMC, GGA, GSA and ZDA each second, with or without a fix."""

from __future__ import annotations

import functools
import math
import operator

from agent.system.clock import Clock
from simulator.wire import Behaviour


def sentence(body: str) -> bytes:
    """``body`` with ``$``, checksum and line end."""
    checksum = functools.reduce(operator.xor, body.encode("ascii"), 0)
    return f"${body}*{checksum:02X}\r\n".encode("ascii")


def _angle(degrees: float, width: int, letters: str) -> str:
    whole, part = divmod(abs(degrees), 1)
    return f"{int(whole):0{width}d}{part * 60:08.5f},{letters[degrees < 0]}"


class Gnss:
    """Stands still and wanders a metre or two, as receivers do."""

    period_s: float | None = 1.0
    delay_s = 0.0

    def __init__(self, name: str, clock: Clock, *, latitude: float = 22.54321, longitude: float = 114.05432) -> None:
        self.name = name
        self.behaviour: Behaviour = "ok"
        self.fix = True
        self._clock = clock
        self._place = (latitude, longitude)

    def receive(self, data: bytes) -> bytes:  # noqa: ARG002 - a receiver listens to nothing we say
        return b""

    def speak(self, now_s: float) -> bytes:
        utc = self._clock.now().utc
        time = utc.strftime("%H%M%S") + f".{utc.microsecond // 10000:02d}"
        wander = 1e-5 * math.sin(now_s / 97)
        latitude = _angle(self._place[0] + wander, 2, "NS")
        longitude = _angle(self._place[1] - wander, 3, "EW")
        used = 9 + round(2 * math.sin(now_s / 61))
        if self.fix:
            rmc = f"GNRMC,{time},A,{latitude},{longitude},0.02,,{utc:%d%m%y},,,A"
            gga = f"GNGGA,{time},{latitude},{longitude},1,{used:02d},0.9,21.4,M,-2.8,M,,"
            gsa = "GNGSA,A,3,01,03,07,11,17,22,,,,,,,1.7,0.9,1.4"
        else:
            rmc = f"GNRMC,{time},V,,,,,,,{utc:%d%m%y},,,N"
            gga = f"GNGGA,{time},,,,,0,00,99.9,,,,,,"
            gsa = "GNGSA,A,1,,,,,,,,,,,,,99.9,99.9,99.9"
        said = b"".join(map(sentence, (rmc, gga, gsa, f"GNZDA,{time},{utc:%d,%m,%Y},00,00")))
        return said.replace(b"*", b"*f", 1) if self.behaviour == "bad_crc" else said
