"""A certificate is renewed before it ends: at a real platform, with a way back, through power cuts at every step."""

from __future__ import annotations

import asyncio
import gzip
import os
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.config.settings import TlsSettings, UplinkSettings
from agent.setup.claim import claim, uplink_of
from agent.setup.renew import renew
from agent.system.certificates import examine, term_of
from agent.system.clock import SystemClock, always_synced
from agent.system.identity import CA, CERT, KEY, Identity
from agent.uplink.renewal import Renewal, Renewed, due, fetch
from contract.events import CertificateState
from contract.types import Body, Stamp
from fleet.folder import Folder
from tests.fleet.test_serve import platform
from tests.setup.poles import claimed_daemon, link_with, now, platform_in_one_function

DAY = timedelta(days=1)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def long_ago() -> datetime:
    """The platform's clock: what it signs today ends in 57 days."""
    return now().utc - 340 * DAY


def test_a_certificate_of_a_year_is_renewed_two_months_before_its_end_spread_over_a_week() -> None:
    days = {(NOON + 397 * DAY - due(NOON, NOON + 397 * DAY, f"pole-{number}")).days for number in range(100)}
    assert days == set(range(60, 67))
    assert due(NOON, NOON + 90 * DAY, "p") == NOON + 60 * DAY, "in the last third of a shorter life"


@pytest.mark.fault(
    "the certificate of a claimed pole comes to its end",
    "the pole renews it 60 to 66 days before, with a new key, and goes on with it",
)
def test_the_daemon_renews_its_certificate_and_goes_on_with_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with platform(tmp_path / "f", clock=long_ago, host="localhost") as running:
            identity, daemon = await claimed_daemon(running, tmp_path, "p1")
            old_key = identity.file(KEY).read_bytes()
            await daemon.start()
            try:
                async with asyncio.timeout(300):
                    while identity.current() != 2 or identity.trial() is not None:
                        await asyncio.sleep(0.1)
                    while not stored(running.folder, "taken by the platform"):
                        await asyncio.sleep(0.1)
                assert identity.file(KEY).read_bytes() != old_key
                assert not identity.place(1).exists()
                status = await daemon.status()
                assert status.uplink is not None
                assert status.uplink.state == "up"
                (client,) = [one for one in status.certificates if one.role == "client"]
                assert client.state == "ok"
            finally:
                await daemon.stop()

    asyncio.run(story())


def stored(folder: Path, text: str) -> bool:
    """Whether the platform has committed an event with ``text``."""
    with closing(sqlite3.connect(f"{Folder(folder).database.as_uri()}?mode=ro", uri=True)) as db:
        bodies = [body for (body,) in db.execute("SELECT body FROM segment")]
    return any(text.encode() in (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body) for body in bodies)


@pytest.fixture
def pole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Identity, UplinkSettings]:
    """A pole whose certificate is to be renewed, and a platform that is one function."""
    platform_in_one_function(tmp_path, monkeypatch, long_ago)
    identity = Identity(tmp_path / "identity")
    claimed = claim(link_with("t"), identity, now())
    identity.use(identity.adopt())
    return identity, msgspec.convert(uplink_of(claimed, identity) | {"trial_s": 5.0}, UplinkSettings)


class Story:
    """A renewal whose link is up where ``takes`` says so of the generation in use."""

    def __init__(
        self,
        identity: Identity,
        settings: UplinkSettings,
        takes: Callable[[int], bool],
        fetch: Callable[[Identity, str, str], Awaitable[Renewed]] | None = None,
    ) -> None:
        self.identity = identity
        self.reports: list[Body] = []
        self.used: list[int | None] = []
        self._takes = takes
        self.renewal = Renewal(
            "p1",
            settings=lambda: settings,
            up=lambda: self._takes(identity.current() or 0),
            reconnect=self._reconnect,
            report=self.reports.append,
            clock=Impatient(always_synced),
            fetch=fetch or self._renewed,
        )

    async def _reconnect(self) -> None:
        self.used.append(self.identity.current())

    async def _renewed(self, identity: Identity, name: str, server: str) -> Renewed:
        return Renewed(generation=renew(identity, name, server, now()))

    def run(self) -> None:
        """Until it would wait for an hour or longer."""
        with pytest.raises(Waits):
            asyncio.run(self.renewal.run())


class Waits(Exception):
    """The renewal has nothing to do."""


class Impatient(SystemClock):
    """Its seconds pass at once; an hour ends the story."""

    passed_s = 0.0

    def monotonic(self) -> float:
        return self.passed_s

    async def sleep(self, seconds: float) -> None:
        if seconds >= 3600:
            raise Waits(seconds)
        self.passed_s += seconds
        await asyncio.sleep(0)


def good(identity: Identity) -> bool:
    """Whether a broker takes what is in use."""
    found = examine(identity.file(CA), identity.file(CERT), identity.file(KEY), now())
    return [one.state for one in found] == ["ok", "ok"]


