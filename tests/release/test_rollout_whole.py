"""The whole of a rollout: `polerelease`, a static folder, real updaters of many poles, the platform's store and API.

The poles' daemons are stood in for; what they say goes into the platform's store as numbered events.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import uvicorn
from argon2 import PasswordHasher

from agent.config.load import load
from agent.errors import Retry
from agent.system.slots import Slots
from contract.birth import Status
from contract.events import InForce, UpdateStep
from contract.health import PoleStatus
from contract.plan import Plan
from contract.types import Body
from fleet.api.web import build_web
from fleet.store.messages import Inbox
from release.cli import _common, main, rollout, why
from tests.fleet.poles import event
from tests.fleet.site import NOW as SITE_NOW
from tests.fleet.site import Site, open_site
from tests.release.desks import settings_folder
from tests.update.poles import Box, Moments, status

WORDS = "a pass phrase of a test\n"
ROUND = timedelta(hours=1)
"""Poles look once an hour."""


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.accounts.secrets._argon", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


class Pole:
    """A real updater, and a daemon that has no platform but the test's store."""

    def __init__(self, name: str, folder: Path, desk: Path, site: Path) -> None:
        self.name = name
        self.box = Box(folder / name, desk)
        text = self.box.settings.read_text(encoding="utf-8").replace('"SZ-1"', f'"{name}"')
        self.box.settings.write_text(text, encoding="utf-8")
        self.box.pole.health = self.health
        self.site = site
        self.online = True
        self.seq = 0
        self.sent = 0

    def health(self) -> PoleStatus:
        """It works as long as the settings let it: with a window of 13 s they do not."""
        return status(problems=("a window of 13 s",) if load(self.box.settings, {}).report.window_s == 13 else ())

    def look(self, now: datetime) -> None:
        """One run of `poleagent update`."""
        self.box.moments = Moments(now)
        updater = self.box.updater(self.site)
        updater._desk._pole = self.name
        with contextlib.suppress(Retry):
            updater.run()

    def news(self, now: datetime) -> Iterator[Inbox]:
        """What it sends of that: its steps as events, what is in force after a commit, and that it is there."""
        yield Inbox(
            self.name,
            msgspec.json.encode(Status(pole=self.name, state="online" if self.online else "offline", at=now)),
            now,
            "status",
        )
        for step in self.box.pole.steps[self.sent :]:
            self.sent += 1
            body = UpdateStep(
                number=step.number,
                release=step.release,
                stage=step.stage,
                outcome=step.outcome,
                text=step.text,
                sha256=step.sha256,
            )
            yield self._event(body, now)
            if (step.stage, step.outcome) == ("commit", "done"):
                settings = load(self.box.settings, {})
                yield self._event(InForce(version="0.2.0", revision=settings.revision, settings=settings.releases), now)

    def _event(self, body: Body, now: datetime) -> Inbox:
        self.seq += 1
        one = msgspec.structs.replace(event(self.name, self.seq, body), time=now)
        return Inbox(self.name, msgspec.json.encode(one), now)

    @property
    def runs(self) -> int | None:
        return Slots(self.box.state).current("settings", "street")


