"""The virtual water gauge, on drawn water over drawn and real frames: there is no public flood footage."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from agent.config.scene import Gauge
from agent.vision.boxes import Frame
from agent.vision.water.gauge import WaterGauge
from contract.events import WaterLevel
from tests.vision.stage import DATA, HEIGHT, Sensor, needs_data, street

BOTTOM, TOP = 300, 180
"""Rows of 0 m and 0.6 m."""
MARKS = ((320.0, BOTTOM, 0.0), (320.0, TOP, 0.6))


def flooded(image: Frame, row: float, rng: np.random.Generator) -> Frame:
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


def row_of(depth: float) -> float:
    return BOTTOM - depth / 0.6 * (BOTTOM - TOP)


class Site:
    """A gauge with its sensor and clock, one look a second."""

    def __init__(
        self,
        image: Frame,
        marks: tuple[tuple[float, float, float], ...] = MARKS,
        known: WaterLevel | None = None,
    ) -> None:
        self.gauge = WaterGauge("kerb", Gauge(marks=marks), lambda point: point, known)
        self.image = image
        self.sensor = Sensor()
        self.rng = np.random.default_rng(2)
        self.now_s = 0.0
        self.reported: list[WaterLevel] = []

    def look(
        self, seconds: int, row: float = 10_000, light: float = 1.0, before: tuple[tuple[float, ...], ...] = ()
    ) -> None:
        for _ in range(seconds):
            self.now_s += 1.0
            frame = self.sensor.see(flooded(self.image, row, self.rng), light)
            self.reported += self.gauge.look(frame, self.now_s, before)

    def rise(self, depth: float, begin: float = 0.0) -> None:
        """Water comes at 1 cm/s up to ``depth``, and stays for 40 s."""
        for each in np.arange(begin, depth, 0.01):
            self.look(1, row_of(each))
        self.look(40, row_of(depth))


@pytest.mark.parametrize("depth", [0.05, 0.2, 0.45])
def test_water_is_measured_to_a_few_centimetres_and_its_state_is_reported(depth: float) -> None:
    site = Site(street())
    site.look(40)
    assert [body.state for body in site.reported] == ["dry"]
    site.rise(depth)
    last = site.reported[-1]
    assert last.state == ("flooded" if depth >= 0.1 else "wet")
    assert last.depth_m == pytest.approx(depth, abs=0.03)
    assert last.confidence > 0.4
    site.look(40)
    assert site.reported[-1].state == "dry"


def test_water_that_rises_is_followed_and_reported_in_steps() -> None:
    site = Site(street())
    site.look(40)
    for depth in np.linspace(0, 0.4, 9):
        site.look(30, row_of(depth))
    depths = [body.depth_m or 0.0 for body in site.reported]
    assert depths == sorted(depths)
    assert depths[-1] == pytest.approx(0.4, abs=0.03)


@pytest.mark.parametrize("light", [0.55, 1.2])
def test_a_change_of_light_is_no_water(light: float) -> None:
    site = Site(street())
    site.look(40)
    site.look(60, light=light)
    assert {body.state for body in site.reported} == {"dry"}


def test_a_person_before_the_gauge_is_left_out() -> None:
    site = Site(street())
    site.look(40)
    dry = site.image
    site.image = dry.copy()
    cv2.rectangle(site.image, (300, 190), (345, 320), (20, 20, 30), -1)
    site.look(60, before=((300.0, 190.0, 345.0, 320.0),))
    assert {body.state for body in site.reported} == {"dry"}
    site.image = dry
    site.look(30)
    assert {body.state for body in site.reported} == {"dry"}


def test_a_gauge_that_is_hidden_for_long_is_unknown_and_reported_once() -> None:
    site = Site(street())
    site.look(40)
    site.look(300, before=((0.0, 0.0, 640.0, 360.0),))
    assert [body.state for body in site.reported] == ["dry", "unknown"]


def test_marks_at_uneven_heights_are_interpolated() -> None:
    site = Site(street(), ((320.0, BOTTOM, 0.0), (320.0, 270.0, 0.1), (320.0, TOP, 1.0)))
    site.look(40)
    for row in range(BOTTOM, 270, -1):
        site.look(1, row)
    site.look(40, 270)
    assert site.reported[-1].depth_m == pytest.approx(0.1, abs=0.05)


@needs_data
@pytest.mark.data
@pytest.mark.parametrize(("video", "x"), [("street-eight-vehicles.mp4", 60), ("tud-campus.mp4", 20)])
def test_drawn_water_over_real_frames_is_measured(video: str, x: int) -> None:
    capture = cv2.VideoCapture(str(DATA / "video" / video))
    frames = [cv2.resize(capture.read()[1], (640, HEIGHT)) for _ in range(60)]
    gauge = WaterGauge("wall", Gauge(marks=((x, 340, 0.0), (x, 220, 0.6))), lambda point: point)
    rng, reported = np.random.default_rng(2), []
    for second in range(90):
        frame = frames[second % 60]
        row = 10_000 if second < 20 else 340 - min(0.3, 0.01 * (second - 20)) / 0.6 * 120
        reported += gauge.look(flooded(frame, row, rng), float(second))
    assert reported[0].state == "dry"
    assert reported[-1].state == "flooded"
    assert reported[-1].depth_m == pytest.approx(0.3, abs=0.06)


def brick(seed: int = 5) -> Frame:
    """A wall with texture, which a shadow leaves and water hides."""
    rng = np.random.default_rng(seed)
    image = np.full((HEIGHT, 640, 3), (90, 110, 150), np.float32)
    for course, y in enumerate(range(0, HEIGHT, 10)):
        for x in range(-10 * (course % 2), 640, 20):
            image[y : y + 9, max(0, x) : x + 19] += rng.normal(0, 18)
        image[y + 9] = (120, 130, 135)
    image += cv2.GaussianBlur(rng.normal(0, 25, image.shape).astype(np.float32), (0, 0), 1.2)
    return np.clip(image, 0, 255).astype(np.uint8)


def lower(image: Frame, factor: tuple[float, float, float], depth: float = 0.3) -> Frame:
    """The part up to ``depth`` in another light."""
    out = image.astype(np.float32)
    out[int(row_of(depth)) :] *= np.array(factor, np.float32)
    return np.clip(out, 0, 255).astype(np.uint8)


def upper(image: Frame, factor: float) -> Frame:
    out = image.astype(np.float32)
    out[: int(row_of(0.3))] *= factor
    return np.clip(out, 0, 255).astype(np.uint8)


LIGHTS: dict[str, Callable[[Frame], Frame]] = {
    "a hard shadow on the lower half": lambda image: lower(image, (0.55, 0.5, 0.45)),
    "sun on the upper half": lambda image: upper(image, 1.5),
    "a wall wet with splashes": lambda image: lower(image, (0.7, 0.7, 0.7)),
    "another white balance": lambda image: np.clip(image * np.array((0.75, 1.0, 1.25)), 0, 255).astype(np.uint8),
    "a camera moved by 4 pixels": lambda image: np.roll(image, (4, -3), axis=(0, 1)),
}


@pytest.mark.parametrize("cause", LIGHTS)
def test_what_leaves_the_texture_of_the_wall_is_no_water(cause: str) -> None:
    site = Site(brick())
    site.look(40)
    site.image = LIGHTS[cause](site.image)
    site.look(200)
    assert [body.state for body in site.reported] == ["dry"], cause


def test_water_is_seen_under_another_light_as_well() -> None:
    site = Site(brick())
    site.look(40)
    site.image = LIGHTS["a hard shadow on the lower half"](site.image)
    site.look(30)
    site.rise(0.2)
    assert site.reported[-1].state == "flooded"
    assert site.reported[-1].depth_m == pytest.approx(0.2, abs=0.03)


def test_a_shaken_camera_sees_no_water() -> None:
    site, rng = Site(brick()), np.random.default_rng(4)
    still = site.image
    site.look(40)
    for _ in range(150):
        shift = np.array([[1, 0, rng.normal(0, 2)], [0, 1, rng.normal(0, 2)]], np.float32)
        site.image = cv2.warpAffine(still, shift, still.shape[1::-1])
        site.look(1)
    assert {body.state for body in site.reported} == {"dry"}


@pytest.mark.parametrize("depth", [0.25, 0.8])
def test_a_thing_put_before_the_gauge_is_no_flood_but_nothing_is_known(depth: float) -> None:
    site = Site(brick())
    site.look(40)
    dry = site.image
    site.image = dry.copy()
    cv2.rectangle(site.image, (280, int(row_of(depth))), (360, 340), (40, 30, 90), -1)
    site.look(200)
    assert [body.state for body in site.reported] == ["dry", "unknown"]
    site.image = dry
    site.look(30)
    assert site.reported[-1].state == "dry"


def test_snow_is_not_reported_as_a_flood() -> None:
    site = Site(brick())
    site.look(40)
    for depth in np.arange(0, 0.2, 0.005):
        dry = brick()
        dry[int(row_of(depth)) :] = 235
        site.image = dry
        site.look(5)
    assert {body.state for body in site.reported} <= {"dry", "unknown"}


def test_water_that_comes_at_once_is_reported_when_it_has_rippled_for_a_minute() -> None:
    site = Site(brick())
    site.look(40)
    site.look(30, row_of(0.3))
    assert [body.state for body in site.reported] == ["dry"]
    site.look(100, row_of(0.3))
    assert site.reported[-1].state == "flooded"
    assert site.reported[-1].depth_m == pytest.approx(0.3, abs=0.03)


def test_what_moves_before_the_gauge_is_left_out_while_it_passes_but_water_moves_for_longer() -> None:
    site = Site(brick())
    site.look(40)
    looks = [site.gauge._passed([(0.0, 0.0, 640.0, 360.0)], 100.0 + second) for second in range(12)]
    assert looks == [True] * 5 + [False] * 7


FLOODED = WaterLevel(gauge="kerb", state="flooded", depth_m=0.3, confidence=0.9)


def test_a_gauge_that_begins_under_water_gives_no_all_clear_and_ends_by_itself() -> None:
    site = Site(brick(), known=FLOODED)
    site.look(300, row_of(0.3))
    assert site.reported == [], "what was reported holds"
    site.look(400)
    assert [body.state for body in site.reported] == ["unknown"], "something is different: dry it may be, or not"
    site.look(400)
    assert [body.state for body in site.reported] == ["unknown", "dry"]


def test_water_that_rises_after_a_restart_is_followed() -> None:
    site = Site(brick(), known=FLOODED)
    site.look(60, row_of(0.3))
    site.rise(0.45, begin=0.3)
    assert site.reported[-1].state == "flooded"
    assert site.reported[-1].depth_m == pytest.approx(0.45, abs=0.03)


def test_a_gauge_that_reported_dry_begins_anew() -> None:
    site = Site(brick(), known=WaterLevel(gauge="kerb", state="dry", depth_m=0.0, confidence=0.9))
    site.look(40)
    assert [body.state for body in site.reported] == ["dry"]
