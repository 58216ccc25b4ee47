"""The questions on the command line: the same answers as the API's, for a person and for a program."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.cli import main
from tests.fleet.site import open_site


@pytest.fixture
def folder(home: Path) -> Iterator[Path]:
    with open_site(home, logged_in=False):
        yield home


def said(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> str:
    assert main([*words, "--folder", str(folder)]) == 0
    return capsys.readouterr().out


def test_poles(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, folder, "poles").splitlines()
    assert lines[0].split()[:3] == ["pole", "mark", "state"]
    assert [line.split()[:2] for line in lines[1:]] == [
        ["p1", "warning"], ["p2", "alarm"], ["p3", "warning"], ["p4", "new"]
    ]  # fmt: skip
    assert json.loads(said(capsys, folder, "poles", "--json", "--mark", "new"))["pole"] == "p4"


def test_one_pole(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, folder, "pole", "p2")
    assert "8 events stored, 0 conflicts, 0 unreadable" in out
    assert "store_full" in out
    assert json.loads(said(capsys, folder, "pole", "p2", "--json"))["line"]["mark"] == "alarm"


def test_incidents(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(said(capsys, folder, "incidents").splitlines()) == 4
    assert "flood" in said(capsys, folder, "incidents", "--pole", "p2", "--severity", "alarm")


def test_series(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("series", "p1", "roof", "temperature", "--since", "2026-11-23", "--until", "2026-11-24")
    assert len(said(capsys, folder, *words).splitlines()) == 3
    assert json.loads(said(capsys, folder, *words, "--step", "day", "--json"))["count"] == 3600


def test_completeness(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, folder, "completeness", "--until", "2026-11-24", "--days", "3")
    assert out == ".+.  p1\n.M.  p2  2 missing\n.+.  p3\n"
    assert json.loads(
        said(capsys, folder, "completeness", "--until", "2026-11-23", "--days", "1", "--pole", "p1", "--json")
    )


def test_export(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(list(csv.reader(io.StringIO(said(capsys, folder, "export", "poles", "district=Futian"))))) == 3


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("pole", "none"), "none"),
        (("export", "poles", "district"), "NAME=VALUE"),
        (("export", "poles", "colour=red"), "colour"),
        (("series", "p1", "roof", "temperature", "--since", "yesterday"), "yesterday"),
        (("completeness", "--until", "today"), "today"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], names: str
) -> None:
    assert main([*words, "--folder", str(folder)]) != 0
    err = capsys.readouterr().err
    assert names in err
    assert err.count("\n") == 1
