"""Attacks on the way of a release, each by somebody who has less than two people's keys."""

from __future__ import annotations

import shutil
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, TargetFile, Targets

from agent.errors import Retry
from agent.update import source as source_module
from agent.update.source import WebSource
from agent.update.trust import Untrusted
from contract.plan import Assignment
from release.desk import OFFLINE, ONLINE, ReleaseDesk
from release.errors import ReleaseError
from release.publishing import assign, publish
from release.rotation import replace_key
from tests.release.desks import NOW, deb_folder, key, release, settings_folder
from tests.release.desks import sign as people_sign
from tests.update.poles import Box, Moments
from tests.update.servers import serving


def revision(folder: Path, window_s: int) -> Path:
    return settings_folder(folder, f"[report]\nwindow_s = {window_s}\n")


def window(box: Box, site: Path) -> str:
    """What the settings that run say."""
    folder = box.updater(site).slots.running("settings", "street")
    return (folder / "settings.toml").read_text(encoding="ascii") if folder else ""


def test_a_site_of_last_week_is_refused(box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path) -> None:
    release(desk, site, revision(tmp_path / "a", 10))
    old = shutil.copytree(site, tmp_path / "old")
    release(desk, site, revision(tmp_path / "b", 20))
    box.updater(site).run()
    with pytest.raises(Untrusted):
        box.updater(old).run()
    assert "window_s = 20" in window(box, site)
    assert [step for step in box.pole.story if "check" in step] == ["check refused"]
    with pytest.raises(Untrusted):
        box.updater(old).run()
    assert [step for step in box.pole.story if "check" in step] == ["check refused"], "said once"


