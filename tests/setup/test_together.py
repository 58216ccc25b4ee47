"""The daemon, the process that renews and the setup work on one identity at the same time."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.config.settings import UplinkSettings
from agent.setup.claim import claim
from agent.setup.renew import renew
from agent.setup.sentences import SetupError
from agent.system.identity import ANSWER, CLAIM, KEY, Identity, IdentityTrial
from agent.uplink import renewal
from tests.setup.poles import link_with, now
from tests.setup.test_renewal import Impatient, Story, good, pole

__all__ = ["pole"]  # a fixture


@pytest.mark.fault(
    "the process that renews the certificate hangs",
    "it is ended, the status says so, and the daemon goes on",
)
def test_a_renewal_that_takes_too_long_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "CHILD_S", 0.01)
    found = asyncio.run(renewal.fetch(Identity(tmp_path / "identity"), "p1", "http://127.0.0.1:1"))
    assert found.generation is None
    assert "took longer than 0 s" in found.error


@pytest.mark.fault(
    "a setup claims the pole while a renewed certificate is on trial",
    "the trial ends, the claim's certificate stays in use",
)
@pytest.mark.parametrize("during", [1, 2])
def test_a_trial_ends_where_a_setup_has_put_another_certificate_in_place(
    pole: tuple[Identity, UplinkSettings], during: int
) -> None:
    identity, settings = pole

    def takes(number: int) -> bool:
        if number == during:
            claim(link_with("z"), identity, now())
            with identity.locked():
                identity.end_trial(identity.adopt())
        return number in {during, 3}

    story = Story(identity, settings, takes)
    story.run()
    assert identity.current() == 3
    assert good(identity)
    assert identity.trial() is None
    assert story.used[-1] == 3
    assert not story.reports
    assert not story.renewal.note


def test_a_trial_waits_while_a_setup_is_at_work(
    pole: tuple[Identity, UplinkSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, settings = pole
    identity.try_out(IdentityTrial(old=1, new=renew(identity, "p1", "http://127.0.0.1:1", now())))
    setup = ExitStack()
    setup.enter_context(identity.locked())
    sleep = Impatient.sleep

    async def ends(self: Impatient, seconds: float) -> None:
        assert story.used or identity.current() == 1
        setup.close()
        await sleep(self, seconds)

    monkeypatch.setattr(Impatient, "sleep", ends)
    story = Story(identity, settings, lambda _: True)
    story.run()
    assert identity.current() == 2
    assert not story.renewal.trouble


def test_what_is_not_there_is_never_put_into_use(pole: tuple[Identity, UplinkSettings]) -> None:
    identity, _ = pole
    with pytest.raises(FileNotFoundError):
        identity.use(7)
    assert good(identity)


@pytest.mark.fault(
    "a renewal is due while a technician who has claimed the pole answers questions",
    "the renewal waits, the claim stays",
)
def test_a_renewal_leaves_a_claim_alone(pole: tuple[Identity, UplinkSettings]) -> None:
    identity, _ = pole
    claim(link_with("b"), identity, now())
    key = (identity.next / KEY).read_bytes()
    with pytest.raises(SetupError, match="another setup, or the renewal of the certificate, is at work"):
        renew(identity, "p1", "http://127.0.0.1:1", now())
    assert (identity.next / KEY).read_bytes() == key
    assert identity.current() == 1


def test_a_renewal_leaves_a_claim_alone_that_was_cut_off_within_the_hour(
    pole: tuple[Identity, UplinkSettings],
) -> None:
    identity, _ = pole
    claim(link_with("b"), identity, now())
    (identity.next / ANSWER).unlink()
    with pytest.raises(SetupError, match="is at work"):
        renew(identity, "p1", "http://127.0.0.1:1", now())
    before = now().utc.timestamp() - 3700
    os.utime(identity.next / CLAIM, (before, before))
    assert renew(identity, "p1", "http://127.0.0.1:1", now()) == 2


def test_a_setup_that_was_cut_off_while_a_certificate_was_on_trial_has_the_last_word(
    pole: tuple[Identity, UplinkSettings],
) -> None:
    identity, _ = pole
    identity.try_out(IdentityTrial(old=1, new=renew(identity, "p1", "http://127.0.0.1:1", now())))
    claim(link_with("b"), identity, now())
    identity.use(identity.adopt())
    assert identity.trial() is None
