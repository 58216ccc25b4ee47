"""What is said about a faulty sensor: the numbers, and what to do. One row per kind."""

from __future__ import annotations

from collections.abc import Callable

from agent.analysis.sensorcheck import Check
from contract.types import Reading

ADVICE: dict[str, str] = {
    "range": "check wiring and supply of the sensor; if the value is right, widen 'limits' in its device's settings",
    "step": "one step alone may be the world: if steps repeat, look for a loose plug or water in the connector",
    "stuck": "the sensor repeats itself: switch it off and on; if that does not help, replace it",
    "zero": "the sensor reads zero where it never did: check its supply and the cable to the sensing element",
    "noise": "the readings change more, or less, than usual. It may be the world: compare with other poles first, then "
    "check earthing, shield and supply, and clean the sensor",
    "offset": "the level left its baseline at once. It may be the world (people, weather, works): compare with other "
    "poles first. Was the sensor moved, cleaned or exchanged? Set 'offsets' if it was",
    "drift": "the level leaves its baseline slowly. It may be the world (a season): compare with other poles first; "
    "clean and calibrate the sensor at the next visit",
    "sibling": "two sensors of this pole that always agreed part: compare both with a hand-held one",
    "dropout": "its device speaks but this quantity is missing: check the sensing element and its connector",
    "stamp": "readings come twice or run backwards in time: is the device polled twice, or its buffer replayed?",
}

_EVIDENCE: dict[str, Callable[[Reading, Check], str]] = {
    "range": lambda reading, _: f"{reading.value} {reading.unit} is outside its plausible range",
    "step": lambda reading, check: f"stepped to {reading.value} {reading.unit}; {_usual(check)}",
    "stuck": lambda reading, check: (
        f"{reading.value} {reading.unit} for {reading.at.boot_s - check.runs.since_s:.0f} s"
    ),
    "zero": lambda _, check: f"zero, in {check.count} readings",
    "noise": lambda reading, check: (
        f"changes of {check.level.noise[0]:.3g} {reading.unit}, usual {check.level.noise[1]:.3g}"
    ),
    "offset": lambda reading, check: f"{check.level.deviation[0]:+.3g} {reading.unit} from its baseline of this hour",
    "drift": lambda reading, check: f"{check.level.deviation[1]:+.3g} {reading.unit} from its baseline of weeks",
    "sibling": lambda reading, _: f"{reading.value} {reading.unit} parts from the other sensors of {reading.quantity}",
    "dropout": lambda reading, _: f"no reading since {reading.at.utc:%Y-%m-%d %H:%M:%S} UTC",
    "stamp": lambda reading, _: f"another reading at {reading.at.utc:%H:%M:%S} UTC or before",
}


def evidence(kind: str, reading: Reading, check: Check) -> str:
    return _EVIDENCE[kind](reading, check)


def _usual(check: Check) -> str:
    return f"98 of 100 changes are below {check.jumps.level:.3g}"
