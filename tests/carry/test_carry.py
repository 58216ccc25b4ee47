"""A stick between a real store and a real platform's database, by the openssl program; nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import base64
import errno
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest

from agent.errors import AgentError
from agent.setup import carry
from agent.setup.carry import CarriedOut, CarryPole, carry_in, carry_out
from agent.setup.key import make_key, request_for
from agent.store import Store, open_store
from agent.uplink import carry as daemon
from agent.uplink.carry import rows_for, take_marks
from contract.carry import FOLDER
from contract.events import SettingsChange
from contract.requests import CarryMarksResult
from contract.types import Event, Lane
from fleet.actions import Actions, CarriedAnswer, CarriedArgs
from fleet.carry import CarryTaken, prepare, take
from fleet.errors import FleetError
from fleet.pki import Authority
from fleet.store.sqlite import FleetStore
from fleet.store.sqlite import open_store as open_fleet
from tests.store.rig import FakeClock, boot, event, settings

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Writer:
    """The platform's store without its thread."""

    def __init__(self, store: FleetStore) -> None:
        self._store = store

    async def call(self, use: Callable[[FleetStore], Any]) -> Any:
        return use(self._store)

    async def do(self, change: Callable[[Any], Any]) -> Any:
        return self._store.change(change)


class Platform:
    """A CA, its certificate for carrying, and a database."""

    def __init__(self, folder: Path, most_bytes: int = 10**9) -> None:
        identity = folder / "identity"
        identity.mkdir(parents=True)
        self.authority = Authority(identity, lambda: NOW)
        self.pair = self.authority.carry()
        self._opened = open_fleet(folder / "fleet.db", most_bytes)
        self.store = self._opened.__enter__()
        self.actions = Actions(
            Writer(self.store), None, None, None, health=dict, now=lambda: NOW  # type: ignore[arg-type]
        )  # fmt: skip

    def close(self) -> None:
        self._opened.__exit__(None, None, None)

    def prepare(self, stick: Path) -> None:
        prepare(stick, self.pair)

    def stored(self, args: CarriedArgs) -> CarriedAnswer:
        return asyncio.run(self.actions.carried(args))

    def take(self, stick: Path) -> CarryTaken:
        return take(stick, self.pair, self.authority.file, self.stored)

    def count(self) -> int:
        query = "SELECT ifnull(sum(count), 0) FROM segment"
        return int(self.store.change(lambda db: db.execute(query).fetchone()[0]))


class Pole:
    """A store whose daemon is this process; ``job`` is what the command knows."""

    def __init__(self, folder: Path, platform: Platform, name: str = "p-1") -> None:
        folder.mkdir()
        self.clock = FakeClock()
        self.runner = asyncio.Runner()
        self._opened = open_store(settings(folder), self.clock, boot, pole=name)
        self.store: Store = self.runner.run(self._opened.__aenter__())
        key, cert = folder / "pole.key", folder / "pole.pem"
        key.write_bytes(make_key())
        self.issued = platform.authority.sign(request_for(key, name).decode(), name)
        cert.write_text(self.issued.pem)
        self.job = CarryPole(pole=name, ca=platform.authority.file, cert=cert, key=key, socket="")
        self.number = 0

    def close(self) -> None:
        self.runner.run(self._opened.__aexit__(None, None, None))
        self.runner.close()

    def put(self, count: int, lane: Lane = Lane.EVENT, padding: int = 500) -> None:
        at = self.clock.now()
        self.store.put([event(at, self.number + each, lane, padding) for each in range(count)])
        self.number += count
        self.runner.run(self.store.flush())

    def waiting(self) -> int:
        return sum(len(self.runner.run(self.store.unsent(lane, max_bytes=10**9))) for lane in Lane)

    def out(self, stick: Path) -> CarriedOut:
        return carry_out(self.job, stick, NOW)

    def answer(self, name: str, args: Any) -> bytes:
        if name == "carry_rows":
            return msgspec.json.encode(self.runner.run(rows_for(self.store, self.job.pole, args)))
        done = self.runner.run(take_marks(self.store, self.job.pole, self.job.ca, args.signed))
        return msgspec.json.encode(CarryMarksResult(events=done))


class Here:
    """In place of the control socket's client."""

    pole: Pole

    def __init__(self, _: str) -> None:
        self.asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def ask(self, name: str, args: Any, *, wait_s: float = 0.0) -> bytes:
        del wait_s
        # the command's own event loop is closed by now, and this pole has another one
        return self.pole.answer(name, args)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = Platform(tmp_path / "fleet")
    yield made
    made.close()


