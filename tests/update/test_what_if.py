"""A candidate over the pole's own ring: the difference and nothing else, within bounds, and only of what is signed."""

from __future__ import annotations

import argparse
import asyncio
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from agent.acquire.registry import find_drivers
from agent.cli import what_if
from agent.config.load import load
from agent.config.settings import LocalSettings
from agent.control.server import open_control
from agent.errors import Retry
from agent.handlers import Handlers
from agent.store import open_store
from agent.store.block import StoreBlock
from agent.system.clock import SystemClock
from agent.system.slots import Slots
from agent.update.candidate import CandidateDownload, both_settings, laid_out, laid_out_file
from agent.update.compared import Side, Undone
from agent.update.fit import ReleaseRefused
from agent.update.record import UpdateRecord, read_record
from agent.update.ringrun import RingRun, readings_in
from agent.update.source import FolderSource
from agent.update.trust import Untrusted
from contract.commands import COMMANDS
from contract.release import ReleaseId
from contract.requests import RingBlock, RingResult, WhatIfArgs
from contract.types import Quality, Reading, Stamp
from contract.units import Unit
from contract.what_if import WhatIfResult
from release.desk import ReleaseDesk
from tests.release.desks import model_folder, release, settings_folder
from tests.store.rig import FakeClock, boot
from tests.store.rig import settings as store_settings
from tests.update.poles import Box
from tests.update.series import series_folder, tilts

