"""What cameras need in addition to the agent itself, and how to get it; found out without importing any of it."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from agent.models import sentences as say

_LIBRARIES = (("numpy",), ("cv2",), ("av",), ("ai_edge_litert", "tflite_runtime"))
ON_A_POLE = sys.prefix == "/opt/poleagent"
"""Installed by the package for poles, which brings its own Python and has no pip."""
HOW = "apt install ./poleagent-vision_*.deb" if ON_A_POLE else "pip install 'poleagent[vision]'"


def missing() -> str:
    """Why no camera can run on this box, as a sentence; empty where all is there."""
    absent = [names[0] for names in _LIBRARIES if not any(map(find_spec, names))]
    return say.CAMERAS_NEED_MORE_LIBRARIES(absent=", ".join(absent), how=HOW) if absent else ""
