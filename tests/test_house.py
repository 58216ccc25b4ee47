"""The house: one name for one thing, and every kind of event is named once."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

from contract.events import BODIES, Episode

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("contract", "ui", "agent", "drivers", "fleet", "release", "simulator", "demo")


def public_classes() -> dict[str, set[str]]:
    """Name -> the modules that define a public class of that name."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found[node.name].add(str(path.relative_to(ROOT)))
    return found


def test_no_two_public_classes_have_one_name() -> None:
    twice = {name: sorted(places) for name, places in public_classes().items() if len(places) > 1}
    assert twice == {}


def test_a_kind_is_the_name_of_its_class() -> None:
    for body in BODIES:
        assert body.kind == re.sub(r"(?<!^)(?=[A-Z])", "_", body.__name__).lower()


def test_what_has_a_phase_is_an_episode() -> None:
    for body in BODIES:
        assert ("phase" in body.__struct_fields__) == issubclass(body, Episode), body
