"""Glows before the lens at night: they begin nothing; what is in focus, and what was known before, goes on."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from agent.vision.boxes import Floats, Frame
from agent.vision.glow import in_focus
from agent.vision.pipeline import VisionPipeline, make_finder
from contract.events import Counts, Crossing
from tests.vision.stage import Sensor, street, with_car
from tests.vision.test_pipeline import ROAD

NOBODY: Floats = np.empty((0, 4), np.float32)
BOX: Floats = np.array([[280, 160, 360, 240]], np.float32)


def at_night(frame: Frame) -> Frame:
    """Under infrared light: grey and dim."""
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    dim: Frame = np.repeat((grey * 0.3 + 8).astype(np.uint8)[..., None], 3, axis=2)
    return dim


def lit(frame: Frame, spot: tuple[float, float], radius: float, blur: float) -> Frame:
    """A bright disc, with edges as wide as ``blur``."""
    glow = np.zeros(frame.shape[:2], np.float32)
    cv2.circle(glow, (int(spot[0]), int(spot[1])), int(radius), 220.0, -1)
    if blur:
        glow = cv2.GaussianBlur(glow, (0, 0), blur)
    out: Frame = np.clip(frame + glow[..., None], 0, 255).astype(np.uint8)
    return out


@pytest.mark.parametrize("scale", [1, 3])
def test_a_glow_is_no_object_at_any_size_of_the_frame_and_what_is_in_focus_is_one(scale: int) -> None:
    dark = cv2.resize(at_night(street()), None, fx=scale, fy=scale)
    for radius in (8, 20, 35):
        box = np.array([[320, 200, 320, 200]]) + (radius + 5) * np.array([[-1, -1, 1, 1]], np.float32)
        soft = lit(dark, (320 * scale, 200 * scale), radius * scale, 5 * scale)
        assert len(in_focus(soft, box * scale, NOBODY)) == 0
        sharp = lit(dark, (320 * scale, 200 * scale), radius * scale, 1)
        assert len(in_focus(sharp, box * scale, NOBODY)) == 1


def test_by_day_nothing_is_a_glow() -> None:
    assert len(in_focus(lit(np.full_like(street(), 140), (320, 200), 20, 5), BOX, NOBODY)) == 1


def test_a_glow_over_an_object_that_is_known_is_that_object_blinding_the_camera() -> None:
    soft = lit(at_night(street()), (320, 200), 20, 5)
    assert len(in_focus(soft, BOX, BOX + 20)) == 1
    assert len(in_focus(soft, BOX, BOX + 200)) == 0


def insects(frames: int) -> Iterator[Frame]:
    """One after the other in fluttering curves, each for a second, by an infrared camera at ten frames a second."""
    sensor, dark = Sensor(), at_night(street())
    rng = np.random.default_rng(5)
    ends = rng.uniform(0.0, 1.0, (frames, 3, 2)) * (640, 360)
    radii = rng.uniform(7, 40, frames)
    for frame in range(frames):
        number, part = divmod(frame, 10)
        share = part / 10
        curve = ends[number]
        spot = (1 - share) ** 2 * curve[0] + 2 * share * (1 - share) * curve[1] + share**2 * curve[2]
        spot = spot + 0.3 * radii[number] * np.sin(11.0 * share * 6 + np.array((0.0, 1.0)))
        yield sensor.see(lit(dark, (spot[0], spot[1]), radii[number], 5))


@pytest.mark.fault("insects and webs glow before an infrared lens", "they are no traffic")
def test_insects_before_an_infrared_lens_are_not_counted() -> None:
    pipeline = VisionPipeline(ROAD, (640, 360), finder=make_finder(ROAD), seed=1)
    seen = [pipeline.frame(frame, number / 10) for number, frame in enumerate(insects(250))]
    assert sum(len(each.tracks) for each in seen) == 0
    assert not [body for each in seen for _, body in each.events if not isinstance(body, Counts)]


def test_a_car_with_headlights_that_blind_an_infrared_camera_is_counted_once() -> None:
    sensor, empty = Sensor(), street()
    pipeline = VisionPipeline(ROAD, (640, 360), finder=make_finder(ROAD), seed=1)
    counted = []
    for number in range(110):
        x = -60 + (number - 10) * 8
        frame = at_night(with_car(empty, x, 270) if number >= 10 else empty)
        if number >= 10:
            frame = lit(lit(frame, (x + 40, 275), 4, 1), (x + 44, 277), 10, 8)
        counted += [
            body.direction
            for _, body in pipeline.frame(sensor.see(frame), number / 10).events
            if isinstance(body, Crossing)
        ]
    assert counted == [-1]
