"""A diagnosis as a code of at most 1 KB, and what is made of hostile ones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.causes import CAUSES
from contract.diagnosis import Cause, Diagnosis, named, ranked
from contract.diagnosis_code import CODE_BYTES, HEAD, BadCode, code, read_code
from fleet.cli import main as fleet

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


def diagnosis(causes: list[Cause]) -> Diagnosis:
    return Diagnosis(pole="SZ-0042", version="0.2.0", at=NOW, synced=True, seconds=3.1, causes=tuple(causes))


def test_a_code_holds_the_causes_and_their_readings() -> None:
    causes = [named("serial.missing", "/dev/ttyUSB0 is not there", "line a"), named("link.dns", "no address", "link")]
    read = read_code(code(diagnosis(causes)))
    assert read.causes == tuple(causes)
    assert (read.pole, read.at, read.synced) == ("SZ-0042", NOW, True)


def test_as_much_as_can_be_wrong_fits_into_a_kilobyte_with_the_first_cause() -> None:
    causes = [named(name, f"{name} " * 60, f"device {number}") for number, name in enumerate(CAUSES)]
    text = code(diagnosis(causes))
    assert len(text) <= CODE_BYTES
    read = read_code(text)
    assert read.causes[0].name == causes[0].name
    assert read.left_out == len(causes) - len(read.causes)


@given(st.text(max_size=200))
def test_what_is_no_code_is_refused_with_a_sentence(text: str) -> None:
    for each in (text, HEAD + text):
        with pytest.raises(BadCode, match="diagnosis"):
            read_code(each)


def test_causes_that_explain_others_come_first_and_none_twice() -> None:
    late, early = named("tls.expiring", "in 9 days"), named("settings.syntax", "line 3", "f")
    assert [one.name for one in ranked([late, early, late])] == ["settings.syntax", "tls.expiring"]


def test_the_platform_reads_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    text = code(diagnosis([named("serial.missing", "/dev/ttyUSB0 is\x1b[2J not there", "line a")]))
    assert fleet(["diagnosis", text]) == 0
    shown = capsys.readouterr().out
    assert "1. line a: There is no such port. 没有这个串口。" in shown
    assert "\x1b" not in shown
    assert fleet(["diagnosis", "POLE1.x"]) == 1
    assert "diagnosis" in capsys.readouterr().err
