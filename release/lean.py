"""Leaves out of a package the compiled files of what a pole hardly ever runs: what of the libraries ours never import.

`python -m release.lean FOLDER ROOM...`: FOLDER is a site-packages, compiled; each ROOM a package of ours in it. Sources
stay: what is imported all the same (sqlite-utils, after a database broke) is compiled in memory, a second later.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable
from pathlib import Path


def imported(rooms: Iterable[str]) -> frozenset[Path]:
    """The source of each module that is loaded once all of ``rooms`` are; a module that lacks a library is left out."""
    for room in rooms:
        folder = importlib.import_module(room).__path__
        for module in pkgutil.walk_packages(folder, f"{room}."):
            if not module.name.endswith(".__main__"):
                _load(module.name)
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return frozenset(Path(file) for file in files if file)


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
        and compiled.parent.parent / f"{compiled.name.partition('.')[0]}.py" not in used
    ]


def main(arguments: list[str]) -> int:
    folder, *rooms = arguments
    sys.path.insert(0, folder)
    for compiled in unused(Path(folder), rooms, imported(rooms)):
        compiled.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
