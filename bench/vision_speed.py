"""Speed: the whole pipeline beside the bare interpreter and decoder, and an idle scene beside detecting every picture.

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

from agent.config.settings import CountingLine, SceneSettings, Zone
from agent.vision.detector import Detector
from agent.vision.model import read_model
from agent.vision.pipeline import Pipeline, make_finder
from bench.vision import data

FILM = "street-eight-vehicles.mp4"
SIZE = (640, 352)


def cpu_s(work: Callable[[], Any]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def scene(model: Path, **more: Any) -> SceneSettings:
    road = Zone(points=((0, 100), (640, 100), (640, 352), (0, 352)))
    line = CountingLine(a=(150, 230), b=(600, 230))
    return SceneSettings(picture=SIZE, model=str(model), line={"road": line}, zone={"road": road}, **more)


def bare(model: Path) -> None:
    """Decode, scale, infer, read the boxes: nothing else."""
    detector = Detector(read_model(model))
    for picture in data.pictures(FILM):
        detector.look(picture, (0, 0, *SIZE))


def whole(settings: SceneSettings) -> Pipeline:
    pipeline = Pipeline(settings, SIZE, finder=make_finder(settings), seed=1)
    for frame, picture in enumerate(data.pictures(FILM)):
        pipeline.frame(picture, frame / 24.013)
    return pipeline


def idle(model: Path, seconds: float = 120.0) -> tuple[float, float]:
    """CPU seconds of the pipeline and of detecting every picture, on a scene where nothing moves."""
    rng = np.random.default_rng(1)
    first = next(data.pictures(FILM))
    film = [np.clip(first + rng.normal(0, 2, first.shape), 0, 255).astype(np.uint8) for _ in range(20)]
    settings = scene(model)
    pipeline = Pipeline(msgspec.structs.replace(settings, line={}, zone={}), SIZE, finder=make_finder(settings))
    count = int(seconds * 10)
    for frame in range(600):  # the first minute is not idle: everything is looked at for the first time
        pipeline.frame(film[frame % 20], frame / 10)
    ours = cpu_s(lambda: [pipeline.frame(film[frame % 20], 60 + frame / 10) for frame in range(count)])
    detector = Detector(read_model(model))
    each = cpu_s(lambda: [detector.look(film[frame % 20], (0, 0, *SIZE)) for frame in range(count)])
    return ours, each


def main() -> None:
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as spot:
        model = data.model("coco-ssd", Path(spot))
        bare(model)  # warm
        peer = cpu_s(lambda: bare(model))
        print(f"{'':44}{'CPU s':>8}{'frame rate':>12}  target")
        print(f"{'bare interpreter + decoder, every picture':44}{peer:8.2f}{1:12.2f}")
        ours = cpu_s(lambda: whole(scene(model, crops="never")))
        print(f"{'whole pipeline, whole picture each time':44}{ours:8.2f}{peer / ours:12.2f}  >= .85")
        crops = cpu_s(lambda: whole(scene(model)))
        print(f"{'whole pipeline, crops':44}{crops:8.2f}{peer / crops:12.2f}")
        shipped = cpu_s(lambda: whole(msgspec.structs.replace(scene(model), model="")))
        print(f"{'whole pipeline, shipped classifier':44}{shipped:8.2f}{peer / shipped:12.2f}")
        still, each = idle(model)
        share = 100 * still / each
        print(f"idle scene: {still:.2f} s beside {each:.2f} s for each picture: {share:.1f} % (target <= 5 %)")


if __name__ == "__main__":
    main()
