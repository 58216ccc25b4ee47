"""From the box to the first event: ``python -m bench.setup``.

A prepared machine: the package is installed, the platform runs (``polefleet serve`` with mosquitto and TLS), the claim
link is made, six devices on three serial lines at their bit times answer. Measured is from Enter behind the pasted link
until the platform has committed the pole's first event, and until its acceptance report lies there; and how often a
person is asked. Limits: 60 s, 3 decisions.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from agent.setup.sentences_steps import ASK_FINDS, ASK_PURPOSE, ASK_REPLACE, ASK_SIGN
from agent.system.child import command
from demo.daemon import Daemon
from fleet.app import ServeSettings, Serving, serve
from fleet.control import ask
from fleet.folder import Folder
from simulator.pole import reference_pole
from simulator.ports import free_port
from simulator.wire import running

LIMIT_S = 60.0
MOST_DECISIONS = 3
POLE = "box-1"
START_S = 120.0
_MAIN = """[pole]
id = "{pole}"

[clock]
trust = "always"

[store]
path = "{folder}/state/pole.db"

[local]
socket = "{folder}/control.sock"
"""


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # certificates are good for the real time


def committed(database: Path) -> bool:
    """Whether the platform has an event of the pole on disk."""
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute("SELECT 1 FROM segment WHERE pole = ? LIMIT 1", (POLE,)).fetchone() is not None


class Person:
    """Answers each question with Enter; ``asked`` counts them. The pasted link is the first decision."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.asked = 1
        self.said = ""
        self.ready = asyncio.Event()

    async def answer(self) -> None:
        """Until the setup ends."""
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        questions = [row.en.rpartition("}")[2] for row in (ASK_FINDS, ASK_PURPOSE, ASK_SIGN, ASK_REPLACE)]
        while piece := await self._process.stdout.read(4096):
            self.said += piece.decode("utf-8", "replace")
            if any(self.said.rstrip().endswith(question) for question in questions):
                self.asked += 1
                self.said += "\n"
                self._process.stdin.write(b"\n")
            if "start the agent with" in self.said:
                self.ready.set()


async def measure(folder: Path) -> tuple[float, float, float, int, str]:
    """Seconds until the agent runs, until the first event is committed, and in all; decisions; what was said."""
    up: asyncio.Future[Serving] = asyncio.get_running_loop().create_future()
    settings = ServeSettings(folder=folder / "fleet", web_port=0, mqtt_port=free_port(), host="localhost")
    wires = reference_pole(folder, paced=True)
    main = folder / "etc" / "poleagent.toml"
    main.parent.mkdir()
    main.write_text(_MAIN.format(pole=POLE, folder=folder), encoding="utf-8")
    async with asyncio.TaskGroup() as group, running(*wires.values()):
        platform = group.create_task(serve(settings, now, up.set_result))
        serving = await asyncio.wait_for(up, START_S)
        files = Folder(serving.folder)
        link = await asyncio.to_thread(ask, files.socket, "claim", {"pole": POLE, "valid_s": 3600}, str)
        daemon = Daemon(main, folder / "control.sock", folder / "daemon.log")
        began = time.monotonic()
        ports = [word for name in wires for word in ("--port", str(folder / name))]
        process = await asyncio.create_subprocess_exec(
            *command("agent.cli", "setup", "--claim", link, "--settings", str(main), *ports),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        person = Person(process)
        answering = group.create_task(person.answer())
        try:
            await asyncio.wait([answering, group.create_task(person.ready.wait())], return_when="FIRST_COMPLETED")
            await daemon.start()  # what systemd does on a pole
            started_s = time.monotonic() - began
            while not await asyncio.to_thread(committed, files.database):  # noqa: ASYNC110  # another process does
                await asyncio.sleep(0.05)
            first_s = time.monotonic() - began
            code = await asyncio.wait_for(process.wait(), START_S)
            whole_s = time.monotonic() - began
            await answering
        finally:
            person.ready.set()
            await daemon.stop()
            platform.cancel()
    return started_s, first_s, whole_s if code == 0 else float("inf"), person.asked, person.said


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        started_s, first_s, whole_s, decisions, said = asyncio.run(measure(Path(folder)))
    good = first_s <= LIMIT_S and decisions <= MOST_DECISIONS and whole_s < float("inf")
    print(f"claim, scan of three lines, settings: {started_s:.1f} s until the agent runs")
    print(f"first event committed by the platform: {first_s:.1f} s of {LIMIT_S:.0f}", end="")
    print(f", {decisions} decisions of {MOST_DECISIONS}")
    print(f"acceptance report on the platform: {whole_s:.1f} s: {'ok' if good else 'MISSED'}")
    if not good:
        print(said)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
