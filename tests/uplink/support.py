"""What the uplink's tests share: a store in memory, a real broker, a platform that listens, and a pole to deliver."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec

from agent.config.settings import PoleSettings, UplinkSettings
from agent.system.clock import SystemClock, always_synced
from agent.uplink.sync import Uplink
from contract.birth import Status
from contract.receive import Receiver
from contract.types import Event, Key, Lane, Row, Stamp
from simulator.ports import free_port

POLE = "pole-7"
EPOCH = "e1"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def row(
    seq: int,
    lane: Lane = Lane.EVENT,
    *,
    body: bytes = b'{"state":"up"}',
    epoch: str = EPOCH,
    kind: str = "device_state",
) -> Row:
    at = Stamp(NOON + timedelta(seconds=seq), float(seq))
    return Row(epoch=epoch, seq=seq, lane=lane, kind=kind, source="roof", at=at, body=body)


class MemoryStore:
    """The store's part of the contract, without a disk."""

    def __init__(self) -> None:
        self.epoch = EPOCH
        self.rows: dict[Key, Row] = {}
        self.put_rows: list[Row] = []
        """What the uplink itself has put, whether it is gone or not."""
        self.gone: list[Key] = []
        self.last_seq = 0
        self._committed = asyncio.Event()
        self.asked = 0
        self.resent = 0
        self.thinned = 0
        self.states: dict[str, bytes] = {}

    def add(self, count: int, lane: Lane = Lane.EVENT, **fields: Any) -> None:
        for _ in range(count):
            self.last_seq += 1
            made = row(self.last_seq, lane, epoch=self.epoch, **fields)
            self.rows[made.epoch, made.seq] = made

    async def commit(self, count: int, lane: Lane = Lane.EVENT, **fields: Any) -> None:
        self.add(count, lane, **fields)
        self._tell()
        await asyncio.sleep(0)

    @property
    def newest(self) -> dict[Lane, int]:
        return {lane: max((made.seq for made in self.rows.values() if made.lane is lane), default=0) for lane in Lane}

    def _tell(self) -> None:
        self._committed.set()
        self._committed = asyncio.Event()

    def put(self, events: Sequence[Event]) -> None:
        for event in events:
            self.add(1, event.lane, body=msgspec.json.encode(event.body), kind=event.body.kind)
            self.put_rows.append(self.rows[self.epoch, self.last_seq])
        self._tell()

    async def wait_committed(self, seq: int) -> int:
        while self.last_seq <= seq:
            await self._committed.wait()
        return self.last_seq

    async def unsent(
        self, lane: Lane, *, after: int = 0, before: int | None = None, max_bytes: int = 65536
    ) -> list[Row]:
        self.asked += 1
        await asyncio.sleep(0)
        found: list[Row] = []
        size = 0
        for made in sorted(self.rows.values(), key=lambda made: made.seq):
            if made.lane is lane and made.seq > after and (before is None or made.seq < before):
                size += len(made.body)
                if found and size > max_bytes:
                    break
                found.append(made)
        return found

    async def thin(self, level_s: float) -> int:
        self.thinned += 1
        return 0

    async def load_state(self, name: str) -> bytes | None:
        return self.states.get(name)

    def save_state(self, name: str, value: bytes) -> None:
        self.states[name] = value

    async def flush(self) -> None:
        await asyncio.sleep(0)

    def acknowledge(self, keys: Iterable[Key]) -> None:
        for name in keys:
            self.rows.pop(name, None)
            self.gone.append(name)


