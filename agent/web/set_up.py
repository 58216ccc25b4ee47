"""The setup on the page: what the terminal runs, as a process whose questions who looks at the page answers."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agent.errors import AgentError
from agent.setup.lines import (
    LINE_BYTES,
    FoundRow,
    FromSetup,
    ScanStep,
    SetupAnswer,
    SetupBegin,
    SetupEnd,
    SetupQuestion,
    SetupSaid,
)
from agent.spoken import spoken
from agent.system.child import command
from agent.web import sentences as say
from contract.words import Language

MOST_SAID = 400
"""Lines kept; a setup says some dozens."""
STOP_S = 10.0
USUAL = Path("/etc/poleagent/poleagent.toml")
"""The settings of the unit."""


class BeginSetup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the page asks for; ``ports`` separated by commas, empty: all."""

    by: Annotated[str, Meta(max_length=100)] = ""
    ports: Annotated[str, Meta(max_length=1000)] = ""


class AnswerSetup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to the question ``number``."""

    number: int
    text: Annotated[str, Meta(max_length=4000)]


class ShownQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked; ``finds`` may be renamed."""

    number: int
    kind: str
    text: str
    finds: tuple[FoundRow, ...]


class ShownSetup(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is. ``refused``: why it cannot be done from here; ``ended``: the sentence that it ended with."""

    state: Literal["idle", "running", "accepted", "not_accepted"]
    refused: str
    said: tuple[str, ...]
    steps: tuple[tuple[str, str, int, int], ...]
    question: ShownQuestion | None
    ended: str


class _Ears(asyncio.SubprocessProtocol):
    """Hands on what the process says, and that it is gone."""

    def __init__(self, setup: SetUp) -> None:
        self._setup = setup

    def pipe_data_received(self, _: int, data: bytes) -> None:
        self._setup.received(data)

    def connection_lost(self, _: Exception | None) -> None:
        self._setup.gone()


class SetUp:
    """One setup at a time of the pole with the settings file ``settings``; ``close`` stops it and waits for it."""

    def __init__(self, settings: Path) -> None:
        self._settings = settings
        self._process: asyncio.SubprocessTransport | None = None
        self._gone = asyncio.Event()
        self._rest = b""
        self._said: list[str] = []
        self._steps: dict[str, ScanStep] = {}
        self._question: SetupQuestion | None = None
        self._end: SetupEnd | None = None

    @property
    def runs(self) -> bool:
        return self._process is not None

    async def begin(self, wanted: BeginSetup, language: Language) -> None:
        """AgentError: one runs, or this user may not write the settings."""
        if self.runs:
            raise AgentError(say.BUSY())
        if refused := self._refused():
            raise AgentError(refused)
        self._rest, self._said, self._steps, self._question, self._end = b"", [], {}, None, None
        begin = SetupBegin(
            settings=str(self._settings),
            usual=self._settings == USUAL,
            language=language,
            by=wanted.by.strip(),
            ports=tuple(filter(None, (port.strip() for port in wanted.ports.split(",")))),
        )
        transport, _ = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Ears(self), *command("agent.setup.child"), stderr=asyncio.subprocess.DEVNULL
        )
        self._process = transport
        self._gone.clear()
        self._send(begin)

    def answer(self, answer: AnswerSetup) -> None:
        """AgentError: this is not asked, or not any more."""
        if self._question is None or answer.number != self._question.number:
            raise AgentError(say.NOT_ASKED())
        self._question = None
        self._send(SetupAnswer(number=answer.number, text=" ".join(answer.text.split())))

    def stop(self) -> None:
        """As Ctrl-C at the terminal: it says what it leaves."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)

    async def close(self) -> None:
        """The page ends, and what runs with it; what does not stop within ``STOP_S`` is killed."""
        self.stop()
        if self._process is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_S):
                    await self._gone.wait()
        if self._process is not None:
            self._process.kill()
            await self._gone.wait()

    def shown(self, language: Language) -> ShownSetup:
        end, question = self._end, self._question
        return ShownSetup(
            state="running" if self.runs else "idle" if end is None else "accepted" if end.accepted else "not_accepted",
            refused=spoken(self._refused(), language),
            said=tuple(spoken(text, language) for text in self._said),
            steps=tuple(
                (one.port, spoken(one.what, language), one.step, one.steps) for one in self._steps.values() if self.runs
            ),
            question=None
            if question is None
            else ShownQuestion(
                number=question.number,
                kind=question.kind,
                text=spoken(question.text, language),
                finds=question.finds,
            ),
            ended=spoken(end.error, language) if end is not None else "",
        )

    def received(self, data: bytes) -> None:
        """Bytes of the process, in any pieces."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            for line in lines:
                self._take(msgspec.json.decode(line, type=FromSetup))
        except msgspec.DecodeError:
            self.stop()
        if len(self._rest) > LINE_BYTES:
            self._rest = b""
            self.stop()

    def gone(self) -> None:
        """The process has ended, and all that it said has come."""
        if self._process is not None:
            self._process.close()
        self._process = None
        self._gone.set()
        self._question = None
        if self._end is None:
            self._end = SetupEnd(accepted=False, error=say.SETUP_DIED())

    def _take(self, line: FromSetup) -> None:
        if isinstance(line, SetupSaid):
            self._said = [*self._said, line.text][-MOST_SAID:]
        elif isinstance(line, ScanStep):
            self._steps[line.port] = line
        elif isinstance(line, SetupQuestion):
            self._steps = {}
            self._question = line
        else:
            self._end = line

    def _send(self, what: SetupBegin | SetupAnswer) -> None:
        assert self._process is not None
        pipe = self._process.get_pipe_transport(0)
        assert isinstance(pipe, asyncio.WriteTransport)
        pipe.write(msgspec.json.encode(what) + b"\n")

    def _refused(self) -> str:
        folder = self._settings.parent
        return "" if os.access(folder, os.W_OK | os.X_OK) else say.SETUP_NO_RIGHTS(folder=folder)
