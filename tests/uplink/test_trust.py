"""A corrected file is tried at once, and a certificate that turns bad is an event."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.config.settings import TlsSettings, UplinkSettings
from agent.system.clock import SystemClock
from agent.uplink.sync import Uplink
from agent.uplink.trust import CertificateWatch
from contract.events import CertificateState
from contract.types import Body, Stamp
from tests.uplink.certificates import Authority


class SteppedClock:
    """Moves when somebody sleeps; ``then`` is called at each sleep."""

    def __init__(self, then: Any = None) -> None:
        self.elapsed = 0.0
        self.start = SystemClock().now().utc + timedelta(minutes=10)
        self._then = then

    def now(self) -> Stamp:
        return Stamp(self.start + timedelta(seconds=self.elapsed), 1000.0 + self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.elapsed += seconds
        if self._then is not None:
            self._then(self)
        await asyncio.sleep(0)


@pytest.mark.fault(
    "the password file is corrected while the link waits for its next attempt", "it is tried within a second"
)
@pytest.mark.parametrize("at_s", [3.0, None])
def test_a_corrected_password_does_not_wait_for_the_back_off(at_s: float | None, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("wrong\n")

    def mend(clock: SteppedClock) -> None:
        if clock.elapsed == at_s:
            secret.write_text("right, and longer\n")

    clock = SteppedClock(mend)
    uplink = object.__new__(Uplink)
    uplink._clock = clock
    uplink._settings = UplinkSettings(host="b", plain_text=True, username="p", password_file=str(secret))
    asyncio.run(uplink._rest(60.0))
    assert clock.elapsed == (60.0 if at_s is None else at_s)


def test_without_files_the_wait_is_one() -> None:
    clock = SteppedClock()
    uplink = object.__new__(Uplink)
    uplink._clock = clock
    uplink._settings = UplinkSettings(host="b", plain_text=True)
    asyncio.run(uplink._rest(60.0))
    assert clock.elapsed == 60.0


@pytest.mark.fault(
    "a certificate comes within 30 days of its end, and past it", "each is one event, and the renewed one another"
)
def test_a_certificate_is_reported_when_its_state_changes(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ca", days=400)
    cert, key = authority.sign("pole", "pole-1", days=100)
    tls = TlsSettings(ca_file=str(authority.file), cert_file=str(cert), key_file=str(key))
    reported: list[Body] = []
    clock = SteppedClock()
    watch = CertificateWatch(lambda: tls, reported.append, clock)
    for day in (0, 60, 71, 72, 101, 102):
        clock.elapsed = day * 86400.0
        watch.look()
    authority.sign("pole", "pole-1", days=1000)
    clock.elapsed += 3600.0
    watch.look()
    states = [(body.role, body.state) for body in reported if isinstance(body, CertificateState)]
    assert states == [("client", "expiring"), ("client", "expired"), ("client", "ok")]
    assert [one.state for one in watch.health()] == ["ok", "ok"]


@pytest.mark.fault("the broker's certificate comes within 30 days of its end", "status and an event say so")
def test_the_broker_s_certificate_is_watched_as_it_was_presented(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ca", days=400)
    tls = TlsSettings(ca_file=str(authority.file))
    reported: list[Body] = []
    clock = SteppedClock()
    watch = CertificateWatch(lambda: tls, reported.append, clock)
    ends = clock.now().utc + timedelta(days=100)
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][ends.month - 1]
    watch.presented("broker.example:8883", {"notAfter": f"{month} {ends:%d %H:%M:%S %Y} GMT"})
    assert watch.health()[-1].state == "ok"
    clock.elapsed = 75 * 86400.0
    watch.look()
    assert "the certificate of broker.example:8883 expires on" in watch.health()[-1].text
    states = [(body.role, body.state) for body in reported if isinstance(body, CertificateState)]
    assert states == [("broker", "expiring")]
