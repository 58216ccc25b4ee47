"""Wrong settings and the exact words they earn: tests/config/wrong.txt is the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config.load import check, load
from agent.config.problem import SettingsError
from contract.events import BODIES
from tests.config.fakes import DRIVERS

KINDS = ", ".join(sorted(body.kind for body in BODIES))
TABLE = Path(__file__).with_name("wrong.txt")


def _cases() -> list[tuple[str, str, str]]:
    cases = []
    for block in TABLE.read_text(encoding="utf-8").split("\n=== ")[1:]:
        title, _, rest = block.partition("\n")
        text, _, said = rest.partition("---\n")
        cases.append((title, text, said.strip().replace("{kinds}", KINDS)))
    return cases


CASES = _cases()


def test_there_are_at_least_sixty() -> None:
    assert len(CASES) >= 60
    assert len({title for title, _, _ in CASES}) == len(CASES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, mode in (("ca.pem", 0o644), ("key.pem", 0o600), ("open.key", 0o644)):
        (tmp_path / name).write_text("x\n", encoding="ascii")
        (tmp_path / name).chmod(mode)
    return tmp_path


@pytest.mark.parametrize(("text", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_wrong_settings_earn_these_words(folder: Path, text: str, said: str) -> None:
    file = folder / "poleagent.toml"
    file.write_text(text.replace("{folder}", str(folder)), encoding="utf-8")
    problems = check(file, DRIVERS)
    reported = "\n".join(str(problem).removeprefix(f"{file}:").strip() for problem in problems)
    assert reported.replace(str(folder), "{folder}") == said
    assert "hunter2" not in reported
    if all(problem.warning for problem in problems):
        load(file, DRIVERS)
        return
    with pytest.raises(SettingsError) as refused:
        load(file, DRIVERS)
    assert refused.value.problems == tuple(problem for problem in problems if not problem.warning)
