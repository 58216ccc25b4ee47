"""Every cause has its sentences, every name that the code uses has its row, and no row is there for nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.doctor.check import find_checks
from agent.vision.advice import ADVICE
from contract.causes import CAUSES
from tests.doctor.plan import find_kinds

ROOT = Path(__file__).resolve().parents[2]
PARTS = "|".join(sorted({name.split(".")[0] for name in CAUSES}))
NAME = re.compile(rf'"((?:{PARTS})\.[a-z_]+)"')


def used() -> set[str]:
    files = (ROOT / "agent").rglob("*.py")
    found = {name for path in files for name in NAME.findall(path.read_text(encoding="utf-8"))}
    return (found & CAUSES.keys()) | {f"camera.{state}" for state in ADVICE} | {"camera.waiting"}


def test_at_least_sixty_kinds_of_faults_can_be_named_and_are_made() -> None:
    assert len(CAUSES) >= 60
    assert len({name for kind in find_kinds() for name in kind.names}) >= 60


@pytest.mark.parametrize("name", CAUSES)
def test_a_cause_says_in_both_languages_what_is_wrong_and_one_thing_to_do(name: str) -> None:
    row = CAUSES[name]
    for words in (row.text, row.todo):
        assert set(words) == {"en", "zh"}
        assert words["en"][0] == "'" or words["en"][0].isupper()
        assert words["en"].endswith(".")
        assert words["zh"].endswith("。")


def test_each_name_in_the_code_has_a_row_and_each_row_is_used() -> None:
    assert CAUSES.keys() - used() == set()


def test_each_kind_of_fault_is_named_by_a_row() -> None:
    assert {name for kind in find_kinds() for name in kind.names} <= CAUSES.keys()


def test_checks_are_found_by_themselves_and_end_within_twenty_seconds_with_what_comes_before() -> None:
    checks = find_checks()
    assert len(checks) >= 15
    assert max(check.limit_s for check in checks) <= 15.5
