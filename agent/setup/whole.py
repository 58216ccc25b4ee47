"""The setup from its first question to the signed report: what the terminal and the page on the pole both run."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from agent.config.load import load
from agent.setup.acceptance import AcceptanceJob, accept
from agent.setup.asking import Asker
from agent.setup.flow import Setup, SetupJob
from agent.setup.start import Starter
from agent.system.clock import Clock
from contract.words import Language


class WholeJob(msgspec.Struct, frozen=True, kw_only=True):
    """``socket`` is asked once the settings are written, which may say it; ``usual``: they are those of the unit.

    ``start``: False ends once the settings are written.
    """

    setup: SetupJob
    socket: Callable[[], str]
    usual: bool
    start: bool = True
    language: Language = "en"


class WholeSetup:
    """``written``: the settings are in place, so that stopping it now leaves a pole that was set up."""

    def __init__(self, job: WholeJob, asker: Asker, clock: Clock, tell: Callable[[str, str, int, int], None]) -> None:
        self._job = job
        self._asker = asker
        self._steps = Setup(job.setup, asker, clock, tell)
        self.written = False

    def run(self) -> bool:
        """Whether the pole is accepted, or its settings are written where no more was asked. Raises ``AgentError``."""
        job = self._job
        self._steps.run()
        self.written = True
        if not job.start:
            return True
        socket = job.socket()
        if Starter(job.setup.settings, socket, self._asker, user_files=not job.usual).start() is None:
            return False
        acceptance = AcceptanceJob(
            path=job.setup.settings,
            settings=load(job.setup.settings, job.setup.drivers),
            socket=socket,
            by=job.setup.answers.by,
            language=job.language,
        )
        return not accept(acceptance, self._asker).failed
