"""``poleagent update`` and ``what-if`` by hand, as root: what they leave behind, the timer's run goes on with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent import cli
from agent.cli._owner import become_owner, updating
from agent.errors import ConfigError

NOBODY = 65534


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What root was made to become, without this process becoming it."""
    done: list[tuple[str, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "initgroups", lambda _, group: done.append(("groups", group)))
    monkeypatch.setattr(os, "setgid", lambda group: done.append(("group", group)))
    monkeypatch.setattr(os, "setuid", lambda user: done.append(("user", user)))
    return done


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder away: needs root")
def test_root_becomes_the_owner_of_the_state_folder(tmp_path: Path, became: list[tuple[str, int]]) -> None:
    os.chown(tmp_path, NOBODY, NOBODY)
    become_owner(tmp_path)
    assert became == [("groups", NOBODY), ("group", NOBODY), ("user", NOBODY)]


def test_a_folder_that_is_roots_own_or_not_there_is_no_reason(tmp_path: Path, became: list[tuple[str, int]]) -> None:
    become_owner(tmp_path / "none")
    if tmp_path.stat().st_uid == 0:
        become_owner(tmp_path)
    assert became == []


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder away: needs root")
def test_root_has_become_the_owner_before_a_what_if_writes(
    tmp_path: Path, became: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    state, laid = tmp_path / "state", list[Path]()
    state.mkdir()
    os.chown(state, NOBODY, NOBODY)
    page = tmp_path / "poleagent.toml"
    page.write_text(
        f'[pole]\nid = "SZ-1"\n[store]\npath = "{state}/pole.db"\n[update]\nsource = "{tmp_path}/none"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr("agent.cli.what_if._limit", lambda: None)

    def become(user: int) -> None:
        laid.extend(state.iterdir())
        became.append(("user", user))

    monkeypatch.setattr(os, "setuid", become)
    assert cli.main(["what-if", "--settings", str(page), "settings/street/1"]) == cli.FAILED
    assert became[-1:] == [("user", NOBODY)]
    assert laid == []


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
@pytest.mark.fault("a user without rights in the agent's folder takes or tries a release", "one sentence, no traceback")
@pytest.mark.parametrize("there", [True, False])
def test_a_user_without_rights_gets_one_sentence(tmp_path: Path, *, there: bool) -> None:
    home = tmp_path / "update"
    if there:
        home.mkdir()
    os.seteuid(NOBODY)
    try:
        with pytest.raises(ConfigError, match=r"may not write in .*update: try sudo"), updating(home):
            pass
    finally:
        os.seteuid(0)
