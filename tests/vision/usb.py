"""An emulated USB camera: the library that stands for it, built once, and programs that run with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2

from tests.vision.stage import ROOT, street

NUMBERED = "/dev/video97"
LASTING = "/dev/v4l/by-id/usb-Emulated_camera_0001-video-index0"
_SOURCE = Path(__file__).with_name("v4l2_shim.c")


class UsbCamera:
    """Its ``environment`` puts the camera into a process; ``fault`` is one of the library's, empty when all is well."""

    def __init__(self, folder: Path) -> None:
        library = folder / "v4l2_shim.so"
        self._fault = folder / "fault"
        jpeg = folder / "large.jpg"
        build = ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", str(library), str(_SOURCE)]
        subprocess.run([*build, "-ldl", "-lpthread"], check=True)
        cv2.imwrite(str(jpeg), street(width=1280, height=720))
        self.environment = {"LD_PRELOAD": str(library), "V4L2_SHIM": str(self._fault), "V4L2_SHIM_JPEG": str(jpeg)}
        self.fault("")

    def fault(self, name: str) -> None:
        """From now on."""
        new = self._fault.with_suffix(".new")
        new.write_text(name)
        new.replace(self._fault)

    @property
    def queued(self) -> int:
        """Buffers that the last program had queued before frames came."""
        return int(self._fault.with_name("fault.queued").read_text())

    def run(self, code: str) -> str:
        """What a Python program prints that has this camera."""
        command = [sys.executable, "-c", code]
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
