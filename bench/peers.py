"""Peers of benchmarks, each set in a virtual environment of its own, as a file of requirements/ locks it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def python_of(lock: str) -> Path:
    """The Python that has what requirements/``lock``.txt names; made once."""
    python = RESULTS / lock / "bin" / "python"
    if not (python.parent.parent / "installed").exists():
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
        subprocess.run(
            [Path(__file__).parent.parent / "requirements" / "install", python, lock], check=True, env=environment
        )
        (python.parent.parent / "installed").touch()
    return python
