"""The package, built once for all tests that look at it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deb")
    subprocess.run([ROOT / "packaging" / "build-deb", folder], check=True, timeout=600, cwd=ROOT)
    (package,) = folder.glob("poleagent_*.deb")
    return package
