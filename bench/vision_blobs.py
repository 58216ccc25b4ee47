"""The shipped classifier on videos it has never seen: what does it call PETS persons, and what do blobs alone track?"""

from __future__ import annotations

from collections import Counter

import numpy as np

from agent.config.scene import SceneSettings
from agent.models.describe import read_model, shipped_folder
from agent.vision.boxes import overlaps
from agent.vision.detector import Classifier
from agent.vision.pipeline import VisionPipeline, make_finder
from bench.vision import data
from bench.vision.mot import Boxes, score
from contract.model import CLASSES


def named() -> Counter[str]:
    """What the classifier calls PETS persons, cut out by the truth's own boxes, every tenth frame."""
    classifier = Classifier(read_model(shipped_folder()))
    reported: Counter[str] = Counter()
    truth = data.truth("PETS09-S2L1", 795, data.PETS_SCALE)
    for number, frame in enumerate(data.frames("pets09-s2l1.mp4")):
        if number % 10:
            continue
        for box in truth[number].values():
            shares = classifier.name(frame, np.array(box, np.float32))
            reported[CLASSES[int(shares.argmax())] if shares.max() >= classifier.least else "background"] += 1
    return reported


def tracked() -> tuple[list[Boxes], float]:
    """Tracks of persons from the whole pipeline with blobs alone, and the share of blobs' persons that are true."""
    scene = SceneSettings()
    pipeline = VisionPipeline(scene, (480, 360), finder=make_finder(scene), seed=1)
    truth = data.truth("PETS09-S2L1", 795, data.PETS_SCALE)
    frames: list[Boxes] = []
    right = total = 0
    for number, frame in enumerate(data.frames("pets09-s2l1.mp4")):
        seen = pipeline.frame(frame, number / 10)
        persons = {track.id: track.box for track in seen.tracks if track.label == "person"}
        frames.append(persons)
        if persons and truth[number]:
            real = np.array(list(truth[number].values()), np.float32)
            overlap = overlaps(np.array(list(persons.values()), np.float32), real).max(axis=1)
            right += int((overlap > 0.3).sum())
        total += len(persons)
    return frames, right / max(total, 1)


def main() -> None:
    reported = named()
    total = sum(reported.values())
    print(
        "PETS persons in the truth's boxes are named:",
        {label: round(n / total, 3) for label, n in reported.most_common()},
    )
    frames, share = tracked()
    got = score(data.truth("PETS09-S2L1", 795, data.PETS_SCALE), frames)
    print(f"blobs alone, no detector: MOTA {got.mota:.3f}, IDF1 {got.idf1:.3f}")
    print(f"{100 * share:.0f} % of the reported persons touch a true one")


if __name__ == "__main__":
    main()
