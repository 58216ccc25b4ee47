"""Quantities and their units: one table for every driver, window, rule and screen.

Units are UCUM codes (https://ucum.org) because SenML and the platform's catalogue use them. A value is converted once,
in the driver, to the unit of this table; from there on nobody multiplies by ten.
"""

from __future__ import annotations

import math

import msgspec

from contract.ucum import Unit

__all__ = ["DAY_S", "QUANTITIES", "ZERO", "Quantity", "RestRange", "Unit", "quantity", "row"]


RestRange = tuple[float, float]
"""Values between which a working sensor may stay as long as it likes."""
DAY_S = 86400.0
ZERO: tuple[RestRange, ...] = ((0.0, 0.0),)


class Quantity(msgspec.Struct, frozen=True):
    """What a device measures: a snake_case name, its unit, one line a technician understands, and what a working
    sensor can say. Source of the meteorological ranges and steps: Zahumensky, Guidelines on Quality Control Procedures
    for Data from Automatic Weather Stations (WMO, 2004); the others are the ranges of common street sensors.

    ``low`` .. ``high`` in ``unit``; ``step`` is the largest true change within a minute, 0 = no limit.
    ``zero_is_usual`` is false where a running sensor cannot read 0. ``sudden`` is true where the world itself jumps: a
    step, another level or more noise is then no sign of a faulty sensor. ``rests`` are the values at which the world
    rests: no rain, calm, night, fog; nothing but the range is judged there. ``lowest`` and ``highest``: it rests, too,
    at the least, or largest, that it ever read (a dry bed). ``still_s``: an equal value elsewhere is no fault before it
    has lasted so long. ``echo``: a jump that comes back at once was a wrong echo, the rest may be tides.

    ``circle`` is the size of the circle that a direction lives on, in ``unit`` (360 and 0 are one value); 0 for what
    lives on a line. ``weighted_by`` names the quantity of the same device that weights a mean direction: a vane in a
    calm says nothing. ``counter`` is true for what only grows, until it is reset or rolls over: its growth counts.
    ``checked`` is false for states and positions: rules speak of them, statistics do not.
    """

    name: str
    unit: Unit
    text: str
    low: float = -math.inf
    high: float = math.inf
    step: float = 0.0
    zero_is_usual: bool = True
    sudden: bool = False
    rests: tuple[RestRange, ...] = ()
    lowest: bool = False
    highest: bool = False
    still_s: float = 0.0
    echo: bool = False
    circle: float = 0.0
    weighted_by: str = ""
    counter: bool = False
    checked: bool = True

    def resting(self, value: float) -> bool:
        for low, high in self.rests:  # noqa: SIM110 - a generator costs more than all else here
            if low <= value <= high:
                return True
        return False


