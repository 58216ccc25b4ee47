"""What is sent to systemd, on a real datagram socket."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.system.notify import Notifier


@pytest.fixture(params=["file", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """The listening end and what stands in NOTIFY_SOCKET."""
    name = str(tmp_path / "notify") if request.param == "file" else f"@poleagent-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(name.replace("@", "\0", 1))
        end.settimeout(120)
        yield end, name


def test_every_state_arrives_as_systemd_wants_it(systemd: tuple[socket.socket, str]) -> None:
    end, name = systemd
    notifier = Notifier({"NOTIFY_SOCKET": name})
    notifier.ready()
    assert end.recv(100) == b"READY=1"
    notifier.status("6 of 7 devices up\nlink up")
    assert end.recv(100) == b"STATUS=6 of 7 devices up link up"
    notifier.reloading(12.5)
    assert end.recv(100) == b"RELOADING=1\nMONOTONIC_USEC=12500000"
    notifier.watchdog()
    assert end.recv(100) == b"WATCHDOG=1"
    notifier.stopping()
    assert end.recv(100) == b"STOPPING=1"
    notifier.close()


def test_a_status_that_is_the_same_is_not_repeated(systemd: tuple[socket.socket, str]) -> None:
    end, name = systemd
    notifier = Notifier({"NOTIFY_SOCKET": name})
    for text in ("good", "good", "bad"):
        notifier.status(text)
    assert [end.recv(100), end.recv(100)] == [b"STATUS=good", b"STATUS=bad"]
    notifier.close()


def test_without_systemd_nothing_happens() -> None:
    notifier = Notifier({})
    notifier.ready()
    notifier.watchdog()
    notifier.close()


def test_a_deaf_systemd_costs_one_log_line_and_no_exception(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    with caplog.at_level(logging.WARNING):
        notifier.ready()
        notifier.watchdog()
    assert len(caplog.records) == 1
    assert "receives nothing from us" in caplog.text
    notifier.close()


def test_a_full_socket_never_makes_us_wait(systemd: tuple[socket.socket, str]) -> None:
    _, name = systemd
    notifier = Notifier({"NOTIFY_SOCKET": name})
    for _ in range(5000):  # far more than the kernel queues
        notifier.watchdog()
    notifier.close()
