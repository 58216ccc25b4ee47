"""A desk of releases, the folder that it publishes to, and a pole that looks there."""

from __future__ import annotations

from pathlib import Path

import pytest

from release.desk import ReleaseDesk
from tests.release.desks import new_desk
from tests.update.poles import Box


@pytest.fixture
def desk(tmp_path: Path) -> ReleaseDesk:
    return new_desk(tmp_path / "desk")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def box(tmp_path: Path, desk: ReleaseDesk) -> Box:
    return Box(tmp_path / "pole", desk.folder)
