"""The wheel, installed with the extra ``demo`` in an environment of its own: it holds all that the demo needs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


def test_one_command_runs_the_demo_from_a_built_wheel(tmp_path: Path) -> None:
    home = tmp_path / "wheel"
    command = ["make", "-s", "demo-wheel", f"WHEEL={home}", "SECONDS_=30", "JSON=1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1700)
    assert done.returncode == 0, done.stdout + done.stderr
    proof = json.loads(done.stdout.splitlines()[-1])
    assert proof["events_missing"] == proof["duplicates_after_dedupe"] == 0
    assert proof["events_delivered"] > 0
    assert proof["starts"] > 1, "the daemon was killed on the way"
    assert proof["cars_counted"] > 0, "with a camera and its model"
    where = [str(home / "bin/python"), "-I", "-c", "import demo; print(demo.__file__)"]
    shown = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(shown.stdout).is_relative_to(home)
