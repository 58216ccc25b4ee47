"""A model of series that no interpreter was asked about, and readings for it."""

from __future__ import annotations

import hashlib
import math
from datetime import timedelta
from pathlib import Path

from contract.types import Reading, Stamp
from contract.units import Unit
from tests.release.desks import NOW

MODEL = """name = "bridge"
task = "series"
file = "weights.tflite"
sha256 = "{sha256}"
licence = "MIT"
source = "made for tests"
[series]
step_s = 60.0
window = 4
quantities = ["tilt_x", "tilt_y"]
mean = [0.0, 0.0]
std = [1.0, 1.0]
"""


def series_folder(folder: Path, content: bytes, more: str = "") -> Path:
    folder.mkdir(parents=True)
    (folder / "weights.tflite").write_bytes(content)
    text = MODEL.format(sha256=hashlib.sha256(content).hexdigest())
    (folder / "model.toml").write_text(text, encoding="utf-8")
    page = 'kind = "model"\nname = "bridge"\nlicence = "MIT"\n' + more
    (folder / "release.toml").write_text(page, encoding="utf-8")
    (folder / "golden-1.in").write_bytes(b"\0")
    (folder / "golden-1.out").write_bytes(b"\0" * 8)
    return folder


def tilts(first_s: float, count: int) -> list[Reading]:
    """Both quantities every 20 s, ``first_s`` after NOW."""
    out = []
    for step in range(count):
        after = first_s + 20.0 * step
        at = Stamp(NOW + timedelta(seconds=after), NOW.timestamp() + after)
        for index, quantity in enumerate(("tilt_x", "tilt_y")):
            value = round(0.1 * math.sin(step / 9 + index), 3)
            out.append(Reading(device="tilt", quantity=quantity, value=value, unit=Unit.DEGREE, at=at))
    return out
