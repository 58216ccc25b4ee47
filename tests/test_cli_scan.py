"""``poleagent scan`` says what is wrong with its command before it scans, and writes over nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent import cli
from agent.acquire.scan import Result
from agent.cli.scan import FOUND
from agent.config.settings import LineSettings


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--line A", "--line: 'A' is no name: take a to z, 0 to 9, '-' and '_'"),
        ("--output /nowhere/x.toml", "/nowhere/x.toml cannot be written: its folder is not there, or not yours"),
    ],
)
def test_a_command_that_cannot_work_is_refused_at_once(
    arguments: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["scan", "/dev/nope", *arguments.split()]) == cli.FAILED
    assert capsys.readouterr().err == f"{sentence}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--baud 0", "argument --baud: 0 is not between 50 and 4000000"),
        ("--last 300", "argument --last: 300 is not between 1 and 247"),
        ("--timeout -1", "argument --timeout: -1 is not between 0.001 and 10"),
        ("--timeout nan", "argument --timeout: nan is not between 0.001 and 10"),
        ("--last x", "argument --last: x is no number"),
    ],
)
def test_a_number_that_cannot_be_is_refused_at_once(
    arguments: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["scan", "/dev/nope", *arguments.split()])
    assert ended.value.code == cli.USAGE
    assert sentence in capsys.readouterr().err


def test_a_recording_is_no_port(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_text("$GPRMC")
    assert cli.main(["scan", f"{tmp_path}/x"]) == cli.FAILED
    assert capsys.readouterr().err == f"{tmp_path}/x is a plain file, not a serial port\n"


def test_settings_that_are_there_are_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pole.toml").write_text("precious")
    assert cli.main(["scan", "/dev/nope", "--output", f"{tmp_path}/pole.toml"]) == cli.FAILED
    assert capsys.readouterr().err == f"{tmp_path}/pole.toml is there already; name another file\n"
    assert (tmp_path / "pole.toml").read_text() == "precious"


def test_what_was_found_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(_: object) -> Result:
        return Result(line=LineSettings(port=os.devnull))

    monkeypatch.setattr("agent.cli.scan.Scan.run", run)
    assert cli.main(["scan", "/dev/nope", "--output", f"{tmp_path}/new.toml"]) == FOUND
    assert (tmp_path / "new.toml").read_text().startswith('[line.a]\nport = "/dev/null"\n')