@pytest.fixture
def pole(tmp_path: Path, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pole]:
    made = Pole(tmp_path / "pole", platform)
    Here.pole = made
    monkeypatch.setattr(carry, "Client", Here)
    monkeypatch.setattr(carry, "UNIT_BYTES", 4000)
    yield made
    made.close()


@pytest.fixture
def stick(tmp_path: Path, platform: Platform) -> Path:
    made = tmp_path / "stick"
    made.mkdir()
    platform.prepare(made)
    return made


def files(stick: Path, kind: str) -> list[Path]:
    return sorted((stick / FOLDER).glob(f"*.{kind}"))


def test_events_go_out_and_the_confirmation_comes_back(platform: Platform, pole: Pole, stick: Path) -> None:
    for _ in range(5):
        pole.put(400)
    pole.put(30, Lane.ALARM)
    done = pole.out(stick)
    assert (done.events, done.before) == (2031, 0)
    assert pole.waiting() == 2031  # nothing has gone from the queue
    pole.put(10)
    taken = platform.take(stick)
    assert taken.problems == ()
    assert (taken.poles["p-1"].events, taken.poles["p-1"].repeated) == (2031, 0)
    assert not files(stick, "rows")
    assert carry_in(pole.job, stick) == (1, 2031)
    assert pole.waiting() == 10
    assert platform.count() == 2031


def test_the_carrier_can_read_nothing(pole: Pole, stick: Path) -> None:
    pole.put(300)
    pole.out(stick)
    for file in files(stick, "rows"):
        assert b"settings_change" not in file.read_bytes()
        asked = subprocess.run(
            ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-inkey", pole.job.key, "-in", file],
            capture_output=True,
            check=False,
        )
        assert asked.returncode


def test_a_second_run_writes_only_what_is_new(pole: Pole, stick: Path) -> None:
    pole.put(1000)
    pole.out(stick)
    before = files(stick, "rows")
    again = pole.out(stick)
    assert (again.events, again.before, again.bytes) == (1001, 1001, 0)
    assert files(stick, "rows") == before


@pytest.mark.fault(
    "a stick is pulled out while events are written onto it",
    "what is torn is known and written again; nothing is lost or taken twice",
)
def test_a_stick_that_is_pulled_out_at_any_byte_loses_and_doubles_nothing(
    platform: Platform, pole: Pole, stick: Path
) -> None:
    rng = random.Random(5)
    for _ in range(6):
        pole.put(400)
        pole.out(stick)
        torn = rng.choice(files(stick, "rows"))
        with torn.open("r+b") as file:
            file.truncate(rng.randrange(torn.stat().st_size))
        (stick / FOLDER / "rows.part").write_bytes(b"half")
        if rng.random() < 0.5:
            taken = platform.take(stick)
            assert [each.partition(": ")[2] for each in taken.problems] == [
                "it is torn; its events are still on the pole: have them carried again"
            ]
            carry_in(pole.job, stick)
    pole.out(stick)  # what is torn is written again
    assert platform.take(stick).problems == ()
    carry_in(pole.job, stick)
    assert pole.waiting() == 0
    assert platform.count() == 2401


@pytest.mark.fault(
    "an old stick is brought again",
    "its events are repeats, its confirmation changes nothing",
)
def test_an_old_stick_again_changes_nothing(platform: Platform, pole: Pole, stick: Path, tmp_path: Path) -> None:
    pole.put(100)
    pole.out(stick)
    shutil.copytree(stick, tmp_path / "old")
    platform.take(stick)
    again = platform.take(tmp_path / "old")
    assert (again.problems, again.poles["p-1"].events, again.poles["p-1"].repeated) == ((), 0, 101)
    assert platform.count() == 101
    assert carry_in(pole.job, stick) == (1, 101)
    assert carry_in(pole.job, stick) == (1, 0)


