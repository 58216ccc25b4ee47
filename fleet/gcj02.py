"""GCJ-02, the shifted coordinates of Chinese maps; pure.

Positions are stored in WGS 84. A position that is drawn on a Chinese map, or copied from one, is some 600 m off without
this. The polynomials are those in general use (eviltransform, MIT; its ellipsoid is Krasovsky's); outside of China's
bounding box both systems are one.
"""

from __future__ import annotations

from math import cos, pi, sin, sqrt

_A = 6378245.0
_EE = 0.00669342162296594323


def to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    """Degrees of WGS 84 as those of GCJ-02."""
    if not (0.8293 <= latitude <= 55.8271 and 72.004 <= longitude <= 137.8347):
        return latitude, longitude
    north, east = _shift(latitude, longitude)
    return latitude + north, longitude + east


def to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    """The inverse, within 1e-9 degrees; a fixed point that is reached in a few steps since the shift hardly bends."""
    found = (latitude, longitude)
    for _ in range(5):
        there = to_gcj02(*found)
        found = found[0] + latitude - there[0], found[1] + longitude - there[1]
    return found


def _shift(latitude: float, longitude: float) -> tuple[float, float]:
    x, y = longitude - 105.0, latitude - 35.0
    common = 20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (common + _waves(y, 20.0, 40.0, 3.0) + 160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (common + _waves(x, 20.0, 40.0, 3.0) + 150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    angle = latitude / 180.0 * pi
    magic = 1 - _EE * sin(angle) ** 2
    return (
        north * 180.0 / (_A * (1 - _EE) / (magic * sqrt(magic)) * pi),
        east * 180.0 / (_A / sqrt(magic) * cos(angle) * pi),
    )


def _waves(at: float, once: float, third: float, length: float) -> float:
    return once * sin(at * pi) + third * sin(at / length * pi)
