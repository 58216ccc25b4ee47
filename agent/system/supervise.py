"""Keeping one part alive: ``Retry`` means back off and try again, anything else is a bug and ends the agent."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Never

from agent.errors import Interrupted, Retry
from agent.system.backoff import Backoff
from agent.system.clock import Clock

log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
SPREAD = 0.5
SETTLED_S = 60.0
"""A part that ran this long had recovered: the next failure starts from the shortest wait again."""


async def supervise(name: str, run: Callable[[], Awaitable[None]], clock: Clock) -> Never:
    """Run ``run`` for ever; the others never notice its failures. Ends by cancellation only.

    Waits double, jittered, up to ``LONGEST_WAIT_S``, but not after what was ``Interrupted`` at its work. A reason is
    logged when it is new, not at every attempt.
    """
    backoff = Backoff(LONGEST_WAIT_S, first_s=FIRST_WAIT_S, spread=SPREAD)
    logged = ""
    while True:
        began = clock.monotonic()
        try:
            await run()
        except Retry as reason:
            settled = clock.monotonic() - began > SETTLED_S
            if settled or isinstance(reason, Interrupted):
                backoff.worked()
            if settled:
                logged = ""
            if str(reason) != logged:
                logged = str(reason)
                log.warning("%s: %s", name, logged)
        await clock.sleep(backoff.wait_s())
        backoff.failed()
