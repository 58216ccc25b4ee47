"""What is compiled in the agent's package: ours, and what of the libraries ours import."""

from __future__ import annotations

import compileall
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_ours_and_what_ours_import_stay_compiled_and_no_source_is_lost(tmp_path: Path) -> None:
    for name, text in {
        "ours_x/__init__.py": "",
        "ours_x/part.py": "import library_x.wanted",
        "ours_x/camera.py": "import library_y_that_is_not_here",
        "library_x/__init__.py": "",
        "library_x/wanted.py": "",
        "library_x/spare.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert compileall.compile_dir(str(tmp_path), quiet=1)
    sources = sorted(tmp_path.rglob("*.py"))
    command = [sys.executable, "-B", "-m", "release.lean", str(tmp_path), str(tmp_path), "ours_x"]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300)
    assert sorted(tmp_path.rglob("*.py")) == sources
    compiled = {f"{file.parent.parent.name}/{file.name.partition('.')[0]}" for file in tmp_path.rglob("*.pyc")}
    assert compiled == {"ours_x/__init__", "ours_x/part", "ours_x/camera", "library_x/__init__", "library_x/wanted"}
