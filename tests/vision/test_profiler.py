"""A profile of an hour: what the model is given and what it says, in some hundred bytes, and nobody in it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from agent.config.scene import CameraSettings
from agent.models.describe import shipped_folder
from agent.vision import worker
from agent.vision.boxes import NOTHING, Detections, Frame
from agent.vision.capture import Taken
from agent.vision.cli import replay_video
from agent.vision.finder import SearchPlaces
from agent.vision.order import Order
from agent.vision.pipe import Said, open_body
from agent.vision.pipeline import VisionPipeline, make_finder
from agent.vision.profiler import Profiler
from agent.vision.shell import Stop
from agent.vision.worker import Worker
from contract.events import Profile
from contract.model import CLASSES, HISTOGRAMS, MOST_SHARE, ModelDescription
from tests.vision.stage import drive, street, write_video
from tests.vision.test_worker import Shell

NOWHERE = SearchPlaces(np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32))
GREY = np.full((128, 256, 3), 70, np.uint8)


class Sees:
    """A finder that sees what it is given."""

    sees_still = True

    def __init__(self, found: Detections = NOTHING) -> None:
        self.found = found
        about = SimpleNamespace(sha256="ab" * 32)
        self.eye: Any = SimpleNamespace(model=SimpleNamespace(about=about, classes=(0, 1, 2, -1)))

    def find(self, _: Frame, __: SearchPlaces) -> Detections:
        return self.found

    def everything(self, _: Frame) -> None:
        return None


def test_detections_and_light_are_counted_once_a_second() -> None:
    boxes = np.array([[0, 0, 9, 20], [0, 0, 9, 100]], np.float32)
    found = Detections(boxes, np.array([0.3, 0.95], np.float32), np.array([1, 3], np.int32))
    now_s = [0.0]
    profiler = Profiler(Sees(found), lambda: now_s[0])
    made = None
    while made is None:
        assert profiler.find(GREY, NOWHERE) is found, "what counts is what the finder says"
        made = profiler.frame(GREY, now_s[0])
        now_s[0] += 0.25
    assert (made.model, made.duration_s, made.looks, made.objects) == ("ab" * 6, 3600.0, 3601, 7202)
    half = round(MOST_SHARE / 2)
    assert made.scores == (0, 0, half, 0, 0, 0, 0, half)
    assert made.sizes == (0, 0, 0, 0, 0, half, 0, half), "20 and 100 of 128 pixels"
    assert made.classes == (0, half, 0, half)
    assert made.brightness == (0, 0, MOST_SHARE, 0, 0, 0, 0, 0)
    assert profiler.profile(1.0).objects == 0, "the next begins anew"


def test_an_hour_of_nothing_is_a_profile_too() -> None:
    profiler = Profiler(Sees(), lambda: 0.0, every_s=10.0)
    assert profiler.frame(GREY, 0.0) is None
    made = profiler.frame(GREY, 10.0)
    assert made is not None
    assert (made.objects, sum(made.scores), made.brightness[2]) == (0, 0, MOST_SHARE)


def test_a_day_of_profiles_takes_about_a_hundred_bytes_each() -> None:
    rng = np.random.default_rng(1)
    day = []
    for _ in range(24):
        rows = {part: rng.dirichlet(np.ones(4 if part == "classes" else 8)) for part in HISTOGRAMS}
        shares: dict[str, Any] = {part: tuple(round(MOST_SHARE * share) for share in row) for part, row in rows.items()}
        objects = int(rng.integers(5000))
        day.append(Profile(model="0123456789ab", duration_s=3600.0, looks=3600, objects=objects, **shares))
    packed = zlib.compress(b"\n".join(msgspec.json.encode(body) for body in day))
    assert len(packed) / 24 < 130, "random shares, which deflate worst"


def profile_of(frames: Iterator[Frame], **more: Any) -> Profile:
    """What the shipped classifier says of ten frames a second."""
    scene = CameraSettings(source="/none.avi", frame_size=(640, 360), **more)
    now_s = [0.0]
    profiler = Profiler(make_finder(scene), lambda: now_s[0], every_s=1e9)
    pipeline = VisionPipeline(scene, (640, 360), finder=profiler, seed=1)
    for at, frame in enumerate(frames):
        now_s[0] = at / 10
        pipeline.frame(frame, now_s[0])
        profiler.frame(frame, now_s[0])
    return profiler.profile(now_s[0])


def test_the_same_street_by_night_and_through_a_dirty_lens_has_another_profile() -> None:
    usual = profile_of(drive(110))
    again = profile_of(drive(110))
    night = profile_of((frame // 6).astype(np.uint8) for frame in drive(110))
    dirty = profile_of(cv2.GaussianBlur(frame, (0, 0), 12) for frame in drive(110))
    assert usual == again
    assert usual.objects > 0
    assert usual.classes[CLASSES.index("vehicle")] > MOST_SHARE / 2
    assert night.brightness.index(max(night.brightness)) < usual.brightness.index(max(usual.brightness))
    assert (dirty.scores, dirty.objects) != (usual.scores, usual.objects)


def test_a_golden_profile_is_made_from_a_video(tmp_path: Path) -> None:
    video = write_video(tmp_path / "drive.avi", drive(60))
    scene = tmp_path / "scene.toml"
    scene.write_text("frame_size = [640, 360]\n", encoding="utf-8")
    table = "\n".join(replay_video(video, scene, profile=True))
    page = (shipped_folder() / "model.toml").read_text(encoding="utf-8") + "\n" + table

    about = msgspec.toml.decode(page, type=ModelDescription)
    assert about.profile is not None
    assert about.profile.looks > 0


def test_the_vision_process_sends_one_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(until_s=7300.0)

    class Reader:
        skipped = 0
        note = staticmethod(lambda: None)

        def take(self, _: float) -> Taken:
            shell.wait(10.0)
            return Taken(street(), shell.now())

    @contextmanager
    def newest(*_: object) -> Iterator[Reader]:
        yield Reader()

    monkeypatch.setattr(worker, "newest", newest)
    settings = CameraSettings(source="rtsp://10.0.0.5/1", memory_mib=100_000)  # of a process that has run other tests
    with pytest.raises(Stop):
        Worker(Order(name="gate", source=settings.source, settings=settings), make_finder(settings), shell).run()
    bodies = [open_body(message) for message in shell.said if isinstance(message, Said)]
    profiles = [body for body in bodies if isinstance(body, Profile)]
    assert [profile.duration_s for profile in profiles] == [3600.0, 3600.0]
    assert profiles[0].looks == 361
