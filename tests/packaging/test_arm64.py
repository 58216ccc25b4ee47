"""The arm64 packages in a bare arm64 Debian 12, emulated by QEMU: installed, checked, run, and removed.

The bare system is made once by debootstrap and kept in POLEAGENT_CACHE, like that of test_box.py. Times say nothing
there, and the memory of a process is that of the emulator with it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from simulator import street
from tests.packaging.conftest import arm64_system, layer, package

HERE = Path(__file__).resolve().parent
TOOLS = ("debootstrap", "systemd-nspawn", "dpkg-deb")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
EMULATES = Path("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists()
SECONDS, FPS = 7, 10

pytestmark = [
    pytest.mark.long,
    pytest.mark.root,
    pytest.mark.xdist_group("deb"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for a container"),
    pytest.mark.skipif(bool(MISSING), reason=f"apt-get install debootstrap systemd-container dpkg ({MISSING} missing)"),
    pytest.mark.skipif(not EMULATES, reason="apt-get install qemu-user-static binfmt-support: runs no arm64 program"),
    pytest.mark.timeout(7200),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The bare system, to be written to."""
    with layer(arm64_system(), tmp_path_factory.mktemp("arm64")) as made:
        yield made


def record(path: Path) -> None:
    """A drawn street with one car that crosses the middle."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = street.WIDTH, street.HEIGHT, "yuv420p"
        for number in range(SECONDS * FPS):
            image = av.VideoFrame.from_ndarray(street.frame(number / FPS), format="bgr24")
            out.mux(stream.encode(image.reformat(format="yuv420p")))
        out.mux(stream.encode(None))


@pytest.fixture(scope="module")
def story(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each step of story_arm64.sh came to."""
    folder = tmp_path_factory.mktemp("debs-arm64")
    (root / "deb").mkdir()
    for name, short in (("poleagent-vision", "vision"), ("poleagent", "poleagent")):
        built = package(folder, name, arch="arm64")
        print(f"{built.name}: {built.stat().st_size:,} bytes")
        shutil.copy(built, root / "deb" / f"{short}.deb")
    for name in ("story_arm64.sh", "gnss.py"):
        shutil.copy(HERE / name, root / "deb" / name)
    record(root / "deb" / "street.mp4")
    # A network of its own, which has the loopback alone.
    enter = ["systemd-nspawn", "-q", "--register=no", "--keep-unit", "--pipe", "--private-network", "-D", str(root)]
    done = subprocess.run(
        [*enter, "/bin/sh", "/deb/story_arm64.sh"],
        timeout=5400,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    print(done.stdout, done.stderr[-2000:])
    return dict(re.findall(r"^STEP (\w+): (.*)$", done.stdout, re.MULTILINE))


def test_the_packages_are_installed_on_arm64_and_settings_are_checked(story: dict[str, str]) -> None:
    assert story["machine"] == "aarch64"
    assert [story[name] for name in ("installed", "vision_installed", "checked")] == ["0"] * 3


def test_the_daemon_reads_a_device_and_delivers_to_a_broker(story: dict[str, str]) -> None:
    assert [story[name] for name in ("device", "sensible", "link", "delivered")] == ["yes"] * 4
    assert int(story["memory_kib"]) > 0


def test_every_symbol_is_there_a_model_runs_and_a_recorded_video_is_counted(story: dict[str, str]) -> None:
    assert story["libraries"] == "0"
    assert story["inference"] == "0"
    assert int(story["crossings"]) == 1
    assert story["sealed"] == "0"


def test_it_stops_and_purges_without_a_rest(story: dict[str, str]) -> None:
    assert story["stopped"] == "0"
    assert story["purged"] == "0"
    assert story["left"] == ""
    assert story["done"] == "yes"
