"""The packages, built once for all tests that look at them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

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
