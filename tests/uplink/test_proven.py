"""Settings of the link that do not reach the platform give way to those that did."""

from __future__ import annotations

import asyncio

import pytest

from agent.config.settings import UplinkSettings
from agent.uplink.proven import ProvenLink, keep_reaching
from tests.store.rig import FakeClock

GOOD = UplinkSettings(host="good", plain_text=True)
WRONG = UplinkSettings(host="wrong", plain_text=True)
TURN_S = GOOD.trial_s


def proven(settings: UplinkSettings = GOOD) -> ProvenLink:
    link = ProvenLink(b"")
    assert link.proves(settings, up=True)
    assert not link.proves(settings, up=True)
    return link


def test_settings_that_do_not_reach_the_platform_give_way_and_come_back_in_turn() -> None:
    link = proven()
    assert link.instead(WRONG, WRONG, 0.0, up=False) is None
    assert link.instead(WRONG, WRONG, TURN_S - 1, up=False) is None
    assert link.instead(WRONG, WRONG, TURN_S, up=False) == GOOD
    assert link.instead(WRONG, GOOD, TURN_S + 1, up=False) is None
    assert link.instead(WRONG, GOOD, 2 * TURN_S + 1, up=False) == WRONG


def test_what_reaches_the_platform_stays_in_use() -> None:
    link = proven()
    link.instead(WRONG, GOOD, 0.0, up=True)
    assert link.instead(WRONG, GOOD, 10 * TURN_S, up=True) is None
    assert link.instead(WRONG, GOOD, 10 * TURN_S + 1, up=False) is None


def test_a_new_broker_that_answers_is_the_proven_one_from_then_on() -> None:
    link = proven()
    assert link.instead(WRONG, WRONG, 0.0, up=True) is None
    assert link.proves(WRONG, up=True)
    assert link.instead(WRONG, WRONG, 10 * TURN_S, up=False) is None


def test_it_survives_a_restart_and_a_state_that_cannot_be_read() -> None:
    link = ProvenLink(proven().encoded)
    link.instead(WRONG, WRONG, 0.0, up=False)
    assert link.instead(WRONG, WRONG, TURN_S, up=False) == GOOD
    for saved in (b"", b"{", b'{"host": 1}', b'{"host": "a", "of_a_newer_version": 1}'):
        link = ProvenLink(saved)
        link.instead(WRONG, WRONG, 0.0, up=False)
        assert link.instead(WRONG, WRONG, TURN_S, up=False) is None


def test_a_link_that_was_never_reached_is_tried_for_ever() -> None:
    link = ProvenLink(b"")
    link.instead(GOOD, GOOD, 0.0, up=False)
    assert link.instead(GOOD, GOOD, 100 * TURN_S, up=False) is None


def test_what_was_said_of_settings_is_over_once_they_reach_the_platform() -> None:
    """The new broker comes after the old settings had their turn; then the test is over."""
    looks = iter([(WRONG, WRONG, False)] * 3 + [(WRONG, GOOD, False)] + [(WRONG, WRONG, True)] * 2)
    reached: list[int] = []

    def state() -> tuple[UplinkSettings, UplinkSettings, bool]:
        try:
            return next(looks)
        except StopIteration:
            raise asyncio.CancelledError from None

    async def use(_: UplinkSettings) -> None: ...

    async def story() -> None:
        keep = keep_reaching(proven(), state, use, lambda *_: None, FakeClock(), reached=lambda: reached.append(1))
        with pytest.raises(asyncio.CancelledError):
            await keep

    asyncio.run(story())
    assert reached == [1]
