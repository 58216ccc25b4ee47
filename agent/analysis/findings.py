"""What is said about a faulty sensor: the numbers, and what to do. One row per kind."""

from __future__ import annotations

from collections.abc import Callable

from agent.analysis import sentences as say
from agent.analysis.sensorcheck import Check
from contract.types import Reading

ADVICE: dict[str, str] = {
    "range": say.CHECK_WIRING_SUPPLY_SENSOR(),
    "step": say.ONE_STEP_ALONE_MAY(),
    "stuck": say.SENSOR_REPEATS_ITSELF_SWITCH(),
    "zero": say.SENSOR_READS_ZERO_WHERE(),
    "noise": say.READINGS_CHANGE_MORE_OR(),
    "offset": say.LEVEL_LEFT_BASELINE_ONCE(),
    "drift": say.LEVEL_LEAVES_BASELINE_SLOWLY(),
    "sibling": say.TWO_SENSORS_POLE_ALWAYS(),
    "dropout": say.DEVICE_SPEAKS_BUT_QUANTITY(),
    "stamp": say.READINGS_COME_TWICE_OR(),
    "scale": say.ANOTHER_UNIT(),
}

_EVIDENCE: dict[str, Callable[[Reading, Check], str]] = {
    "range": lambda reading, _: say.OUTSIDE_PLAUSIBLE_RANGE(value=reading.value, unit=reading.unit),
    "step": lambda reading, check: say.STEPPED(value=reading.value, unit=reading.unit, check=_usual(check)),
    "stuck": lambda reading, check: (
        f"{reading.value} {reading.unit} for {reading.at.boot_s - check.runs.since_s:.0f} s"
    ),
    "zero": lambda _, check: say.ZERO_READINGS(count=check.count),
    "noise": lambda reading, check: say.CHANGES_USUAL(
        noise=check.level.noise[0], unit=reading.unit, noise_2=check.level.noise[1]
    ),
    "offset": lambda reading, check: say.FROM_BASELINE_HOUR(deviation=check.level.deviation[0], unit=reading.unit),
    "drift": lambda reading, check: say.FROM_BASELINE_WEEKS(deviation=check.level.deviation[1], unit=reading.unit),
    "sibling": lambda reading, _: say.PARTS_FROM_OTHER_SENSORS(
        value=reading.value, unit=reading.unit, quantity=reading.quantity
    ),
    "dropout": lambda reading, _: say.NO_READING_SINCE_UTC(utc=reading.at.utc),
    "scale": lambda _, check: check.scale.words,
    "stamp": lambda reading, _: say.ANOTHER_READING_UTC_OR(utc=reading.at.utc),
}


def evidence(kind: str, reading: Reading, check: Check) -> str:
    return _EVIDENCE[kind](reading, check)


def _usual(check: Check) -> str:
    return f"98 of 100 changes are below {check.jumps.level:.3g}"
