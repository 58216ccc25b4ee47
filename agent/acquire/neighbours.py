"""What the devices of a line say about each other and about their cable. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from agent.acquire import sentences_lines as say
from agent.acquire import words
from agent.acquire.plan import LinePlan
from agent.acquire.session import DOWN_AFTER, DeviceSession
from contract.types import Event, FaultCode, Item, Stamp

DAMAGE_AFTER = 50
"""Questions after which a share of damaged answers means something."""


def others(sessions: Iterable[DeviceSession], session: DeviceSession) -> words.Others:
    """What the other polled devices of the line do."""
    rest = [other for other in sessions if other is not session and not other.streams]
    if not rest:
        return words.ALONE
    answer = any(other.state == "up" and not other.failures for other in rest)
    return words.OTHERS_ANSWER if answer else words.NOBODY_ANSWERS


def advice(sessions: Iterable[DeviceSession], plan: LinePlan) -> str:
    """What is wrong with the line as a whole: a bad cable, or more asked of it than it can carry."""
    known = [session for session in sessions if len(session.record.damage) >= DAMAGE_AFTER]
    damage = {session.name: sum(session.record.damage) / len(session.record.damage) for session in known}
    way = known[0].way if known else "serial"
    return words.cable(damage, way=way) or " ".join(plan.problems)


def all_down(sessions: Iterable[DeviceSession]) -> tuple[Literal["up", "down"], str]:
    """State and text of a line all of whose devices are down: one that refuses shows that the line itself works.

    A device that is alone, or silent where all talk by themselves, knows better than its line what to check.
    """
    down = list(sessions)
    codes = {session.code for session in down}
    if FaultCode.PORT_GONE in codes:  # the port is back, and nobody has been asked since
        return "up", ""
    if FaultCode.EXCEPTION in codes:
        return "up", say.ALL_REFUSE() if len(down) > 1 else ""
    if len(down) == 1 or codes == {FaultCode.OVERDUE}:
        return "down", down[0].text
    table = say.ALL_DAMAGED if codes & {FaultCode.BAD_FRAME, FaultCode.WRONG_DEVICE} else say.ALL_SILENT
    return "down", table[down[0].way]()


def verdict(
    sessions: Iterable[DeviceSession],
    session: DeviceSession,
    port: str,
    stamp: Stamp,
    *,
    failed: bool,
    looks: Callable[[], str],
) -> list[Event]:
    """A round of ``session`` is over, and ``failed`` as a whole or not: the event where that changed its state."""
    good, detail, advised = session.good, session.detail, session.advised
    session.begin()
    if good:
        return session.comes_up(port, stamp)
    if not failed or session.failures < DOWN_AFTER:
        return []
    code = session.code or FaultCode.NO_ANSWER
    how = others(sessions, session)
    text = words.down(
        port,
        session.who,
        code,
        silent_s=session.silent_s,
        others=how,
        detail=detail,
        advice=advised,
        looks=looks() if code is FaultCode.BAD_FRAME and session.state != "down" else "",
        way=session.way,
    )
    return session.goes_down(code, text, stamp)


def overdue(session: DeviceSession, port: str, stamp: Stamp, looks: Callable[[], str]) -> list[Item | Event]:
    """A talking device has been quiet for too long: the fault, and the event where it changed its state.

    ``looks`` says what comes in its place.
    """
    how = words.OTHERS_ANSWER if session.noisy else words.ALONE
    fault = session.overdue(stamp)
    code = FaultCode.OVERDUE
    text = words.down(
        port,
        session.who,
        code,
        silent_s=session.silent_s,
        others=how,
        detail=fault.text,
        looks=looks() if session.noisy and session.state != "down" else "",
        way=session.way,
    )
    return [fault, *session.goes_down(code, text, stamp)]


def gone(sessions: Iterable[DeviceSession], text: str, stamp: Stamp) -> list[Item | Event]:
    """The port is not there: every device on it is down; empty where that was said before."""
    changes: list[Item | Event] = []
    for session in sessions:
        if session.state != "down" or session.code is not FaultCode.PORT_GONE:
            changes.append(session.fault(FaultCode.PORT_GONE, text, stamp))
            changes += session.goes_down(FaultCode.PORT_GONE, text, stamp)
    return changes
