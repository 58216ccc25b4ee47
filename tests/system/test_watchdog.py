"""The watchdog is fed while every loop beats, and the log says once which one does not."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.system.notify import Notifier
from agent.system.pulse import Pulse
from agent.system.watchdog import LOOK_S, feed, period_s
from contract.types import Stamp


class Ended(Exception):
    """The story has ended."""


class StoryClock:
    """Each sleep is one second and one step of the story."""

    def __init__(self, steps: list[Callable[[], None]]) -> None:
        self.elapsed = 0.0
        self.steps = steps

    def now(self) -> Stamp:
        raise AssertionError

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        if not self.steps:
            raise Ended
        self.elapsed += seconds
        self.steps.pop(0)()


def received(end: socket.socket) -> list[str]:
    """All that was sent so far."""
    end.setblocking(False)
    messages = []
    while True:
        try:
            messages.append(end.recv(1000).decode())
        except BlockingIOError:
            return messages


def test_a_loop_that_stops_is_named_once_and_the_watchdog_starves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = StoryClock([])
    store, link = Pulse("store", 2.5, clock.monotonic), Pulse("line a", 2.5, clock.monotonic)

    def all_beat() -> None:
        store.beat()
        link.beat()

    clock.steps = [all_beat, link.beat, link.beat, link.beat, link.beat, all_beat, all_beat]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, caplog.at_level(logging.WARNING):
        systemd.bind(str(tmp_path / "n"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "n")})
        with pytest.raises(Ended):
            asyncio.run(feed(notifier, lambda: (store, link), lambda: "2 of 2 devices up", clock, 1.0))
        notifier.close()
        reported = received(systemd)
    assert [line for line in reported if line.startswith("STATUS")] == [
        "STATUS=2 of 2 devices up",
        "STATUS=stuck: store",
        "STATUS=2 of 2 devices up",
    ]
    assert reported.count("WATCHDOG=1") == 6  # at 0, 1, 2, 3, and again at 6, 7
    assert [record.message for record in caplog.records] == [
        "store has stopped making progress; the watchdog is not fed until it goes on",
        "store makes progress again",
    ]


def test_a_loop_that_went_with_the_settings_is_not_missed(tmp_path: Path) -> None:
    clock = StoryClock([lambda: None] * 5)
    parts = [Pulse("line a", 2.5, clock.monotonic)]
    clock.steps[1] = parts.clear
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "n"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "n")})
        with pytest.raises(Ended):
            asyncio.run(feed(notifier, lambda: parts, lambda: "", clock, 1.0))
        notifier.close()
        assert received(systemd).count("WATCHDOG=1") == 6


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, LOOK_S),
        ({"WATCHDOG_USEC": "2000000"}, 1.0),
        ({"WATCHDOG_USEC": "60000000"}, LOOK_S),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "1"}, LOOK_S),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": str(os.getpid())}, 1.0),
        ({"WATCHDOG_USEC": "0"}, LOOK_S),
        ({"WATCHDOG_USEC": "soon"}, LOOK_S),
    ],
)
def test_the_watchdog_is_fed_twice_as_often_as_it_must(environment: dict[str, str], seconds: float) -> None:
    assert period_s(environment) == seconds
