"""The live display of the demo: the same few lines, drawn again in place on a terminal, else one line at a time."""

from __future__ import annotations

import sys
from typing import TextIO

from contract.health import PoleStatus
from demo.platform import Platform

WIDTH = 96


class Show:
    """``frame`` draws the state of everything; ``say`` tells a step of the story. ``quiet`` says nothing at all."""

    def __init__(self, out: TextIO = sys.stdout, *, quiet: bool = False) -> None:
        self._out = out
        self._quiet = quiet
        self._terminal = out.isatty()
        self._drawn = 0
        self._frames = 0

    def say(self, text: str) -> None:
        if self._quiet:
            return
        self._wipe()
        self._out.write(text + "\n")
        self._out.flush()

    def frame(self, left_s: float, link: str, status: PoleStatus | None, platform: Platform) -> None:
        if self._quiet:
            return
        rows = _rows(left_s, link, status, platform)
        if self._terminal:
            self._wipe()
            self._out.write("".join(f"{row[:WIDTH]}\n" for row in rows))
            self._drawn = len(rows)
        elif self._frames % 4 == 0:
            self._out.write(rows[0] + "\n")
        self._frames += 1
        self._out.flush()

    def _wipe(self) -> None:
        if self._drawn:
            self._out.write(f"\x1b[{self._drawn}F\x1b[J")
            self._drawn = 0


def _rows(left_s: float, link: str, status: PoleStatus | None, platform: Platform) -> list[str]:
    delivered = sum(platform.kinds.values())
    if status is None:
        return [f"{left_s:4.0f} s left | link {link:<10} | daemon: not there | platform has {delivered} events"]
    unsent = sum(lane.unsent for lane in status.store.lanes.values())
    uplink = status.uplink.state if status.uplink else "off"
    head = f"{left_s:4.0f} s left | link {link:<10} | uplink {uplink:<10}"
    rows = [f"{head} | waiting in the store {unsent:>5} | platform has {delivered} events"]
    for device in status.devices:
        values = "  ".join(f"{last.quantity} {_short(last.value)} {last.unit}" for last in device.last[:4])
        rows.append(f"  {device.name:<10} {device.state:<8} {device.readings:>7} readings   {values}")
        if device.advice:
            rows.append(f"             {device.advice}")
    for camera in status.cameras:
        counted = platform.crossings.total()
        what = f"{camera.frames_per_s:g} frames/s, LiteRT {camera.inference_ms:g} ms; {counted} cars counted"
        rows.append(f"  {camera.name:<10} {camera.state:<8} {what}")
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(platform.kinds.items()))
    rows.append(f"  platform: {kinds or 'nothing yet'}; {platform.repeats} repeats dropped")
    return rows


def _short(value: float | str) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
