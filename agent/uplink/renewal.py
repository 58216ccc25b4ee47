"""The pole's certificate is renewed before it expires: a process of its own fetches the new one, the daemon tries it.

The new generation of the identity is on trial until the platform is reached with it. Where it is not, the old one is
used again, and then both in turn until one reaches the platform: a link that is down for other reasons decides nothing.
Each step is on disk before the next, so that a power cut goes on where it was. A setup that claims the pole meanwhile
has the last word: the trial ends, and what the setup put in place stays.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Never
from zlib import crc32

import msgspec
from msgspec.structs import replace

from agent.config.settings import UplinkSettings
from agent.system.certificates import term_of
from agent.system.child import command
from agent.system.clock import Clock
from agent.system.identity import CERT, KEY, Identity, IdentityTrial
from agent.uplink import sentences as say
from contract.events import CertificateState
from contract.health import CertificateHealth
from contract.types import Body

log = logging.getLogger(__name__)

BEFORE = timedelta(days=60)
"""A certificate is renewed so long before its end, or in the last third of its life where that is later."""
SPREAD_DAYS = 7
"""The days over which poles that were claimed together are spread."""
EVERY_S = 3600.0
REFUSED_S = 86400.0
"""How long to wait before another one is fetched, where the platform did not take the new one."""
LOOK_S = 0.5
BUSY_S = 10.0
"""How long to wait where a setup is at work on the identity."""
CHILD_S = 180.0


class Renewed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the process that renews says: the generation with the new certificate, or one sentence."""

    generation: int | None = None
    error: str = ""


def due(not_before: datetime, not_after: datetime, pole: str) -> datetime:
    """When the certificate of ``pole`` is to be renewed."""
    early = timedelta(days=crc32(pole.encode()) % SPREAD_DAYS)
    life = not_after - not_before
    return not_after - min(BEFORE + early, life / 3)


async def fetch(identity: Identity, pole: str, server: str) -> Renewed:
    """Has a process of its own renew the certificate."""
    process = await asyncio.create_subprocess_exec(
        *command("agent.setup.renew", str(identity.home), pole, server),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(CHILD_S):
            said, wrong = await process.communicate()
        return msgspec.json.decode(said.strip().rpartition(b"\n")[2], type=Renewed)
    except TimeoutError:
        return Renewed(error=say.RENEWAL_SLOW(wait_s=CHILD_S))
    except (msgspec.DecodeError, msgspec.ValidationError):
        return Renewed(error=say.RENEWAL_ENDED(why=wrong.decode("utf-8", "replace")[-200:]))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Renewal:
    """``settings``: those of the link in force; ``up``: whether it is up; ``reconnect``: makes it anew.

    ``note`` and ``trouble`` are what the status says of it; ``report`` takes what the platform should know.
    """

    def __init__(
        self,
        pole: str,
        *,
        settings: Callable[[], UplinkSettings | None],
        up: Callable[[], bool],
        reconnect: Callable[[], Awaitable[None]],
        report: Callable[[Body], None],
        clock: Clock,
        fetch: Callable[[Identity, str, str], Awaitable[Renewed]] = fetch,
    ) -> None:
        self._pole = pole
        self._settings = settings
        self._up = up
        self._reconnect = reconnect
        self._report = report
        self._clock = clock
        self._fetch = fetch
        self.note = self.trouble = ""

    def noted(self, certificates: tuple[CertificateHealth, ...]) -> tuple[CertificateHealth, ...]:
        """With how the renewal of the pole's own stands."""
        own = {"renewal": self.note, "renewal_fails": self.trouble}
        return tuple(replace(one, **own) if one.role == "client" else one for one in certificates)

    async def run(self) -> Never:
        """Looks every hour; a settled pole costs one look at a file then."""
        while True:
            await self._clock.sleep(await self._look())

    async def _look(self) -> float:
        """One look; how long to wait for the next, in seconds."""
        settings = self._settings()
        identity = None
        if settings is not None and settings.enrol is not None and settings.tls is not None:
            identity = Identity.of_file(settings.tls.cert_file or "")
        if settings is None or settings.enrol is None or identity is None:
            self.note = self.trouble = ""
            return EVERY_S
        try:
            return await self._renew(identity, settings)
        except BlockingIOError:
            return BUSY_S
        except OSError as reason:  # a full disk, files that are gone
            self._failed(say.IDENTITY_NOT_WRITTEN(folder=identity.home, why=(reason.strerror or str(reason)).lower()))
            return EVERY_S

    async def _renew(self, identity: Identity, settings: UplinkSettings) -> float:
        trial = identity.trial()
        if trial is None:
            term = term_of(identity.file(CERT), identity.file(KEY))
            now = self._clock.now()
            if term is None or not (now.synced or term[0] <= now.utc < term[1]):
                return EVERY_S  # a clock that was never set and cannot be right says nothing
            when = due(*term, self._pole)
            if now.utc < when:
                self.note, self.trouble = say.RENEWED_FROM(when=when), ""
                return EVERY_S
            assert settings.enrol is not None
            renewed = await self._fetch(identity, self._pole, settings.enrol)
            old = identity.current()
            if renewed.generation is None or old is None:
                self._failed(renewed.error)
                return EVERY_S
            trial = IdentityTrial(old=old, new=renewed.generation)
            identity.try_out(trial)
        return await self._try(identity, trial, settings.trial_s)

    async def _try(self, identity: Identity, trial: IdentityTrial, trial_s: float) -> float:
        for number in itertools.cycle((trial.new, trial.old)):
            if not _decided(identity, trial, identity.use, number):
                return await self._overtaken()
            self.note = say.ON_TRIAL(number=number)
            await self._reconnect()
            if await self._reaches(trial_s):
                break
        if not _decided(identity, trial, identity.end_trial, number):
            return await self._overtaken()
        term = term_of(identity.file(CERT), identity.file(KEY))
        until = term[1] if term else None
        if number == trial.new:
            self.note = self.trouble = ""
            log.info("the certificate was renewed, it is good until %s", until)
            self._report(CertificateState(role="client", state="ok", not_after=until, text=say.RENEWED()))
            return _calm_s(until, self._clock.now().utc)
        text = say.NEW_ONE_REFUSED()
        self._failed(text)
        self._report(CertificateState(role="client", state="expiring", not_after=until, text=text))
        return REFUSED_S

    async def _overtaken(self) -> float:
        """A setup has put another certificate into use."""
        self.note = self.trouble = ""
        await self._reconnect()
        return EVERY_S

    async def _reaches(self, trial_s: float) -> bool:
        until = self._clock.monotonic() + trial_s
        while self._clock.monotonic() < until:
            await self._clock.sleep(LOOK_S)
            if self._up():
                return True
        return False

    def _failed(self, why: str) -> None:
        self.note = ""
        if why != self.trouble:
            log.warning("the renewal of the certificate fails: %s", why)
        self.trouble = why


def _decided(identity: Identity, trial: IdentityTrial, change: Callable[[int], None], number: int) -> bool:
    """Makes the change where ``trial`` is still what is on trial, and says so. ``BlockingIOError``: see ``locked``."""
    with identity.locked():
        if identity.trial() != trial:
            return False
        change(number)
        return True


def _calm_s(until: datetime | None, now: datetime) -> float:
    """How long nothing is renewed after a renewal: a day, less where the new certificate is good for a few days only.

    A platform whose certificates are due as soon as they are signed is not asked each hour.
    """
    left_s = (until - now).total_seconds() if until is not None else 0.0
    return max(EVERY_S, min(REFUSED_S, left_s / 3))
