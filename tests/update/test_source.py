"""A server that breaks off, does not know ranges, lies about sizes, or has nothing; and what a check costs."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from agent.errors import Retry
from agent.update.source import Download, FolderSource, NotPublished, WebSource
from agent.update.updater import Updater
from release.desk import ReleaseDesk
from tests.release.desks import new_desk, release, settings_folder, stand_in_model
from tests.update.poles import Box, Moments
from tests.update.servers import serving


@pytest.fixture
def moments() -> Moments:
    return Moments()


def test_a_download_that_breaks_off_again_and_again_sends_no_byte_twice(tmp_path: Path, moments: Moments) -> None:
    data = random.Random(1).randbytes(300_000)
    (tmp_path / "site").mkdir()
    (tmp_path / "site/bundle").write_bytes(data)
    with serving(tmp_path / "site") as server:
        server.break_after = 20_000
        source = WebSource(server.address, moments)
        download = Download(source, moments, 0)
        tries = 0
        while True:
            tries += 1
            try:
                download.fetch("bundle", tmp_path / "part", len(data))
                break
            except Retry as reason:
                assert "broke off" in str(reason)  # noqa: PT017 - it is tried again
        source.close()
        assert (tmp_path / "part").read_bytes() == data
        assert server.sent == len(data)
        assert download.received == len(data)
        assert tries == 15


def test_a_server_without_ranges_is_borne(tmp_path: Path, moments: Moments) -> None:
    data = random.Random(2).randbytes(100_000)
    (tmp_path / "site").mkdir()
    (tmp_path / "site/bundle").write_bytes(data)
    (tmp_path / "part").write_bytes(data[:40_001])
    with serving(tmp_path / "site") as server:
        server.ranges = False
        source = WebSource(server.address, moments)
        Download(source, moments, 0).fetch("bundle", tmp_path / "part", len(data))
        source.close()
    assert (tmp_path / "part").read_bytes() == data


def test_more_than_was_signed_is_not_taken(tmp_path: Path, moments: Moments) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/bundle").write_bytes(bytes(5_000_000))
    with serving(tmp_path / "site") as server:
        source = WebSource(server.address, moments)
        with pytest.raises(Retry, match="longer than the 100 bytes"):
            Download(source, moments, 0).fetch("bundle", tmp_path / "part", 100)
        with pytest.raises(Retry, match="larger than 1000 bytes"):
            source.read("bundle", 1000)
        with pytest.raises(NotPublished):
            source.read("nothing", 1000)
        source.close()
    assert (tmp_path / "part").stat().st_size == 0


def test_a_server_that_is_not_there_is_tried_again_later(tmp_path: Path, moments: Moments) -> None:
    with serving(tmp_path) as server:
        address = server.address
    with pytest.raises(Retry, match="cannot be reached"):
        WebSource(address, moments).read("a", 10)
    with pytest.raises(Retry, match="there is no folder"):
        FolderSource(tmp_path / "stick").read("a", 10)


def test_the_pace_of_a_download_is_kept(tmp_path: Path, moments: Moments) -> None:
    (tmp_path / "bundle").write_bytes(bytes(200_000))
    Download(FolderSource(tmp_path), moments, 10_000).fetch("bundle", tmp_path / "part", 200_000)
    assert 19 <= moments.gone_s <= 21


def web(box: Box, address: str) -> tuple[Updater, WebSource]:
    source = WebSource(address, box.moments)
    return box.updater(source), source


def test_a_check_without_news_costs_two_requests_and_less_than_3_kb(tmp_path: Path) -> None:
    desk: ReleaseDesk = new_desk(tmp_path / "desk")
    box = Box(tmp_path / "pole", desk.folder)
    release(desk, tmp_path / "site", settings_folder(tmp_path / "a", "[report]\nwindow_s = 30\n"))
    with serving(tmp_path / "site") as server:
        updater, source = web(box, server.address)
        updater.run()
        source.close()
        server.asked.clear()
        server.bytes = 0
        updater, source = web(box, server.address)
        updater.run()
        source.close()
        assert server.asked == ["metadata/2.root.json", "metadata/timestamp.json"]
        assert server.bytes <= 3000


def test_a_bundle_that_was_changed_on_the_server_never_arrives(tmp_path: Path) -> None:
    desk = new_desk(tmp_path / "desk")
    box = Box(tmp_path / "pole", desk.folder)
    release(desk, tmp_path / "site", stand_in_model(tmp_path / "a", random.Random(3).randbytes(9000)))
    (bundle,) = (tmp_path / "site/targets/models/crops").iterdir()
    good = bundle.read_bytes()
    bundle.write_bytes(bytes(len(good)))
    with pytest.raises(Exception, match="is not what was signed"):
        box.updater(tmp_path / "site").run()
    assert not list((box.state / "update/download").iterdir())
    assert not list((box.state).glob("slots/models/crops/*"))
    assert not box.updater(tmp_path / "site").record.refused