class City:
    """Maintainers with their desk, a fleet, and a platform behind HTTP; an hour goes by with each round."""

    def __init__(self, folder: Path, platform: Site, address: str) -> None:
        self.folder, self.platform, self.address = folder, platform, address
        self.desk, self.site, self.keys = folder / "desk", folder / "site", folder / "keys"
        self.words, self.token = folder / "words", folder / "token"
        self.words.touch(0o600)
        self.words.write_text(WORDS, encoding="utf-8")
        made = platform.post("/tokens", label="rollouts", scopes=["read"])
        self.token.write_text(made["secret"], encoding="utf-8")
        people = [word for person in ("anna", "bo") for word in ("--person", person)]
        self.do("init", self.desk, "--keys", self.keys, *people, *self.phrase)
        self.poles: list[Pole] = []

    @property
    def now(self) -> datetime:
        return SITE_NOW + self.platform.moved

    @property
    def phrase(self) -> tuple[object, ...]:
        return "--pass-file", self.words

    @property
    def online(self) -> tuple[object, ...]:
        return "--key", self.keys / "online.pem", *self.phrase

    @property
    def asks(self) -> tuple[object, ...]:
        return "--platform", self.address, "--token-file", self.token

    def do(self, *words: object) -> None:
        assert main([str(word) for word in words]) == 0

    def publish(self, name: str, window_s: int) -> None:
        self.do("pack", self.desk, settings_folder(self.folder / name, f"[report]\nwindow_s = {window_s}\n"))
        for person in ("anna", "bo"):
            self.do("sign", self.desk, "--key", self.keys / f"{person}.pem", *self.phrase)
        self.do("publish", self.desk, self.site, *self.online)

    def build(self, count: int) -> None:
        self.poles = [Pole(f"SZ-{number:03}", self.folder / "poles", self.desk, self.site) for number in range(count)]

    def concerns(self, pole: Pole) -> bool:
        """Whether the plan has something for it: of many poles the others need not look to see that it has not."""
        plan = msgspec.json.decode((self.desk / "targets/rollout/plan.json").read_bytes(), type=Plan)
        return len(self.poles) < 20 or any(each.release.number != pole.runs for each in plan.wanted(pole.name))

    def round(self) -> None:
        """Every pole that is online looks and sends; an hour goes by; they send again, and the timer does its step."""
        for again in (False, True):
            for pole in self.poles:
                if pole.online and not again and self.concerns(pole):
                    pole.look(self.now)
                if pole.online:
                    self.platform.store.commit(list(pole.news(self.now)))
            self.platform.moved += timedelta() if again else ROUND
        self.do("rollout", "widen", self.desk, self.site, *self.asks, *self.online)

    def count(self, number: int) -> int:
        return sum(pole.runs == number for pole in self.poles)

    def state(self, release: str) -> tuple[str, str]:
        plan = msgspec.json.decode((self.desk / "targets/rollout/plan.json").read_bytes(), type=Plan)
        (found,) = (each.rollout for each in plan.assignments if str(each.release) == release)
        assert found is not None
        return found.state, found.why


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    with open_site(tmp_path) as platform:
        for module in (_common, rollout, why):
            monkeypatch.setattr(module, "now", lambda: SITE_NOW + platform.moved)
        server = uvicorn.Server(uvicorn.Config(build_web(platform.parts), log_level="critical", lifespan="off"))
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        with ThreadPoolExecutor(1) as executor:
            served = executor.submit(server.run, [listening])
            try:
                yield City(tmp_path, platform, f"http://127.0.0.1:{listening.getsockname()[1]}")
            finally:
                server.should_exit = server.force_exit = True
                served.result(60)
                listening.close()


def tell_whole_story(city: City, count: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A good release goes out to all, a bad one after it stops by itself; one pole is silent all the while."""
    city.publish("good", 20)
    city.build(count)
    silent = city.poles[3]
    silent.online = False
    for pole in city.poles:
        city.platform.store.commit(list(pole.news(city.now)))
    release = "settings/street/1"
    shape = ("--poles", "SZ-*", "--soak", "30min", *city.asks)
    city.do("rollout", "plan", release, *shape)
    city.do("rollout", "start", city.desk, city.site, release, *shape, *city.online)
    reached = []
    for _ in range(30):
        city.round()
        reached.append(city.count(1))
        if city.state(release)[0] == "done":
            break
    assert city.state(release)[0] == "done"
    assert reached[:3] == [1, 3, 7], "one, then as many as run it and one more"
    assert city.count(1) == count - 1

    city.publish("bad", 13)
    release = "settings/street/2"
    city.do("rollout", "start", city.desk, city.site, release, *shape, *city.online)
    for _ in range(5):
        city.round()
    failed = [pole for pole in city.poles if any(step.release == release for step in pole.box.pole.steps)]
    assert len(failed) == 3
    assert city.count(2) == 0
    assert city.count(1) == count - 1
    state, reason = city.state(release)
    assert state == "paused"
    assert "stopped by the evidence: 3 of 3 poles failed" in reason
    assert "a window of 13 s" in reason

    capsys.readouterr()
    city.do("rollout", "status", city.desk, release, *city.asks)
    for pole in (failed[0], next(pole for pole in city.poles if pole not in failed and pole is not silent), silent):
        city.do("why", city.desk, pole.name, "--release", release, *city.asks)
    said = capsys.readouterr().out
    assert "0 run it, proven, 3 failed" in said
    assert f"{failed[0].name} has not settings/street/2: it did not keep it: the settings were refused" in said
    assert "its turn has not come: the group evidence is open, and it is in" in said
    city.do("why", city.desk, silent.name, "--release", "settings/street/1", *city.asks)
    assert f"{silent.name} has not settings/street/1: " in (silence := capsys.readouterr().out)
    assert "message" in silence


def test_a_good_release_goes_through_all_groups_and_a_bad_one_stops_by_itself(
    city: City, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_whole_story(city, 12, capsys)


@pytest.mark.long
def test_the_same_with_enough_poles_for_the_evidence(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    tell_whole_story(city, 150, capsys)
