"""Black hole, reset, refused port, stalled and slow link, held PUBACK, broker restart: nothing is missing."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from pathlib import Path

import pytest

from agent.uplink.delivery import session
from agent.uplink.mqtt.link import MqttLink
from contract.types import Lane
from simulator.link import open_link
from simulator.ports import free_port
from tests.uplink.fake_broker import fake_broker
from tests.uplink.support import (
    EPOCH,
    MemoryStore,
    Pole,
    mosquitto,
    platform,
    proven,
    running,
    until,
    uplink_settings,
)


def test_a_black_hole_is_found_in_seconds_and_what_fell_into_it_comes_again(tmp_path: Path) -> None:
    async def story() -> None:
        store = MemoryStore()
        async with mosquitto(tmp_path) as port, platform(port) as far, open_link(port) as link:
            async with running(store, uplink_settings(link.port, ack_timeout_s=1.0)) as pole:
                health = pole.uplink.health
                await until(lambda: health().state == "up", "the link is up")
                await store.commit(10)
                await until(lambda: len(store.gone) == 10, "the first rows are delivered")
                await link.set("black hole")
                began = time.monotonic()
                for _ in range(20):
                    await store.commit(10)
                    await asyncio.sleep(0.02)
                await until(lambda: health().state == "down", "the dead link is found")
                assert time.monotonic() - began < 30.0, "TCP alone would take a quarter of an hour"
                assert "no acknowledgement for 1 s" in health().text
                assert len(store.gone) == 10, "no row left the store without its PUBACK"
                await link.set("up")
                await until(lambda: not store.rows, "all is delivered")
            await proven(store, far.receiver, 210)

    asyncio.run(story())


def test_a_puback_that_is_held_back_is_no_delivery() -> None:
    async def story() -> None:
        store = MemoryStore()
        store.add(50)
        async with fake_broker() as broker:
            broker.puback = lambda topic, _: None if topic.endswith("/event") else 0
            async with running(store, uplink_settings(broker.port, ack_timeout_s=1.0)) as pole:
                await until(lambda: pole.uplink.health().connects >= 2, "the link is given up and made again")
                assert not store.gone
                broker.puback = lambda _topic, _payload: 0
                await until(lambda: not store.rows, "all is delivered")

    asyncio.run(story())


def test_resets_refusals_and_a_restart_of_the_broker_lose_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        store = MemoryStore()
        first = free_port()
        async with open_link(first) as link, running(store, uplink_settings(link.port, ack_timeout_s=2.0)) as pole:
            store.add(100)
            await until(lambda: pole.uplink.health().state == "down", "no broker at boot is normal")
            for turn in range(3):
                await link.set("refuse")  # nothing is sent before the platform listens
                async with mosquitto(tmp_path, port=first), platform(first) as far:
                    await link.set("up")
                    await until(lambda: pole.uplink.health().state == "up", "the link is up again")
                    for _ in range(10):
                        await store.commit(5)
                        await asyncio.sleep(0.01)
                    link.reset()
                    await store.commit(5)
                    await until(lambda: not store.rows, "all is delivered")
                    if turn == 0:
                        assert far.receiver.count(EPOCH) >= 100
                    await store.commit(50)
                    await link.set("refuse")
                await until(lambda: pole.uplink.health().state == "down", "the link is down")
                await store.commit(50)
                await link.set("up")
            async with mosquitto(tmp_path, port=first), platform(first):
                await until(lambda: not store.rows, "all is delivered")
        assert set(store.gone) == {(EPOCH, seq) for seq in range(1, store.last_seq + 1)}

    asyncio.run(story())


def test_a_broker_that_takes_connections_and_says_nothing_is_given_up(tmp_path: Path) -> None:
    async def story() -> None:
        store = MemoryStore()
        store.add(5)
        async with mosquitto(tmp_path) as port, open_link(port) as link:
            await link.set("black hole")
            async with running(store, uplink_settings(link.port, ack_timeout_s=1.0)) as pole:
                await until(lambda: "does not answer MQTT" in pole.uplink.health().text, "it is reported")
                await link.set("up")
                await until(lambda: not store.rows, "all is delivered")

    asyncio.run(story())


def test_live_events_do_not_wait_for_a_huge_backlog_on_a_slow_link(tmp_path: Path) -> None:
    async def story() -> None:
        store = MemoryStore()
        noise = random.Random(1)
        for _ in range(5000):
            store.add(1, Lane.SUMMARY, body=b'{"text":"' + noise.randbytes(200).hex().encode() + b'"}')
        backlog = store.last_seq
        waits: list[float] = []
        async with mosquitto(tmp_path) as port, platform(port) as far, open_link(port) as link:
            link.bytes_per_s = 30_000
            async with running(store, uplink_settings(link.port)) as pole:
                await until(lambda: pole.uplink.health().messages > 2, "the backlog drains")
                for _ in range(5):
                    began = time.monotonic()
                    await store.commit(1, Lane.ALARM)
                    seq = store.last_seq
                    await until(lambda seq=seq: seq in far.order, "the live alarm has come")
                    waits.append(time.monotonic() - began)
                    await asyncio.sleep(0.1)
                assert (EPOCH, backlog) in store.rows, "the backlog is still there: the live rows overtook it"
        assert max(waits) < 15.0, "the backlog takes more than half a minute"

    asyncio.run(story())


def test_a_pole_that_is_stopped_says_so_and_one_that_vanishes_is_reported_lost(tmp_path: Path) -> None:
    async def story() -> None:
        store = MemoryStore()
        async with mosquitto(tmp_path) as port, platform(port) as far, open_link(port) as link:
            async with running(store, uplink_settings(link.port)) as pole:
                await until(lambda: far.statuses, "the birth has come")
                assert far.statuses[-1].state == "online"
                pole.revision = "r2"
                link.reset()
                await until(lambda: far.statuses[-1].reason == "lost", "the last will has come")
                await until(lambda: far.statuses[-1].revision == "r2", "the next birth has come")
            await until(lambda: far.statuses[-1].reason == "stopped", "the offline message has come")

    asyncio.run(story())


def test_a_status_that_changes_is_published_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(session, "LOOK_S", 0.1)

    async def story() -> None:
        store = MemoryStore()
        async with mosquitto(tmp_path) as port, platform(port) as far, running(store, uplink_settings(port)) as pole:
            await until(lambda: far.statuses, "the birth has come")
            pole.revision = "r2"
            await until(lambda: far.statuses[-1].revision == "r2", "the change has come")
            count = len(far.statuses)
            await store.commit(3)
            await asyncio.sleep(0.4)
            assert len(far.statuses) == count, "numbers alone are no reason"

    asyncio.run(story())


def test_a_new_epoch_of_the_store_is_delivered_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(session, "LOOK_S", 0.1)

    async def story() -> None:
        store = MemoryStore()
        store.add(30)
        async with mosquitto(tmp_path) as port, platform(port) as far, running(store, uplink_settings(port)):
            await until(lambda: not store.rows, "the first epoch is delivered")
            store.epoch, store.last_seq = "e2", 0
            await store.commit(7)
            await until(lambda: far.receiver.count("e2") == 7, "the second epoch is delivered")

    asyncio.run(story())


def test_a_stop_in_the_moment_of_a_loss_is_still_a_stop(tmp_path: Path) -> None:
    async def story() -> None:
        async with mosquitto(tmp_path) as port, open_link(port) as link:
            for turn in range(20):
                pole = Pole(MemoryStore(), uplink_settings(link.port))
                task = asyncio.get_running_loop().create_task(pole.uplink.run())
                await until(lambda pole=pole: pole.uplink.health().state == "up", "the link is up")
                link.reset()
                for _ in range(turn):
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asyncio.wait_for(task, 120.0)

    asyncio.run(story())


@pytest.mark.parametrize("where", ["listen", "__aenter__"])
def test_a_stop_in_the_moment_of_an_answer_is_still_a_stop(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `asyncio.wait_for` of Python 3.11 does: the answer is there, so the cancellation is forgotten."""
    real = getattr(MqttLink, where)
    waits = asyncio.Event()

    async def answered(self: MqttLink, *arguments: object) -> object:
        answer = await real(self, *arguments)
        waits.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return answer

    async def story() -> None:
        async with mosquitto(tmp_path) as port, open_link(port) as link:
            pole = Pole(MemoryStore(), uplink_settings(link.port))
            task = asyncio.get_running_loop().create_task(pole.uplink.run())
            await waits.wait()
            await link.set("black hole")
            began = time.monotonic()
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            assert time.monotonic() - began < 12.0, "not the 15 s of an acknowledgement that never comes"

    monkeypatch.setattr(MqttLink, where, answered)
    asyncio.run(story())


def test_a_stop_while_the_link_is_a_black_hole_takes_few_seconds(tmp_path: Path) -> None:
    async def story() -> None:
        store = MemoryStore()
        async with mosquitto(tmp_path) as port, open_link(port) as link:
            pole = Pole(store, uplink_settings(link.port))
            task = asyncio.get_running_loop().create_task(pole.uplink.run())
            await until(lambda: pole.uplink.health().state == "up", "the link is up")
            await link.set("black hole")
            await store.commit(100)
            began = time.monotonic()
            task.cancel()
            await asyncio.wait([task])
            assert time.monotonic() - began < 12.0, "not the 15 s of an acknowledgement that never comes"
            await link.set("up")

    asyncio.run(story())
