"""Tamper: told within 10 s, over by itself, and not told for what passes or comes slowly."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from agent.bodies import Tamper
from agent.vision.boxes import Picture
from agent.vision.view import View, ViewWatch
from tests.vision.stage import HEIGHT, WIDTH, Sensor, street

RATE = 4.0
Change = Callable[[Picture, int], Picture]


class Watch:
    """A view watch on a street with its own sensor and clock."""

    def __init__(self) -> None:
        self.view = ViewWatch()
        self.sensor = Sensor()
        self.frame = 0
        self.told: list[tuple[float, Tamper]] = []
        self.last: View = View((), seeing=True, dark=False, wrong=())

    def look(self, seconds: float, change: Change | None = None, *, noise: bool = True) -> None:
        for step in range(int(seconds * RATE)):
            image = street() if change is None else change(street(), step)
            self.frame += 1
            seen = self.sensor.see(image) if noise else image
            self.last = self.view.look(seen, self.frame / RATE)
            self.told += [(self.frame / RATE, body) for body in self.last.events]


def cover(image: Picture, _: int) -> Picture:
    return np.full_like(image, 40)


def spray(image: Picture, _: int) -> Picture:
    out = image.copy()
    cv2.ellipse(out, (200, 150), (220, 150), 10, 0, 360, (60, 60, 70), -1)
    return out


def defocus(image: Picture, _: int) -> Picture:
    blurred: Picture = cv2.GaussianBlur(image, (0, 0), 9)
    return blurred


def turn(image: Picture, _: int) -> Picture:
    return np.roll(street(99)[:, ::-1], 70, axis=0)


def blind(image: Picture, _: int) -> Picture:
    glow = np.zeros(image.shape[:2], np.float32)
    cv2.circle(glow, (WIDTH // 2, HEIGHT // 2), 260, 1.0, -1)
    glow = cv2.GaussianBlur(glow, (0, 0), 20)
    glaring: Picture = np.clip(image + 400 * glow[..., None], 0, 255).astype(np.uint8)
    return glaring


@pytest.mark.parametrize(
    ("what", "change"),
    [("covered", cover), ("sprayed", spray), ("defocused", defocus), ("turned", turn), ("blinded", blind)],
)
def test_tamper_is_told_within_ten_seconds_and_ends_by_itself(what: str, change: Change) -> None:
    watch = Watch()
    watch.look(20)
    watch.look(10, change)
    assert [(body.what, body.state) for _, body in watch.told] == [(what, "begin")]
    watch.look(6)
    assert [(body.what, body.state) for _, body in watch.told] == [(what, "begin"), (what, "end")]
    assert watch.told[-1][1].duration_s == pytest.approx(12, abs=2.5)
    assert watch.last.seeing


def test_a_picture_that_repeats_is_frozen_within_ten_seconds() -> None:
    watch = Watch()
    watch.look(10)
    watch.look(9, lambda _, __: street(3), noise=False)
    assert ("frozen", "begin") in [(body.what, body.state) for _, body in watch.told]
    assert not watch.last.seeing


def test_a_bus_that_passes_close_is_no_tamper() -> None:
    def bus(image: Picture, step: int) -> Picture:
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
    assert watch.told == []


def test_dusk_and_a_lamp_that_goes_on_are_no_tamper() -> None:
    watch = Watch()
    watch.look(20)
    watch.look(300, lambda image, step: (image * (1 - 0.85 * step / (300 * RATE))).astype(np.uint8))
    gradient = np.linspace(0.25, 1.0, WIDTH, dtype=np.float32)[None, :, None]
    watch.look(30, lambda image, _: (image * gradient * 0.7).astype(np.uint8))
    assert watch.told == []


def test_a_lamp_that_fails_at_night_is_too_dark_and_no_tamper() -> None:
    watch = Watch()
    watch.look(20, lambda image, _: (image * 0.4).astype(np.uint8))
    watch.look(15, lambda image, _: (image * 0.02).astype(np.uint8))
    assert watch.told == []
    assert watch.last.dark


def test_a_camera_that_was_aimed_anew_becomes_normal_after_half_an_hour() -> None:
    watch = Watch()
    watch.look(20)
    frame = turn(street(), 0)
    for step in range(int(1900 / 2)):  # one look each two seconds: it judges time, not frames
        last = watch.view.look(watch.sensor.see(frame), 30 + step * 2.0)
        watch.told += [(30 + step * 2.0, body) for body in last.events]
    assert [(body.what, body.state) for _, body in watch.told] == [("turned", "begin"), ("turned", "end")]
