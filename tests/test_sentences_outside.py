"""No sentence that people read stands outside of a table: each has a row with its English and its Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAYS = {"AgentError", "ConfigError", "Finding", "NotAllowed", "NotRunning", "Problem", "Retry", "err", "out", "print"}
"""What a text is given to that a person reads; and every exception of the agent, by its name."""
KEYWORDS = {"advice", "cure", "description", "help", "summary", "text"}
PROSE = re.compile(r"[A-Za-z]{2,}[,:;]? [a-z]{2,}")
ALLOWED = {
    "agent/analysis/level.py": "caught in pipeline.py",
    "agent/analysis/relation.py": "caught in pipeline.py",
    "agent/analysis/rhythm.py": "caught in pipeline.py",
    "agent/analysis/stuck.py": "caught in pipeline.py",
    "agent/analysis/worker.py": "ends a child process",
    "agent/cli/run.py": "the journal",
    "agent/config/reference.py": "the page of the settings, for readers of the documents",
    "agent/config/schema.py": "the schema, for editors",
    "agent/doctor/pole.py": "the doctor shows its causes, whose sentences stand in contract/causes",
    "agent/system/timer.py": "the kernel has no timers: a bug",
}
"""File -> who reads its texts."""


def texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The texts that an expression may be, with the words of an f-string and without what is filled in."""
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
        yield node.lineno, "".join(map(str, parts))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)
    elif isinstance(node, ast.BinOp):
        yield from texts(node.left)
        yield from texts(node.right)


def said(tree: ast.Module) -> Iterator[ast.AST]:
    """Every expression that is given to a person."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "AssertionError":
            continue
        if name in SAYS or (isinstance(node.func, ast.Name) and name.endswith(("Refused", "Untrusted", "Error"))):
            yield from node.args
        if name == "Meta":
            continue
        for keyword in node.keywords:
            if keyword.arg in KEYWORDS:
                yield keyword.value


def outside() -> list[str]:
    found = []
    for room in ("agent", "drivers"):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if name in ALLOWED or path.name.lstrip("_").startswith("sentences"):
                continue
            for node in said(ast.parse(path.read_text(encoding="utf-8"))):
                found += [f"{name}:{line}: {text!r}" for line, text in texts(node) if PROSE.search(text)]
    return found


def test_every_sentence_that_people_read_stands_in_a_table() -> None:
    assert outside() == []


def test_what_is_allowed_is_there() -> None:
    assert all((ROOT / name).is_file() for name in ALLOWED)


def test_a_sentence_outside_of_a_table_is_found() -> None:
    tree = ast.parse('raise Retry(f"{port} went away" if port else "no port at all")')
    assert [text for node in said(tree) for _, text in texts(node) if PROSE.search(text)] == [
        "{} went away",
        "no port at all",
    ]
