"""The tracker alone, on detections made beforehand: MOTA, IDF1 and time per frame, next to their targets.

``--peers``: and ByteTrack, OC-SORT and SORT of PyPI's ``trackers`` on the same detections in the same run.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import time
from pathlib import Path

from agent.vision.boxes import Detections
from agent.vision.track import Tracker, TrackerOptions
from bench.peers import python_of
from bench.vision import data
from bench.vision.mot import Boxes, Scores, score
from contract.model import CLASSES

PUBLIC = {"PETS09-S2L1": 7.0, "TUD-Campus": 25.0, "ETH-Sunnyday": 14.0, "ETH-Pedcross2": 14.0, "ADL-Rundle-6": 30.0}
"""Sequences with MOT15's public detections, and their frames per second."""
SURE = 0.75
"""As models/yolox-nano/model.toml says for detectors of its kind."""
PEOPLE = CLASSES.index("person")


def follow(found: list[Detections], fps: float, options: TrackerOptions) -> tuple[list[Boxes], float]:
    """Tracks of persons per frame, and the milliseconds per frame of the tracker alone."""
    number = itertools.count()
    tracker = Tracker(options, lambda: f"{next(number):08x}")
    persons = [each.take(each.classes == PEOPLE) for each in found]
    frames: list[Boxes] = []
    began = time.thread_time()
    reported = [tracker.update(each, frame / fps) for frame, each in enumerate(persons)]
    spent = time.thread_time() - began
    frames = [{track.id: track.box for track in tracks if track.seen} for tracks in reported]
    return frames, spent * 1000 / len(found)


def sequences() -> dict[str, tuple[list[Detections], list[Boxes], float]]:
    pets = data.truth("PETS09-S2L1", 795, data.PETS_SCALE)
    out = {
        f"PETS {name}": (data.reference("pets09-s2l1", name), pets, 10.0)
        for name in ("ssd_v1_300", "yolox_nano_416", "yolo11n_640")
    }
    for name, fps in PUBLIC.items():
        found = data.public(name)
        out[f"{name} public"] = (found, data.truth(name, len(found)), fps)
    return out


def run(options: TrackerOptions) -> dict[str, tuple[Scores, float]]:
    out = {}
    for name, (found, real, fps) in sequences().items():
        reported, spent_ms = follow(found, fps, options)
        out[name] = (score(real, reported), spent_ms)
    return out


def run_peers() -> dict[str, dict[str, tuple[Scores, float]]]:
    """Of each peer what ``run`` gives."""
    given = sequences()
    lines = []
    for name, (found, _, fps) in given.items():
        persons = [each.take(each.classes == PEOPLE) for each in found]
        rows = [
            [[*box, score_] for box, score_ in zip(it.boxes.tolist(), it.scores.tolist(), strict=True)]
            for it in persons
        ]
        lines.append(json.dumps({"name": name, "fps": fps, "frames": rows}))
    script = Path(__file__).with_name("vision_track_peer.py")
    printed = subprocess.run(
        [python_of("track-peers"), script], input="\n".join(lines), capture_output=True, text=True, check=True
    )
    out: dict[str, dict[str, tuple[Scores, float]]] = {}
    for line in printed.stdout.splitlines():
        page = json.loads(line)
        tracks = [{track: tuple(box) for track, box in frame.items()} for frame in page["tracks"]]
        out.setdefault(page["peer"], {})[page["sequence"]] = score(given[page["sequence"]][1], tracks), page["ms"]
    return out


def show(results: dict[str, tuple[Scores, float]], target: str = "") -> None:
    for name, (got, spent_ms) in results.items():
        print(
            f"{name:28}{got.mota:7.3f}{got.idf1:7.3f}{got.misses:8}{got.false_alarms:7}{got.switches:9}{spent_ms:10.3f}"
        )
    public = [(got.mota, got.idf1, spent_ms) for name, (got, spent_ms) in results.items() if name.endswith("public")]
    mota, idf1, spent_ms = (sum(each) / len(public) for each in zip(*public, strict=True))
    print(f"{'mean of the public ones':28}{mota:7.3f}{idf1:7.3f}{spent_ms:34.3f}   {target}\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.vision_track", description=__doc__)
    parser.add_argument("--peers", action="store_true")
    chosen = parser.parse_args()
    print("tracker on given detections, what is seen in each frame; target on PETS: MOTA >= .80, IDF1 >= .84")
    print(f"{'sequence':28}{'MOTA':>7}{'IDF1':>7}{'misses':>8}{'false':>7}{'switches':>9}{'ms/frame':>10}")
    show(run(TrackerOptions(sure=SURE)), "target .51 / .60, half of ByteTrack's time")
    if chosen.peers:
        for name, results in run_peers().items():
            print(name)
            show(results)


if __name__ == "__main__":
    main()
