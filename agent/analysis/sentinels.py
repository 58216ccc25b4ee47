"""Numbers that loggers and registers write where they have no value."""

from __future__ import annotations

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
