"""One diagnosis: what is known of the pole, then all checks at once, each within its time."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterator
from pathlib import Path

from agent import VERSION
from agent.doctor import sentences_checks as say
from agent.doctor.box import Box
from agent.doctor.check import DoctorCheck, find_checks
from agent.doctor.pole import PoleAtHand, at_hand
from agent.status.advice import advice
from contract.diagnosis import MOST_CAUSES, Cause, Checked, Diagnosis, named, ranked

LONGEST_S = 19.0
LEAST_S = 1.0


async def diagnose(
    settings: Path,
    box: Box | None = None,
    *,
    stopped: bool = False,
    socket: str | None = None,
    only: frozenset[str] | None = None,
) -> Diagnosis:
    """What is wrong with the pole of the file ``settings``; at most 20 s, and never raises for what it finds.

    ``stopped``: the daemon is stopped on purpose, as during setup; ``only``: the names of the checks to be made.
    """
    box = box or Box()
    began = box.clock.monotonic()
    checks = find_checks()
    pole = await at_hand(settings, box, stopped=stopped, socket=socket)
    causes: list[list[Cause]] = []
    checked: list[Checked] = []
    async with asyncio.TaskGroup() as group:
        for check in checks:
            if only is None or check.name in only:
                causes.append([])
                group.create_task(_made(check, pole, causes[-1], checked, began + LONGEST_S))
    found = ranked([*(cause for each in causes for cause in each), *_rest(pole, causes)])
    now = box.clock.now()
    return Diagnosis(
        pole=pole.id,
        version=VERSION,
        at=now.utc,
        synced=now.synced,
        seconds=round(box.clock.monotonic() - began, 1),
        causes=tuple(found[:MOST_CAUSES]),
        left_out=max(0, len(found) - MOST_CAUSES),
        checks=tuple(sorted(checked, key=lambda each: each.name)),
    )


def _rest(pole: PoleAtHand, causes: list[list[Cause]]) -> Iterator[Cause]:
    """What the status says wants a hand and no check has named: it must not look well here where it does not there."""
    if pole.status is None:
        return
    known = {cause.about for each in causes for cause in each}
    for one in advice(pole.status):
        if one.about != "open" and one.about not in known:
            yield named("daemon.other", pole.mask.text(one.text), one.about)


async def _made(check: DoctorCheck, pole: PoleAtHand, causes: list[Cause], checked: list[Checked], end: float) -> None:
    """One check; what it found before its time was over, and that of the diagnosis at ``end``, counts."""
    clock = pole.box.clock
    began = clock.monotonic()
    limit_s = min(check.limit_s, max(end - began, LEAST_S))

    def tell(name: str, reading: str, about: str = "") -> None:
        causes.append(named(name, pole.mask.text(reading), about))

    try:
        async with asyncio.timeout(limit_s):
            why_not = await check.look(pole, tell)
    except TimeoutError:
        why_not = say.NOT_ENDED(seconds=limit_s)
        tell("doctor.unfinished", why_not, f"check {check.name}")
    except Exception as exc:  # noqa: BLE001 - a check that fails must not hide what the others found
        why_not = f"{type(exc).__name__}: {exc} ({traceback.extract_tb(exc.__traceback__)[-1].name})"
        tell("doctor.bug", why_not, f"check {check.name}")
    seconds = round(clock.monotonic() - began, 1)
    checked.append(Checked(name=check.name, seconds=seconds, found=len(causes), why_not=why_not))
