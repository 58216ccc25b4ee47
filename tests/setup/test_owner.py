"""What root makes in the folder of the daemon's user belongs to that user, and goes no further than their rights."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.setup import flow, owner
from agent.setup.acceptance import keep, signed
from agent.setup.claim import claim
from agent.setup.key import make_key
from agent.setup.owner import as_owner
from agent.setup.sentences import SetupError
from agent.system.identity import CERT, KEY, Identity
from tests.setup.poles import link_with, now, platform_in_one_function
from tests.setup.test_accept import WELL, made
from tests.setup.test_mistakes import Box

USER, GROUP = 12345, 12346
pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="gives files away: needs root"),
]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may enter; those of pytest are for root alone."""
    made = Path(tempfile.mkdtemp(prefix="poleagent-owner-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def state(folder: Path) -> Path:
    """The state folder of the daemon's user."""
    state = folder / "state"
    state.mkdir(mode=0o700)
    os.chown(state, USER, GROUP)
    return state


@pytest.fixture
def others(folder: Path) -> Path:
    """A folder of root's, as /etc is one."""
    others = folder / "etc"
    others.mkdir(mode=0o755)
    return others


def test_root_gives_the_agent_what_it_makes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(owner, "agent_user", lambda: (USER, GROUP))
    monkeypatch.setattr(flow, "free_ports", lambda *_: [])
    monkeypatch.setattr(flow, "cameras", lambda _: [])
    platform_in_one_function(folder, monkeypatch)
    time.strptime("1", "%d")  # a module that is loaded late, from a Python that may be root's alone
    box = Box(folder, monkeypatch, capsys)
    code, said = box.setup("--claim", str(link_with("a")))
    assert code == 0, said
    identity = Identity(folder / "state" / "identity")
    for path in (folder / "state", identity.home, identity.file(KEY).parent, identity.file(KEY), identity.file(CERT)):
        about = path.stat()
        assert (about.st_uid, about.st_gid) == (USER, GROUP), path
        assert about.st_mode & 0o077 == 0, path
    assert box.settings.with_name("conf.d").stat().st_uid == 0


@pytest.mark.fault(
    "a link lies in the state folder where root keeps the acceptance",
    "nothing behind it is written or given away",
)
def test_an_acceptance_is_not_written_through_a_link(state: Path, others: Path) -> None:
    (state / "acceptance").symlink_to(others)
    found = made(WELL)
    with pytest.raises(SetupError, match="may not be written by the agent's user"):
        keep(found, signed(found, Identity(state / "none")), state / "acceptance", "en")
    assert others.stat().st_uid == 0
    assert not list(others.iterdir())


def test_an_acceptance_belongs_to_the_agent_alone(state: Path) -> None:
    found = made(WELL)
    kept = keep(found, signed(found, Identity(state / "none")), state / "acceptance", "en")
    for path, mode in ((kept.parent, 0o700), *((each, 0o600) for each in kept.parent.iterdir())):
        about = path.stat()
        assert (about.st_uid, about.st_gid, about.st_mode & 0o777) == (USER, GROUP, mode), path
    assert (os.geteuid(), os.getegid()) == (0, 0), "and root is root again"


@pytest.mark.parametrize("where", ["identity", "identity/next"])
def test_a_claim_is_not_written_through_a_link(
    state: Path, others: Path, where: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform_in_one_function(folder, monkeypatch)
    identity = Identity(state / "identity")
    if where != "identity":
        identity.home.mkdir()
        os.chown(identity.home, USER, GROUP)
    (state / where).symlink_to(others)
    with as_owner(state), pytest.raises(SetupError, match="may not be written by the agent's user"):
        claim(link_with("a"), identity, now())
    assert not list(others.iterdir())


def test_openssl_is_the_agent_and_cannot_become_root_again(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda _, **options: run(["cat", "/proc/self/status"], **options))
    with as_owner(state):
        status = make_key().decode()
    facts = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
    assert facts["Uid"].split() == [str(USER)] * 4
    assert facts["Gid"].split() == [str(GROUP)] * 4
    assert int(facts["CapPrm"], 16) == 0