class Platform:
    """A subscriber on the broker: everything the pole says, taken by the reference receiver."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.receiver = Receiver(POLE)
        self.payloads: list[tuple[str, bytes]] = []
        self.order: list[int] = []
        self.statuses: list[Status] = []
        self.replies: list[dict[str, Any]] = []
        self.changed = asyncio.Event()

    async def listen(self) -> None:
        async for message in self.client.messages:
            payload = bytes(message.payload)
            kind = str(message.topic).rsplit("/", 1)[1]
            if kind == "status":
                self.statuses.append(msgspec.json.decode(payload, type=Status))
            elif kind == "reply":
                self.replies.append(msgspec.json.decode(payload))
            elif kind in ("alarm", "event", "summary", "raw"):
                self.payloads.append((kind, payload))
                self.order += [event.seq for event in self.receiver.take(payload)]
            self.changed.set()

    async def say(self, kind: str, payload: bytes) -> None:
        await self.client.publish(f"sp/v2/{POLE}/{kind}", payload, qos=1)


@contextlib.asynccontextmanager
async def platform(port: int) -> AsyncIterator[Platform]:
    async with aiomqtt.Client("127.0.0.1", port, identifier="platform") as client:
        await client.subscribe(f"sp/v2/{POLE}/#", qos=1)
        listening = Platform(client)
        task = asyncio.get_running_loop().create_task(listening.listen())
        try:
            yield listening
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, aiomqtt.MqttError):
                await task


async def answers(port: int, limit_s: float = 120.0) -> None:
    async with asyncio.timeout(limit_s):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return


@contextlib.asynccontextmanager
async def program(*arguments: str, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A broker that runs until the block is left."""
    process = await asyncio.create_subprocess_exec(
        *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await answers(port)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


@contextlib.asynccontextmanager
async def anybody(port: int, username: str, password: str | None) -> AsyncIterator[None]:
    """Somebody is subscribed to everything: a broker says so where nobody is."""
    await answers(port)
    client = aiomqtt.Client("127.0.0.1", port, identifier="anybody", username=username, password=password)
    client._on_message = lambda *_: None  # type: ignore[method-assign]
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(client)
        await client.subscribe("#", qos=1)
        stack.pop_all()
    try:
        yield
    finally:
        with contextlib.suppress(aiomqtt.MqttError):
            await client.__aexit__(None, None, None)


@contextlib.asynccontextmanager
async def mosquitto(
    folder: Path, more: str = "", *, port: int | None = None, anonymous: bool = True, subscribed: bool = True
) -> AsyncIterator[int]:
    """A mosquitto on a free port; ``more`` are further lines of its settings. ``subscribed``: somebody is."""
    assert MOSQUITTO, "mosquitto is not installed: make test does that"
    port = port or free_port()
    settings = folder / f"mosquitto-{port}.conf"
    plain = free_port()
    lines = f"user root\nlistener {port} 127.0.0.1\nallow_anonymous {str(anonymous).lower()}\nmax_queued_messages 0\n"
    settings.write_text(f"{lines}{more}\nlistener {plain} 127.0.0.1\n")
    who = ("platform", None) if anonymous else ("pole", "secret")
    listener = anybody(plain, *who) if subscribed else contextlib.nullcontext()
    async with program(MOSQUITTO, "-c", str(settings), port=port), listener:
        yield port


def uplink_settings(port: int, **changes: Any) -> UplinkSettings:
    plain: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "plain_text": True,
        "linger_s": 0.05,
        "retry_max_s": 1.0,
    }
    return UplinkSettings(**(plain | changes))


class Pole:
    """A running uplink over a store in memory."""

    def __init__(self, store: Any, settings: UplinkSettings, commands: Any = None) -> None:
        self.store = store
        self.clock = SystemClock(always_synced)
        self.revision = "r1"
        self.presented: tuple[Any, ...] = ()
        self.uplink = Uplink(
            settings,
            PoleSettings(id=POLE),
            store,
            self.clock,
            self.birth,
            commands or {},
            jitter=lambda: 0.1,
            presented=self._take,
        )

    def _take(self, *presented: Any) -> None:
        self.presented = presented

    def birth(self) -> Status:
        return Status(
            pole=POLE,
            state="online",
            at=self.clock.now().utc,
            version="0",
            epoch=self.store.epoch,
            next_seq=self.store.last_seq + 1,
            revision=self.revision,
            clock="synced",
        )


@contextlib.asynccontextmanager
async def running(store: Any, settings: UplinkSettings, commands: Any = None) -> AsyncIterator[Pole]:
    pole = Pole(store, settings, commands)
    task = asyncio.get_running_loop().create_task(pole.uplink.run())
    try:
        yield pole
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], object], what: str, limit_s: float = 120.0) -> None:
    """Returns once ``true()`` holds; fails with ``what`` after ``limit_s``."""
    try:
        async with asyncio.timeout(limit_s):
            while not true():  # the conditions are about a real broker, which sets no event of ours
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within {limit_s:g} s: {what}") from None


async def proven(store: MemoryStore, receiver: Receiver, count: int) -> None:
    """All that was committed has come, nothing that had not come left the store."""
    await until(lambda: receiver.count(EPOCH) >= count, "every event has come")
    assert receiver.count(EPOCH) == count
    assert receiver.holes(EPOCH) == ()
    assert not store.rows
    assert set(store.gone) == {(EPOCH, seq) for seq in range(1, count + 1)}