@pytest.mark.fault(
    "the platform does not take the renewed certificate",
    "the old one is used again; status and an event say so",
)
def test_a_platform_that_does_not_take_the_new_certificate_gets_the_old_one_back(
    pole: tuple[Identity, UplinkSettings],
) -> None:
    identity, settings = pole
    story = Story(identity, settings, lambda number: number == 1)
    story.run()
    assert story.used == [2, 1]
    assert identity.current() == 1
    assert identity.trial() is None
    assert not identity.place(2).exists()
    assert "not with the new one" in story.renewal.trouble
    (report,) = story.reports
    assert isinstance(report, CertificateState)
    assert report.state == "expiring"


@pytest.mark.fault(
    "the link is down while a new certificate is on trial",
    "both are used in turn until the platform is reached, which decides",
)
def test_a_link_that_is_down_for_other_reasons_decides_nothing(pole: tuple[Identity, UplinkSettings]) -> None:
    identity, settings = pole
    story = Story(identity, settings, lambda _: len(story.used) == 5)
    story.run()
    assert story.used == [2, 1, 2, 1, 2]
    assert identity.current() == 2


def test_a_platform_that_cannot_be_reached_is_asked_again_and_named_in_the_status(
    pole: tuple[Identity, UplinkSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, settings = pole
    monkeypatch.undo()
    asyncio.run(check(settings, identity))


async def check(settings: UplinkSettings, identity: Identity) -> None:
    story = Story(identity, settings, lambda _: True)

    renewal = story.renewal
    renewal._fetch = fetch  # the real process, and nobody listens on port 1
    with pytest.raises(Waits):
        await renewal.run()
    assert "http://127.0.0.1:1 refuses connections" in renewal.trouble
    assert identity.current() == 1


class PowerCut(BaseException):
    """Nothing after this was done."""


@contextmanager
def cut_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The power is cut before the change of the disk with this number."""
    counter = count(1)

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if next(counter) >= step:
                raise PowerCut
            return real(*args, **kwargs)

        return call

    with monkeypatch.context() as patched:
        for owner, name in (
            (Path, "rename"),
            (Path, "replace"),
            (Path, "symlink_to"),
            (Path, "unlink"),
            (Path, "mkdir"),
            (os, "fsync"),
            (shutil, "rmtree"),
        ):
            patched.setattr(owner, name, counted(getattr(owner, name)))
        yield


@pytest.mark.fault(
    "the power is cut at any step of a renewal",
    "a certificate that is good is in use, and the renewal goes on",
)
def test_a_power_cut_at_every_step_leaves_a_certificate_that_is_good_and_the_renewal_goes_on(
    pole: tuple[Identity, UplinkSettings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, settings = pole
    before = tmp_path / "before"
    shutil.copytree(identity.home, before, symlinks=True)
    for step in count(1):
        shutil.rmtree(identity.home)
        shutil.copytree(before, identity.home, symlinks=True)
        old = identity.file(KEY).read_bytes()
        through = False
        try:
            with cut_at(step, monkeypatch):
                Story(identity, settings, lambda _: good(identity)).run()
                through = True
        except PowerCut:
            pass
        assert good(identity), f"cut before step {step}"
        Story(identity, settings, lambda _: good(identity)).run()
        assert good(identity)
        assert identity.trial() is None
        assert identity.file(KEY).read_bytes() != old, f"cut before step {step}"
        if through:
            break
    assert step > 20, "there are steps to cut"


def test_a_pole_that_was_not_claimed_renews_nothing(tmp_path: Path) -> None:
    plain = UplinkSettings(host="h", tls=TlsSettings(ca_file=str(tmp_path / "ca.pem")))
    story = Story(Identity(tmp_path / "identity"), plain, lambda _: True)
    story.run()
    assert not story.used


@pytest.mark.parametrize(("year", "renewed"), [(1970, False), (2099, False), (0, True)])
def test_a_clock_that_was_never_set_renews_only_where_it_can_be_right(
    pole: tuple[Identity, UplinkSettings], monkeypatch: pytest.MonkeyPatch, year: int, renewed: bool
) -> None:
    identity, settings = pole
    utc = now().utc if not year else now().utc.replace(year=year, day=1)
    monkeypatch.setattr(Impatient, "now", lambda _: Stamp(utc=utc, boot_s=0.0, synced=False))
    story = Story(identity, settings, lambda _: True)
    story.run()
    assert identity.current() == (2 if renewed else 1)


def test_after_a_renewal_a_day_passes_before_the_next(pole: tuple[Identity, UplinkSettings]) -> None:
    identity, settings = pole
    with pytest.raises(Waits) as waited:
        asyncio.run(Story(identity, settings, lambda _: True).renewal.run())
    assert float(str(waited.value)) == 86400.0


def test_the_status_says_from_when_on_the_certificate_is_renewed(
    pole: tuple[Identity, UplinkSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, settings = pole
    term = term_of(identity.file(CERT), identity.file(KEY))
    assert term is not None
    story = Story(identity, settings, lambda _: True)
    early = Stamp(utc=term[0] + 10 * DAY, boot_s=0.0, synced=True)
    monkeypatch.setattr(Impatient, "now", lambda _: early)
    story.run()
    assert story.renewal.note == f"renewed by itself from {due(*term, 'p1'):%Y-%m-%d} on"