START = datetime(2026, 11, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
DEVICE = """
[local]
socket = "{socket}"
[line.a]
port = "/dev/ttyS9"
[device.roof]
driver = "modbus_rtu"
line = "a"
unit = 1
profile = "weather_six"
every_s = 10.0
"""
RULE = """
[rule.hot]
severity = "warning"
text = {{ en = "hot", zh = "热" }}
all = [{{ quantity = "temperature", above = {above}, clear = {clear}, for_s = 20.0 }}]
"""
HOT, COOL = RULE.format(above=26.0, clear=25.5), RULE.format(above=40.0, clear=39.0)
HOT_RELEASE = ReleaseId(kind="settings", name="street", number=1)


@pytest.fixture
def box(tmp_path: Path, desk: ReleaseDesk) -> Box:
    box = Box(tmp_path / "pole", desk.folder)
    more = f'[update]\nsource = "{tmp_path}/site"\nroot_file = "{box.root}"\n' + DEVICE.format(socket=box.state / "s")
    box.settings.write_text(box.settings.read_text(encoding="utf-8") + more, encoding="utf-8")
    return box


def warm_and_cool(first: datetime, minutes: int = 60, **more: Any) -> list[Reading]:
    """A temperature that passes 26 degrees once in ten minutes."""
    out = []
    for step in range(minutes * 6):
        at = first + timedelta(seconds=10 * step)
        value = round(24.0 + 4.0 * math.sin(math.tau * step / 60), 2)
        stamp = Stamp(at, at.timestamp())
        out.append(Reading(device="roof", quantity="temperature", value=value, unit=Unit.CELSIUS, at=stamp, **more))
    return out


def block(number: int, readings: list[Reading], *, synced: bool = True) -> RingBlock:
    made = StoreBlock(synced=synced)
    for reading in readings:
        made.add(reading)
    first, last, _, _ = made.spans()
    data = made.packed()
    return RingBlock(id=number, first_ms=first, last_ms=last, synced=synced, size=len(data), data=data)


class RingAtHand:
    """The daemon's answers, and what was asked."""

    def __init__(self, *blocks: RingBlock) -> None:
        self.blocks, self.asked = blocks, list[int]()

    def __call__(self, ids: tuple[int, ...]) -> RingResult:
        self.asked += ids
        return RingResult(
            blocks=tuple(each if ids else replace(each, data=b"") for each in self.blocks if not ids or each.id in ids)
        )


def no_model(*_: object) -> Any:
    raise AssertionError("no model of series is set")


def run_of(box: Box, candidate: str, ring: RingAtHand, **more: Any) -> RingRun:
    page = box.state / "candidate.toml"
    page.write_text(candidate, encoding="utf-8")
    with laid_out_file(page, Slots(box.state)) as other:
        before, after = both_settings(box.settings, other)
    return RingRun(
        ring,
        lambda learned: (Side(before, learned, no_model), Side(after, learned, no_model)),
        Undone(before),
        **more,
    )


def test_the_difference_of_a_rule_is_counted(box: Box) -> None:
    ring = RingAtHand(block(1, warm_and_cool(START)), block(2, warm_and_cool(START + HOUR)))
    found = run_of(box, HOT, ring).run("x")
    assert found.before is not None
    assert found.after is not None
    assert (found.before.alarms, found.after.alarms) == (0, 12), "twelve times in two hours"
    assert found.after.kinds["alert"] == 12
    assert found.after.events - found.before.events == 24, "begin and end"
    assert found.after.bytes > found.before.bytes > 0
    assert (found.share, found.readings, found.since) == (1.0, 720, START)
    assert abs(found.hours - 2.0) < 0.01


def test_offsets_in_force_are_taken_off_before_either_side_sees_a_reading(box: Box) -> None:
    box.settings.write_text(
        box.settings.read_text(encoding="utf-8") + "offsets = { temperature = 3.0 }\n" + HOT,
        encoding="utf-8",
    )
    ring = RingAtHand(block(1, [replace(each, value=each.value + 3.0) for each in warm_and_cool(START)]))  # type: ignore[operator]
    found = run_of(box, "[report]\nwindow_s = 300.0\n", ring).run("x")
    assert found.before is not None
    assert found.before.alarms == 6, "27 to 31 degrees as they were recorded, once in ten minutes above 26"
    assert found.after is not None
    assert found.after.kinds["summary"] < found.before.kinds["summary"] / 4


def test_marks_of_the_checks_are_made_anew(box: Box) -> None:
    before = load(box.settings, find_drivers())
    doubted = warm_and_cool(START, quality=Quality.BAD)[0]
    assert Undone(before)(doubted).quality is Quality.GOOD


@pytest.mark.fault(
    "a ring holds more than a what-if may take of the box", "hours are chosen evenly, their share is said"
)
def test_of_more_than_it_may_take_hours_are_chosen_evenly(box: Box) -> None:
    ring = RingAtHand(*(block(hour, warm_and_cool(START + hour * HOUR)) for hour in range(1, 25)))
    spent = iter(range(100_000))
    found = run_of(box, HOT, ring, most_s=20.0, spent=lambda: float(next(spent))).run("x")
    tried, chosen = ring.asked[:1], ring.asked[1:]
    assert tried == [24], "the newest tells what a block costs"
    assert chosen == sorted(chosen)
    assert (chosen[0], chosen[-1]) == (1, 24), "over the whole span"
    assert len(chosen) < 24
    assert found.share == pytest.approx(len(chosen) / 24, abs=0.01)


def test_only_the_newest_hours_are_looked_at_where_it_is_asked(box: Box) -> None:
    ring = RingAtHand(*(block(hour, warm_and_cool(START + hour * HOUR)) for hour in range(4)))
    found = run_of(box, HOT, ring).run("x", hours=1.9)
    assert (found.since, found.share) == (START + 2 * HOUR, 1.0)


@pytest.mark.fault("a block of the ring is damaged, was taken without a clock, or is gone", "a what-if leaves it out")
def test_blocks_that_are_of_no_use_are_left_out(box: Box) -> None:
    good = block(1, warm_and_cool(START))
    damaged = replace(block(2, warm_and_cool(START + HOUR)), data=b"\x91\xc1")
    unsynced = block(3, warm_and_cool(START + 2 * HOUR), synced=False)
    assert readings_in(damaged) == []
    assert run_of(box, HOT, RingAtHand(good, damaged, unsynced)).run("x").readings == 360
    for ring in (RingAtHand(), RingAtHand(unsynced), RingAtHand(damaged)):
        with pytest.raises(ReleaseRefused, match="the ring holds no readings of a known time"):
            run_of(box, HOT, ring).run("x")


def test_what_changes_nothing_or_has_a_problem_is_refused(box: Box) -> None:
    for candidate, sentence in (
        ("[device.roof]\nevery_s = 20.0\n", "it changes nothing on this pole: .*every_s: stays"),
        ("[rule.hot]\nabove = 1\n", "the settings have"),
        ('[pole]\nid = "other"\n', "belongs to the pole"),
    ):
        with pytest.raises(ReleaseRefused, match=sentence):
            run_of(box, candidate, RingAtHand())


def test_a_release_is_fetched_though_it_is_assigned_to_others_and_nothing_that_runs_is_touched(
    box: Box, desk: ReleaseDesk, tmp_path: Path
) -> None:
    site, slots = tmp_path / "site", Slots(box.state)
    assert release(desk, site, settings_folder(tmp_path / "s", HOT), "another-pole") == HOT_RELEASE
    home = box.state / "what-if"
    home.mkdir()
    download = CandidateDownload(home, box.root, FolderSource(site), box.moments)
    settings = load(box.settings, find_drivers())
    bundle = download.fetch(HOT_RELEASE, settings, UpdateRecord())
    size = bundle.stat().st_size
    assert download.received == size
    assert download.fetch(HOT_RELEASE, settings, UpdateRecord()) == bundle
    assert download.received == size, "asked again, it costs no data"
    with laid_out(bundle, HOT_RELEASE, slots) as other:
        assert "hot" in both_settings(box.settings, other)[1].rule
    assert not slots.folder.exists(), "the pole runs nothing of it"
    assert "hot" not in load(box.settings, find_drivers()).rule
    with pytest.raises(Untrusted, match="never signed"):
        download.fetch(replace(HOT_RELEASE, number=2), settings, UpdateRecord())
    (site / "targets/settings/street").joinpath(
        next(each.name for each in (site / "targets/settings/street").iterdir())
    ).write_bytes(bundle.read_bytes()[:-1] + b"!")
    bundle.unlink()
    with pytest.raises(Untrusted):
        download.fetch(HOT_RELEASE, settings, UpdateRecord())


class BrokenOff(FolderSource):
    """Of each bundle the first bytes come, then the link is gone."""

    most = 0

    def pieces(self, path: str, start: int) -> Iterator[bytes]:
        if start < self.most:
            yield next(super().pieces(path, start))[: self.most - start]
        raise Retry("the link is gone")


@pytest.mark.fault("the download of a what-if breaks off", "what came counts in the month, and the next goes on there")
def test_what_came_before_a_download_broke_off_counts_and_stays(
    box: Box, desk: ReleaseDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, page = tmp_path / "site", box.state / "update" / "record.json"
    release(desk, site, settings_folder(tmp_path / "s", HOT), "another-pole")
    monkeypatch.setattr("agent.update.moment.SystemMoments", lambda **_: box.moments)
    monkeypatch.setattr("agent.update.source.open_source", lambda *_: BrokenOff(site))
    options = argparse.Namespace(settings=box.settings)
    (box.state / "what-if").mkdir()
    (box.state / "what-if" / "of-another.zip").touch()
    for most in (100, 250):
        monkeypatch.setattr(BrokenOff, "most", most)
        with pytest.raises(Retry, match="gone"):
            what_if._fetched(HOT_RELEASE, options, box.state)
        assert read_record(page).month_bytes == most
    monkeypatch.setattr("agent.update.source.open_source", lambda *_: FolderSource(site))
    bundle = what_if._fetched(HOT_RELEASE, options, box.state)
    assert read_record(page).month_bytes == bundle.stat().st_size
    assert list(bundle.parent.glob("*.zip")) == [bundle]


def test_a_model_of_cameras_is_for_the_shadow_step(box: Box, desk: ReleaseDesk, tmp_path: Path) -> None:
    found = release(desk, tmp_path / "site", model_folder(tmp_path / "m"))
    with (
        pytest.raises(ReleaseRefused, match="tried on live frames"),
        laid_out(desk.folder / "targets" / found.path, found, Slots(box.state)),
    ):
        pass


def test_a_model_of_series_is_compared_with_the_one_in_force(
    box: Box, desk: ReleaseDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Path] = []
    monkeypatch.setattr("agent.update.candidate.try_golden", lambda place, _: tried.append(place))
    slots = Slots(box.state)
    first = slots.place(ReleaseId(kind="model", name="bridge", number=1))
    series_folder(first, b"one")
    slots.switch("model", "bridge", 1)
    text = box.settings.read_text(encoding="utf-8").replace("[line.a]", '[anomaly]\nmodel = "slot:bridge"\n[line.a]')
    tilt = '[device.tilt]\ndriver = "modbus_rtu"\nline = "a"\nunit = 4\nprofile = "tilt_dual"\n'
    box.settings.write_text(text + tilt, encoding="utf-8")
    release(desk, tmp_path / "site", series_folder(tmp_path / "one", b"one"))
    second = release(desk, tmp_path / "site", series_folder(tmp_path / "two", b"two"))

    def ask(folder: Path, windows: Any) -> list[list[float]]:
        """The new one is surprised at the end of each question."""
        wild = (folder / "weights.tflite").read_bytes() == b"two"
        rows = [[0.1 + 0.01 * (at % 7), 0.1] for at in range(len(windows))]
        return [*rows[:-3], *([[50.0, 50.0]] * 3)] if wild else rows

    ring = RingAtHand(*(block(hour, tilts(hour * 3600.0, 180)) for hour in range(10)))
    with laid_out(desk.folder / "targets" / second.path, second, slots) as other:
        before, after = both_settings(box.settings, other)
        assert (before.anomaly.model, after.anomaly.model) == (str(first), str(other.place(second)))
        assert tried == [other.place(second)], "its golden samples are tried first"
        run = RingRun(ring, lambda learned: (Side(before, learned, ask), Side(after, learned, ask)), Undone(before))
        found = run.run(str(second))
    assert found.before is not None
    assert found.after is not None
    assert (found.before.alarms, found.after.alarms) == (0, 2), "600 windows are asked in two parts"
    assert slots.current("model", "bridge") == 1


def test_a_file_of_the_pole_cannot_be_named_from_afar() -> None:
    row = next(row for row in COMMANDS if row.name == "what_if")
    for name in ("/etc/passwd", "settings/../1", "software/poleagent/3", "--file"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(msgspec.json.encode({"release": name}), type=row.args)


def test_from_the_command_to_the_counts_with_the_real_store_socket_and_child(
    box: Box, desk: ReleaseDesk, tmp_path: Path
) -> None:
    release(desk, tmp_path / "site", settings_folder(tmp_path / "s", HOT), "another-pole")

    async def story() -> WhatIfResult:
        store = store_settings(box.state)
        async with open_store(store, FakeClock(), boot) as ring:
            ring.keep(warm_and_cool(START))
        async with open_store(store, FakeClock(), boot) as ring:
            agent: Any = SimpleNamespace(path=box.settings, store=ring, settings=load(box.settings, find_drivers()))
            handlers = Handlers(agent, SystemClock())
            with open_control(LocalSettings(socket=str(box.state / "s"))) as control:
                async with asyncio.TaskGroup() as group:
                    serving = group.create_task(control.serve({"ring": handlers.ring}, SystemClock()))
                    args = WhatIfArgs(release="settings/street/1")
                    assert (await handlers.what_if(args, "")).state == "running"
                    running = handlers._trials._running
                    assert running is not None
                    await asyncio.wait_for(running[1].wait(), 300)
                    answer = await handlers.what_if(args, "")
                    serving.cancel()
                return answer

    found = asyncio.run(story())
    assert found.state == "done", found.text
    assert found.before is not None
    assert found.after is not None
    assert (found.before.alarms, found.after.alarms, found.readings) == (0, 6, 360)
    assert not Slots(box.state).folder.exists(), "nothing of it runs"
