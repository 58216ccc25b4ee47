"""Leaves out of a package the compiled files of what a pole hardly ever runs: what of the libraries ours never import.

`python -m release.lean FOLDER TWIN ROOM...`: FOLDER is a site-packages, compiled; each ROOM a package of ours in it.
What is imported is seen in TWIN: FOLDER itself, or the same for the machine that this runs on. Sources stay: what is
imported all the same (sqlite-utils, after a database broke) is compiled in memory, a second later.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable
from pathlib import Path


def imported(twin: Path, rooms: Iterable[str]) -> frozenset[Path]:
    """The sources in ``twin`` that are loaded once all of ``rooms`` are, by their paths in it."""
    for room in rooms:
        folder = importlib.import_module(room).__path__
        for module in pkgutil.walk_packages(folder, f"{room}."):
            if not module.name.endswith(".__main__"):
                _load(module.name)
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return frozenset(Path(file).relative_to(twin) for file in files if file and Path(file).is_relative_to(twin))


def _load(module: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError:  # a camera's, whose libraries are another package
        return


def unused(folder: Path, rooms: Iterable[str], used: frozenset[Path]) -> list[Path]:
    """The compiled files under ``folder`` that belong neither to ``rooms`` nor to a source of ``used``."""
    kept = tuple(folder / room for room in rooms)
    return [
        compiled
        for compiled in sorted(folder.rglob("__pycache__/*.pyc"))
        if not any(compiled.is_relative_to(room) for room in kept)
        and compiled.parent.parent.relative_to(folder) / f"{compiled.name.partition('.')[0]}.py" not in used
    ]


def main(arguments: list[str]) -> int:
    folder, twin, *rooms = arguments
    sys.path.insert(0, twin)
    for compiled in unused(Path(folder), rooms, imported(Path(twin), rooms)):
        compiled.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
