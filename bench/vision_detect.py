"""Detection end to end on PETS persons: average precision with crops next to the whole frame, and MOTA of tracks."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cv2
import msgspec

from agent.config.scene import SceneSettings
from agent.vision.boxes import Detections, Floats
from agent.vision.pipeline import VisionPipeline, make_finder
from agent.vision.track import Track
from bench.vision import data
from bench.vision.mot import Boxes, average_precision, score
from contract.model import CLASSES

PEOPLE = CLASSES.index("person")
SCORE = 0.2
"""Low, as average precision wants it; the model's own threshold is for counting."""
Found = list[tuple[float, ...]]


def look(scene: SceneSettings, frames: int) -> tuple[list[Found], list[Boxes], int]:
    """What the tracker was given and what it reported, per frame, of persons; and the number of inferences."""
    cv2.setNumThreads(1)
    finder = make_finder(scene)
    pipeline = VisionPipeline(scene, (480, 360), finder=finder, seed=1)
    reported: list[Found] = []
    update = pipeline._tracker.update  # noqa: SLF001 - what goes into the tracker is what is measured

    def noted(found: Detections, now_s: float, moving: Floats | None = None) -> list[Track]:
        people = found.take(found.classes == PEOPLE)
        reported.append([(float(s), *b.tolist()) for s, b in zip(people.scores, people.boxes, strict=True)])
        return update(found, now_s, moving)

    pipeline._tracker.update = noted  # type: ignore[method-assign]  # noqa: SLF001
    tracks: list[Boxes] = []
    for number, frame in zip(range(frames), data.frames("pets09-s2l1.mp4"), strict=False):
        seen = pipeline.frame(frame, number / 10)
        tracks.append({track.id: track.box for track in seen.tracks if track.label == "person"})
    return reported, tracks, finder.eye.runs


def main(arguments: list[str]) -> None:
    frames = int(arguments[0]) if arguments else 795
    real = data.truth("PETS09-S2L1", frames, data.PETS_SCALE)
    print(f"{'PETS, Apache SSD':22}{'AP':>7}{'MOTA':>7}{'IDF1':>7}{'inferences/frame':>18}")
    with tempfile.TemporaryDirectory() as spot:
        scene = SceneSettings(model=str(data.model("coco-ssd", Path(spot))), crops_max=12)
        for name, how in (("crops", {}), ("whole frame", {"crops": "never"})):
            low, _, runs = look(msgspec.structs.replace(scene, **how, score=SCORE), frames)
            _, tracks, _ = look(msgspec.structs.replace(scene, **how), frames)
            got = score(real, tracks)
            ap = average_precision(real, low)
            print(f"{name:22}{ap:7.3f}{got.mota:7.3f}{got.idf1:7.3f}{runs / frames:18.2f}")
    print("target with crops: AP >= .86")


if __name__ == "__main__":
    main(sys.argv[1:])
