from __future__ import annotations

from pathlib import Path

import pytest

from tests import faults_page


def test_a_fault_stands_on_the_page_with_its_promise_and_its_test(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "test_disk.py").write_text(
        'import pytest\n\n\n@pytest.mark.fault("the disk | is full", "nothing is lost")\ndef test_full() -> None: ...\n'
    )
    assert list(faults_page.rows(tmp_path)) == [
        faults_page.Row("store", "the disk | is full", "nothing is lost", "store/test_disk.py::test_full")
    ]


def test_a_fault_without_a_promise_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test_half.py").write_text('@pytest.mark.fault("the disk is full")\ndef test_full() -> None: ...\n')
    with pytest.raises(ValueError, match="what is promised"):
        list(faults_page.rows(tmp_path))


def test_a_bar_in_a_sentence_does_not_break_the_table() -> None:
    for line in faults_page.page().splitlines():
        if line.startswith("| "):
            assert line.replace("\\|", "").count("|") == 4, line
