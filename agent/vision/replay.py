"""A video through the real pipeline, as fast as it goes, with the same answer every time; or a camera as it comes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import msgspec

from agent.config.scene import CameraSettings, SceneSettings
from agent.errors import AgentError, Retry
from agent.vision import sentences as say
from agent.vision.capture import Taken, newest, video
from agent.vision.finder import Finder
from agent.vision.pipeline import Seen, VisionPipeline, make_finder
from agent.vision.profiler import Profiler
from agent.vision.source import Source
from agent.vision.stream.live import StreamLimits
from contract.model import HISTOGRAMS
from contract.types import Body

_OPEN_S, _READ_S = 8.0, 5.0
_PATIENCE_S = 60.0
"""How long a camera that is tried out by hand may take to its first frame: some send a key frame every 40 s."""


class Step(NamedTuple):
    """One frame of a video and what came of it."""

    taken: Taken
    seen: Seen


def steps(
    source: Source, scene: SceneSettings, *, rate: float | None = None, finder: Finder | None = None
) -> Iterator[Step]:
    """Every frame that is due. AgentError: the video cannot be used; ConfigError: the model.

    ``rate``: the video's frames per second, where its stamps are wrong. ``finder``: default the scene's own.
    """
    cv2.setNumThreads(1)
    finder = finder or make_finder(scene)
    pipeline: VisionPipeline | None = None
    at_s = 0.0
    try:
        for taken in _frames(source, scene, rate):
            at_s = taken.at_s
            if pipeline is None:
                size = (taken.frame.shape[1], taken.frame.shape[0])
                pipeline = VisionPipeline(scene, size, finder=finder, seed=1)
            yield Step(taken, pipeline.frame(taken.frame, at_s))
    except Retry as exc:
        raise AgentError(str(exc)) from exc
    if pipeline is None:
        raise AgentError(say.HOLDS_NO_FRAME(shown=source.shown))
    empty = pipeline.end(at_s)
    yield Step(taken, Seen(empty, [], taken.frame[:0, 0, :0].reshape(0, 4), False, False, ()))  # noqa: FBT003


def lines(source: Source, scene: SceneSettings, *, rate: float | None = None) -> Iterator[str]:
    """All that is reported, one JSON object per line: ``at_s`` (seconds of the video), ``kind``, and the body."""
    for step in steps(source, scene, rate=rate):
        for at_s, body in step.seen.events:
            yield row(at_s, body)


def profiled(source: Source, scene: SceneSettings, *, rate: float | None = None) -> Iterator[str]:
    """What the model says of the video, as the table ``[profile]`` of its ``model.toml``."""
    at_s = [0.0]
    profiler = Profiler(make_finder(scene), lambda: at_s[0], every_s=float("inf"))
    pipeline: VisionPipeline | None = None
    for taken in _frames(source, scene, rate):
        at_s[0] = taken.at_s
        pipeline = pipeline or VisionPipeline(
            scene, (taken.frame.shape[1], taken.frame.shape[0]), finder=profiler, seed=1
        )
        pipeline.frame(taken.frame, taken.at_s)
        profiler.frame(taken.frame, taken.at_s)
    if pipeline is None:
        raise AgentError(say.HOLDS_NO_FRAME(shown=source.shown))
    made = profiler.profile(at_s[0])
    yield f"[profile]  # of {made.model}"
    yield from (f"{name} = {getattr(made, name)}" for name in ("looks", "objects"))
    yield from (f"{name} = {list(getattr(made, name))}" for name in HISTOGRAMS)


def _frames(source: Source, scene: SceneSettings, rate: float | None = None) -> Iterator[Taken]:
    """Retry: there are none, and why."""
    memory_mib = scene.memory_mib if isinstance(scene, CameraSettings) else 400
    limits = StreamLimits(_OPEN_S, _READ_S, scene.fps, scene.frame_size, memory_mib)
    if isinstance(scene, CameraSettings):
        limits = limits._replace(open_s=scene.open_s, read_s=scene.read_s)
    if not source.live:
        yield from video(source, limits, rate)
        return
    began_s, first = time.monotonic(), True
    with newest(source, limits) as reader:
        while True:
            taken = reader.take(1.0)
            if taken is not None:
                first = False
                yield taken
            elif first and time.monotonic() - began_s > _PATIENCE_S:
                note = reader.note()
                raise Retry(note.text if note else say.NO_FRAME_CAME_WITHIN(patience_s=_PATIENCE_S))


def row(at_s: float, body: Body) -> str:
    fields = {"at_s": round(at_s, 3), "kind": body.kind, **msgspec.to_builtins(body)}
    return msgspec.json.encode(fields).decode()


class Speed(NamedTuple):
    """What ``vision test`` reports; ``busy_s`` is what the frames took without waiting for them."""

    frames: int
    seconds: float
    busy_s: float
    inferences: int
    inference_ms: float
    size: tuple[int, int]
    labels: dict[str, int]
    """Most at once of each class."""


def measure(source: Source, scene: SceneSettings, seconds: float) -> Speed:
    """Look for ``seconds`` as fast as frames come. AgentError: there are none."""
    labels: dict[str, int] = {}
    frames, busy_s, size = 0, 0.0, (0, 0)
    scene = msgspec.structs.replace(scene, fps=60.0)
    cv2.setNumThreads(1)
    finder = make_finder(scene)
    pipeline: VisionPipeline | None = None
    began = time.perf_counter()
    try:
        for taken in _frames(source, scene):
            size = (taken.frame.shape[1], taken.frame.shape[0])
            pipeline = pipeline or VisionPipeline(scene, size, finder=finder)
            before = time.perf_counter()
            seen = pipeline.frame(taken.frame, taken.at_s)
            busy_s += time.perf_counter() - before
            frames += 1
            for label in {track.label for track in seen.tracks}:
                present = sum(track.label == label for track in seen.tracks)
                labels[label] = max(labels.get(label, 0), present)
            if time.perf_counter() - began > seconds:
                break
    except Retry as exc:
        raise AgentError(str(exc)) from exc
    if not frames:
        raise AgentError(say.HOLDS_NO_FRAME(shown=source.shown))
    eye = finder.eye
    spent = time.perf_counter() - began
    return Speed(frames, spent, busy_s, eye.runs, 1000 * eye.busy_s / max(eye.runs, 1), size, labels)
