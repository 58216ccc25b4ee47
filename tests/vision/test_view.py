"""Tamper: reported within 10 s, over by itself, and not reported for what passes or comes slowly."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from agent.vision.boxes import Frame
from agent.vision.tamper.view import View, ViewWatch
from contract.events import Tamper
from tests.vision.stage import HEIGHT, WIDTH, Sensor, street

RATE = 4.0
Change = Callable[[Frame, int], Frame]


class Watch:
    """A view watch on a street with its own sensor and clock."""

    def __init__(self) -> None:
        self.view = ViewWatch()
        self.sensor = Sensor()
        self.frame = 0
        self.reported: list[tuple[float, Tamper]] = []
        self.last: View = View((), seeing=True, dark=False, wrong=())

    def look(self, seconds: float, change: Change | None = None, *, noise: bool = True) -> None:
        for step in range(int(seconds * RATE)):
            image = street() if change is None else change(street(), step)
            self.frame += 1
            seen = self.sensor.see(image) if noise else image
            self.last = self.view.look(seen, self.frame / RATE)
            self.reported += [(self.frame / RATE, body) for body in self.last.events]


def cover(image: Frame, _: int) -> Frame:
    return np.full_like(image, 40)


def spray(image: Frame, _: int) -> Frame:
    out = image.copy()
    cv2.ellipse(out, (200, 150), (220, 150), 10, 0, 360, (60, 60, 70), -1)
    return out


def defocus(image: Frame, _: int) -> Frame:
    blurred: Frame = cv2.GaussianBlur(image, (0, 0), 9)
    return blurred


def turn(image: Frame, _: int) -> Frame:
    return np.roll(street(99)[:, ::-1], 70, axis=0)


def blind(image: Frame, _: int) -> Frame:
    glow = np.zeros(image.shape[:2], np.float32)
    cv2.circle(glow, (WIDTH // 2, HEIGHT // 2), 260, 1.0, -1)
    glow = cv2.GaussianBlur(glow, (0, 0), 20)
    glaring: Frame = np.clip(image + 400 * glow[..., None], 0, 255).astype(np.uint8)
    return glaring


@pytest.mark.parametrize(
    ("what", "change"),
    [("covered", cover), ("sprayed", spray), ("defocused", defocus), ("turned", turn), ("blinded", blind)],
)
def test_tamper_is_reported_within_ten_seconds_and_ends_by_itself(what: str, change: Change) -> None:
    watch = Watch()
    watch.look(20)
    watch.look(10, change)
    assert [(body.type, body.phase) for _, body in watch.reported] == [(what, "begin")]
    watch.look(6)
    assert [(body.type, body.phase) for _, body in watch.reported] == [(what, "begin"), (what, "end")]
    assert watch.reported[-1][1].duration_s == pytest.approx(12, abs=2.5)
    assert watch.last.seeing


def test_a_frame_that_repeats_is_frozen_within_ten_seconds() -> None:
    watch = Watch()
    watch.look(10)
    watch.look(9, lambda _, __: street(3), noise=False)
    assert ("frozen", "begin") in [(body.type, body.phase) for _, body in watch.reported]
    assert not watch.last.seeing


def test_a_bus_that_passes_close_is_no_tamper() -> None:
    def bus(image: Frame, step: int) -> Frame:
        out, front = image.copy(), int(step * 160) - 200
        for window in range(front - 900, front, 90):
            cv2.rectangle(out, (window, 0), (window + 88, HEIGHT), (30, 140, 200), -1)
            cv2.rectangle(out, (window + 10, 60), (window + 75, 180), (25, 25, 25), -1)
        return out

    watch = Watch()
    watch.look(20)
    for _ in range(3):
        watch.look(3, bus)
        watch.look(4)
    assert watch.reported == []


def test_dusk_and_a_lamp_that_goes_on_are_no_tamper() -> None:
    watch = Watch()
    watch.look(20)
    watch.look(300, lambda image, step: (image * (1 - 0.85 * step / (300 * RATE))).astype(np.uint8))
    gradient = np.linspace(0.25, 1.0, WIDTH, dtype=np.float32)[None, :, None]
    watch.look(30, lambda image, _: (image * gradient * 0.7).astype(np.uint8))
    assert watch.reported == []


def test_a_lamp_that_fails_at_night_is_too_dark_and_no_tamper() -> None:
    watch = Watch()
    watch.look(20, lambda image, _: (image * 0.4).astype(np.uint8))
    watch.look(15, lambda image, _: (image * 0.02).astype(np.uint8))
    assert watch.reported == []
    assert watch.last.dark


def test_a_camera_that_was_aimed_anew_becomes_normal_after_half_an_hour() -> None:
    watch = Watch()
    watch.look(20)
    frame = turn(street(), 0)
    for step in range(int(1900 / 2)):  # one look each two seconds: it judges time, not frames
        last = watch.view.look(watch.sensor.see(frame), 30 + step * 2.0)
        watch.reported += [(30 + step * 2.0, body) for body in last.events]
    assert [(body.type, body.phase) for _, body in watch.reported] == [("turned", "begin"), ("turned", "end")]


def _asphalt() -> Frame:
    """Straight down on a road: grain, stains and one worn marking; hardly an edge."""
    rng = np.random.default_rng(11)
    stains = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 12) * 120
    grain = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 1.5) * 12
    road = 105 + stains + grain
    road[:, 300:312] += 18
    image: Frame = np.clip(road, 0, 255).astype(np.uint8)[..., None].repeat(3, 2)
    return image


@pytest.mark.parametrize(
    ("reported", "change"),
    [
        ("covered", cover),
        ("turned", lambda image, _: np.roll(image[::-1, ::-1], 150, axis=1)),
        ("defocused", defocus),
    ],
)
def test_bare_asphalt_from_straight_above_is_structure_enough(reported: str, change: Change) -> None:
    road = _asphalt()
    watch = Watch()
    watch.look(20, lambda _, __: road)
    watch.look(10, lambda _, step: change(road, step))
    assert [(body.type, body.phase) for _, body in watch.reported] == [(reported, "begin")]


def _clock(image: Frame, second: int) -> Frame:
    stamped: Frame = cv2.putText(image.copy(), f"12:00:{second:02d}", (8, 20), 0, 0.5, (255, 255, 255), 1)
    return stamped


def test_a_frozen_frame_is_reported_while_its_clock_runs_on() -> None:
    view, sensor = ViewWatch(), Sensor()
    reported: list[Tamper] = []
    for second in range(20):
        reported += view.look(_clock(sensor.see(street()), second), float(second)).events
    stuck = sensor.see(street())
    for second in range(20, 31):
        reported += view.look(_clock(stuck, second), float(second)).events
    assert [(body.type, body.phase) for body in reported] == [("frozen", "begin")]


def test_a_still_scene_that_the_encoder_never_changes_except_its_clock_is_not_frozen() -> None:
    view = ViewWatch()
    for second in range(60):
        assert view.look(_clock(street(), second), float(second)).events == ()


def test_a_cover_without_noise_is_covered_and_not_frozen() -> None:
    watch = Watch()
    watch.look(20)
    watch.look(10, cover, noise=False)
    assert [(body.type, body.phase) for _, body in watch.reported] == [("covered", "begin")]


def _halts(width: float) -> Change:
    """A bus drives in from the left in 2 s and stands in the middle."""

    def bus(image: Frame, step: int) -> Frame:
        out, right = image.copy(), int(WIDTH * min((1 + width) / 2, step / RATE / 2 * (1 + width) / 2))
        left = right - int(width * WIDTH)
        cv2.rectangle(out, (left, 18), (right, HEIGHT), (30, 140, 200), -1)
        for window in range(left + 10, right - 60, 90):
            cv2.rectangle(out, (window, 70), (window + 65, 160), (25, 25, 25), -1)
        return out

    return bus


@pytest.mark.parametrize("width", [0.6, 0.9])
def test_a_bus_that_halts_close_is_no_tamper(width: float) -> None:
    watch = Watch()
    watch.look(20)
    watch.look(20, _halts(width))
    watch.look(10)
    assert watch.reported == []


def _fog(image: Frame, step: int) -> Frame:
    part = 0.8 * min(1.0, step / RATE / 20)
    return (image * (1 - part) + 190 * part).astype(np.uint8)


def _dusk(image: Frame, step: int) -> Frame:
    return (image * (1 - 0.9 * min(1.0, step / RATE / 60))).astype(np.uint8)


@pytest.mark.parametrize(
    "change",
    [
        _fog,
        _dusk,
        lambda image, _: (image * 0.12).astype(np.uint8),
        lambda image, _: cv2.convertScaleAbs(image, alpha=2),
    ],
    ids=["fog in 20 s", "dusk in 60 s", "light to 12 %", "twice the exposure"],
)
def test_what_leaves_the_structure_in_place_is_no_tamper(change: Change) -> None:
    watch = Watch()
    watch.look(20)
    watch.look(75, change)
    assert watch.reported == []


def test_of_all_the_looks_that_are_kept_one_has_its_pixels() -> None:
    watch, sensor = ViewWatch(), Sensor()
    for second in range(30):
        watch.look(sensor.see(street()), float(second))
    kept = [each.pixels for each in watch._normal]
    assert len(kept) > 5
    assert all(pixels.base is None and pixels.nbytes == 0 for pixels in kept)
