"""docs/faults.md: what can happen to a pole, what is promised, and the test that proves it.

A test says so itself: ``@pytest.mark.fault("what happens", "what is promised")``. The tests are read and not run, so
the page is the same on every machine.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec

TESTS = Path(__file__).resolve().parent
ROOMS = {
    ".": "The daemon and its command line",
    "acquire": "Lines and devices",
    "drivers": "Drivers",
    "analysis": "Analysis",
    "store": "The store",
    "uplink": "The link",
    "contract": "The contract",
    "vision": "Cameras",
    "models": "Models",
    "status": "Status",
    "control": "The control socket",
    "config": "Settings",
    "system": "Processes, time and certificates",
    "setup": "Setup, claim and renewal",
    "packaging": "The package and its unit",
    "firmware": "Firmware",
    "proof": "Seals",
    "carry": "The stick",
    "soak": "Hours of faults",
}
"""Folder of tests -> its heading; a folder that is not named here comes last under its own name."""
HEAD = """# Faults

What can happen to a pole, what the agent promises then, and the test that proves it. This page is made from the tests
(`make docs`): a test names its fault with `@pytest.mark.fault("what happens", "what is promised")`.
"""


class Row(msgspec.Struct, frozen=True, order=True):
    """One fault; ``test`` is ``file::function``, the file as seen from the folder of the tests."""

    room: str
    happens: str
    promise: str
    test: str


def page() -> str:
    """The whole page."""
    found = sorted(rows())
    rooms = list(dict.fromkeys((*ROOMS, *(row.room for row in found))))
    parts = [HEAD.rstrip()]
    for room in rooms:
        here = [row for row in found if row.room == room]
        if here:
            parts += [
                "",
                f"## {ROOMS.get(room, room)}",
                "",
                "| what happens | what is promised | test |",
                "|---|---|---|",
            ]
            parts += [f"| {_cell(row.happens)} | {_cell(row.promise)} | `{row.test}` |" for row in here]
    return "\n".join((*parts, ""))


def rows(folder: Path = TESTS) -> Iterator[Row]:
    """The faults that the tests under ``folder`` name."""
    for file in sorted(folder.rglob("test_*.py")):
        place = file.relative_to(folder)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for happens, promise in _faults(node, place):
                    yield Row(str(place.parent), happens, promise, f"{place}::{node.name}")


def _faults(test: ast.FunctionDef | ast.AsyncFunctionDef, place: Path) -> Iterator[tuple[str, str]]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.fault":
            texts = [ast.literal_eval(text) for text in mark.args]
            if len(texts) != 2 or not all(isinstance(text, str) and text for text in texts):
                raise ValueError(f"{place}, {test.name}: the mark fault takes what happens and what is promised")
            yield texts[0], texts[1]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
