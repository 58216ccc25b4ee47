"""Motion: what moves is found, and wind, noise, shadows, exposure and light are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from agent.vision.boxes import Picture, overlaps
from agent.vision.motion import Motion, MotionDetector, MotionOptions, small_grey
from tests.vision.stage import HEIGHT, WIDTH, Sensor, street, with_car

SIZE = (WIDTH, HEIGHT)


class Watch:
    """A motion detector with its own sensor and clock at 10 pictures per second."""

    def __init__(self, strength: float = 2.0) -> None:
        self.detector = MotionDetector()
        self.sensor = Sensor(strength=strength)
        self.now_s = 0.0

    def see(self, image: Picture, light: float = 1.0, held: object = None) -> Motion:
        self.now_s += 0.1
        grey = small_grey(self.sensor.see(image, light), MotionOptions().width)
        return self.detector.look(grey, self.now_s, SIZE, held)  # type: ignore[arg-type]

    def settle(self, image: Picture, pictures: int = 30) -> None:
        for _ in range(pictures):
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

    def windy() -> Picture:
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


def test_a_soft_shadow_beside_a_car_is_no_part_of_it() -> None:
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


def test_skipped_pictures_change_nothing_but_the_count() -> None:
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
