"""A pole that was claimed is claimed again, or its setup runs again after it was cut off."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from agent.acquire.registry import find_drivers
from agent.config.load import load
from agent.setup import exchange, flow
from agent.setup.answers import Answers
from agent.setup.asking import FileAsker
from agent.setup.flow import Setup, SetupJob, SetupOutcome
from agent.setup.sentences import SetupError
from agent.system.clock import SystemClock, always_synced
from agent.system.identity import CERT, Identity
from contract.types import Stamp
from tests.setup.poles import link_with, platform_in_one_function

MAIN = '[pole]\nid = "p1"\n\n[store]\npath = "{folder}/state/pole.db"\n'


class Later(SystemClock):
    """The true time and some minutes."""

    def __init__(self, minutes: float) -> None:
        super().__init__(always_synced)
        self._minutes = timedelta(minutes=minutes)

    def now(self) -> Stamp:
        stamp = super().now()
        return replace(stamp, utc=stamp.utc + self._minutes)


class Pole:
    """A box without lines and cameras in ``folder``, where nobody answers questions."""

    def __init__(self, folder: Path) -> None:
        self.settings = folder / "etc" / "poleagent.toml"
        self.settings.parent.mkdir()
        self.settings.write_text(MAIN.format(folder=folder), encoding="utf-8")
        self.identity = Identity(folder / "state" / "identity")
        self.said: list[str] = []

    def setup(self, token: str = "", *, minutes: float = 0.0) -> SetupOutcome:
        """One run, with a claim where there is a ``token``."""
        answers = Answers(claim=str(link_with(token)) if token else None)
        job = SetupJob(settings=self.settings, answers=answers, drivers=dict(find_drivers()))
        return Setup(job, FileAsker(self.said.append, replace=False), Later(minutes), lambda *_: None).run()


@pytest.fixture
def pole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pole:
    platform_in_one_function(tmp_path, monkeypatch)
    monkeypatch.setattr(flow, "free_ports", lambda *_: [])
    monkeypatch.setattr(flow, "cameras", lambda _: [])
    return Pole(tmp_path)


@pytest.mark.fault(
    "a pole is claimed again, so that the platform has revoked its certificate",
    "the new certificate is in use, whatever the minute in the header of its settings",
)
def test_a_pole_that_is_claimed_again_uses_its_new_certificate(pole: Pole) -> None:
    pole.setup("a")
    before = pole.identity.file(CERT).read_bytes()
    assert pole.setup("b", minutes=5).written == ()
    assert pole.identity.current() == 2
    assert pole.identity.file(CERT).read_bytes() != before
    assert not pole.identity.next.exists()


def test_a_claim_that_is_gone_when_the_questions_are_answered_is_said(
    pole: Pole, monkeypatch: pytest.MonkeyPatch
) -> None:
    pole.setup("a")

    def wiped(_: object) -> list[str]:
        pole.identity.begin()
        return []

    monkeypatch.setattr(flow, "cameras", wiped)
    with pytest.raises(SetupError, match="the certificate of this claim is no longer on this box"):
        pole.setup("b")
    assert pole.identity.current() == 1


class PowerCut(BaseException):
    """Nothing after this was done."""


def cut(*_: object) -> None:
    raise PowerCut


@pytest.mark.fault(
    "the power is cut after a claim was answered, before its certificate is in use",
    "the same link goes on with it, and asks nobody",
)
def test_a_claim_goes_on_that_was_cut_off_before_it_was_in_use(pole: Pole, monkeypatch: pytest.MonkeyPatch) -> None:
    pole.setup("a")
    with monkeypatch.context() as patched:
        patched.setattr(Identity, "use", cut)
        with pytest.raises(PowerCut):
            pole.setup("b")
    assert pole.identity.current() == 1
    monkeypatch.setattr(exchange, "ask", cut)
    assert pole.setup("b").claimed
    assert pole.identity.current() == 2


@pytest.mark.fault(
    "the power is cut at any step of a setup after the platform has answered the claim",
    "the next setup goes on with the claim, without the link, to the same settings",
)
def test_a_setup_that_was_cut_off_after_the_claim_goes_on_without_the_link(
    pole: Pole, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = pole.identity.home.parent
    monkeypatch.setattr(flow, "state_folder", lambda _: state)
    steps = 0
    for owner, name, only in ((Identity, "adopt", 0), (Identity, "use", 0), (Path, "replace", 1), (Path, "replace", 2)):
        shutil.rmtree(pole.settings.parent)
        shutil.rmtree(state, ignore_errors=True)
        pole.settings.parent.mkdir()
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, cut_at(getattr(owner, name), only))
            with pytest.raises(PowerCut):
                pole.setup("a")
        with monkeypatch.context() as patched:
            patched.setattr(exchange, "ask", cut)
            pole.setup()
        found = load(pole.settings, find_drivers())
        assert found.pole.id == "p1"
        assert found.uplink is not None, (name, only)
        assert found.uplink.enrol == link_with("a").server
        assert found.uplink.tls is not None
        assert Path(found.uplink.tls.cert_file or "").exists()
        assert pole.setup().written == ()
        steps += 1
    assert steps == 4


def cut_at(real: Callable[..., Any], rename: int) -> Callable[..., Any]:
    """``real``, which the power cut keeps from running: at once, or at the renaming of this number."""
    renamed = count(1)

    def call(*args: Any) -> Any:
        if not rename or (args[0].name.endswith(".setup") and next(renamed) == rename):
            raise PowerCut
        return real(*args)

    return call


def test_the_link_is_in_place_before_the_file_that_says_who_the_pole_is(
    pole: Pole, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = pole.identity.home.parent
    monkeypatch.setattr(flow, "state_folder", lambda _: state)
    pole.settings.unlink()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", cut_at(Path.replace, 2))
        with pytest.raises(PowerCut):
            pole.setup("a")
    assert [path.name for path in pole.settings.parent.rglob("*.toml")] == ["uplink.toml"]
