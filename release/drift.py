"""How far what a model meets and says is from what it was made for: profiles of poles, compared as histograms.

The distance is the population stability index, sum((p - q) ln(p / q)) over the bins, less twice what it is on average
where nothing but the weather differs, by how much days of that camera differ; the largest of the four histograms
counts. From .1 on it is a change to look at, from .25 on a large one: the usual limits (Siddiqi, Credit Risk
Scorecards, 2006, 13).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median, variance
from typing import Any, NamedTuple

import msgspec

from contract.events import Profile
from contract.model import CLASSES, HISTOGRAMS, MOST_SHARE, GoldenProfile
from release.forecasting import PlatformDoor

LOOK_AT, LARGE = 0.1, 0.25
FIRST = timedelta(days=7)
"""Of the profiles that were asked for: what the newest are compared with where the bundle has no golden one."""
LEAST_OBJECTS, LEAST_LOOKS = 200, 7200
"""Of which a histogram says something: detections of the first three, seconds of brightness."""
FLOOR = 0.002
"""A share that is never seen counts as half a part of 255: a profile cannot tell it from less."""
PIECE = timedelta(days=7)
DAY = timedelta(days=1)
LEAST_DAYS = 3
"""From which on it is known how days differ."""
Stamped = tuple[datetime, Profile | GoldenProfile]


class Drawn(NamedTuple):
    """One histogram: shares, the variance of each from day to day, over how many days, and how many were counted.

    The variance is None where there are too few days to know it.
    """

    shares: tuple[float, ...]
    varies: tuple[float, ...] | None
    days: int
    counted: float


CHANCE = 2.0
"""Means of chance that are taken off. Of 20 drawn streets whose days differ by a fifth in light 2 then lie above .1 and
none above .25, three days compared with seven (tests/release/test_drift.py draws such streets)."""
Histograms = Mapping[str, Drawn]


class Drift(NamedTuple):
    """One camera's model now, compared with ``against``: its golden profile, or its own days from one on."""

    pole: str
    camera: str
    model: str
    distance: float
    histogram: str
    against: str
    example: str


class Watched(NamedTuple):
    """The profiles of one model at one camera in the order of their times."""

    pole: str
    camera: str
    model: str
    profiles: Sequence[tuple[datetime, Profile]]


def watched(platform: PlatformDoor, poles: Iterable[str], since: datetime, until: datetime) -> Iterator[Watched]:
    """What poles have sent. An event that is no profile is left out."""
    for pole in poles:
        found: defaultdict[tuple[str, str], list[tuple[datetime, Profile]]] = defaultdict(list)
        begin = since
        while begin < until:
            end = min(begin + PIECE, until)
            span = {"since": begin.isoformat(), "until": end.isoformat()}
            for event in platform.items(f"/poles/{pole}/events", kind="profile", **span):
                try:
                    body = msgspec.convert(event["data"], Profile)
                    at = datetime.fromisoformat(event["time"])
                except (KeyError, ValueError, msgspec.ValidationError):
                    continue
                found[event["source"].rpartition("/")[2], body.model].append((at, body))
            begin = end
        for (camera, model), profiles in sorted(found.items()):
            yield Watched(pole, camera, model, sorted(profiles, key=lambda each: each[0]))


def drift(each: Watched, golden: Mapping[str, GoldenProfile], recent: timedelta) -> Drift | str:
    """How far the profiles of the last ``recent`` are off; a sentence where there are too few to say."""
    name = f"{each.pole} {each.camera} {each.model}"
    last = each.profiles[-1][0]
    now = [(at, body) for at, body in each.profiles if at > last - recent]
    if each.model in golden:
        against, base = "its golden profile", drawn([(last, golden[each.model])])
    else:
        first = each.profiles[0][0]
        early = [(at, body) for at, body in each.profiles if at < first + FIRST and at <= last - recent]
        against, base = f"itself from {first:%Y-%m-%d} on", drawn(early)
    today = drawn(now)
    known = [part for part in HISTOGRAMS if _enough(part, base) and _enough(part, today)]
    if not known:
        return f"{name}: too little was seen to compare ({against})"
    distances = {part: distance(base[part], today[part]) for part in known}
    worst = max(known, key=lambda part: distances[part])
    example = changed(worst, base[worst], today[worst])
    return Drift(each.pole, each.camera, each.model, distances[worst], worst, against, example)


