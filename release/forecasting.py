"""Poles try a release on their own readings before it goes anywhere, and what they say is kept as a forecast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec

from contract.release import ReleaseId
from contract.what_if import Forecast, PoleForecast, WhatIfCounts, WhatIfResult
from release.errors import ReleaseError

COMMAND = "what_if"
FILTERS = ("district", "feeder", "cell", "mark", "text")
LOOK_S, ASK_S = 5.0, 30.0
"""How often replies are looked for, and how long a pole is given before it is asked again how far it is."""
ALARMS = ("alert", "anomaly")
_DAYS = 7
_NO_ANSWER = {
    "queued": "not online since it was asked",
    "sent": "it was asked and has not answered yet",
    "expired": "it was not online, or did not answer, before the command expired",
}


class PlatformDoor(Protocol):
    """What is asked of the platform's API."""

    def post(self, path: str, body: dict[str, object]) -> Any: ...

    def items(self, path: str, **params: object) -> Iterator[Any]: ...


def body_of(on: list[str]) -> dict[str, object]:
    """Which poles, as a command of the API takes it: ``all``, ids, or filters as ``district=Futian``.

    ReleaseError: it says nothing, or both.
    """
    filters = dict(each.partition("=")[::2] for each in on if "=" in each)
    poles = [each for each in on if "=" not in each]
    if strange := sorted(set(filters) - set(FILTERS)):
        raise ReleaseError(f"poles are not chosen by {strange[0]}; choose by {', '.join(FILTERS)}, or name them")
    if poles == ["all"] and not filters:
        return {"filter": {}}
    if bool(poles) == bool(filters):
        raise ReleaseError("say which poles: all, their ids, or filters such as district=Futian")
    return {"poles": poles} if poles else {"filter": filters}


class Asking:
    """One question to many poles. ``moments`` are seconds that never jump, ``sleep`` waits; tests bring their own."""

    def __init__(
        self,
        platform: PlatformDoor,
        release: ReleaseId,
        *,
        hours: float | None,
        moments: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._platform = platform
        self._args: dict[str, object] = {"release": str(release)} | ({} if hours is None else {"hours": hours})
        self._moments = moments
        self._sleep = sleep
        self._done: dict[str, PoleForecast] = {}
        self._waiting: dict[str, str] = {}
        """Pole -> the command that it has not answered."""
        self._state: dict[str, str] = {}

    def run(self, on: dict[str, object], wait_s: float, progress: Callable[[str], None]) -> tuple[PoleForecast, ...]:
        """What each pole says, in the order of their ids; after ``wait_s`` those that say nothing are named."""
        until = self._moments() + wait_s
        self._ask(on, wait_s, again=True)
        while self._waiting:
            asked, running = self._moments(), set[str]()
            while self._waiting and self._moments() < min(until, asked + ASK_S):
                self._sleep(LOOK_S)
                running = self._look()
            progress(f"{len(self._done)} answered, {len(self._waiting)} to come")
            if self._moments() >= until:
                break
            if running:
                self._ask({"poles": sorted(running)}, max(60.0, until - self._moments()))
        for pole in self._waiting:
            state = self._state.get(pole, "queued")
            why = "it is still at work" if state == "running" else _NO_ANSWER.get(state, state)
            self._done[pole] = PoleForecast(pole=pole, why_not=why)
        return tuple(self._done[pole] for pole in sorted(self._done))

    def _ask(self, on: dict[str, object], expires_s: float, *, again: bool = False) -> None:
        """``again``: what a pole answered to somebody before may be of other settings, and does not count."""
        args = self._args | ({"again": True} if again else {})
        body = {"name": COMMAND, "args": args, "expires_in_s": min(int(expires_s) + 1, 30 * 86_400)} | on
        job = self._platform.post("/commands", body)["id"]
        self._waiting |= {line["pole"]: job for line in self._platform.items(f"/commands/{job}")}

    def _look(self) -> set[str]:
        """Take what came; the poles that are still at work."""
        running = set[str]()
        for job in sorted(set(self._waiting.values())):
            for line in self._platform.items(f"/commands/{job}"):
                pole = line["pole"]
                if self._waiting.get(pole) != job:
                    continue
                self._state[pole] = line["state"]
                said = answered(pole, line)
                if said is None:
                    continue
                if said.result is not None and said.result.state == "running":
                    self._state[pole] = "running"
                    running.add(pole)
                else:
                    self._done[pole] = said
                    del self._waiting[pole]
        return running


def answered(pole: str, line: dict[str, Any]) -> PoleForecast | None:
    """What a pole's line of a command says; None: nothing yet."""
    reply = line.get("reply")
    if line["state"] == "expired" and reply is None:
        return PoleForecast(pole=pole, why_not=_NO_ANSWER["expired"])
    if reply is None:
        return None
    if not isinstance(reply, dict) or not reply.get("ok"):
        why = reply.get("error") if isinstance(reply, dict) else None
        return PoleForecast(pole=pole, why_not=str(why or "its reply cannot be read")[:1000])
    try:
        result = msgspec.convert(reply.get("result"), WhatIfResult)
    except msgspec.ValidationError as reason:
        return PoleForecast(pole=pole, why_not=f"its reply cannot be read: {reason}")
    if result.state == "refused":
        return PoleForecast(pole=pole, why_not=result.text)
    return PoleForecast(pole=pole, result=result)


def lines(forecast: Forecast) -> Iterator[str]:
    """For people: each pole, then all together."""
    for each in forecast.poles:
        found = each.result
        if found is None or found.before is None or found.after is None:
            yield f"{each.pole}: could not: {each.why_not}"
            continue
        looked = f"{found.hours:.1f} h, {found.share:.0%} of its ring"
        yield f"{each.pole}: {difference(found.before, found.after)} ({looked})"
        yield from (f"  stays as it is: {kept}" for kept in found.kept)
    able = sum(each.result is not None for each in forecast.poles)
    yield f"{able} of {len(forecast.poles)} poles, {forecast.hours:.1f} h: {difference(*forecast.sums())}"


def difference(before: WhatIfCounts, after: WhatIfCounts) -> str:
    """``3 alarms instead of 212, 2 sensor faults as before, 41 % fewer bytes``."""
    parts = [_counted("alarms", before.alarms, after.alarms)]
    parts.append(_counted("sensor faults", before.sensor_faults, after.sensor_faults))
    if before.bytes:
        change = (after.bytes - before.bytes) / before.bytes
        word = "more" if change > 0 else "fewer"
        parts.append(f"{abs(change):.0%} {word} bytes" if abs(change) >= 0.005 else "as many bytes")
    return ", ".join(parts).replace("%", " %")


def _counted(what: str, before: int, after: int) -> str:
    return f"{after} {what} as before" if before == after else f"{after} {what} instead of {before}"


def save_forecast(path: Path, forecast: Forecast) -> None:
    """ReleaseError: the file cannot be written."""
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(forecast)) + b"\n")
    except OSError as exc:
        raise ReleaseError(f"{path} cannot be written: {exc.strerror}") from exc


