"""The setup on the page: what the terminal runs, as a process whose questions who looks at the page answers."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agent.errors import AgentError
from agent.setup.kept import newest_report
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
from agent.web import sentences as say
from agent.web.keeper import KeeperDoor, MayWrite, StartSetup, StopSetup
from contract.words import Language

MOST_SAID = 400
"""Lines kept; a setup says some dozens."""
STOP_S = 10.0


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
    """How far it is. ``refused``: why it cannot be done from here; ``ended``: the sentence that it ended with;
    ``report``: the name of the newest acceptance report, empty: there is none.
    """

    state: Literal["idle", "running", "accepted", "not_accepted"]
    refused: str
    said: tuple[str, ...]
    steps: tuple[tuple[str, str, int, int], ...]
    question: ShownQuestion | None
    ended: str
    report: str


class _Said(asyncio.Protocol):
    """Hands on what the process says, and that it is gone."""

    def __init__(self, setup: SetUp) -> None:
        self._setup = setup

    def data_received(self, data: bytes) -> None:
        self._setup.received(data)

    def connection_lost(self, _: Exception | None) -> None:
        self._setup.gone()


class SetUp:
    """One setup at a time of the pole whose settings the keeper keeps; ``close`` stops it and waits for it."""

    def __init__(self, keeper: KeeperDoor, settings: Path) -> None:
        self._keeper = keeper
        self._settings = settings
        self._said_pipe: asyncio.ReadTransport | None = None
        self._asked_pipe: asyncio.WriteTransport | None = None
        self._gone = asyncio.Event()
        self._gone.set()
        self._rest = b""
        self._said: list[str] = []
        self._steps: dict[str, ScanStep] = {}
        self._question: SetupQuestion | None = None
        self._end: SetupEnd | None = None

    @property
    def runs(self) -> bool:
        return self._said_pipe is not None

    async def begin(self, wanted: BeginSetup, language: Language) -> None:
        """AgentError: one runs, or this user may not write the settings."""
        if self.runs:
            raise AgentError(say.BUSY())
        if refused := await self._keeper.ask(MayWrite()):
            raise AgentError(refused)
        self._rest, self._said, self._steps, self._question, self._end = b"", [], {}, None, None
        begin = SetupBegin(
            language=language,
            by=wanted.by.strip(),
            ports=tuple(filter(None, (port.strip() for port in wanted.ports.split(",")))),
        )
        await self._start()
        self._send(begin)

    async def _start(self) -> None:
        theirs_in, asked = os.pipe()
        said, theirs_out = os.pipe()
        try:
            refused = await self._keeper.ask(StartSetup(), (theirs_in, theirs_out))
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        loop = asyncio.get_running_loop()
        writer, reader = os.fdopen(asked, "wb", 0), os.fdopen(said, "rb", 0)
        if refused:
            writer.close()
            reader.close()
            raise AgentError(refused)
        self._gone.clear()
        self._asked_pipe, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, writer)
        self._said_pipe, _ = await loop.connect_read_pipe(lambda: _Said(self), reader)

    def answer(self, answer: AnswerSetup) -> None:
        """AgentError: this is not asked, or not any more."""
        if self._question is None or answer.number != self._question.number:
            raise AgentError(say.NOT_ASKED())
        self._question = None
        self._send(SetupAnswer(number=answer.number, text=" ".join(answer.text.split())))

    async def stop(self) -> None:
        """As Ctrl-C at the terminal: it says what it leaves."""
        if self.runs:
            await self._keeper.ask(StopSetup(now=False))

    async def close(self) -> None:
        """The page ends, and what runs with it; what does not stop within ``STOP_S`` is killed."""
        with suppress(TimeoutError, AgentError):
            await self.stop()
            async with asyncio.timeout(STOP_S):
                await self._gone.wait()
        if self.runs:
            with suppress(AgentError):
                await self._keeper.ask(StopSetup(now=True))
            self.gone()

    async def shown(self, language: Language) -> ShownSetup:
        end, question = self._end, self._question
        refused = "" if self.runs else await self._keeper.ask(MayWrite())
        return ShownSetup(
            state="running" if self.runs else "idle" if end is None else "accepted" if end.accepted else "not_accepted",
            refused=spoken(refused, language),
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
            report=self._report(),
        )

    def _report(self) -> str:
        with suppress(AgentError):
            found = newest_report(self._settings)
            return found.stem if found is not None else ""
        return ""

    def received(self, data: bytes) -> None:
        """Bytes of the process, in any pieces."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            for line in lines:
                self._take(msgspec.json.decode(line, type=FromSetup))
        except msgspec.DecodeError:
            self._break()
        if len(self._rest) > LINE_BYTES:
            self._break()

    def gone(self) -> None:
        """The process has ended, and all that it said has come."""
        for pipe in (self._asked_pipe, self._said_pipe):
            if pipe is not None:
                pipe.close()
        self._asked_pipe = self._said_pipe = None
        self._gone.set()
        self._question = None
        if self._end is None:
            self._end = SetupEnd(accepted=False, error=say.SETUP_DIED())

    def _break(self) -> None:
        """What comes is not a setup: it is not listened to any more, and ends where its lines do."""
        self._rest = b""
        self.gone()

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
        assert self._asked_pipe is not None
        self._asked_pipe.write(msgspec.json.encode(what) + b"\n")
