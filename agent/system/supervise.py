"""Keeping one part alive: ``Retry`` means back off and try again, anything else is a bug and ends the agent."""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from typing import Never

from agent.errors import Retry
from agent.system.clock import Clock

log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
SETTLED_S = 60.0
"""A part that ran this long had recovered: the next failure starts from the shortest wait again."""


async def supervise(name: str, run: Callable[[], Awaitable[None]], clock: Clock) -> Never:
    """Run ``run`` for ever; the others never notice its failures. Ends by cancellation only.

    Waits grow by half, jittered, up to ``LONGEST_WAIT_S``. A reason is logged when it is new, not at every attempt.
    """
    wait = FIRST_WAIT_S
    told = ""
    while True:
        began = clock.monotonic()
        try:
            await run()
        except Retry as reason:
            ran_s = clock.monotonic() - began
            if ran_s > SETTLED_S:
                wait, told = FIRST_WAIT_S, ""
            if str(reason) != told:
                told = str(reason)
                log.warning("%s: %s", name, told)
        await clock.sleep(wait * random.uniform(0.7, 1.3))  # noqa: S311 - jitter, no secret
        wait = min(wait * 1.5, LONGEST_WAIT_S)
