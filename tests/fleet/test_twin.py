"""`polefleet twin`: a city without poles, some of it over real sockets, and never among real poles."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fleet.app import ServeSettings
from fleet.app import main as serve
from fleet.cli import main
from fleet.errors import FleetError
from fleet.folder import MARK, Folder
from fleet.query.reader import reading
from fleet.session import SessionSettings
from simulator.city.feed import CityClock, CityIngest
from simulator.ports import free_port


def test_a_city_reports_by_sockets_and_without_them(tmp_path: Path) -> None:
    options = ["--poles", "40", "--window-s", "10", "--hours", "0.1", "--real", "2", "--web-port", str(free_port())]
    calm = ["--storms-an-hour", "0"]  # what breaks depends on the time of day: a pole without power reports nothing
    command = [sys.executable, "-m", "fleet.cli", "twin", *options, *calm, "--folder", str(tmp_path)]
    to, usual = subprocess.PIPE, 0o022
    with subprocess.Popen(command, stdout=to, stderr=subprocess.DEVNULL, text=True, umask=usual) as twin:
        assert twin.stdout is not None
        try:
            assert "40 virtual poles" in twin.stdout.readline()
            until = time.monotonic() + 300
            real, virtual = ("sz-0001-00", "sz-0001-01"), ("sz-0001-38", "sz-0001-39")  # one of each may have no link
            while not (most(tmp_path, real) >= 4 and most(tmp_path, virtual) >= 30):  # more than one unconfirmed sends
                assert twin.poll() is None
                assert time.monotonic() < until, "the city has not reported in time"
                time.sleep(0.5)  # noqa: TID251  # another process stores
        finally:
            twin.send_signal(signal.SIGTERM)
        assert twin.wait(120) == 0
    readable = [file for file in tmp_path.iterdir() if file.name != MARK and file.stat().st_mode & 0o077]
    assert readable == [], "its accounts are for its owner alone"
    with reading(*Folder(tmp_path).read) as db:
        (registered,) = db.execute("SELECT count(*) FROM register WHERE feeder != ''").fetchone()
        (unreadable,) = db.execute("SELECT count(*) FROM quarantine").fetchone()
    assert (registered, unreadable) == (40, 0)


def test_messages_wait_by_the_real_clock_alone() -> None:
    """On a fast clock, or while the past is made up, 30 s are no time; a feed of the city waits for the store."""
    for speed, runs, text in ((30, True, ""), (1, False, ""), (1, True, "messages wait")):
        nothing: Any = None
        clock = CityClock(0, speed)
        settings = SessionSettings(port=1)
        ingest = CityIngest(nothing, settings, clock.now, city=nothing, clock=clock, begin=0, until=0, sockets=nothing)
        if runs:
            clock.run()
        ingest._say("queue", "messages wait")
        assert ingest.health.text == text
        ingest._say("store", "nothing can be stored")
        assert ingest.health.text


def most(folder: Path, poles: tuple[str, str]) -> int:
    """Events of that pole of the two of which most are stored."""
    if not Folder(folder).database.exists():
        return 0
    with reading(*Folder(folder).read) as db:
        query = "SELECT sum(count) FROM segment WHERE pole IN (?, ?) GROUP BY pole ORDER BY 1 DESC"
        return int((db.execute(query, poles).fetchone() or (0,))[0])


def test_a_folder_with_real_poles_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fleet.db").touch()
    assert main(["twin", "--folder", str(tmp_path)]) == 1
    assert "real poles" in capfd.readouterr().err


@pytest.mark.parametrize("folder", ["{here}/file", "{here}/file/more", "/proc/none", "{here}/" + "x" * 300])
def test_a_folder_that_cannot_be_is_one_sentence(
    folder: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["twin", "--folder", folder.format(here=tmp_path)]) == 1
    said = capfd.readouterr().err
    assert "cannot be used" in said
    assert "another folder with --folder" in said


def test_a_folder_of_a_twin_is_not_served_as_a_platform(tmp_path: Path) -> None:
    (tmp_path / MARK).touch()
    settings = ServeSettings(folder=tmp_path, web_port=0, mqtt_port=free_port())
    with pytest.raises(FleetError, match="made up: choose another folder with --folder"):
        serve(settings, lambda _: pytest.fail("it serves"))


def test_a_package_without_the_simulator_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("fleet.cli.twin.find_spec", lambda _name: None)
    assert main(["twin"]) == 1
    assert "not part of this package" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--poles", "0"], ["--speed", "x"], ["--hours", "-1"], ["--web-port", "70000"]])
def test_a_wrong_number_is_one_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["twin", *words])
    assert " from " in capsys.readouterr().err