def read_forecast(path: Path) -> Forecast:
    """ReleaseError: it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Forecast)
    except OSError as exc:
        raise ReleaseError(f"{path} cannot be read: {exc.strerror}") from exc
    except msgspec.DecodeError as exc:
        raise ReleaseError(f"{path} is no forecast: {exc}") from exc


def figures_of(forecast: Forecast, release: ReleaseId) -> dict[str, float]:
    """The forecast in numbers, for the plan of a rollout. ReleaseError: it is of another release, or says nothing."""
    if forecast.release != str(release):
        raise ReleaseError(f"the forecast is of {forecast.release}, not of {release}")
    days = forecast.hours / 24
    if not days:
        raise ReleaseError(f"no pole could try {release}: the forecast says nothing")
    before, after = forecast.sums()
    found = {"poles": float(sum(each.result is not None for each in forecast.poles)), "days of poles": round(days, 3)}
    for name, was, will in (
        ("alarms", before.alarms, after.alarms),
        ("sensor faults", before.sensor_faults, after.sensor_faults),
        ("events", before.events, after.events),
        ("bytes", before.bytes, after.bytes),
    ):
        found[f"{name} a pole and day"] = round(will / days, 3)
        found[f"{name} a pole and day before"] = round(was / days, 3)
    return found


def happened(forecast: Forecast, platform: PlatformDoor, since: datetime, until: datetime) -> Iterator[str]:
    """Alarms a day of each pole that answered: as it was, as it was foreseen, and as the platform received them."""
    days = (until - since) / timedelta(days=1)
    if not 0 < days <= _DAYS:
        raise ReleaseError(f"compare with a time of at most {_DAYS} days, whose end lies behind its begin")
    total = [0.0, 0.0, 0.0]
    for each in forecast.poles:
        found = each.result
        if found is None or found.before is None or found.after is None or not found.hours:
            continue
        came = sum(_begun(platform, each.pole, kind, since, until) for kind in ALARMS)
        row = [found.before.alarms * 24 / found.hours, found.after.alarms * 24 / found.hours, came / days]
        total = [one + more for one, more in zip(total, row, strict=True)]
        yield f"{each.pole}: {row[2]:.1f} alarms a day, foreseen {row[1]:.1f}, before {row[0]:.1f}"
    yield f"together: {total[2]:.1f} alarms a day, foreseen {total[1]:.1f}, before {total[0]:.1f}"


def _begun(platform: PlatformDoor, pole: str, kind: str, since: datetime, until: datetime) -> int:
    found = platform.items(f"/poles/{pole}/events", kind=kind, since=since.isoformat(), until=until.isoformat())
    return sum(event.get("data", {}).get("phase") == "begin" for event in found)
