"""Snapshots go on time, whatever became of their camera and of the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.config.scene import CameraSettings, EvidenceSettings
from agent.system.clock import SystemClock, always_synced
from agent.vision import retention
from agent.vision.retention import expire, keep_terms, snapshot_name
from contract.events import Evidence
from contract.types import Event

NOON = 1_795_435_200.0  # 2026-11-23 12:00 UTC
DAY_S = 86400.0


@pytest.fixture(autouse=True)
def _no_folder_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(retention, "EVIDENCE_FOLDER", str(tmp_path / "usual"))


def camera(folder: Path) -> CameraSettings:
    evidence = EvidenceSettings(
        purpose="proof of illegal parking", keep_days=2.0, key_file="k", rules=("parking",), folder=str(folder)
    )
    return CameraSettings(source="x", evidence=evidence)


def snapshot(folder: Path, name: str, taken_s: float) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / snapshot_name(name, taken_s, "0123abcd")
    path.write_bytes(b"sealed")
    return path


def why(gone: Sequence[tuple[str, Evidence]]) -> dict[str, str]:
    return {name: body.reason for name, body in gone}


def test_what_was_kept_long_enough_goes_and_the_rest_stays(tmp_path: Path) -> None:
    old, young = snapshot(tmp_path, "gate-1", NOON - 2 * DAY_S - 1), snapshot(tmp_path, "gate-1", NOON - 2 * DAY_S + 1)
    gone = list(expire({"gate-1": camera(tmp_path)}, NOON, set()))
    assert gone == [("gate-1", Evidence(type="deleted", file=old.name, reason="kept long enough", bytes=6))]
    assert young.exists()
    assert not old.exists()


def test_what_nobody_states_a_purpose_for_goes_at_once(tmp_path: Path) -> None:
    snapshot(tmp_path / "usual", "removed", NOON)
    snapshot(tmp_path / "usual", "off", NOON)
    snapshot(tmp_path / "own", "gate", NOON)
    moved = snapshot(tmp_path / "usual", "gate", NOON)
    cameras = {"gate": camera(tmp_path / "own"), "off": CameraSettings(source="x")}
    assert why(list(expire(cameras, NOON, set()))) == dict.fromkeys(
        ["gate", "off", "removed"], "its camera keeps no snapshots any more"
    )
    assert not moved.exists()
    assert len(list((tmp_path / "own").iterdir())) == 1


def test_a_snapshot_from_before_the_clock_was_set_does_not_stay_for_years(tmp_path: Path) -> None:
    snapshot(tmp_path, "gate", NOON + 9 * 365 * DAY_S)
    assert why(list(expire({"gate": camera(tmp_path)}, NOON, set()))) == {
        "gate": "it was taken before the clock was set"
    }
    snapshot(tmp_path, "gate", 0.0)
    assert why(list(expire({"gate": camera(tmp_path)}, NOON, set()))) == {"gate": "kept long enough"}


@pytest.mark.parametrize("name", ["notes.still", "20261123T120000-gate-0123abcd.txt", "20261123T120000-gate-xyz.still"])
def test_files_of_others_are_left_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    assert list(expire({"gate": camera(tmp_path)}, NOON + 99 * DAY_S, set())) == []
    assert (tmp_path / name).exists()


def test_what_cannot_be_deleted_is_logged_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd = tmp_path / snapshot_name("gate", NOON - 9 * DAY_S, "0123abcd")
    odd.mkdir()
    stuck: set[Path] = set()
    for _ in range(3):
        assert list(expire({"gate": camera(tmp_path)}, NOON, stuck)) == []
    assert len(caplog.records) == 1
    assert "cannot be deleted, though its time is over" in caplog.text


def test_a_day_that_cannot_be_is_no_time(tmp_path: Path) -> None:
    (tmp_path / "20269999T120000-gate-0123abcd.still").touch()
    assert why(list(expire({"gate": camera(tmp_path)}, NOON, set()))) == {"gate": "it does not say when it was taken"}


def test_nothing_goes_before_the_clock_is_set_and_each_end_is_an_event(tmp_path: Path) -> None:
    snapshot(tmp_path, "gate", datetime.now(UTC).timestamp() - 3 * DAY_S)  # noqa: TID251 - the real clock is asked below
    emitted: list[Event] = []
    cameras = {"gate": camera(tmp_path)}

    async def once(clock: SystemClock) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(keep_terms(lambda: cameras, emitted.extend, clock), 0.05)

    asyncio.run(once(SystemClock(lambda: False)))
    assert not emitted
    asyncio.run(once(SystemClock(always_synced)))
    assert [(event.source, event.body.kind) for event in emitted] == [("gate", "evidence")]
