"""Motion: what moves is found, and wind, noise, shadows, exposure and light are not."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from agent.vision.boxes import Frame, overlaps
from agent.vision.motion import Motion, MotionDetector, MotionOptions, small_grey
from tests.vision.stage import HEIGHT, WIDTH, Sensor, street, with_car

SIZE = (WIDTH, HEIGHT)


class Watch:
    """A motion detector with its own sensor and clock at 10 frames per second."""

    def __init__(self, strength: float = 2.0) -> None:
        self.detector = MotionDetector()
        self.sensor = Sensor(strength=strength)
        self.now_s = 0.0

    def see(self, image: Frame, light: float = 1.0, held: object = None) -> Motion:
        self.now_s += 0.1
        grey = small_grey(self.sensor.see(image, light), MotionOptions().width)
        return self.detector.look(grey, self.now_s, SIZE, held)  # type: ignore[arg-type]

    def settle(self, image: Frame, frames: int = 30) -> None:
        for _ in range(frames):
            self.see(image)


def test_a_car_that_drives_through_is_one_box_round_it() -> None:
    watch, empty = Watch(), street()
    watch.settle(empty)
    for x in range(100, 500, 25):
        motion = watch.see(with_car(empty, x, 270))
        assert len(motion.boxes) == 1
        body = np.array([[x - 45, 248, x + 45, 300]], np.float32)
        assert overlaps(motion.boxes, body)[0, 0] > 0.5


def test_an_empty_street_under_infrared_noise_is_still() -> None:
    watch, empty = Watch(strength=9.0), street()
    watch.settle(empty)
    assert sum(len(watch.see(empty).boxes) for _ in range(50)) == 0


@pytest.mark.parametrize("light", [0.6, 1.25])
def test_an_exposure_jump_is_no_motion(light: float) -> None:
    watch, empty = Watch(), street()
    watch.settle(empty)
    assert sum(len(watch.see(empty, light).boxes) for _ in range(10)) == 0


def test_a_car_is_seen_through_an_exposure_jump() -> None:
    watch, empty = Watch(), street()
    watch.settle(empty)
    motion = watch.see(with_car(empty, 300, 270), 0.75)
    assert len(motion.boxes) == 1
    assert 200 < motion.boxes[0, 0] < 300


def test_another_view_is_a_change_everywhere_and_no_motion() -> None:
    watch = Watch()
    watch.settle(street(1))
    motion = watch.see(255 - street(2))
    assert motion.everywhere
    assert not len(motion.boxes)
    watch.settle(255 - street(2), 15)
    assert not len(watch.see(255 - street(2)).boxes)


def test_leaves_that_sway_are_learnt_and_a_person_before_them_is_seen() -> None:
    watch, empty = Watch(), street()
    rng = np.random.default_rng(5)

    def windy() -> Frame:
        out = empty.copy()
        leaves = rng.integers(20, 110, (12, 16, 1), np.uint8).repeat(10, 0).repeat(10, 1)
        out[20:140, 440:600] = leaves
        return out

    for _ in range(150):
        watch.see(windy())
    quiet = sum(len(watch.see(windy()).boxes) for _ in range(30))
    assert quiet <= 3
    out = windy()
    out[230:300, 300:325] = (20, 20, 20)
    assert len(watch.see(out).boxes) >= 1


def test_a_soft_shadow_next_to_a_car_is_no_part_of_it() -> None:
    watch, empty = Watch(), street()
    watch.settle(empty)
    shade = np.ones((HEIGHT, WIDTH, 1), np.float32)
    shade[275:325, 265:335] = 0.6
    out = (empty * cv2.GaussianBlur(shade, (0, 0), 9)[..., None]).astype(np.uint8)
    motion = watch.see(with_car(out, 300, 260))
    assert len(motion.boxes) == 1
    assert motion.boxes[0, 3] < 305


def test_what_is_held_stays_in_the_foreground_and_what_is_not_becomes_background() -> None:
    empty = street()
    parked = with_car(empty, 300, 270)
    box = np.array([[250, 240, 350, 310]], np.float32)
    for held, still_seen in ((None, False), (box, True)):
        watch = Watch()
        watch.settle(empty)
        for _ in range(1500):
            motion = watch.see(parked, held=held)
        assert bool(len(motion.boxes)) is still_seen


def test_skipped_frames_change_nothing_but_the_count() -> None:
    empty, boxes = street(), {}
    for step in (1, 3):
        watch = Watch()
        for frame in range(0, 90, step):
            watch.now_s += 0.1 * (step - 1)
            image = empty if frame < 60 else with_car(empty, 100 + (frame - 60) * 10, 270)
            motion = watch.see(image)
        boxes[step] = motion.boxes
    assert len(boxes[1]) == len(boxes[3]) == 1
    # the last frames differ by two steps of 10 pixels
    assert abs(boxes[1][0, 0] - boxes[3][0, 0]) < 30


def snow(image: Frame, rng: np.random.Generator, flakes: int = 200) -> Frame:
    """Large flakes, each in one frame only."""
    out = image.copy()
    for x, y, radius in zip(
        rng.integers(0, WIDTH, flakes), rng.integers(0, HEIGHT, flakes), rng.integers(1, 6, flakes), strict=True
    ):
        cv2.circle(out, (int(x), int(y)), int(radius), (235, 235, 235), -1, cv2.LINE_AA)
    return out


def rain(image: Frame, rng: np.random.Generator) -> Frame:
    """Eight hundred bright streaks."""
    streaks = np.zeros(image.shape, np.uint8)
    for x, y in zip(rng.integers(0, WIDTH, 800).tolist(), rng.integers(0, HEIGHT, 800).tolist(), strict=True):
        cv2.line(streaks, (x, y), (x + 3, y + 25), (120, 120, 120), 1, cv2.LINE_AA)
    wet: Frame = cv2.add(image, streaks)
    return wet


@pytest.mark.parametrize("light", [1.4, 2.0])
def test_highlights_that_are_cut_off_are_no_motion_when_the_exposure_jumps_up_stays_and_comes_back(
    light: float,
) -> None:
    watch, empty = Watch(), street()
    watch.settle(empty)
    assert sum(len(watch.see(empty, light).boxes) for _ in range(60)) == 0
    assert sum(len(watch.see(empty).boxes) for _ in range(60)) == 0


@pytest.mark.parametrize("weather", [rain, snow])
def test_drops_and_flakes_that_are_in_one_frame_only_are_no_motion(weather: Callable[..., Frame]) -> None:
    watch, empty, rng = Watch(), street(), np.random.default_rng(5)
    watch.settle(empty)
    for _ in range(40):
        watch.see(weather(empty, rng))
    assert sum(len(watch.see(weather(empty, rng)).boxes) > 0 for _ in range(40)) <= 8


@pytest.mark.parametrize("weather", [rain, snow])
def test_a_car_in_rain_and_snow_is_seen_a_frame_late(weather: Callable[..., Frame]) -> None:
    watch, empty, rng = Watch(), street(), np.random.default_rng(5)
    watch.settle(empty)
    for _ in range(40):
        watch.see(weather(empty, rng))
    for x in range(100, 500, 12):
        motion = watch.see(weather(with_car(empty, x, 270), rng))
        if x > 140:
            before = np.array([[x - 57, 248, x + 33, 300]], np.float32)
            assert overlaps(motion.boxes, before).max(initial=0.0) > 0.3


def test_a_dry_frame_with_a_car_in_it_is_never_weather() -> None:
    watch, empty = Watch(), street()
    watch.settle(empty)
    for x in range(-60, 700, 30):
        watch.see(with_car(empty, x, 270))
        assert not watch.detector.weather


def test_a_lamp_that_is_switched_on_is_soon_no_motion() -> None:
    watch, empty = Watch(), street()
    cone = np.zeros((HEIGHT, WIDTH, 1), np.float32)
    cv2.circle(cone, (WIDTH // 2, HEIGHT // 2), HEIGHT // 3, 1.0, -1)
    cone = cv2.GaussianBlur(cone, (0, 0), HEIGHT / 8)[..., None]
    dark, lit = (empty * 0.25).astype(np.uint8), (empty * (0.25 + 0.6 * cone)).astype(np.uint8)
    watch.settle(dark, 60)
    for _ in range(60):
        watch.see(lit)
    assert sum(len(watch.see(lit).boxes) for _ in range(40)) == 0


def test_a_shaking_pole_is_no_motion_for_long() -> None:
    watch, empty, rng = Watch(), street(), np.random.default_rng(5)
    watch.settle(empty)

    def shaken() -> Frame:
        dx, dy = rng.normal(0, 3, 2)
        where = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
        moved: Frame = cv2.warpAffine(empty, where, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        return moved

    for _ in range(40):
        watch.see(shaken())
    assert sum(len(watch.see(shaken()).boxes) > 0 for _ in range(60)) <= 6


@pytest.mark.fault("a car that stood in the first frames drives away", "the hole in the background is no parked car")
@pytest.mark.parametrize("seconds", [1.0, 30.0])
def test_what_stood_in_the_first_frames_and_drives_away_leaves_no_ghost_though_it_is_held(seconds: float) -> None:
    watch, empty = Watch(), street()
    place = np.array([[255, 248, 345, 300]], np.float32)
    watch.settle(with_car(empty, 300, 270), int(10 * seconds))
    for x in range(300, 720, 30):
        watch.see(with_car(empty, x, 270), held=place)
    assert not any(len(watch.see(empty, held=place).boxes) for _ in range(60)[30:])


def test_what_comes_and_stands_is_no_ghost() -> None:
    watch, empty = Watch(), street()
    watch.settle(empty)
    parked = with_car(empty, 300, 270)
    place = np.array([[255, 248, 345, 300]], np.float32)
    for x in range(-60, 300, 30):
        watch.see(with_car(empty, x, 270))
    assert all(len(watch.see(parked, held=place).boxes) for _ in range(600))