def test_a_site_of_last_week_is_refused_although_the_cache_of_metadata_was_lost(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    release(desk, site, revision(tmp_path / "a", 10))
    old = shutil.copytree(site, tmp_path / "old")
    release(desk, site, revision(tmp_path / "b", 20))
    box.updater(site).run()
    shutil.rmtree(box.state / "update/metadata")
    with pytest.raises(Untrusted, match="is older than"):
        box.updater(old).run()
    box.updater(site).run()
    assert "window_s = 20" in window(box, site)


def test_a_site_that_is_frozen_is_noticed_when_its_term_is_over(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    release(desk, site, revision(tmp_path / "a", 10))
    box.updater(site).run()
    box.moments = Moments(NOW + timedelta(days=13))
    box.updater(site).run()
    box.moments = Moments(NOW + timedelta(days=15))
    with pytest.raises(Untrusted, match="expired"):
        box.updater(site).run()
    assert "window_s = 10" in window(box, site)


def test_metadata_of_two_moments_do_not_mix(box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path) -> None:
    release(desk, site, revision(tmp_path / "a", 10))
    old = shutil.copytree(site, tmp_path / "old")
    release(desk, site, revision(tmp_path / "b", 20))
    newest = max((site / "metadata").glob("*.settings.json"), key=lambda path: int(path.name.partition(".")[0]))
    before = max((old / "metadata").glob("*.settings.json"), key=lambda path: int(path.name.partition(".")[0]))
    shutil.copy(before, newest)
    with pytest.raises(Untrusted):
        box.updater(site).run()
    assert window(box, site) == ""


def forge(site: Path, role: str, change: Any, signer: CryptoSigner) -> None:
    """The newest published ``role``, changed and signed by ``signer`` alone, in its own place."""
    path = max((site / "metadata").glob(f"*.{role}.json"), key=lambda path: int(path.name.partition(".")[0]))
    page: Metadata[Any] = Metadata.from_file(str(path))
    change(page.signed)
    page.signatures.clear()
    page.sign(signer)
    page.to_file(str(path))


@pytest.mark.parametrize("signer", [key("anna"), key("online"), CryptoSigner.generate_ed25519()])
def test_one_key_makes_no_release(
    signer: CryptoSigner, box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    one = release(desk, site, revision(tmp_path / "a", 10))
    data = b"forged"

    def change(signed: Targets) -> None:
        signed.targets[one.path] = TargetFile.from_data(one.path, data)

    forge(site, "settings", change, signer)
    with pytest.raises(Untrusted):
        box.updater(site).run()
    assert window(box, site) == ""


def test_who_stole_the_online_key_assigns_what_people_made_and_nothing_else(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    one = release(desk, site, revision(tmp_path / "a", 10))
    two = release(desk, site, revision(tmp_path / "b", 20))
    box.updater(site).run()
    assign(desk, Assignment(release=one), key("online"))
    publish(desk, site, key("online"), lambda _: None)
    box.updater(site).run()
    assert "window_s = 10" in window(box, site)
    forged = two.__class__(kind="settings", name="street", number=3)
    desk.bundle("rollout/plan.json").write_bytes(
        desk.bundle("rollout/plan.json").read_bytes().replace(b'"number": 1', b'"number": 3')
    )
    data = desk.bundle("rollout/plan.json").read_bytes()
    page = desk.draft("rollout")
    page.signed.targets["rollout/plan.json"] = TargetFile.from_data("rollout/plan.json", data)
    desk.save("rollout", page)
    desk.sign("rollout", key("online"))
    publish(desk, site, key("online"), lambda _: None)
    with pytest.raises(Untrusted, match=f"{forged} is assigned and was never signed"):
        box.updater(site).run()
    assert "window_s = 10" in window(box, site)


def test_after_the_online_key_was_replaced_the_thief_is_refused_and_the_pole_follows_the_new_one(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    release(desk, site, revision(tmp_path / "a", 10))
    thief = ReleaseDesk(shutil.copytree(desk.folder, tmp_path / "thief"), NOW)
    for _ in range(3):  # he lets the versions run ahead, so that the owner's would seem old
        page = thief.draft("rollout")
        thief.save("rollout", page)
        thief.sign("rollout", key("online"))
        publish(thief, tmp_path / "forged", key("online"), lambda _: None)
    box.updater(tmp_path / "forged").run()
    new = CryptoSigner.generate_ed25519()
    for role in replace_key(desk, "online", new.public_key):
        for signer in (key("anna"), key("bo"), new):
            desk.sign(role, signer)
    publish(desk, site, new, lambda _: None)
    box.updater(site).run()
    with pytest.raises(Untrusted):
        box.updater(tmp_path / "forged").run()
    assert set(OFFLINE) | set(ONLINE) == {path.stem for path in desk.folder.glob("metadata/[a-z]*.json")}


@pytest.mark.parametrize("year", [1970, 2100])
def test_a_clock_that_was_never_set_stops_no_update(
    year: int, box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    release(desk, site, revision(tmp_path / "a", 10))
    box.moments = Moments(datetime(year, 1, 1, tzinfo=UTC), synced=False)
    box.updater(site).run()
    assert "window_s = 10" in window(box, site)


def test_a_clock_that_was_set_wrong_does_no_lasting_harm(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    release(desk, site, revision(tmp_path / "a", 10))
    box.moments = Moments(datetime(2100, 1, 1, tzinfo=UTC))
    with pytest.raises(Untrusted, match="expired"):
        box.updater(site).run()
    box.moments = Moments(NOW)
    box.updater(site).run()
    assert "window_s = 10" in window(box, site)
    box.moments = Moments(datetime(1970, 1, 1, tzinfo=UTC))
    box.updater(site).run()
    box.moments = Moments(datetime(1970, 1, 1, tzinfo=UTC), synced=False)
    later = ReleaseDesk(desk.folder, NOW + timedelta(days=8))
    publish(later, site, key("online"), lambda _: None)
    box.updater(site).run()


def test_a_server_that_stalls_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "SILENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        source = WebSource(f"http://127.0.0.1:{listener.getsockname()[1]}", Moments())
        with pytest.raises(Retry, match="silent for"):
            source.read("metadata/timestamp.json", 100)
        source.close()


def test_a_server_that_drips_is_left(tmp_path: Path) -> None:
    (tmp_path / "slow").write_bytes(bytes(100_000))
    moments = Moments()

    class Slow(Moments):
        def monotonic(self) -> float:
            self.gone_s += 50.0  # each look at the clock is after another piece
            return self.gone_s

    with serving(tmp_path) as server:
        source = WebSource(server.address, Slow(moments.start))
        with pytest.raises(Retry, match="took more than 120 s"):
            source.read("slow", 200_000)
        source.close()


def test_a_server_that_sends_an_error_for_everything_breaks_nothing(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    release(desk, site, revision(tmp_path / "a", 10))
    box.updater(site).run()
    with serving(site) as server:
        server.instead = {"metadata/timestamp.json": b"<html>Please pay for your tariff</html>"}
        source = WebSource(server.address, box.moments)
        with pytest.raises((Untrusted, Retry)):
            box.updater(source).run()
        source.close()
    assert "window_s = 10" in window(box, site)


def test_a_bundle_of_another_name_under_this_name_is_not_published(
    desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    release(desk, site, deb_folder(tmp_path / "a", b"1"))
    data = desk.bundle("software/poleagent/1.zip").read_bytes()
    path = "software/other/1.zip"
    desk.bundle(path).parent.mkdir(parents=True)
    desk.bundle(path).write_bytes(data)
    page = desk.draft("software")
    page.signed.targets[path] = TargetFile.from_data(path, data)
    desk.save("software", page)
    people_sign(desk, "anna", "bo")
    with pytest.raises(ReleaseError, match=r"is the bundle of software/poleagent/1, not of software/other/1\.zip"):
        publish(desk, site, key("online"), lambda _: None)