_TABLE = (
    Quantity("temperature", Unit.CELSIUS, "air temperature", low=-80.0, high=60.0, step=3.0, rests=((-0.1, 0.1),)),
    Quantity(
        "humidity",
        Unit.PERCENT,
        "relative humidity",
        low=0.0,
        high=100.0,
        step=15.0,
        zero_is_usual=False,
        rests=((0.0, 1.0), (99.0, 100.0)),
    ),
    Quantity("pressure", Unit.HECTOPASCAL, "air pressure", low=500.0, high=1100.0, step=2.0, zero_is_usual=False),
    Quantity(
        "wind_speed",
        Unit.METRE_PER_SECOND,
        "wind speed",
        low=0.0,
        high=75.0,
        step=20.0,
        sudden=True,
        rests=((0.0, 0.3),),
    ),
    Quantity(
        "wind_direction",
        Unit.DEGREE,
        "direction the wind comes from, clockwise from north",
        low=0.0,
        high=360.0,
        sudden=True,
        still_s=DAY_S,
        circle=360.0,
        weighted_by="wind_speed",
    ),
    Quantity(
        "rain",
        Unit.MILLIMETRE,
        "rain since the counter was reset",
        low=0.0,
        high=1000000.0,
        step=40.0,
        sudden=True,
        counter=True,
    ),
    Quantity("illuminance", Unit.LUX, "light", low=0.0, high=200000.0, sudden=True, rests=((0.0, 20.0),)),
    Quantity(
        "solar_radiation",
        Unit.WATT_PER_M2,
        "global solar radiation",
        low=-20.0,
        high=1600.0,
        step=1000.0,
        sudden=True,
        rests=((-20.0, 5.0),),
    ),
    Quantity(
        "pm2_5", Unit.UG_PER_M3, "fine dust, up to 2.5 um", low=0.0, high=1000.0, sudden=True, rests=((0.0, 1.0),)
    ),
    Quantity("pm10", Unit.UG_PER_M3, "dust, up to 10 um", low=0.0, high=2000.0, sudden=True, rests=((0.0, 1.0),)),
    Quantity("noise", Unit.DECIBEL, "sound level, A-weighted", low=20.0, high=140.0, zero_is_usual=False, sudden=True),
    Quantity(
        "water_level",
        Unit.METRE,
        "water level above the gauge's zero",
        low=-5.0,
        high=50.0,
        step=2.0,
        rests=ZERO,
        still_s=DAY_S / 4,
        echo=True,
        lowest=True,
    ),
    Quantity(
        "distance",
        Unit.METRE,
        "distance from the sensor to the surface",
        low=0.0,
        high=100.0,
        zero_is_usual=False,
        still_s=DAY_S / 4,
        echo=True,
        highest=True,
    ),
    Quantity("tilt_x", Unit.DEGREE, "tilt of the pole, x axis", low=-90.0, high=90.0, sudden=True, still_s=DAY_S),
    Quantity("tilt_y", Unit.DEGREE, "tilt of the pole, y axis", low=-90.0, high=90.0, sudden=True, still_s=DAY_S),
    Quantity(
        "vibration",
        Unit.METRE_PER_SECOND_SQUARED,
        "vibration, RMS over the sample",
        low=0.0,
        high=500.0,
        sudden=True,
        rests=ZERO,
    ),
    Quantity("cabinet_temperature", Unit.CELSIUS, "temperature inside the cabinet", low=-50.0, high=110.0, step=10.0),
    Quantity("door", Unit.ONE, "cabinet door: 1 open, 0 closed", low=0.0, high=1.0, checked=False),
    Quantity("smoke", Unit.ONE, "smoke detector: 1 smoke, 0 clear", low=0.0, high=1.0, checked=False),
    Quantity(
        "lamp_current",
        Unit.AMPERE,
        "current of the lamp",
        low=0.0,
        high=50.0,
        sudden=True,
        rests=((0.0, 0.1),),
        still_s=DAY_S,
    ),
    Quantity(
        "leakage_current",
        Unit.MILLIAMPERE,
        "residual current to earth",
        low=0.0,
        high=30000.0,
        sudden=True,
        rests=ZERO,
        still_s=DAY_S,
    ),
    Quantity("voltage", Unit.VOLT, "mains voltage", low=0.0, high=500.0, sudden=True),
    Quantity("voltage_a", Unit.VOLT, "voltage of phase A", low=0.0, high=500.0, sudden=True),
    Quantity("voltage_b", Unit.VOLT, "voltage of phase B", low=0.0, high=500.0, sudden=True),
    Quantity("voltage_c", Unit.VOLT, "voltage of phase C", low=0.0, high=500.0, sudden=True),
    Quantity("current", Unit.AMPERE, "mains current", low=0.0, high=1000.0, sudden=True, rests=ZERO, still_s=DAY_S),
    Quantity(
        "current_a", Unit.AMPERE, "current of phase A", low=0.0, high=1000.0, sudden=True, rests=ZERO, still_s=DAY_S
    ),
    Quantity(
        "current_b", Unit.AMPERE, "current of phase B", low=0.0, high=1000.0, sudden=True, rests=ZERO, still_s=DAY_S
    ),
    Quantity(
        "current_c", Unit.AMPERE, "current of phase C", low=0.0, high=1000.0, sudden=True, rests=ZERO, still_s=DAY_S
    ),
    Quantity(
        "active_power",
        Unit.WATT,
        "active power",
        low=-1000000.0,
        high=1000000.0,
        sudden=True,
        rests=ZERO,
        still_s=DAY_S,
    ),
    Quantity(
        "reactive_power",
        Unit.VAR,
        "reactive power",
        low=-1000000.0,
        high=1000000.0,
        sudden=True,
        rests=ZERO,
        still_s=DAY_S,
    ),
    Quantity(
        "apparent_power",
        Unit.VOLT_AMPERE,
        "apparent power",
        low=0.0,
        high=1000000.0,
        sudden=True,
        rests=ZERO,
        still_s=DAY_S,
    ),
    Quantity(
        "power_factor",
        Unit.ONE,
        "power factor",
        low=-1.0,
        high=1.0,
        sudden=True,
        rests=((-1.0, -1.0), (0.0, 0.0), (1.0, 1.0)),
        still_s=DAY_S,
    ),
    Quantity("frequency", Unit.HERTZ, "mains frequency", low=45.0, high=65.0, zero_is_usual=False),
    Quantity("active_energy", Unit.KILOWATT_HOUR, "active energy since installation", counter=True),
    Quantity("latitude", Unit.DEGREE, "latitude, WGS 84, north positive", low=-90.0, high=90.0, checked=False),
    Quantity("longitude", Unit.DEGREE, "longitude, WGS 84, east positive", low=-180.0, high=180.0, checked=False),
    Quantity("altitude", Unit.METRE, "height above mean sea level"),
    Quantity("speed", Unit.METRE_PER_SECOND, "speed over ground"),
    Quantity(
        "course",
        Unit.DEGREE,
        "course over ground, clockwise from true north",
        low=0.0,
        high=360.0,
        sudden=True,
        still_s=DAY_S,
        circle=360.0,
        weighted_by="speed",
        checked=False,
    ),
    Quantity("satellites", Unit.ONE, "satellites used in the fix", checked=False),
    Quantity("hdop", Unit.ONE, "horizontal dilution of precision", checked=False),
    Quantity(
        "fix_quality", Unit.ONE, "GNSS fix: 0 none, 1 GPS, 2 DGPS, 4 RTK, 5 RTK float, 6 estimated", checked=False
    ),
    Quantity("clock_offset", Unit.SECOND, "time of the GNSS less the time of this box", checked=False),
)

QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in _TABLE}


def quantity(name: str) -> Quantity:
    """The standard row for ``name``; ``KeyError`` for a name that the table does not hold."""
    return QUANTITIES[name]


def row(name: str, unit: Unit = Unit.ONE) -> Quantity:
    """The row of ``name``; where the table has none, one that knows its unit only: what is measured in kWh counts."""
    known = QUANTITIES.get(name)
    return Quantity(name, unit, name, counter=unit is Unit.KILOWATT_HOUR) if known is None else known
