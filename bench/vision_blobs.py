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
from bench.vision.mot import Frame, score
from contract.model import CLASSES


def named() -> Counter[str]:
    """What the classifier calls PETS persons, cut out by the truth's own boxes, every tenth frame."""
    classifier = Classifier(read_model(shipped_folder()))
    told: Counter[str] = Counter()
    truth = data.truth("PETS09-S2L1", 795, data.PETS_SCALE)
    for frame, picture in enumerate(data.pictures("pets09-s2l1.mp4")):
        if frame % 10:
            continue
        for box in truth[frame].values():
            shares = classifier.name(picture, np.array(box, np.float32))
            told[CLASSES[int(shares.argmax())] if shares.max() >= classifier.least else "background"] += 1
    return told


def tracked() -> tuple[list[Frame], float]:
    """Tracks of persons from the whole pipeline with blobs alone, and the share of blobs' persons that are true."""
    scene = SceneSettings()
    pipeline = VisionPipeline(scene, (480, 360), finder=make_finder(scene), seed=1)
    truth = data.truth("PETS09-S2L1", 795, data.PETS_SCALE)
    frames: list[Frame] = []
    right = total = 0
    for frame, picture in enumerate(data.pictures("pets09-s2l1.mp4")):
        seen = pipeline.frame(picture, frame / 10)
        persons = {track.id: track.box for track in seen.tracks if track.label == "person"}
        frames.append(persons)
        if persons and truth[frame]:
            real = np.array(list(truth[frame].values()), np.float32)
            overlap = overlaps(np.array(list(persons.values()), np.float32), real).max(axis=1)
            right += int((overlap > 0.3).sum())
        total += len(persons)
    return frames, right / max(total, 1)


def main() -> None:
    told = named()
    total = sum(told.values())
    print(
        "PETS persons in the truth's boxes are named:", {label: round(n / total, 3) for label, n in told.most_common()}
    )
    frames, share = tracked()
    got = score(data.truth("PETS09-S2L1", 795, data.PETS_SCALE), frames)
    print(f"blobs alone, no detector: MOTA {got.mota:.3f}, IDF1 {got.idf1:.3f}")
    print(f"{100 * share:.0f} % of the reported persons touch a true one")


if __name__ == "__main__":
    main()
