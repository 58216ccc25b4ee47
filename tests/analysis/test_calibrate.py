"""Offsets and plausible ranges."""

from __future__ import annotations

import math

from agent.analysis.calibrate import Calibration
from agent.config.settings import DeviceSettings
from contract.types import Fault, FaultCode, Quality, Reading
from tests.analysis.made import fault, reading, stamp

ROOF = DeviceSettings(
    driver="x", line="a", offsets={"temperature": -0.5}, limits={"temperature": (-40.0, 60.0), "humidity": (0.0, 100.0)}
)
STAGE = Calibration({"roof": ROOF})


def test_the_offset_is_added_before_the_range_is_looked_at() -> None:
    done = STAGE.apply(reading(60.4, stamp(0)))
    assert isinstance(done, Reading)
    assert (done.value, done.quality) == (59.9, Quality.GOOD)


def test_a_value_outside_its_range_is_bad_and_keeps_its_value() -> None:
    done = STAGE.apply(reading(100.5, stamp(0), "humidity"))
    assert isinstance(done, Reading)
    assert (done.value, done.quality) == (100.5, Quality.BAD)


def test_what_has_no_settings_passes_as_it_is() -> None:
    for item in (reading(1.0, stamp(0), "noise"), reading(1.0, stamp(0), device="other"), fault(stamp(0))):
        assert STAGE.apply(item) is item
    label = reading("on", stamp(0))
    assert STAGE.apply(label) is label


def test_a_value_that_is_no_number_becomes_a_fault() -> None:
    for value in (math.nan, math.inf, -math.inf):
        done = STAGE.apply(reading(value, stamp(0)))
        assert isinstance(done, Fault)
        assert (done.code, done.quantities) == (FaultCode.OUT_OF_RANGE, ("temperature",))