def drawn(profiles: Sequence[Stamped]) -> Histograms:
    """All profiles as one. Days are the witnesses, not detections: those of one day share its weather."""
    return {part: _one(part, profiles) for part in HISTOGRAMS}


def _one(part: str, profiles: Sequence[Stamped]) -> Drawn:
    by_day: defaultdict[int, list[tuple[float, Sequence[int]]]] = defaultdict(list)
    for at, each in profiles:
        weight = float(each.looks if part == "brightness" else each.objects)
        by_day[(at - profiles[0][0]) // DAY].append((weight, getattr(each, part)))
    days = [sums for sums in (_sum(rows) for rows in by_day.values()) if sums[0]]
    total = sum(weight for weight, _ in days)
    if not total:
        return Drawn((), None, 0, 0.0)
    columns = [list(column) for column in zip(*(row for _, row in days), strict=True)]
    shares = tuple(sum(column) / total for column in columns)
    varies = None
    if len(days) >= LEAST_DAYS:
        of_days = [[value / weight for value in row] for weight, row in days]
        varies = tuple(variance(column) for column in zip(*of_days, strict=True))
    return Drawn(shares, varies, len(days), total)


def _sum(rows: Sequence[tuple[float, Sequence[int]]]) -> tuple[float, list[float]]:
    """Weight of a day, and its counts."""
    total = sum(weight for weight, _ in rows)
    return total, [
        sum(weight * value / MOST_SHARE for (weight, _), value in zip(rows, column, strict=True))
        for column in zip(*(row for _, row in rows), strict=True)
    ]


def distance(before: Drawn, now: Drawn) -> float:
    """The population stability index less what chance gives; never below 0."""
    rows = list(zip(_held(before), _held(now), strict=True))
    index = sum((q - p) * math.log(q / p) for p, q in rows)
    varies = before.varies or now.varies or (0.0,) * len(rows)
    days = 1 / before.days + 1 / now.days
    chance = sum(each * days / ((p + q) / 2) for (p, q), each in zip(rows, varies, strict=True))
    return max(0.0, index - CHANCE * chance)


def changed(part: str, before: Drawn, now: Drawn) -> str:
    """The bin that changed most: ``brightness 0 to 31 of 255: 61 % instead of 2 %``."""
    place = max(range(len(now.shares)), key=lambda at: abs(now.shares[at] - before.shares[at]))
    return f"{part} {_bin(part, place)}: {100 * now.shares[place]:.0f} % instead of {100 * before.shares[place]:.0f} %"


def ranked(found: Iterable[Drift]) -> Iterator[str]:
    """Poles first, those that are farthest off on top; then models, by the middle one of their cameras."""
    rows = sorted(found, key=lambda each: -each.distance)
    for each in rows:
        sign = "!!" if each.distance >= LARGE else "! " if each.distance >= LOOK_AT else "  "
        yield (
            f"{sign} {each.distance:5.2f}  {each.pole} {each.camera}, model {each.model}: {each.example} "
            f"(compared with {each.against})"
        )
    models: defaultdict[str, list[float]] = defaultdict(list)
    for each in rows:
        models[each.model].append(each.distance)
    for model, values in sorted(models.items(), key=lambda item: -median(item[1])):
        far = sum(value >= LARGE for value in values)
        yield f"model {model}: {median(values):.2f} in the middle of {len(values)} cameras, {far} of them far off"


def golden_of(text: Mapping[str, Any]) -> tuple[str, GoldenProfile] | None:
    """The short name of a model and its golden profile, of its ``model.toml``; None: it has none."""
    try:
        return str(text["sha256"])[:12], msgspec.convert(text["profile"], GoldenProfile)
    except (KeyError, msgspec.ValidationError):
        return None


def _enough(part: str, found: Histograms) -> bool:
    return found[part].counted >= (LEAST_LOOKS if part == "brightness" else LEAST_OBJECTS)


def _held(found: Drawn) -> list[float]:
    held = [max(share, FLOOR) for share in found.shares]
    total = sum(held)
    return [share / total for share in held]


def _bin(part: str, place: int) -> str:
    if part == "classes":
        return (*CLASSES, "other")[place]
    if part == "brightness":
        return f"{32 * place} to {32 * place + 31} of 255"
    if part == "scores":
        return f"{place / 8:.2f} to {(place + 1) / 8:.2f}"
    return "above 1/2 of the frame" if place == 7 else f"up to 1/{2 ** (7 - place)} of the frame"
