"""One side of ``bench.vision_track --peers``, run by the peers' own Python: their trackers at their defaults.

Reads JSON lines, one a sequence: its name, frames per second, and per frame rows of x1, y1, x2, y2, score. Prints for
each sequence and tracker per frame {id: box}, and the milliseconds per frame.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import supervision
import trackers

PEERS = {"ByteTrack": "ByteTrackTracker", "OC-SORT": "OCSORTTracker", "SORT": "SORTTracker"}


def detections(rows: list[list[float]]) -> Any:
    table = np.array(rows, np.float32).reshape(-1, 5)
    return supervision.Detections(xyxy=table[:, :4], confidence=table[:, 4], class_id=np.zeros(len(table), dtype=int))


def main() -> None:
    for line in sys.stdin:
        sequence = json.loads(line)
        frames = [detections(rows) for rows in sequence["frames"]]
        for name, kind in PEERS.items():
            tracker = getattr(trackers, kind)(frame_rate=sequence["fps"])
            began = time.thread_time()
            found = [tracker.update(each) for each in frames]
            spent_ms = (time.thread_time() - began) * 1000 / len(frames)
            tracks = [
                {str(track): box.tolist() for track, box in zip(each.tracker_id, each.xyxy, strict=True) if track >= 0}
                for each in found
            ]
            print(
                json.dumps({"sequence": sequence["name"], "peer": name, "tracks": tracks, "ms": spent_ms}), flush=True
            )


if __name__ == "__main__":
    main()
