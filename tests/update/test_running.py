"""What ``poleagent update`` makes of a daemon that does not answer, or says no."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.errors import Retry
from agent.update.running import RunningAgent


@contextmanager
def answering(path: Path, line: bytes) -> Iterator[None]:
    """A daemon that answers one question with ``line``."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(line)

        thread = threading.Thread(target=answer)  # noqa: TID251 - the other end of a blocking client
        thread.start()
        yield
        thread.join()


def test_an_agent_that_does_not_run_takes_all_when_it_starts(tmp_path: Path) -> None:
    assert RunningAgent(str(tmp_path / "s")).reload() == ""


@pytest.mark.parametrize("line", [b'{"error":"a reload is under way"}\n', b'{"result":{"strange":1}}\n', b"\xff\n"])
def test_an_agent_that_did_not_reload_has_not_taken_the_release(line: bytes, tmp_path: Path) -> None:
    with answering(tmp_path / "s", line), pytest.raises(Retry):
        RunningAgent(str(tmp_path / "s")).reload()


def test_settings_that_the_agent_refuses_are_named(tmp_path: Path) -> None:
    with answering(tmp_path / "s", b'{"result":{"revision":"1","changed":false,"problems":["line 3: no"]}}\n'):
        assert RunningAgent(str(tmp_path / "s")).reload() == "the settings were refused: line 3: no"
