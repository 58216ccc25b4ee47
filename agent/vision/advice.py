"""What to do about each state of a camera."""

from __future__ import annotations

from typing import Literal

from agent.vision import sentences as say

State = Literal["ok", "no_signal", "frozen", "crashed", "too_dark", "lossy", "refused"]
ADVICE: dict[str, str] = {
    "no_signal": say.CHECK_CAMERAS_POWER_CABLE(),
    "frozen": say.RESTART_CAMERA(),
    "crashed": say.DECODER_FAILED_UPDATE_CAMERAS(),
    "too_dark": say.CHECK_LAMP_OR_CAMERAS(),
    "lossy": say.CHECK_CABLE_SWITCH_RADIO(),
    "refused": say.CORRECT_SETTINGS_RUN_POLEAGENT(),
}
KILLED = say.VISION_PROCESS_KILLED_FROM()
KILLED_ADVICE = say.LOOK_OOM_JOURNALCTL_K()
