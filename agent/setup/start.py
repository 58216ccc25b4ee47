"""The agent is started, or takes the new settings: by systemd, else over its control socket."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import msgspec

from agent.control.client import Client, NotRunning
from agent.errors import AgentError
from agent.setup import sentences as say
from agent.setup import sentences_steps as words
from agent.setup.asking import Asker
from contract.health import PoleStatus
from contract.requests import ReloadResult

SYSTEMD = Path("/run/systemd/system")
UNIT = "poleagent.service"
START_S = 60.0
RELOAD_S = 60.0


class Starter:
    """Brings the agent behind ``socket`` to the settings in ``settings``."""

    def __init__(self, settings: Path, socket: str, asker: Asker, *, user_files: bool = False) -> None:
        """``user_files``: the settings are not those of the unit, so systemd has no say."""
        self._settings = settings
        self._socket = socket
        self._asker = asker
        self._systemd = not user_files and SYSTEMD.is_dir() and shutil.which("systemctl") is not None

    def start(self, *, wait_s: float = START_S) -> PoleStatus | None:
        """What the agent says of itself; None: it is to be started by hand. Raises ``SetupError``."""
        pending = self._reload()
        if pending is None or pending:
            if not self._systemd:
                self._asker.say(words.START_BY_HAND(file=self._settings))
            else:
                self._asker.say(words.STARTING())
                self._systemctl("enable", UNIT)
                self._systemctl("restart", UNIT)
        return self._answers(wait_s)

    def _reload(self) -> tuple[str, ...] | None:
        """What waits for a restart; None: no agent runs."""
        try:
            with Client(self._socket) as client:
                answer = msgspec.json.decode(client.ask("reload", wait_s=RELOAD_S), type=ReloadResult)
        except NotRunning:
            return None
        except AgentError as reason:
            raise say.SetupError(say.NOT_STARTED, why=str(reason).rstrip(".")) from reason
        if answer.problems:
            raise say.SetupError(say.NOT_STARTED, why=answer.problems[0])
        return answer.pending

    def _systemctl(self, *what: str) -> None:
        done = subprocess.run(["systemctl", *what], capture_output=True, text=True, check=False)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"systemctl {what[0]} ended with {done.returncode}"]
            raise say.SetupError(say.NOT_STARTED, why=lines[0].rstrip("."))

    def _answers(self, wait_s: float) -> PoleStatus | None:
        until = time.monotonic() + wait_s
        while True:
            try:
                with Client(self._socket) as client:
                    return msgspec.json.decode(client.ask("status"), type=PoleStatus)
            except AgentError as reason:
                if time.monotonic() > until:
                    if not self._systemd:
                        return None
                    raise say.SetupError(say.NOT_STARTED, why=str(reason).rstrip(".")) from reason
            time.sleep(0.2)  # noqa: TID251 - a person waits here, and nothing else
