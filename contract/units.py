"""Quantities and their units: one table for every driver, window, rule and screen.

Units are UCUM codes (https://ucum.org) because SenML and the platform's catalogue use them. A value is converted once,
in the driver, to the unit of this table; from there on nobody multiplies by ten.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

import msgspec


class Unit(StrEnum):
    """One row a unit: its UCUM code, which is its value, and the symbol that is printed on devices and screens."""

    symbol: str

    def __new__(cls, code: str, symbol: str = "") -> Self:
        unit = str.__new__(cls, code)
        unit._value_ = code
        unit.symbol = symbol
        return unit

    ONE = "1", ""
    PERCENT = "%", "%"
    CELSIUS = "Cel", "°C"
    HECTOPASCAL = "hPa", "hPa"
    METRE = "m", "m"
    MILLIMETRE = "mm", "mm"
    METRE_PER_SECOND = "m/s", "m/s"
    METRE_PER_SECOND_SQUARED = "m/s2", "m/s²"
    KILOMETRE_PER_HOUR = "km/h", "km/h"
    DEGREE = "deg", "°"
    CUBIC_METRE = "m3", "m³"
    CUBIC_METRE_PER_HOUR = "m3/h", "m³/h"
    UG_PER_M3 = "ug/m3", "µg/m³"
    MG_PER_M3 = "mg/m3", "mg/m³"
    PPM = "[ppm]", "ppm"
    DECIBEL = "dB[SPL]", "dB"
    LUX = "lx", "lx"
    WATT_PER_M2 = "W/m2", "W/m²"
    VOLT = "V", "V"
    AMPERE = "A", "A"
    MILLIAMPERE = "mA", "mA"
    WATT = "W", "W"
    KILOWATT = "kW", "kW"
    VOLT_AMPERE = "V.A", "VA"
    VAR = "var", "var"
    KILOWATT_HOUR = "kW.h", "kWh"
    HERTZ = "Hz", "Hz"
    SECOND = "s", "s"
    MILLISECOND = "ms", "ms"
    BYTE = "By", "bytes"
    DBM = "dB[mW]", "dBm"
    PH = "[pH]", "pH"
    MICROSIEMENS_PER_CM = "uS/cm", "µS/cm"
    MG_PER_L = "mg/L", "mg/L"
    NTU = "[NTU]", "NTU"


class Quantity(msgspec.Struct, frozen=True):
    """What a device measures: a snake_case name, its unit, and one line a technician understands.

    ``circle`` is the size of the circle that a direction lives on, in ``unit`` (360 and 0 are one value); 0 for what
    lives on a line. ``weighted_by`` names the quantity of the same device that weights a mean direction: a vane in a
    calm says nothing. ``counter`` is true for what only grows, until it is reset or rolls over: its growth counts.
    """

    name: str
    unit: Unit
    text: str
    circle: float = 0.0
    weighted_by: str = ""
    counter: bool = False


_TABLE = (
    Quantity("temperature", Unit.CELSIUS, "air temperature"),
    Quantity("humidity", Unit.PERCENT, "relative humidity"),
    Quantity("pressure", Unit.HECTOPASCAL, "air pressure"),
    Quantity("wind_speed", Unit.METRE_PER_SECOND, "wind speed"),
    Quantity(
        "wind_direction",
        Unit.DEGREE,
        "direction the wind comes from, clockwise from north",
        circle=360.0,
        weighted_by="wind_speed",
    ),
    Quantity("rain", Unit.MILLIMETRE, "rain since the counter was reset", counter=True),
    Quantity("illuminance", Unit.LUX, "light"),
    Quantity("solar_radiation", Unit.WATT_PER_M2, "global solar radiation"),
    Quantity("pm2_5", Unit.UG_PER_M3, "fine dust, up to 2.5 um"),
    Quantity("pm10", Unit.UG_PER_M3, "dust, up to 10 um"),
    Quantity("noise", Unit.DECIBEL, "sound level, A-weighted"),
    Quantity("water_level", Unit.METRE, "water level above the gauge's zero"),
    Quantity("distance", Unit.METRE, "distance from the sensor to the surface"),
    Quantity("tilt_x", Unit.DEGREE, "tilt of the pole, x axis"),
    Quantity("tilt_y", Unit.DEGREE, "tilt of the pole, y axis"),
    Quantity("vibration", Unit.METRE_PER_SECOND_SQUARED, "vibration, RMS over the sample"),
    Quantity("cabinet_temperature", Unit.CELSIUS, "temperature inside the cabinet"),
    Quantity("door", Unit.ONE, "cabinet door: 1 open, 0 closed"),
    Quantity("smoke", Unit.ONE, "smoke detector: 1 smoke, 0 clear"),
    Quantity("lamp_current", Unit.AMPERE, "current of the lamp"),
    Quantity("leakage_current", Unit.MILLIAMPERE, "residual current to earth"),
    Quantity("voltage", Unit.VOLT, "mains voltage"),
    Quantity("voltage_a", Unit.VOLT, "voltage of phase A"),
    Quantity("voltage_b", Unit.VOLT, "voltage of phase B"),
    Quantity("voltage_c", Unit.VOLT, "voltage of phase C"),
    Quantity("current", Unit.AMPERE, "mains current"),
    Quantity("current_a", Unit.AMPERE, "current of phase A"),
    Quantity("current_b", Unit.AMPERE, "current of phase B"),
    Quantity("current_c", Unit.AMPERE, "current of phase C"),
    Quantity("active_power", Unit.WATT, "active power"),
    Quantity("reactive_power", Unit.VAR, "reactive power"),
    Quantity("apparent_power", Unit.VOLT_AMPERE, "apparent power"),
    Quantity("power_factor", Unit.ONE, "power factor"),
    Quantity("frequency", Unit.HERTZ, "mains frequency"),
    Quantity("active_energy", Unit.KILOWATT_HOUR, "active energy since installation", counter=True),
    Quantity("latitude", Unit.DEGREE, "latitude, WGS 84, north positive"),
    Quantity("longitude", Unit.DEGREE, "longitude, WGS 84, east positive"),
    Quantity("altitude", Unit.METRE, "height above mean sea level"),
    Quantity("speed", Unit.METRE_PER_SECOND, "speed over ground"),
    Quantity("course", Unit.DEGREE, "course over ground, clockwise from true north", circle=360.0, weighted_by="speed"),
    Quantity("satellites", Unit.ONE, "satellites used in the fix"),
    Quantity("hdop", Unit.ONE, "horizontal dilution of precision"),
    Quantity("fix_quality", Unit.ONE, "GNSS fix: 0 none, 1 GPS, 2 DGPS, 4 RTK, 5 RTK float, 6 estimated"),
    Quantity("clock_offset", Unit.SECOND, "time of the GNSS less the time of this box"),
)

QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in _TABLE}


def quantity(name: str) -> Quantity:
    """The standard row for ``name``; ``KeyError`` for a name that the table does not hold."""
    return QUANTITIES[name]


def circle(name: str) -> float:
    """The size of the circle that the quantity ``name`` lives on; 0 for what lives on a line, or is not known."""
    row = QUANTITIES.get(name)
    return 0.0 if row is None else row.circle


def is_counter(name: str, unit: str) -> bool:
    """Whether ``name`` only grows until it is reset. What is no row of the table is, when its unit is of energy."""
    row = QUANTITIES.get(name)
    return unit == Unit.KILOWATT_HOUR if row is None else row.counter
