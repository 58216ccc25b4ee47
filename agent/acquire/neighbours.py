"""What the devices of a line say about each other and about their cable. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from agent.acquire import words
from agent.acquire.plan import Plan
from agent.acquire.station import DOWN_AFTER, Station
from contract.types import Event, FaultCode, Item, Stamp

DAMAGE_AFTER = 50
"""Questions after which a share of damaged answers means something."""


def others(stations: Iterable[Station], station: Station) -> str:
    """What the other polled devices of the line do."""
    rest = [other for other in stations if other is not station and not other.talks]
    if not rest:
        return words.ALONE
    answer = any(other.state == "up" and not other.failures for other in rest)
    return words.OTHERS_ANSWER if answer else words.NOBODY_ANSWERS


def advice(stations: Iterable[Station], plan: Plan) -> str:
    """What is wrong with the line as a whole: a bad cable, or more asked of it than it can carry."""
    known = [station for station in stations if len(station.damage) >= DAMAGE_AFTER]
    damage = {station.name: sum(station.damage) / len(station.damage) for station in known}
    return words.cable(damage) or " ".join(plan.problems)


def all_down(stations: Iterable[Station]) -> tuple[Literal["up", "down"], str]:
    """State and text of a line all of whose devices are down: one that refuses shows that the line itself works.

    A device that is alone, or silent where all talk by themselves, knows better than its line what to check.
    """
    down = list(stations)
    codes = {station.code for station in down}
    if FaultCode.PORT_GONE in codes:  # the port is back, and nobody has been asked since
        return "up", ""
    if FaultCode.EXCEPTION in codes:
        return "up", words.ALL_REFUSE if len(down) > 1 else ""
    if len(down) == 1 or codes == {FaultCode.OVERDUE}:
        return "down", down[0].text
    if all(station.driver.network for station in down):
        return "down", words.NETWORK_SILENT
    return "down", words.ALL_DAMAGED if codes & {FaultCode.BAD_FRAME, FaultCode.WRONG_DEVICE} else words.ALL_SILENT


def verdict(stations: Iterable[Station], station: Station, port: str, stamp: Stamp, *, failed: bool) -> list[Event]:
    """A round of ``station`` is over, and ``failed`` as a whole or not: the event where that changed its state."""
    good, detail = station.good, station.detail
    station.begin()
    if good:
        return station.comes_up(port, stamp)
    if not failed or station.failures < DOWN_AFTER:
        return []
    code = station.code or FaultCode.NO_ANSWER
    how = others(stations, station)
    text = words.down(
        port, station.who, code, silent_s=station.silent_s, others=how, detail=detail, network=station.driver.network
    )
    return station.goes_down(code, text, stamp)


def overdue(station: Station, port: str, stamp: Stamp) -> list[Item | Event]:
    """A talking device has been quiet for too long: the fault, and the event where it changed its state."""
    how = words.OTHERS_ANSWER if station.noisy else words.ALONE
    fault = station.overdue(stamp)
    code = FaultCode.OVERDUE
    text = words.down(port, station.who, code, silent_s=station.silent_s, others=how, detail=fault.text)
    return [fault, *station.goes_down(code, text, stamp)]


def gone(stations: Iterable[Station], text: str, stamp: Stamp) -> list[Item | Event]:
    """The port is not there: every device on it is down; empty where that was said before."""
    told: list[Item | Event] = []
    for station in stations:
        if station.state != "down" or station.code is not FaultCode.PORT_GONE:
            told.append(station.fault(FaultCode.PORT_GONE, text, stamp))
            told += station.goes_down(FaultCode.PORT_GONE, text, stamp)
    return told
