"""A version of the agent: fetched by the agent's user, looked at again and installed by root."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from agent.errors import Retry
from agent.update import install
from agent.update.install import accept, result_of
from agent.update.source import FolderSource
from agent.update.trust import Untrusted
from agent.update.updater import Updater
from contract.release import ReleaseId
from release.desk import ReleaseDesk
from release.publishing import withdraw
from tests.release.desks import deb_folder, key, release, settings_folder
from tests.update.poles import Box

TWO = ReleaseId(kind="software", name="poleagent", number=1)


@pytest.fixture
def box(tmp_path: Path, desk: ReleaseDesk, monkeypatch: pytest.MonkeyPatch) -> Box:
    """With a dpkg that takes the first word of a file for the name of its package."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in (
        ("dpkg-deb", 'read -r name rest <"$2"; echo "$name"'),
        ("dpkg-query", 'case "$4" in poleagent) echo install ok installed ;; *) exit 1 ;; esac'),
    ):
        (tools / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    return Box(tmp_path / "pole", desk.folder)


def updater(box: Box, site: Path, installer: Path) -> Updater:
    """One run of the agent's user, from ``site``, which may be a stick."""
    return Updater(
        pole_id="SZ-1",
        settings=box.settings,
        state=box.state,
        options=box.options,
        source=FolderSource(site),
        pole=box.pole,
        moments=box.moments,
        installer=installer,
    )


def accepted(box: Box, installer: Path) -> str:
    """Root's part, which has no other source than what the agent's user has laid there."""
    installer.mkdir(exist_ok=True)
    return accept("SZ-1", box.root, box.state / "update", box.moments, installer=installer)


def ended(installer: Path, said: str) -> None:
    """As packaging/install-release writes it down."""
    attempt = (installer / "release").read_text(encoding="utf-8").strip()
    (installer / "result").write_text(f"{attempt} {said}\n", encoding="utf-8")


@pytest.mark.parametrize("outcome", [("kept it is healthy", "commit done"), ("back it is sick", "install refused")])
def test_a_version_waits_for_root_and_ends_as_root_says(
    outcome: tuple[str, str], box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    said, last = outcome
    installer = tmp_path / "installer"
    release(desk, site, deb_folder(tmp_path / "a", b"poleagent 2"))
    for _ in range(2):
        with pytest.raises(Retry, match=r"waits for poleagent-install\.service"):
            updater(box, site, installer).run()
    assert accepted(box, installer) == "software/poleagent/1"
    assert (installer / "new/poleagent.deb").read_bytes() == b"poleagent 2"
    ended(installer, said)
    updater(box, site, installer).run()
    assert box.pole.story[-1] == f"software/poleagent/1 {last}"
    assert accepted(box, installer) == ""
    updater(box, site, installer).run()
    assert box.pole.story[-1] == f"software/poleagent/1 {last}"


def test_what_root_waits_for_is_said(box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path) -> None:
    installer = tmp_path / "installer"
    installer.mkdir()
    (installer / "step").write_text("installing\n", encoding="utf-8")
    (installer / "waits").write_text("another dpkg is at work\n", encoding="utf-8")
    release(desk, site, deb_folder(tmp_path / "a", b"poleagent 2"))
    with pytest.raises(Retry, match="tries again every ten minutes: another dpkg is at work"):
        updater(box, site, installer).run()


def test_root_believes_nothing_that_lies_in_the_agents_folder(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    installer = tmp_path / "installer"
    release(desk, site, deb_folder(tmp_path / "a", b"poleagent 2"))
    with pytest.raises(Retry):
        updater(box, site, installer).run()
    (bundle,) = (box.state / "update/download").iterdir()
    good = bundle.read_bytes()
    bundle.write_bytes(bytes(len(good)))
    with pytest.raises(Untrusted, match="is not what was signed"):
        accepted(box, installer)
    bundle.unlink()
    (tmp_path / "elsewhere").write_bytes(good)
    bundle.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Retry, match="cannot be copied"):
        accepted(box, installer)
    (box.state / "update/install").write_text("software/poleagent/7#0\n", encoding="utf-8")
    assert accepted(box, installer) == ""
    assert not (installer / "new").exists()


def test_a_package_that_root_cannot_take_is_refused_and_the_pole_goes_on(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    installer = tmp_path / "installer"
    release(desk, site, deb_folder(tmp_path / "a", b"sudo 2"))
    with pytest.raises(Retry):
        updater(box, site, installer).run()
    assert accepted(box, installer) == ""
    assert not list(installer.glob("*new"))
    updater(box, site, installer).run()
    assert box.pole.story[-1] == "software/poleagent/1 install refused"
    assert "this pole has the package poleagent, and the release brings none" in box.pole.steps[-1].text
    assert updater(box, site, installer).record.job is None


def test_a_version_that_is_withdrawn_while_it_waits_for_root_holds_up_nothing(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    installer = tmp_path / "installer"
    one = release(desk, site, deb_folder(tmp_path / "a", b"poleagent 2"))
    with pytest.raises(Retry):
        updater(box, site, installer).run()
    withdraw(desk, one, key("online"))
    release(desk, site, settings_folder(tmp_path / "street", "[report]\nwindow_s = 20\n"))
    installer.mkdir()
    (installer / "step").write_text("trial\n", encoding="utf-8")
    with pytest.raises(Retry, match="waits for"):
        updater(box, site, installer).run()
    (installer / "step").write_text("idle\n", encoding="utf-8")
    updater(box, site, installer).run()
    assert "software/poleagent/1 install withdrawn" in box.pole.story
    assert box.pole.story[-1] == "settings/street/1 commit done"
    assert not (box.state / "update/install").exists()
    assert not list((box.state / "update/download").iterdir())


def test_a_version_that_went_back_is_tried_once_more_where_a_technician_says_so(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    installer = tmp_path / "installer"
    release(desk, site, deb_folder(tmp_path / "a", b"poleagent 2"))
    with pytest.raises(Retry):
        updater(box, site, installer).run()
    assert accepted(box, installer)
    ended(installer, "back it was not healthy within 300 s")
    updater(box, site, installer).run()
    again = updater(box, site, installer)
    again.forgive()
    with pytest.raises(Retry, match=r"waits for poleagent-install\.service"):
        again.run()
    assert accepted(box, installer) == "software/poleagent/1"
    ended(installer, "kept it is healthy")
    updater(box, site, installer).run()
    assert box.pole.story[-1] == "software/poleagent/1 commit done"


def test_a_bundle_that_is_damaged_while_it_waits_for_root_is_fetched_again(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    installer = tmp_path / "installer"
    release(desk, site, deb_folder(tmp_path / "a", b"poleagent 2"))
    with pytest.raises(Retry):
        updater(box, site, installer).run()
    (bundle,) = (box.state / "update/download").iterdir()
    bundle.write_bytes(b"damaged")
    with pytest.raises(Retry):
        updater(box, site, installer).run()
    assert accepted(box, installer) == "software/poleagent/1"


def test_a_disk_that_is_full_refuses_no_package(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installer = tmp_path / "installer"
    release(desk, site, deb_folder(tmp_path / "a", b"poleagent 2"))
    with pytest.raises(Retry):
        updater(box, site, installer).run()

    def full(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", full)
        with pytest.raises(Retry, match="No space left"):
            accepted(box, installer)
    with monkeypatch.context() as patch:
        patch.setattr(install, "sync", lambda folder: full(0, 0))
        with pytest.raises(Retry, match="No space left"):
            accepted(box, installer)
    assert accepted(box, installer) == "software/poleagent/1"


def test_a_result_of_another_release_or_of_no_sense_is_none(tmp_path: Path) -> None:
    assert result_of(tmp_path, f"{TWO}#0") is None
    for text in (
        "",
        "software/poleagent/9#0 kept x",
        "software/poleagent/1#1 kept x",
        "software/poleagent/1#0 perhaps",
        "\xff",
    ):
        (tmp_path / "result").write_text(text, encoding="latin-1")
        assert result_of(tmp_path, f"{TWO}#0") is None
