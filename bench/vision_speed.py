"""Speed: the whole pipeline next to the bare interpreter and decoder, and the share of a core that an idle scene takes.

CPU seconds of one process on one thread, so that a busy machine does not change the ratio.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np

from agent.config.scene import CountingLine, SceneSettings, Zone
from agent.models.describe import read_model
from agent.vision.detector import Detector
from agent.vision.finder import Finder
from agent.vision.pipeline import VisionPipeline, make_finder
from bench.vision import data

VIDEO = "street-eight-vehicles.mp4"
SIZE = (640, 352)
FPS = 24.013
IDLE_S = 120.0


def cpu_s(work: Callable[[], Any]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def compare(name: str, settings: SceneSettings, peer: float, target: str = "", fps: float = FPS) -> None:
    finder = make_finder(settings)
    looked = 0

    def work() -> None:
        nonlocal looked
        looked = whole(settings, finder, fps)

    ours = cpu_s(work)
    print(f"{name:48}{ours:8.2f}{peer / ours:12.2f}{finder.eye.runs / looked:20.2f}{target}", flush=True)


def scene(model: Path, **more: Any) -> SceneSettings:
    road = Zone(points=((0, 100), (640, 100), (640, 352), (0, 352)))
    line = CountingLine(a=(150, 230), b=(600, 230))
    return SceneSettings(frame_size=SIZE, model=str(model), line={"road": line}, zone={"road": road}, **more)


def bare(model: Path) -> None:
    """Decode, scale, infer, read the boxes: nothing else."""
    detector = Detector(read_model(model))
    for frame in data.frames(VIDEO):
        detector.look(frame, [(0, 0, *SIZE)])


def whole(settings: SceneSettings, finder: Finder, fps: float) -> int:
    """The video through the pipeline at ``fps``, every frame decoded. Returns how many were looked at."""
    pipeline = VisionPipeline(settings, SIZE, finder=finder, seed=1)
    looked, due_s = 0, 0.0
    for number, frame in enumerate(data.frames(VIDEO)):
        if number / FPS + 1e-6 >= due_s:
            pipeline.frame(frame, number / FPS)
            looked += 1
            due_s += 1 / fps
    return looked


def idle(settings: SceneSettings) -> float:
    """CPU seconds of the pipeline on ``IDLE_S`` of a scene where nothing moves, at 10 frames a second."""
    rng = np.random.default_rng(1)
    first = next(data.frames(VIDEO))
    video = [np.clip(first + rng.normal(0, 2, first.shape), 0, 255).astype(np.uint8) for _ in range(20)]
    pipeline = VisionPipeline(msgspec.structs.replace(settings, line={}, zone={}), SIZE, finder=make_finder(settings))
    for frame in range(600):  # the first minute is not idle: everything is looked at for the first time
        pipeline.frame(video[frame % 20], frame / 10)
    return cpu_s(lambda: [pipeline.frame(video[frame % 20], 60 + frame / 10) for frame in range(int(IDLE_S * 10))])


def show_idle(name: str, settings: SceneSettings) -> None:
    print(f"idle scene, {name}: {100 * idle(settings) / IDLE_S:.1f} % of a core (target <= 3 %)", flush=True)


def main() -> None:
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as spot:
        model = data.model("coco-ssd", Path(spot))
        bare(model)  # warm
        peer = cpu_s(lambda: bare(model))
        print(f"{'':48}{'CPU s':>8}{'frame rate':>12}{'inferences/frame':>20}  target")
        print(f"{'bare interpreter + decoder, every frame':48}{peer:8.2f}{1:12.2f}{1:20.2f}")
        compare("whole pipeline, whole frame each time", scene(model, crops="never"), peer, "  >= .85")
        compare("whole pipeline, crops", scene(model), peer, "  >= .85")
        compare("the same at 10 frames a second, the default", scene(model), peer, "", 10.0)
        compare("whole pipeline, shipped classifier", msgspec.structs.replace(scene(model), model=""), peer)
        show_idle("shipped classifier", msgspec.structs.replace(scene(model), model=""))
        show_idle("coco-ssd", scene(model))


if __name__ == "__main__":
    main()
