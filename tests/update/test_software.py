"""A version of the agent: fetched by the agent's user, looked at again and installed by root."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from agent.errors import AgentError, Retry
from agent.update import install
from agent.update.install import accept, result_of
from agent.update.source import FolderSource
from agent.update.trust import Untrusted
from agent.update.updater import Updater
from contract.release import ReleaseId
from release.desk import ReleaseDesk
from tests.release.desks import deb_folder, new_desk, release
from tests.update.poles import Box

TWO = ReleaseId(kind="software", name="poleagent", number=1)


@pytest.fixture
def desk(tmp_path: Path) -> ReleaseDesk:
    return new_desk(tmp_path / "desk")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


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


def accepted(box: Box, site: Path, installer: Path) -> str:
    installer.mkdir(exist_ok=True)
    home = box.state / "update"
    return accept("SZ-1", box.root, home, FolderSource(site), box.moments, installer=installer)


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
    assert accepted(box, site, installer) == "software/poleagent/1"
    assert (installer / "new/poleagent.deb").read_bytes() == b"poleagent 2"
    (installer / "result").write_text(f"software/poleagent/1 {said}\n", encoding="utf-8")
    updater(box, site, installer).run()
    assert box.pole.story[-1] == f"software/poleagent/1 {last}"
    assert accepted(box, site, installer) == ""
    updater(box, site, installer).run()
    assert box.pole.story[-1] == f"software/poleagent/1 {last}"


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
        accepted(box, site, installer)
    bundle.unlink()
    (tmp_path / "elsewhere").write_bytes(good)
    bundle.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Retry, match="cannot be copied"):
        accepted(box, site, installer)
    (box.state / "update/install").write_text("software/poleagent/7\n", encoding="utf-8")
    assert accepted(box, site, installer) == ""
    assert not (installer / "new").exists()


def test_a_package_of_another_name_is_not_installed(box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path) -> None:
    release(desk, site, deb_folder(tmp_path / "a", b"sudo 2"))
    with pytest.raises(Retry):
        updater(box, site, tmp_path / "installer").run()
    with pytest.raises(AgentError, match="this pole has the package poleagent, and the release brings none"):
        accepted(box, site, tmp_path / "installer")


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
            accepted(box, site, installer)
    with monkeypatch.context() as patch:
        patch.setattr(install, "sync", lambda folder: full(0, 0))
        with pytest.raises(Retry, match="No space left"):
            accepted(box, site, installer)
    assert accepted(box, site, installer) == "software/poleagent/1"


def test_a_result_of_another_release_or_of_no_sense_is_none(tmp_path: Path) -> None:
    assert result_of(tmp_path, TWO) is None
    for text in ("", "software/poleagent/9 kept x", "software/poleagent/1 perhaps", "\xff"):
        (tmp_path / "result").write_text(text, encoding="latin-1")
        assert result_of(tmp_path, TWO) is None
