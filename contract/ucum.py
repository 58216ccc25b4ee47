"""Units of measure: UCUM codes (https://ucum.org), because SenML and the platform's catalogue use them."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


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
