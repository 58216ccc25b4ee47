"""What a working sensor can say at all: range, largest change, and where it may rest, per quantity.

Source of the meteorological rows: Zahumensky, Guidelines on Quality Control Procedures for Data from Automatic Weather
Stations (WMO, 2004), sections on plausible value, plausible rate of change and minimum variability. The others are the
measuring ranges of common street sensors and what a pole can do.
"""

from __future__ import annotations

import msgspec

DAY_S = 86400.0
RestRange = tuple[float, float]
"""Values between which a working sensor may stay as long as it likes."""


class Plausible(msgspec.Struct, frozen=True):
    """``low`` .. ``high`` in the quantity's unit; ``step`` is the largest true change within a minute, 0 = no limit.

    ``rests`` are the values at which the world rests: no rain, calm, night, fog. Nothing but the range is judged there.
    ``still_s``: an equal value elsewhere is no fault before it has lasted so long. ``zero_is_usual`` is false where a
    running sensor cannot read 0. ``sudden`` is true where the world itself jumps: a step, another level or more noise
    is then no sign of a faulty sensor. ``echo`` marks sensors that measure by echo: a jump that comes back at once
    was a wrong echo, and the rest follows tides. ``lowest`` and ``highest``: it rests, too, at the least, or largest,
    that it ever read (a dry bed).
    """

    low: float
    high: float
    step: float = 0.0
    zero_is_usual: bool = True
    sudden: bool = False
    rests: tuple[RestRange, ...] = ()
    still_s: float = 0.0
    echo: bool = False
    lowest: bool = False
    highest: bool = False

    def resting(self, value: float) -> bool:
        return any(low <= value <= high for low, high in self.rests)


ZERO: tuple[RestRange, ...] = ((0.0, 0.0),)

PLAUSIBLE: dict[str, Plausible] = {
    "temperature": Plausible(-80.0, 60.0, 3.0),
    "humidity": Plausible(0.0, 100.0, 15.0, zero_is_usual=False, rests=((0.0, 1.0), (99.0, 100.0))),
    "pressure": Plausible(500.0, 1100.0, 2.0, zero_is_usual=False),
    "wind_speed": Plausible(0.0, 75.0, 20.0, sudden=True, rests=((0.0, 0.3),)),
    "wind_direction": Plausible(0.0, 360.0, sudden=True, still_s=DAY_S),
    "rain": Plausible(0.0, 1e6, 40.0, sudden=True),
    "illuminance": Plausible(0.0, 2e5, sudden=True, rests=((0.0, 20.0),)),
    "solar_radiation": Plausible(-20.0, 1600.0, 1000.0, sudden=True, rests=((-20.0, 5.0),)),
    "pm2_5": Plausible(0.0, 1000.0, sudden=True, rests=((0.0, 1.0),)),
    "pm10": Plausible(0.0, 2000.0, sudden=True, rests=((0.0, 1.0),)),
    "noise": Plausible(20.0, 140.0, zero_is_usual=False, sudden=True),
    "water_level": Plausible(-5.0, 50.0, 2.0, rests=ZERO, still_s=DAY_S / 4, echo=True, lowest=True),
    "distance": Plausible(0.0, 100.0, zero_is_usual=False, still_s=DAY_S / 4, echo=True, highest=True),
    "tilt_x": Plausible(-90.0, 90.0, sudden=True, still_s=DAY_S),
    "tilt_y": Plausible(-90.0, 90.0, sudden=True, still_s=DAY_S),
    "vibration": Plausible(0.0, 500.0, sudden=True, rests=ZERO),
    "cabinet_temperature": Plausible(-50.0, 110.0, 10.0),
    "door": Plausible(0.0, 1.0),
    "smoke": Plausible(0.0, 1.0),
    "lamp_current": Plausible(0.0, 50.0, sudden=True, rests=((0.0, 0.1),), still_s=DAY_S),
    "leakage_current": Plausible(0.0, 30000.0, sudden=True, rests=ZERO, still_s=DAY_S),
    "voltage": Plausible(0.0, 500.0, sudden=True),
    "voltage_a": Plausible(0.0, 500.0, sudden=True),
    "voltage_b": Plausible(0.0, 500.0, sudden=True),
    "voltage_c": Plausible(0.0, 500.0, sudden=True),
    "current": Plausible(0.0, 1000.0, sudden=True, rests=ZERO, still_s=DAY_S),
    "current_a": Plausible(0.0, 1000.0, sudden=True, rests=ZERO, still_s=DAY_S),
    "current_b": Plausible(0.0, 1000.0, sudden=True, rests=ZERO, still_s=DAY_S),
    "current_c": Plausible(0.0, 1000.0, sudden=True, rests=ZERO, still_s=DAY_S),
    "active_power": Plausible(-1e6, 1e6, sudden=True, rests=ZERO, still_s=DAY_S),
    "reactive_power": Plausible(-1e6, 1e6, sudden=True, rests=ZERO, still_s=DAY_S),
    "apparent_power": Plausible(0.0, 1e6, sudden=True, rests=ZERO, still_s=DAY_S),
    "power_factor": Plausible(-1.0, 1.0, sudden=True, rests=((-1.0, -1.0), (0.0, 0.0), (1.0, 1.0)), still_s=DAY_S),
    "frequency": Plausible(45.0, 65.0, zero_is_usual=False),
    "latitude": Plausible(-90.0, 90.0),
    "longitude": Plausible(-180.0, 180.0),
    "course": Plausible(0.0, 360.0, sudden=True, still_s=DAY_S),
}
"""A quantity that is not in the table has no limits and is expected to change as it always did."""

ANYTHING = Plausible(float("-inf"), float("inf"))
UNCHECKED = frozenset(
    {"fix_quality", "satellites", "hdop", "clock_offset", "door", "smoke", "latitude", "longitude", "course"}
)
"""States and positions: rules speak of them, statistics do not."""
SENTINELS = frozenset(
    {
        -32768.0,
        -9999.0,
        -999.0,
        -200.0,
        -99.0,
        9999.0,
        32767.0,
        65535.0,
        6553.5,
        3276.7,
        -3276.8,
        655.35,
        327.67,
        -327.68,
    }
)
"""What loggers and registers write for "no value": the ends of 16 bits, scaled by tens, and the nines of data loggers
(-200 is the AirQualityUCI set's). One of them far from everything that a sensor said before is no measurement."""
