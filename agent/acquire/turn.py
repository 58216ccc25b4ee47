"""One question and its answer on an open line."""

from __future__ import annotations

import msgspec

from agent.acquire.transport import Transport
from agent.api import Codec, Item
from agent.system.clock import Clock

SLACK_S = 0.05
"""What drivers and adapters may hold back beyond bit times."""
LONGEST_ANSWER = 256
SETTLE_CHARACTERS = 16
FIFO = 16
LAG_STEP_S = 0.0002


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """``character_s``: time of one character on the line, 0 over TCP. ``timeout_s``: until an answer begins.

    ``pause_s``: longest silence inside an answer, 0 = as long as the answer may take at all.
    ``lag_s``: how long the device usually takes before it answers, see ``TurnResult``.
    """

    character_s: float
    timeout_s: float
    echo: bool
    pause_s: float = 0.0
    lag_s: float = 0.0


class TurnResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a question brought: ``items``, and ``data_bytes`` received at all, the last of them ``at``.

    ``data`` is what came but for the echo, ``extra`` whether that is more than the answer. ``lag_s`` is for the next
    question: it creeps towards the shortest wait that finds the whole answer at once.
    """

    items: list[Item]
    data_bytes: int
    data: bytes
    extra: bool
    at: float
    lag_s: float


async def ask(port: Transport, codec: Codec, request: bytes, timing: Timing, clock: Clock) -> TurnResult:
    """Send ``request``, which ``codec.ask`` returned, and feed the codec until it has its answer or the time is over.

    The answer must begin within ``timeout_s`` after the last bit of the request, and has as long as its characters
    take; a device that never ends is cut off there, one that falls silent on the way after ``pause_s``. Sleeps until
    the answer can have arrived instead of waking for each byte. Raises Retry where the line is lost.
    """
    character_s = timing.character_s
    missing = codec.missing_bytes
    sent = clock.monotonic()
    await port.send(request)
    asked = sent + len(request) * character_s
    begin_by = asked + timing.timeout_s
    end_by = begin_by + (missing or LONGEST_ANSWER) * character_s + SLACK_S
    earliest = asked + missing * character_s
    if character_s and missing:
        await port.pause(min(earliest + timing.lag_s, begin_by) - clock.monotonic())
    items: list[Item] = []
    echo = request if timing.echo else b""
    began = False
    pauses = 0
    total = 0
    whole = b""
    at = sent
    while codec.waiting:
        limit = begin_by if not began else min(end_by, at + timing.pause_s) if timing.pause_s else end_by
        data = await port.receive(limit - clock.monotonic())
        now = clock.monotonic()
        if data:
            at = now - port.late_s  # it was there before we woke up
            total += len(data)
            if echo:
                data, echo = _without_echo(data, echo)
            if data:
                began = True
                whole += data
                items += codec.feed(data, clock.now())
        if not codec.waiting:
            break
        if now >= (end_by if data else limit):
            items += codec.feed(b"", clock.now())
            break
        if data and character_s:
            await port.pause(min(_surely_s(codec.missing_bytes, character_s), end_by - now))
        pauses += 1
    lag_s = _next_lag(timing.lag_s, at - earliest if began else 0.0, pauses)
    return TurnResult(items=items, data_bytes=total, data=whole, extra=len(whole) > missing, at=at, lag_s=lag_s)


def _surely_s(missing: int, character_s: float) -> float:
    """How long the rest takes at least: a UART may hold so many bytes already and be about to hand them over."""
    return max(0, missing - FIFO) * character_s if missing else SETTLE_CHARACTERS * character_s


def _next_lag(lag_s: float, seen_s: float, pauses: int) -> float:
    """Two per cent less while answers are whole at the first look; else a step towards what was seen.

    The step is small because a busy box now and then makes one answer look late, and waiting for nothing is dear.
    """
    return lag_s * 0.98 if pauses == 0 else max(0.0, min(seen_s, lag_s + LAG_STEP_S))


def _without_echo(data: bytes, echo: bytes) -> tuple[bytes, bytes]:
    """``data`` less what of our own question stands at its beginning, and what of the echo is still to come."""
    length = min(len(data), len(echo))
    if data[:length] == echo[:length]:
        return data[length:], echo[length:]
    return data, b""  # it did not echo this time; the codec looks for itself
