"""The agent's own package is updated on a Debian 12 under systemd whose power goes at each step of it.

The system lies on a card of its own (ext4 on a loop image): a cut loses all that was not written to it, ends every
process, and the next boot finds what a journal replay leaves. A real broker outside of the box takes the events.
On arm64 the same, emulated by QEMU in user mode: its times say nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from agent.system.clock import SystemClock, always_synced
from release.beginning import begin
from tests.card import Card, card
from tests.packaging.conftest import arm64_system, package
from tests.packaging.test_box import MISSING
from tests.release.desks import PEOPLE, deb_folder, key, release
from tests.uplink.support import POLE, Platform, mosquitto, platform

HERE = Path(__file__).resolve().parent
EMULATES = Path("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists()
STATE, REQUEST = "var/lib/poleagent-install", "var/lib/poleagent/update/install"
AGENT = "opt/poleagent/lib/python3.11/site-packages/agent"
LIMIT_S = 3600.0
SETTINGS = f"""\
[pole]
id = "{POLE}"
[uplink]
host = "127.0.0.1"
port = @PORT@
plain_text = true
[report]
window_s = 5
[line.a]
port = "/run/gnss"
[device.gnss]
driver = "nmea"
line = "a"
[update]
source = "/srv/site"
"""
TRIAL_S = 60
UNITS = {
    "gnss.service": "[Service]\nExecStart=/usr/bin/python3 /deb/gnss.py\n[Install]\nWantedBy=multi-user.target\n",
    "look.service": "[Service]\nExecStart=/bin/sh -c 'while :; do sleep 5; systemctl start poleagent-update; done'\n"
    "[Install]\nWantedBy=multi-user.target\n",
    "poleagent-update.service.d/now.conf": "[Service]\nNice=0\nCPUSchedulingPolicy=other\n",
    "poleagent-install.service.d/now.conf": "[Service]\nNice=0\nRestartSec=5\nExecStart=\n"
    f"ExecStart=/usr/lib/poleagent/install-release /var/lib/poleagent-install {TRIAL_S}\n",
}
EMULATED = {"poleagent.service.d/emulated.conf": "[Service]\nPrivateUsers=no\n"}
"""A process of QEMU has threads of its own, and none with threads may enter another user namespace."""

pytestmark = [
    pytest.mark.long,
    pytest.mark.root,
    pytest.mark.xdist_group("deb"),
    pytest.mark.skipif(os.geteuid() != 0, reason="boots a system: needs root"),
    pytest.mark.skipif(bool(MISSING), reason=f"apt-get install debootstrap systemd-container dpkg ({MISSING} missing)"),
    pytest.mark.timeout(4 * 3600),
]


class Cut(NamedTuple):
    """The power goes so long after the box is at this step."""

    step: str
    after_s: float


class PowerBox:
    """The system on ``card``; one boot at a time."""

    def __init__(self, card: Card, log: Path) -> None:
        self._card = card
        self._log = log
        self._boot: asyncio.subprocess.Process | None = None
        self.root = card.folder

    def put(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        try:
            return (self.root / path).read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    async def run(self, *words: str) -> str:
        """In the system while it is off."""
        command = ["chroot", str(self.root), *words]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    async def boot(self) -> None:
        """What was done to it while it was off lies on the card."""
        os.sync()
        words = ["systemd-nspawn", "-q", "--register=no", "--keep-unit", "--console=pipe", "-b", "-D", str(self.root)]
        with self._log.open("ab") as log:
            self._boot = await asyncio.create_subprocess_exec(*words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    async def cut(self) -> None:
        """The power goes, and is back: the card is as it was left."""
        assert self._boot is not None
        self._card.cut()
        for process in _children(self._boot.pid) or [self._boot.pid]:  # its first process takes all others with it
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        await self._boot.wait()
        self._boot = None
        self._card.replug()

    @property
    def runs(self) -> bool:
        return self._boot is not None

    def at(self, wanted: str) -> str:
        """The step of the release ``wanted``: asked, accepted, installing, trial, back or done; empty: none of it."""
        if self.read(f"{STATE}/result").startswith(f"{wanted}#"):
            return "done"
        step = self.read(f"{STATE}/step")
        if step in {"", "idle"}:
            return "asked" if self.read(REQUEST).startswith(f"{wanted}#") else ""
        return step


def _children(process: int) -> list[int]:
    return [*map(int, Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split())]


class Packages:
    """Versions of the real package."""

    def __init__(self, deb: Path, work: Path) -> None:
        self._deb = deb
        self._work = work

    def make(self, version: str, *, sick: bool = False) -> bytes:
        """``sick``: one whose daemon does not start."""
        tree = self._work / version
        subprocess.run(["dpkg-deb", "-R", str(self._deb), str(tree)], check=True)
        control = tree / "DEBIAN/control"
        control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {version}", control.read_text()), encoding="utf-8")
        about, app = tree / AGENT / "__init__.py", tree / AGENT / "app.py"
        about.write_text(re.sub(r'(?m)^VERSION = ".*"$', f'VERSION = "{version}"', about.read_text()), encoding="utf-8")
        if sick:
            app.write_text(f"{app.read_text()}\nraise SystemExit('this version is sick')\n", encoding="utf-8")
        for source in (about, app):  # what was compiled is never compared with its source
            (tree / AGENT / f"__pycache__/{source.stem}.cpython-311.pyc").unlink(missing_ok=True)
        package = self._work / f"{version}.deb"
        build = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(package)]
        subprocess.run(build, check=True, capture_output=True)
        shutil.rmtree(tree)
        return package.read_bytes()


async def until(what: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
    async with asyncio.timeout(limit_s):
        while not what():
            await asyncio.sleep(0.02)


async def install(box: PowerBox, first: bytes, port: int, root_file: Path, units: dict[str, str]) -> None:
    """What a technician does, and what makes the box quick."""
    (box.root / "deb").mkdir()
    (box.root / "deb/first.deb").write_bytes(first)
    shutil.copy(HERE / "gnss.py", box.root / "deb")
    await box.run("dpkg", "-i", "/deb/first.deb")
    box.put("etc/poleagent/poleagent.toml", SETTINGS.replace("@PORT@", str(port)))
    shutil.copy(root_file, box.root / "etc/poleagent/root.json")
    for name, text in units.items():
        box.put(f"etc/systemd/system/{name}", text)
    started = ("poleagent.service", "poleagent-install.path", "poleagent-install.service", "gnss", "look")
    await box.run("systemctl", "enable", *started)


async def through(box: PowerBox, wanted: str, cuts: list[Cut]) -> None:
    """The release ``wanted`` to its end, with these power cuts on the way."""
    order = ("asked", "accepted", "installing", "trial", "back", "done")
    for cut in cuts:
        if not box.runs:
            await box.boot()
        began = time.monotonic()
        await until(lambda step=cut.step: box.at(wanted) in order[order.index(step) :])
        reached = box.at(wanted)
        await asyncio.sleep(cut.after_s)
        print(f"  {reached} after {time.monotonic() - began:.0f} s, cut {cut.after_s:.2f} s later at {box.at(wanted)}")
        await box.cut()
    if not box.runs:
        await box.boot()
    await until(lambda: box.at(wanted) == "done")


async def delivered(listener: Platform) -> None:
    """All that the pole has numbered has come, and it goes on."""
    online, came = len(listener.statuses), len(listener.order)
    await until(lambda: len(listener.order) > came + 5 or len(listener.statuses) > online + 1)
    await until(lambda: not any(listener.receiver.holes(epoch) for epoch in listener.receiver.epochs()))
    assert not any(listener.receiver.lost(epoch) for epoch in listener.receiver.epochs())
    assert not listener.receiver.conflicts
    assert not listener.receiver.reports
    assert not listener.receiver.abandoned()


@contextlib.asynccontextmanager
async def powered(card: Card, folder: Path) -> AsyncIterator[PowerBox]:
    box = PowerBox(card, folder / "console")
    try:
        yield box
    finally:
        if box.runs:
            await box.cut()


Plans = list[tuple[bool, list[Cut]]]
"""Releases one after the other: whether one is sick, and its power cuts."""


def every_step(chance: random.Random) -> Plans:
    def some(step: str, most_s: float) -> Cut:
        return Cut(step, chance.uniform(0.1, most_s))

    healthy = [Cut("asked", 0), Cut("accepted", 0), some("accepted", 2), Cut("installing", 0)]
    healthy += [some("installing", 6), some("installing", 6), some("trial", 3), Cut("done", 0)]
    sick = [some("trial", 3), Cut("back", 0), some("back", 6), some("back", 6), Cut("done", 0)]
    return [(False, healthy), (True, sick), (False, [some("asked", 20) for _ in range(4)])]


def some_steps(chance: random.Random) -> Plans:
    """Fewer, where a program takes ten times as long."""
    healthy = [Cut("accepted", 1), Cut("installing", chance.uniform(2, 20)), Cut("trial", 1)]
    return [(False, healthy), (True, [Cut("back", chance.uniform(2, 20))])]


async def story(card: Card, deb: Path, folder: Path, units: dict[str, str], plans: Plans) -> None:
    desk = begin(
        folder / "desk", {each: key(each) for each in PEOPLE}, key("online"), 2, SystemClock(always_synced).now().utc
    )
    packages = Packages(deb, folder)
    async with mosquitto(folder) as port, platform(port) as listener, powered(card, folder) as box:
        await install(
            box, await asyncio.to_thread(packages.make, "0.3.0"), port, desk.folder / "metadata/root.json", units
        )
        running = "0.3.0"
        await box.boot()
        await delivered(listener)
        for number, (sick, cuts) in enumerate(plans, 1):
            version = f"0.3.{number}"
            package = await asyncio.to_thread(packages.make, version, sick=sick)
            made = deb_folder(folder / f"software-{number}", package)
            wanted = await asyncio.to_thread(release, desk, box.root / "srv/site", made)
            os.sync()
            print(f"{wanted}, {'sick' if sick else 'healthy'}:")
            await through(box, str(wanted), cuts)
            result = box.read(f"{STATE}/result")
            print(f"  {result}; {len(listener.order)} events")
            assert result.partition(" ")[2].startswith("back" if sick else "kept")
            running = running if sick else version
            await delivered(listener)
            await box.cut()
            assert (
                await box.run("dpkg-query", "-W", "-f", "${Version} ${db:Status-Abbrev}", "poleagent")
                == f"{running} ii"
            )
            assert await box.run("dpkg", "--audit") == ""
            assert box.read("etc/poleagent/poleagent.toml") == SETTINGS.replace("@PORT@", str(port)).strip()
        await box.boot()
        await delivered(listener)
        await box.cut()
        await box.run("dpkg", "--purge", "poleagent")
        assert not [path for path in ("opt/poleagent", "etc/poleagent", STATE) if (box.root / path).exists()]
        count = sum(len(cuts) + 1 for _, cuts in plans) + 1
        print(
            f"{count} power cuts, {len(listener.order)} events in {len(listener.receiver.epochs())} epochs, none lost"
        )


@contextlib.contextmanager
def system_on_card(system: Path, folder: Path) -> Iterator[Card]:
    """A bare system on a card of its own."""
    with card(folder, 1500) as made:
        subprocess.run(["cp", "-a", f"{system}/.", str(made.folder)], check=True)
        yield made


@pytest.mark.fault(
    "the power goes at each step of an update of the agent, also where it goes back, on a whole system under systemd",
    "the next boot goes on; a whole version runs, no event is lost, and the settings are the pole's own",
)
def test_power_cuts_at_each_step_leave_a_working_agent_and_lose_no_event(
    bookworm: Path, deb: Path, tmp_path: Path, chance: random.Random
) -> None:
    with system_on_card(bookworm, tmp_path) as made:
        asyncio.run(story(made, deb, tmp_path, UNITS, every_step(chance)))


@pytest.mark.skipif(not EMULATES, reason="apt-get install qemu-user-static binfmt-support: runs no arm64 program")
def test_the_same_on_arm64(tmp_path: Path, chance: random.Random) -> None:
    deb = package(tmp_path, "poleagent", only="poleagent", arch="arm64")
    units = {name: text.replace(f" {TRIAL_S}\n", f" {TRIAL_S * 5}\n") for name, text in UNITS.items()} | EMULATED
    with system_on_card(arm64_system(), tmp_path) as made:
        asyncio.run(story(made, deb, tmp_path, units, some_steps(chance)))
