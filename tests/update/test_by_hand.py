"""``poleagent update`` by hand, as root: what it leaves behind, the timer's run goes on with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.cli import update

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
    update._as_owner(tmp_path)
    assert became == [("groups", NOBODY), ("group", NOBODY), ("user", NOBODY)]


def test_a_folder_that_is_roots_own_or_not_there_is_no_reason(tmp_path: Path, became: list[tuple[str, int]]) -> None:
    update._as_owner(tmp_path / "none")
    if tmp_path.stat().st_uid == 0:
        update._as_owner(tmp_path)
    assert became == []
