"""Sentences for technicians: what is wrong, and what to do about it there. Pure.

The advice depends on the way to the devices, so that nobody looks for wires that are not there: a ``serial`` line of
this box, the line of a serial ``server`` that is reached over TCP, or a ``network`` protocol without any line.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent.acquire import sentences_faults as say
from agent.acquire import sentences_lines as lines
from agent.acquire.sentences_lines import ALONE, NOBODY_ANSWERS, OTHERS_ANSWER, Others, Way
from contract.types import FaultCode

__all__ = ["ALONE", "NOBODY_ANSWERS", "OTHERS_ANSWER", "Others", "Way"]
DAMAGED = 0.02
"""From this share on damage has a cause that can be found."""
_DETAILED = frozenset({FaultCode.NOT_AVAILABLE, FaultCode.EXCEPTION, FaultCode.OUT_OF_RANGE, FaultCode.WRONG_DEVICE})


def down(
    port: str,
    who: str,
    code: FaultCode,
    *,
    silent_s: float,
    others: Others,
    detail: str,
    advice: str = "",
    looks: str = "",
    way: Way = "serial",
) -> str:
    """Why a device is down.

    ``others``: what the rest of the line does; ``advice``: what its driver recommends; ``looks``: what comes instead.
    """
    if looks:
        return say.INSTEAD(port=port, who=who, silent_s=span(silent_s), looks=looks)
    row = say.DOWN.get((code, others)) or say.DOWN.get((code, ALONE))
    if not row:
        return f"{port}: {who}: {detail.rstrip('.')}"
    advice = advice or (say.ADVICE[code][way]() if code in say.ADVICE else "")
    cause = (lines.ALL_SILENT if code is FaultCode.NO_ANSWER else lines.ALL_DAMAGED)[way]()
    words = {"who": who, "for_s": span(silent_s), "detail": detail.rstrip("."), "advice": advice, "cause": cause}
    return f"{port}: {row[way](**words)}".strip()


def up(port: str, who: str, down_s: float | None) -> str:
    return f"{port}: {say.UP(who=who) if down_s is None else say.UP_AGAIN(who=who, down_s=span(down_s))}"


def often(code: FaultCode | None, share: float, detail: str, *, advice: str = "", way: Way = "serial") -> str:
    """Advice for a device that is up, but not well; ``detail`` is its own word, where it has one to say."""
    if code not in say.OFTEN:
        return ""
    why = f" ({detail.rstrip('.')})" if code in _DETAILED else ""
    if advice:
        return f"{say.FAILED(share=share, why=why)}. {advice}"
    return say.FAILED_SO(share=share, why=why, advice=say.OFTEN[code][way]())


def lacks(code: FaultCode, detail: str, *, advice: str = "", way: Way = "serial") -> str:
    """Advice for a device that reports well, but for single values."""
    detail = detail.rstrip(".")
    if advice:
        return say.LACKS_SO(detail=detail, advice=advice)
    return say.LACKS(detail=detail, advice=say.OFTEN[code][way]())


def two() -> str:
    return lines.TWO()


def too_slow(share: float, every_s: float, *, way: Way = "serial") -> str:
    return lines.TOO_SLOW[way](share=share, every_s=every_s)


def cable(damage: Mapping[str, float], *, way: Way = "serial") -> str:
    """Where to look for a bad cable: ``damage`` is the share of damaged answers of each device; ``""`` = nowhere."""
    bad = {name: share for name, share in damage.items() if share >= DAMAGED}
    if not bad or way == "network":
        return ""
    shares = ", ".join(f"{name} {share:.0%}" for name, share in sorted(bad.items(), key=lambda row: -row[1])[:4])
    if len(bad) == len(damage) > 1:
        return lines.CABLE[way](shares=shares)
    well = ", ".join(name for name in damage if name not in bad)
    row = lines.CABLE_OF_SOME if well else lines.CABLE_OF_ONE
    return row(shares=shares, well=well, bad=", ".join(bad))


def span(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
