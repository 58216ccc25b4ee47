"""What a device was asked and has not answered yet. Pure."""

from __future__ import annotations

from collections.abc import Hashable

from agent.api import Mark

Asker = bytes
"""A question as it is usually asked."""
EARLIER_RUN: Asker = b""
"""Whatever an earlier run of the agent asked."""


class Unanswered:
    """Questions of one kind in a row, the first of them sent at ``first``, the last at ``last``, monotonic seconds.

    ``looks``: what may come. ``otherwise``: not asked in the usual way. ``silent``: nothing at all came, so the device
    may still be at work. ``again``: it is answered, and the answer may come once more.
    """

    __slots__ = ("again", "asker", "count", "first", "last", "looks", "mark", "otherwise", "silent", "until")

    def __init__(self, mark: Mark, asker: Asker, sent: float, until: float, *, otherwise: bool = False) -> None:
        self.mark = mark
        self.asker = asker
        self.first = self.last = sent
        self.until = until
        self.looks: tuple[Hashable, ...] = (mark.answer, mark.refusal)
        self.count = 1
        self.otherwise = otherwise
        self.silent = self.again = False

    def repeated(self, look: Hashable, now: float, until: float) -> Unanswered:
        """What may come once more of it."""
        copy = Unanswered(self.mark, self.asker, now, until, otherwise=self.otherwise)
        copy.looks, copy.again = (look,), True
        return copy
