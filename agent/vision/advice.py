"""What to do about each state of a camera."""

from __future__ import annotations

from typing import Literal

State = Literal["ok", "no_signal", "frozen", "crashed", "too_dark", "lossy", "refused"]
ADVICE: dict[str, str] = {
    "no_signal": "check the camera's power, cable and address; try the source in 'poleagent vision test'",
    "frozen": "restart the camera",
    "crashed": "the decoder failed; update the camera's firmware or choose another codec (H.264, MJPEG)",
    "too_dark": "check the lamp or the camera's infrared light",
    "lossy": "check cable, switch and radio link to the camera, or lower its bit rate",
    "refused": "correct the settings and run 'poleagent reload'",
}
KILLED = "the vision process was killed from outside, or the box ran out of memory"
KILLED_ADVICE = "look for 'oom' in 'journalctl -k'; a smaller stream, model or memory_mib needs less"
