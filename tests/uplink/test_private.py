"""What we use of aiomqtt and paho that is not public: each by name, so that a new release that lacks one fails here and
not on a pole. Both are exact in requirements/.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
from collections import deque
from types import SimpleNamespace
from typing import cast

import aiomqtt
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode

from agent.uplink.mqtt import link

OVERRIDDEN = {
    "_misc_loop": ["self"],
    "_on_connect": ["self", "client", "userdata", "flags", "reason_code", "properties"],
    "_on_disconnect": ["self", "client", "userdata", "flags", "reason_code", "properties"],
    "_on_message": ["self", "client", "userdata", "message"],
    "_on_publish": ["self", "client", "userdata", "mid", "reason_code", "properties"],
}
"""Methods of ``aiomqtt.Client`` that the link replaces, with their parameters."""
READ = {
    "_client": Client,
    "_connected": asyncio.Future,
    "_disconnected": asyncio.Future,
    "_loop": asyncio.AbstractEventLoop,
    "_pending_subscribes": dict,
}
"""Attributes of ``aiomqtt.Client`` that the link reads."""
OF_PAHO = {"_create_socket", "_out_packet", "_sock_close"}


def test_the_link_overrides_and_reads_these_private_members_and_no_others() -> None:
    tree = ast.parse(inspect.getsource(link))
    inherited = {name for name in vars(aiomqtt.Client) if name.startswith("_") and not name.startswith("__")}
    assert {name for name in vars(link.MqttLink) if name in inherited} == set(OVERRIDDEN)
    own = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr.startswith("_")}
    of_paho = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "_client"
    }
    assert {name for name in of_paho if name.startswith("_")} == OF_PAHO

    async def attributes() -> set[str]:
        return {name for name in vars(aiomqtt.Client("127.0.0.1")) if name.startswith("_")}

    assert own & asyncio.run(attributes()) == set(READ)


def test_aiomqtt_still_calls_the_housekeeping_that_we_override() -> None:
    assert "self._misc_loop()" in inspect.getsource(aiomqtt.Client._on_socket_open)


@pytest.mark.parametrize(("keepalive", "rest"), [(0, 1.0), (20, 2.5), (1200, 5.0)])
def test_housekeeping_rests_whatever_keep_alive_a_broker_sets(
    keepalive: int, rest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    codes = iter((MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN))
    client = SimpleNamespace(keepalive=keepalive, loop_misc=lambda: next(codes))
    monkeypatch.setattr(asyncio, "sleep", sleep)
    asyncio.run(link.MqttLink._misc_loop(cast(link.MqttLink, SimpleNamespace(_client=client))))
    assert slept == [rest]


@pytest.mark.parametrize("name", [name for name in OVERRIDDEN if name != "_misc_loop"])
def test_aiomqtt_still_calls_what_we_override(name: str) -> None:
    async def called() -> object:
        client = aiomqtt.Client("127.0.0.1")
        return getattr(client._client, name.removeprefix("_"))  # paho's callback

    assert asyncio.run(called()).__name__ == name  # type: ignore[attr-defined]
    assert list(inspect.signature(getattr(aiomqtt.Client, name)).parameters) == OVERRIDDEN[name]


@pytest.mark.parametrize("name", READ)
def test_aiomqtt_still_has_what_we_read(name: str) -> None:
    async def there() -> bool:
        return isinstance(getattr(aiomqtt.Client("127.0.0.1"), name), READ[name])

    assert asyncio.run(there())


def test_paho_still_has_what_we_use() -> None:
    async def client() -> Client:
        return aiomqtt.Client("127.0.0.1")._client

    paho = asyncio.run(client())
    assert list(inspect.signature(paho._create_socket).parameters) == []
    assert list(inspect.signature(paho._sock_close).parameters) == []
    assert isinstance(paho._out_packet, deque)
