"""The virtual water gauge, on drawn water over drawn and real pictures: there is no public flood footage."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from agent.bodies import WaterLevel
from agent.config.scene import Gauge
from agent.vision.boxes import Picture
from agent.vision.gauge import WaterGauge
from tests.vision.stage import DATA, HEIGHT, Sensor, needs_data, street

BOTTOM, TOP = 300, 180
"""Rows of 0 m and 0.6 m."""
MARKS = ((320.0, BOTTOM, 0.0), (320.0, TOP, 0.6))


def flooded(image: Picture, row: float, rng: np.random.Generator) -> Picture:
    """Brown, rippled water below ``row``, which mirrors a little of what stands above."""
    out = image.copy()
    edge = int(row)
    if edge >= image.shape[0]:
        return out
    part = out[edge:]
    mirror = cv2.GaussianBlur(cv2.flip(image[max(0, edge - len(part)) : edge], 0), (0, 0), 5)
    mirror = cv2.resize(mirror, (part.shape[1], part.shape[0])) if len(mirror) else part
    ripples = cv2.resize(
        rng.normal(0, 14, (max(2, len(part) // 6), 20, 1)).astype(np.float32), (part.shape[1], len(part))
    )
    out[edge:] = np.clip(0.3 * mirror + 0.7 * np.array((58, 82, 96)) + ripples[..., None], 0, 255).astype(np.uint8)
    return out


class Site:
    """A gauge with its sensor and clock, one look a second."""

    def __init__(self, image: Picture, marks: tuple[tuple[float, float, float], ...] = MARKS) -> None:
        self.gauge = WaterGauge("kerb", Gauge(marks=marks), lambda point: point)
        self.image = image
        self.sensor = Sensor()
        self.rng = np.random.default_rng(2)
        self.now_s = 0.0
        self.told: list[WaterLevel] = []

    def look(
        self, seconds: int, row: float = 10_000, light: float = 1.0, before: tuple[tuple[float, ...], ...] = ()
    ) -> None:
        for _ in range(seconds):
            self.now_s += 1.0
            picture = self.sensor.see(flooded(self.image, row, self.rng), light)
            self.told += self.gauge.look(picture, self.now_s, before)


@pytest.mark.parametrize("depth", [0.05, 0.2, 0.45])
def test_water_is_measured_to_a_few_centimetres_and_its_state_is_told(depth: float) -> None:
    site = Site(street())
    site.look(40)
    assert [body.state for body in site.told] == ["dry"]
    site.look(40, BOTTOM - depth / 0.6 * (BOTTOM - TOP))
    last = site.told[-1]
    assert last.state == ("flooded" if depth >= 0.1 else "wet")
    assert last.depth_m == pytest.approx(depth, abs=0.03)
    assert last.confidence > 0.4
    site.look(40)
    assert site.told[-1].state == "dry"


def test_water_that_rises_is_followed_and_told_in_steps() -> None:
    site = Site(street())
    site.look(40)
    for depth in np.linspace(0, 0.4, 9):
        site.look(30, BOTTOM - depth / 0.6 * (BOTTOM - TOP))
    depths = [body.depth_m or 0.0 for body in site.told]
    assert depths == sorted(depths)
    assert depths[-1] == pytest.approx(0.4, abs=0.03)


@pytest.mark.parametrize("light", [0.55, 1.2])
def test_a_change_of_light_is_no_water(light: float) -> None:
    site = Site(street())
    site.look(40)
    site.look(60, light=light)
    assert {body.state for body in site.told} == {"dry"}


def test_a_person_before_the_gauge_is_left_out() -> None:
    site = Site(street())
    site.look(40)
    dry = site.image
    site.image = dry.copy()
    cv2.rectangle(site.image, (300, 190), (345, 320), (20, 20, 30), -1)
    site.look(60, before=((300.0, 190.0, 345.0, 320.0),))
    assert {body.state for body in site.told} == {"dry"}
    site.image = dry
    site.look(30)
    assert {body.state for body in site.told} == {"dry"}


def test_a_gauge_that_is_hidden_for_long_is_unknown_and_told_once() -> None:
    site = Site(street())
    site.look(40)
    site.look(300, before=((0.0, 0.0, 640.0, 360.0),))
    assert [body.state for body in site.told] == ["dry", "unknown"]


def test_marks_at_uneven_heights_are_interpolated() -> None:
    site = Site(street(), ((320.0, BOTTOM, 0.0), (320.0, 270.0, 0.1), (320.0, TOP, 1.0)))
    site.look(40)
    site.look(40, 270)
    assert site.told[-1].depth_m == pytest.approx(0.1, abs=0.05)


@needs_data
@pytest.mark.data
@pytest.mark.parametrize(("film", "x"), [("street-eight-vehicles.mp4", 60), ("tud-campus.mp4", 20)])
def test_drawn_water_over_real_pictures_is_measured(film: str, x: int) -> None:
    capture = cv2.VideoCapture(str(DATA / "video" / film))
    pictures = [cv2.resize(capture.read()[1], (640, HEIGHT)) for _ in range(60)]
    gauge = WaterGauge("wall", Gauge(marks=((x, 340, 0.0), (x, 220, 0.6))), lambda point: point)
    rng, told = np.random.default_rng(2), []
    for second in range(90):
        picture = pictures[second % 60]
        row = 10_000 if second < 40 else 340 - 0.3 / 0.6 * 120
        told += gauge.look(flooded(picture, row, rng), float(second))
    assert told[0].state == "dry"
    assert told[-1].state == "flooded"
    assert told[-1].depth_m == pytest.approx(0.3, abs=0.06)