@pytest.mark.fault(
    "a file on a stick was changed, or is of another pole or platform",
    "nothing of it is taken, one sentence says why",
)
def test_what_is_wrong_with_a_file_is_one_sentence(platform: Platform, pole: Pole, stick: Path, tmp_path: Path) -> None:
    pole.put(10)
    pole.out(stick)
    (file,) = files(stick, "rows")
    whole = file.read_bytes()

    def said() -> str:
        (problem,) = platform.take(stick).problems
        assert platform.count() == 0
        return problem.partition(": ")[2]

    for at in (5, len(whole) // 2, len(whole) - 3):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert said() == "it cannot be opened: it is for another platform, or it was changed"
    file.unlink()
    other = Platform(tmp_path / "other")
    stranger = Pole(tmp_path / "stranger", other)
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    other.prepare(foreign)
    stranger.put(10)
    Here.pole = stranger
    stranger.out(foreign)
    (theirs,) = files(foreign, "rows")
    shutil.copy(theirs, stick / FOLDER)
    assert said() == "it cannot be opened: it is for another platform, or it was changed"
    (stick / FOLDER / theirs.name).unlink()
    with pytest.raises(AgentError, match="another platform than the one of this pole: nothing was written"):
        stranger.out(stick)
    forged = CarryPole(pole="p-1", ca=platform.authority.file, cert=stranger.job.cert, key=stranger.job.key, socket="")
    carry_out(forged, stick, NOW)
    assert said() == "it was not signed by a pole of this platform"
    files(stick, "rows")[0].unlink()
    second = Pole(tmp_path / "second", platform, "p-2")
    forged = CarryPole(pole="p-1", ca=platform.authority.file, cert=second.job.cert, key=second.job.key, socket="")
    carry_out(forged, stick, NOW)
    assert said() == "it was signed by p-2 and speaks of p-1"
    for each in (stranger, second, other):
        each.close()


def test_a_revoked_pole_is_refused(platform: Platform, pole: Pole, stick: Path) -> None:
    row = (pole.issued.serial, "p-1", 0.0, 2e9, 1.0, pole.issued.pem)
    platform.store.change(lambda db: db.execute("INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?)", row))
    pole.put(10)
    pole.out(stick)
    (problem,) = platform.take(stick).problems
    assert problem.endswith("the certificate of p-1 that signed this was revoked")
    assert len(files(stick, "rows")) == 1


def test_a_pole_past_its_bound_of_the_day_keeps_its_events(pole: Pole, stick: Path, tmp_path: Path) -> None:
    small = Platform(tmp_path / "small", most_bytes=1000)
    job = Pole(tmp_path / "bound", small)
    Here.pole = job
    job.put(500)
    small.prepare(stick)
    job.out(stick)
    taken = small.take(stick)
    assert taken.problems[0].endswith("more than is taken of p-1 in a day: bring the stick again tomorrow")
    assert files(stick, "rows")
    carry_in(job.job, stick)
    assert job.waiting() + small.count() == 501
    job.close()
    small.close()
    assert pole.waiting() == 1


@pytest.mark.fault(
    "a confirmation on a stick was made by somebody else than the platform",
    "no event goes from the pole",
)
def test_marks_count_only_from_the_platform_of_this_pole(
    platform: Platform, pole: Pole, stick: Path, tmp_path: Path
) -> None:
    pole.put(10)
    pole.out(stick)
    platform.take(stick)
    (file,) = files(stick, "marks")
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b'"p-1"', b'"p-2"'))
    with pytest.raises(AgentError, match="not signed by the platform of this pole, or it was changed"):
        carry_in(pole.job, stick)
    plain = msgspec.json.encode({"pole": "p-1", "marks": [{"epoch": pole.store.epoch, "ranges": [[1, 99]]}]})
    another = Pole(tmp_path / "another", platform, "p-9")  # its certificate is of the same CA
    own = ("-signer", str(another.job.cert), "-inkey", str(another.job.key))
    signed = subprocess.run(
        ["openssl", "cms", "-sign", "-binary", "-nodetach", *own, "-outform", "DER"],
        input=plain,
        capture_output=True,
        check=True,
    ).stdout
    file.write_bytes(signed)
    with pytest.raises(AgentError, match="not signed by the platform of this pole, or it was changed"):
        carry_in(pole.job, stick)
    assert pole.waiting() == 11
    file.write_bytes(whole)
    assert carry_in(pole.job, stick) == (1, 11)
    file.write_bytes(b"x" * 50_000)
    with pytest.raises(AgentError, match="it is too long"):
        carry_in(pole.job, stick)
    marks = base64.b64encode(whole).decode()
    with pytest.raises(AgentError, match="is for p-1, not for this pole"):
        another.runner.run(take_marks(another.store, "p-9", another.job.ca, marks))
    another.close()


