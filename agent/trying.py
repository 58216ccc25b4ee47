"""Runs of ``poleagent what-if`` for who asks from afar: one at a time, in a process of its own."""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path
from typing import IO

import msgspec

from agent import sentences as say
from agent.errors import AgentError
from agent.system.child import command
from contract.requests import WhatIfArgs
from contract.what_if import WhatIfResult

MOST_ANSWERS = 4
ANSWER_BYTES = 64 * 1024
_Question = tuple[str, float | None]
"""The release, and of how many hours."""


class WhatIfRuns:
    """``answer`` begins a run or says how it stands; the last answers are kept. ``settings``: the pole's file."""

    def __init__(self, settings: Path) -> None:
        self._settings = settings
        self._answers: dict[_Question, WhatIfResult] = {}
        self._running: tuple[_Question, Process, IO[bytes]] | None = None

    async def answer(self, args: WhatIfArgs) -> WhatIfResult:
        """AgentError: another release is being tried."""
        self._collect()
        question = args.release, args.hours
        if args.again:
            self._answers.pop(question, None)
        if self._running is not None:
            release = self._running[0][0]
            if release != args.release:
                raise AgentError(say.TRIES_ANOTHER(release=release))
            return WhatIfResult(release=release, state="running")
        if question not in self._answers:
            await self._begin(args)
            return WhatIfResult(release=args.release, state="running")
        return self._answers[question]

    async def _begin(self, args: WhatIfArgs) -> None:
        """The process bounds itself: its priority, memory, time of a core, and time at all."""
        page = open(os.memfd_create("what-if"), "w+b")  # noqa: ASYNC230, PTH123, SIM115 - in memory, read at its end
        hours = [] if args.hours is None else ["--hours", f"{args.hours:g}"]
        process = await asyncio.create_subprocess_exec(
            *command("agent.cli", "what-if", "--json", "--settings", str(self._settings), *hours, "--", args.release),
            stdin=DEVNULL,
            stdout=page,
            stderr=DEVNULL,
        )
        self._running = (args.release, args.hours), process, page

    def _collect(self) -> None:
        if self._running is None or self._running[1].returncode is None:
            return
        question, process, page = self._running
        self._running = None
        with page:
            page.seek(0)
            said = page.read(ANSWER_BYTES)
        try:
            found = msgspec.json.decode(said, type=WhatIfResult)
        except msgspec.DecodeError:  # of which msgspec's ValidationError is one
            found = WhatIfResult(release=question[0], state="refused", text=say.NO_WHAT_IF(code=process.returncode))
        self._answers[question] = found
        while len(self._answers) > MOST_ANSWERS:
            del self._answers[next(iter(self._answers))]
