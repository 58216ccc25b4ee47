"""The lock files: exact, hashed, alike, inside the ranges of ``setup.py``, without the address of an index."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
EXTRAS = {
    "demo": ["demo"],
    "dev": ["demo", "dev", "evidence", "update", "release"],
    "pole": ["update"],
    "vision": ["vision", "evidence"],
}
"""Lock of what is ours -> the extras of ``setup.py`` in it."""


def locked(path: Path) -> dict[str, str]:
    """Name -> version of every package of a lock file."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.fixture
def ranges(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What ``setup.py`` asks for: the extra's name, or nothing for what is always needed -> requirements."""
    asked: dict[str, Any] = {}
    setuptools = importlib.import_module("setuptools")  # which comes without types
    monkeypatch.setattr(setuptools, "setup", asked.update)
    monkeypatch.chdir(ROOT)
    exec(compile((ROOT / "setup.py").read_text(encoding="utf-8"), "setup.py", "exec"), {})
    extras: dict[str, list[str]] = asked["extras_require"]
    return {"": asked["install_requires"]} | extras


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_every_line_of_a_lock_is_exact_and_hashed_and_names_no_index(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[^\s#])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    assert entries
    for entry in entries:
        assert re.fullmatch(
            r"[a-z0-9-]+==\S+( ;[^\n]+)? \\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+(\n    #.*)*", entry
        )
    assert "://" not in text
    assert "index" not in text.replace("indexes", "")


@pytest.mark.parametrize("name", EXTRAS)
def test_a_lock_has_what_setup_asks_for_inside_its_ranges(name: str, ranges: dict[str, list[str]]) -> None:
    versions = locked(ROOT / "requirements" / f"{name}.txt")
    for extra in ("", *EXTRAS[name]):
        for wanted in map(Requirement, ranges[extra]):
            if wanted.marker is None or wanted.marker.evaluate({"platform_machine": "aarch64"}):
                assert wanted.specifier.contains(versions[canonicalize_name(wanted.name)]), wanted


@pytest.mark.parametrize("name", EXTRAS)
def test_what_a_pole_or_a_demo_runs_is_what_the_tests_ran(name: str) -> None:
    tested = locked(ROOT / "requirements" / "dev.txt")
    assert locked(ROOT / "requirements" / f"{name}.txt").items() <= tested.items()
