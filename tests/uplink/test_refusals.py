"""A PUBACK that says no is no delivery: nothing is lost by it, nothing stands still for it."""

from __future__ import annotations

import asyncio
import logging
import random
from pathlib import Path

import pytest

from agent.uplink.delivery import suspects
from contract.receive import Receiver, decode
from contract.types import Lane
from tests.uplink.fake_broker import fake_broker
from tests.uplink.support import EPOCH, POLE, MemoryStore, mosquitto, running, until, uplink_settings


@pytest.fixture(autouse=True)
def short_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspects, "HOLD_FIRST_S", 0.1)


def test_a_lane_that_may_not_publish_waits_says_so_and_holds_up_no_other() -> None:
    async def story() -> None:
        store = MemoryStore()
        store.add(3, Lane.EVENT)
        store.add(3, Lane.SUMMARY)
        async with fake_broker() as broker:
            broker.puback = lambda topic, _: 135 if topic.endswith("/event") else 0
            async with running(store, uplink_settings(broker.port)) as pole:
                await until(lambda: len(store.gone) == 3, "the summaries are delivered")
                await until(lambda: "event lane" in pole.uplink.health().text, "the refusal is reported")
                assert not broker.events("event")
                broker.puback = lambda _topic, _payload: 0
                await until(lambda: not store.rows, "the events are delivered once they may be")
                assert not pole.uplink.health().text
        assert sorted(store.gone) == [(EPOCH, seq) for seq in range(1, 7)]

    asyncio.run(story())


@pytest.mark.fault(
    "the broker refuses a message for its size", "it is split; a row that is too large alone is named in a gap"
)
def test_a_message_that_is_too_large_is_split_and_a_row_that_is_too_large_is_reported_as_a_gap() -> None:
    async def story() -> None:
        store = MemoryStore()
        store.add(20)
        store.add(1, body=b'{"text":"' + bytes(range(65, 91)) * 400 + b'"}')
        store.add(20)
        receiver = Receiver(POLE)
        async with fake_broker() as broker:
            broker.puback = lambda topic, payload: 153 if too_large(topic, payload) else 0
            async with running(store, uplink_settings(broker.port)):
                await until(lambda: not store.rows, "all is delivered or given up")
            for payload in broker.events("event"):
                receiver.take(payload)
        assert receiver.count(EPOCH) == 41, "40 rows and the gap event"
        assert receiver.deleted(EPOCH) == ((21, 21),)
        assert receiver.holes(EPOCH) == ()

    asyncio.run(story())


def too_large(topic: str, payload: bytes) -> bool:
    return topic.endswith("/event") and any(len(bytes(event.data)) > 10_000 for event in decode(payload))


def test_what_the_broker_grants_is_kept_to() -> None:
    async def story() -> None:
        store = MemoryStore()
        store.add(30, body=b'{"text":"' + b"x" * 700 + b'"}')
        async with fake_broker() as broker:
            # Receive Maximum (33) 2, Maximum Packet Size (39) 3000
            broker.connack = lambda _: b"\x20\x0b\x00\x00\x08\x21\x00\x02\x27\x00\x00\x0b\xb8"
            broker.delay_s = 0.02
            settings = uplink_settings(broker.port, message_bytes=4096)
            async with running(store, settings):
                await until(lambda: not store.rows, "all is delivered")
            assert broker.most_waiting <= 2
            assert max(len(payload) for payload in broker.events("event")) < 3000

    asyncio.run(story())


def test_a_row_that_ends_every_link_is_set_aside_and_the_others_get_past_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(suspects, "TRIES", 2)

    async def story() -> None:
        store = MemoryStore()
        store.add(1, body=b'{"text":"poison"}')
        store.add(5)
        async with fake_broker() as broker:

            def cut(topic: str, payload: bytes) -> int | None:
                if topic.endswith("/event") and any(b"poison" in bytes(event.data) for event in decode(payload)):
                    raise ConnectionError
                return 0

            broker.puback = cut
            settings = uplink_settings(broker.port, message_bytes=1024)
            async with running(store, settings):
                await until(lambda: len(store.rows) == 1, "the others are delivered")
        assert list(store.rows) == [(EPOCH, 1)], "the row itself stays in the store"

    with caplog.at_level(logging.WARNING, "agent.uplink"):
        asyncio.run(story())
    assert "event 1 set aside" in caplog.text


def test_a_mosquitto_with_a_size_limit_keeps_one_row_waiting_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspects, "TRIES", 2)

    async def story() -> None:
        store = MemoryStore()
        store.add(10)
        store.add(1, body=b'{"text":"' + random.Random(1).randbytes(2000).hex().encode() + b'"}')
        store.add(10)
        async with (
            mosquitto(tmp_path, "message_size_limit 1000") as port,
            running(store, uplink_settings(port, message_bytes=4096, retry_max_s=0.1)),
        ):
            await until(lambda: len(store.rows) == 1, "the others are delivered")
            await store.commit(5, Lane.ALARM)
            await until(lambda: len(store.rows) == 1, "and those that come later")
        assert list(store.rows) == [(EPOCH, 11)]

    asyncio.run(story())
