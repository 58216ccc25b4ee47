"""The packages, built once for all tests that look at them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("POLEAGENT_CACHE", "/var/cache/poleagent-tests"))
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agent's."""
    folder = tmp_path_factory.mktemp("deb")
    subprocess.run([ROOT / "packaging" / "build-deb", folder, "poleagent"], check=True, timeout=600, cwd=ROOT)
    (package,) = folder.iterdir()
    return package


@pytest.fixture(scope="session")
def debs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The agent's and the one for cameras."""
    folder = tmp_path_factory.mktemp("debs")
    subprocess.run([ROOT / "packaging" / "build-deb", folder], check=True, timeout=1800, cwd=ROOT)
    vision, agent, _ = sorted(folder.iterdir())
    return agent, vision


@pytest.fixture(scope="module")
def bookworm() -> Path:
    """A bare Debian 12 with systemd and Python."""
    system = CACHE / "bookworm"
    if not system.is_dir():
        part = CACHE / "bookworm.part"
        shutil.rmtree(part, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        packages = "--include=systemd,systemd-sysv,dbus,python3,udev"
        subprocess.run(["debootstrap", "--variant=minbase", packages, "bookworm", part], check=True, timeout=600)
        part.rename(system)
    return system


@pytest.fixture(scope="module")
def box(bookworm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A writable copy of the bare system; what is written is gone afterwards."""
    layer = tmp_path_factory.mktemp("box")
    for name in ("upper", "work", "root"):
        (layer / name).mkdir()
    options = f"lowerdir={bookworm},upperdir={layer / 'upper'},workdir={layer / 'work'}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, layer / "root"], check=True)
    try:
        yield layer / "root"
    finally:
        subprocess.run(["umount", layer / "root"], check=True)
