"""The daemon's side of a background for aiming: one at a time, only where one was asked for, and never kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from agent.errors import AgentError
from agent.vision import sentences as say
from agent.vision.order import MakeBackground
from agent.vision.pipe import Background, NotAResult
from contract.requests import BACKGROUND_S


class AskedBackground:
    """What of one vision process is waited for."""

    def __init__(self) -> None:
        self._waiting: asyncio.Future[Background] | None = None
        self._none = ""

    async def one(self, write: Callable[[bytes], None], none: str) -> Background:
        """The background that the process makes of the next minute. AgentError with the sentence ``none``: it took
        longer than ``BACKGROUND_S``, the process ended, or another one was asked for.
        """
        self.end()
        self._waiting = waiting = asyncio.get_running_loop().create_future()
        self._none = none
        write(msgspec.json.encode(MakeBackground()) + b"\n")
        try:
            async with asyncio.timeout(BACKGROUND_S):
                made: Background = await waiting
        except TimeoutError:
            raise AgentError(none) from None
        finally:
            if self._waiting is waiting:
                self._waiting = None
        return made

    def take(self, made: Background) -> None:
        """NotAResult: nobody has asked for it."""
        if self._waiting is None or self._waiting.done():
            raise NotAResult(say.BACKGROUND_NOT_ASKED())
        if made.jpeg:
            self._waiting.set_result(made)
        else:
            self.end()

    def end(self) -> None:
        """Nothing comes any more."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(AgentError(self._none))