def test_a_stick_that_cannot_be_used_is_one_sentence(
    pole: Pole, stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pole.put(10)
    with pytest.raises(AgentError, match="is no folder: mount the stick"):
        pole.out(tmp_path / "none")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(AgentError, match="was not prepared by a platform"):
        pole.out(empty)
    (empty / FOLDER).symlink_to(stick / FOLDER)
    with pytest.raises(AgentError, match="was not prepared by a platform"):
        pole.out(empty)
    with pytest.raises(FleetError, match="is no folder"):
        prepare(tmp_path / "none", None)  # type: ignore[arg-type]

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AgentError, match="the stick is full: 0 events are on it"):
        pole.out(stick)
    assert not files(stick, "rows")
    assert not (stick / FOLDER / "rows.part").exists()
    assert pole.waiting() == 11


def test_a_stick_that_is_pulled_out_while_it_is_listed_is_one_sentence(
    platform: Platform, pole: Pole, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pole.put(10)
    pole.out(stick)
    platform.take(stick)
    pole.put(10)
    pole.out(stick)
    (marks,) = files(stick, "marks")
    real = Path.stat
    gone = OSError(errno.EIO, "Input/output error")

    def listing(_: Path) -> list[Path]:
        raise gone

    def size(file: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if file.name == marks.name:
            raise gone
        return real(file, follow_symlinks=follow_symlinks)

    with monkeypatch.context() as pulled:
        pulled.setattr(Path, "iterdir", listing)
        for use in (lambda: pole.out(stick), lambda: carry_in(pole.job, stick)):
            with pytest.raises(AgentError, match="cannot be read: input/output error; plug the stick in again"):
                use()
        with pytest.raises(FleetError, match="cannot be read: Input/output error; plug the stick in again"):
            platform.take(stick)
    with monkeypatch.context() as pulled:
        pulled.setattr(Path, "stat", size)
        with pytest.raises(AgentError, match="cannot be read: input/output error; plug the stick in again"):
            carry_in(pole.job, stick)
    assert platform.take(stick).problems == ()
    assert carry_in(pole.job, stick)[1] == 21


def test_links_on_a_stick_are_left_out(platform: Platform, pole: Pole, stick: Path) -> None:
    pole.put(10)
    pole.out(stick)
    (rows,) = files(stick, "rows")
    rows.unlink()
    rows.symlink_to(stick / "nowhere")
    (stick / FOLDER / f"p-1.{'0' * 16}.marks").symlink_to(stick / "nowhere")
    (stick / FOLDER / f"p-1.{'0' * 16}.7.rows").symlink_to(stick / "nowhere")
    assert platform.take(stick).problems == ()
    assert carry_in(pole.job, stick) == (0, 0)
    assert pole.out(stick).before == 0  # written again
    assert platform.take(stick).poles["p-1"].events == 11


def test_a_lane_that_the_platform_does_not_know_stays_on_the_stick(
    platform: Platform, pole: Pole, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pole.put(10)
    pole.put(3, Lane.ALARM)
    pole.out(stick)
    with monkeypatch.context() as older:
        older.setattr("fleet.actions.LANES", frozenset({"event"}))
        (problem,) = platform.take(stick).problems
    assert problem.endswith(
        "it holds messages of a lane that this platform does not know (1): update polefleet, then bring the stick again"
    )
    assert platform.count() == 11
    assert platform.take(stick).problems == ()
    assert platform.count() == 14
    assert not files(stick, "rows")


@pytest.mark.fault(
    "a stick has room for some of the events only",
    "each trip takes some of them; the others wait on the pole",
)
@pytest.mark.skipif(os.geteuid() != 0, reason="a small stick is a small tmpfs, which only root can mount")
def test_a_stick_that_becomes_full_is_carried_more_than_once(
    platform: Platform, pole: Pole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "MESSAGE_BYTES", 8192)
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "small", str(small)], check=True)
    try:
        platform.prepare(small)
        rng = random.Random(1)
        for _ in range(4):
            at = pole.clock.now()
            texts = [rng.randbytes(200).hex() for _ in range(150)]
            pole.store.put([Event.of("agent", at, SettingsChange(revision=text)) for text in texts])
            pole.runner.run(pole.store.flush())
        trips = 0
        while pole.waiting() and trips < 40:
            trips += 1
            try:
                pole.out(small)
            except AgentError as reason:
                assert "the stick is full" in str(reason)  # noqa: PT017 - some trips end with it
            assert platform.take(small).problems == ()
            carry_in(pole.job, small)
            for marks in files(small, "marks"):
                marks.unlink()
        assert trips > 2
        assert platform.count() == 601
    finally:
        subprocess.run(["umount", str(small)], check=True)
