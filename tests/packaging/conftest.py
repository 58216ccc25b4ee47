"""The packages, built once for all tests that look at them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("POLEAGENT_CACHE", "/var/cache/poleagent-tests"))
ROOT = Path(__file__).resolve().parent.parent.parent
BUILT = os.environ.get("POLEAGENT_DEBS", "")
"""A folder with packages that `make deb` has made already; without it they are built here, which takes minutes."""


def package(folder: Path, name: str, only: str = "", arch: str = "") -> Path:
    """The package ``name``, built into ``folder`` where it was not; ``only``: that one alone."""
    arch = arch or subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout
    folder = Path(BUILT) if BUILT else folder
    pattern = f"{name}_*_{arch.strip()}.deb"
    if not list(folder.glob(pattern)):
        command = [str(ROOT / "packaging" / "build-deb"), str(folder), *([only] if only else [])]
        subprocess.run(command, check=True, timeout=3600, cwd=ROOT, env=os.environ | {"ARCH": arch.strip()})
    (found,) = folder.glob(pattern)
    return found


@pytest.fixture(scope="session")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agent's."""
    return package(tmp_path_factory.mktemp("deb"), "poleagent", only="poleagent")


@pytest.fixture(scope="session")
def debs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The agent's and the one for cameras."""
    folder = tmp_path_factory.mktemp("debs")
    vision = package(folder, "poleagent-vision")
    return package(folder, "poleagent"), vision


@pytest.fixture(scope="module")
def bookworm() -> Path:
    """A bare Debian 12 with systemd and Python."""
    system = CACHE / "bookworm"
    if not (system / "usr/bin/openssl").exists():  # not there, or made before openssl was asked for
        shutil.rmtree(system, ignore_errors=True)
        part = CACHE / "bookworm.part"
        shutil.rmtree(part, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        packages = "--include=systemd,systemd-sysv,dbus,python3,udev,openssl"
        subprocess.run(["debootstrap", "--variant=minbase", packages, "bookworm", part], check=True, timeout=3600)
        part.rename(system)
    return system


def arm64_system() -> Path:
    """A bare arm64 Debian 12 with systemd, Python and mosquitto."""
    system = CACHE / "bookworm-arm64"
    if not system.is_dir():
        part = CACHE / "bookworm-arm64.part"
        shutil.rmtree(part, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        packages = "--include=systemd,systemd-sysv,dbus,python3,udev,openssl,mosquitto"
        first = ["debootstrap", "--foreign", "--arch=arm64", "--variant=minbase", packages, "bookworm", str(part)]
        subprocess.run(first, check=True, timeout=1200)
        subprocess.run(["chroot", part, "/debootstrap/debootstrap", "--second-stage"], check=True, timeout=3600)
        part.rename(system)
    return system


@contextmanager
def layer(system: Path, folder: Path) -> Iterator[Path]:
    """A writable copy of a bare system; what is written is gone afterwards."""
    for name in ("upper", "work", "root"):
        (folder / name).mkdir()
    options = f"lowerdir={system},upperdir={folder / 'upper'},workdir={folder / 'work'}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, folder / "root"], check=True)
    try:
        yield folder / "root"
    finally:
        subprocess.run(["umount", folder / "root"], check=True)


@pytest.fixture(scope="module")
def box(bookworm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A bare Debian 12 that may be written to."""
    with layer(bookworm, tmp_path_factory.mktemp("box")) as root:
        yield root
