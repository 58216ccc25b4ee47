"""What a working sensor can say at all: range, largest change and least change, per quantity.

Source of the meteorological rows: Zahumensky, Guidelines on Quality Control Procedures for Data from Automatic Weather
Stations (WMO, 2004), sections on plausible value, plausible rate of change and minimum variability. The others are the
measuring ranges of common street sensors and what a pole can do.
"""

from __future__ import annotations

import msgspec


class Plausible(msgspec.Struct, frozen=True):
    """``low`` .. ``high`` in the quantity's unit; ``step`` is the largest true change within a minute, 0 = no limit.

    ``wraps`` is the size of a circle for directions. ``zero_is_usual`` is false where a running sensor cannot read 0.
    ``sudden`` is true where the world itself jumps: a step, another level or another noise is then no sign of a faulty
    sensor. ``may_rest`` is true where a working sensor may say the same for days: a dry gauge, a pole that stands.
    """

    low: float
    high: float
    step: float = 0.0
    zero_is_usual: bool = True
    sudden: bool = False
    may_rest: bool = False
    wraps: float = 0.0


PLAUSIBLE: dict[str, Plausible] = {
    "temperature": Plausible(-80.0, 60.0, 3.0),
    "humidity": Plausible(0.0, 100.0, 15.0, zero_is_usual=False),
    "pressure": Plausible(500.0, 1100.0, 2.0, zero_is_usual=False),
    "wind_speed": Plausible(0.0, 75.0, 20.0, sudden=True, may_rest=True),
    "wind_direction": Plausible(0.0, 360.0, sudden=True, may_rest=True, wraps=360.0),
    "rain": Plausible(0.0, 1e6, 40.0, sudden=True, may_rest=True),
    "illuminance": Plausible(0.0, 2e5, sudden=True, may_rest=True),
    "solar_radiation": Plausible(0.0, 1600.0, 1000.0, sudden=True, may_rest=True),
    "pm2_5": Plausible(0.0, 1000.0, sudden=True),
    "pm10": Plausible(0.0, 2000.0, sudden=True),
    "noise": Plausible(20.0, 140.0, zero_is_usual=False, sudden=True),
    "water_level": Plausible(-5.0, 50.0, 2.0, sudden=True, may_rest=True),
    "distance": Plausible(0.0, 100.0, zero_is_usual=False, sudden=True, may_rest=True),
    "tilt_x": Plausible(-90.0, 90.0, sudden=True, may_rest=True),
    "tilt_y": Plausible(-90.0, 90.0, sudden=True, may_rest=True),
    "vibration": Plausible(0.0, 500.0, sudden=True, may_rest=True),
    "cabinet_temperature": Plausible(-50.0, 110.0, 10.0),
    "door": Plausible(0.0, 1.0),
    "smoke": Plausible(0.0, 1.0),
    "lamp_current": Plausible(0.0, 50.0, sudden=True, may_rest=True),
    "leakage_current": Plausible(0.0, 30000.0, sudden=True, may_rest=True),
    "voltage": Plausible(0.0, 500.0, sudden=True),
    "voltage_a": Plausible(0.0, 500.0, sudden=True),
    "voltage_b": Plausible(0.0, 500.0, sudden=True),
    "voltage_c": Plausible(0.0, 500.0, sudden=True),
    "current": Plausible(0.0, 1000.0, sudden=True, may_rest=True),
    "current_a": Plausible(0.0, 1000.0, sudden=True, may_rest=True),
    "current_b": Plausible(0.0, 1000.0, sudden=True, may_rest=True),
    "current_c": Plausible(0.0, 1000.0, sudden=True, may_rest=True),
    "power_factor": Plausible(-1.0, 1.0, sudden=True, may_rest=True),
    "frequency": Plausible(45.0, 65.0, zero_is_usual=False),
    "latitude": Plausible(-90.0, 90.0),
    "longitude": Plausible(-180.0, 180.0),
    "course": Plausible(0.0, 360.0, sudden=True, wraps=360.0),
}
"""A quantity that is not in the table has no limits and is expected to change as it always did."""

ANYTHING = Plausible(float("-inf"), float("inf"))
COUNTERS = frozenset({"rain", "active_energy"})
"""Quantities that only grow until they are reset: their level is no subject of a check."""
UNCHECKED = frozenset(
    {"fix_quality", "satellites", "hdop", "clock_offset", "door", "smoke", "latitude", "longitude", "course"}
)
"""States and positions: rules speak of them, statistics do not."""
