"""Names and addresses: what is found, what is not, and a name server that never answers."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import Never

import pytest

from agent.system.dns import addresses


def test_an_address_is_found() -> None:
    found = asyncio.run(addresses("127.0.0.1", 1883))
    assert [(family, where) for family, _, _, _, where in found] == [(socket.AF_INET, ("127.0.0.1", 1883))]


@pytest.mark.parametrize("host", ["not a name", "x" * 70 + ".example", "\udcff"])
def test_what_is_no_name_is_an_error_of_the_system(host: str) -> None:
    with pytest.raises(OSError, match=r"\w"):
        asyncio.run(addresses(host, 1883))


def test_a_name_server_that_never_answers_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def never(*_: object, **__: object) -> Never:
        answered.wait(30.0)
        raise socket.gaierror

    async def give_up() -> None:
        async with asyncio.timeout(0.05):
            await addresses("mqtt.city.example", 1883)

    monkeypatch.setattr(socket, "getaddrinfo", never)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(give_up())
    assert time.monotonic() - began < 25.0, "the name server holds its thread for 30 s"
    answered.set()
