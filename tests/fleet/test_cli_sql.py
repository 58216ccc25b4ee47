"""``polefleet sql``: any question, no change."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from fleet.cli import main
from fleet.folder import Folder
from fleet.store.messages import Inbox
from fleet.store.sqlite import open_store
from tests.fleet.poles import NOON, message


@pytest.fixture
def folder(home: Path) -> Path:
    with open_store(Folder(home).store) as store:
        store.commit([Inbox("p1", message("p1", [1, 2, 3]), NOON + timedelta(days=1))])
    return home


def test_an_answer_is_csv_or_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", "SELECT pole, state FROM pole", "--folder", str(folder)]) == 0
    assert capsys.readouterr().out == "pole,state\np1,unknown\n"
    assert main(["sql", "SELECT pole, state FROM pole", "--json", "--folder", str(folder)]) == 0
    assert capsys.readouterr().out == '{"pole": "p1", "state": "unknown"}\n'


def test_nothing_can_be_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", "DELETE FROM pole", "--folder", str(folder)]) == 1
    assert re.search("read-?only", capsys.readouterr().err)


def test_a_folder_without_a_database_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", "SELECT 1", "--folder", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
