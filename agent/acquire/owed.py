"""Answers that may still come, and which question an answer belongs to. Pure.

Nothing in a Modbus RTU answer says which question it belongs to: only who answers, the function and the length. So each
question of a device is asked so that its answer has a length of its own: by one, two ... registers more than wanted.
An answer is *sure* where nobody else asked for one of that look within ``SURE_S``: however late, lost, queued, repeated
or out of order answers are, it belongs to this question.

Of a device that does not take such questions only order and silence tell: a question without an answer is *owed* one,
an answer is believed only where no owed answer looks like it, and for ``KEPT_S`` after anything odd what it says is
uncertain. What is owed is settled when

* the answer comes, in time or not;
* an answer, or a refusal, comes to a later question of the same device that looks different: devices and lines keep
  the order;
* it has not come for so long that nothing can hold it any more (``KEPT_S``).

An answer may also come twice, from a gateway that asked twice or a radio link: such a device waits between its
questions until it has given so many answers once each.
"""

from __future__ import annotations

from collections.abc import Hashable

from agent.acquire.unanswered import EARLIER_RUN, Asker, Unanswered
from agent.api import Mark

KEPT_S = 60.0
"""How long an answer on a serial line is waited for. The slowest device in public reports took 2.5 s."""
KEPT_BEHIND_SERVER_S = 900.0
"""The same behind a serial server, which may keep what it cannot send while its link is down."""
SURE_S = 900.0
"""How long ago somebody else must have asked for an answer of the same look for it to be sure."""
FIRST = 8
"""Answers, each of them once, after which a device counts as calm at the start: a choice."""
FRESH_S = 10.0
"""Behind a server, a value that was asked for longer ago is not that of now, even where the register is right."""
REPEAT_S = 0.6
"""The same where only waiting helps, until the device has shown that it takes longer."""
CAREFUL = 48
"""Answers after which a device is known to give each of them once."""
REPEATS = 500
"""The same after it gave one twice."""
CHECK_S = 30.0
"""How often such a device shows again that its answers are those to its questions."""
REFUSED = 2
"""Refusals of a question that is asked otherwise, each maybe meant for an earlier one, that are believed."""
WAYS_FAILED = 3
"""Times in a row that a device may leave a question unanswered that is asked otherwise."""
SLOWEST_S = 5.0
"""The longest that a question waits for what a slow device still owes. Twice that is the longest silence that is taken
for proof that nothing more comes, where only silence tells."""
MARGIN, MARGIN_S = 1.25, 0.05
NEAR_S = 0.01
FORGET = 0.9
MOST = 64


class Owed:
    """What one device owes; ``buffered`` where a server on the way may keep answers back.

    ``careful``: answers after which it is known to give each of them once; 0 where none can be confused anyway.
    """

    def __init__(self, *, buffered: bool, careful: int, timeout_s: float) -> None:
        self.alive = False
        """Whether the device answered last."""
        self._fresh_s = FRESH_S if buffered else float("inf")
        self._kept_s = KEPT_BEHIND_SERVER_S if buffered else KEPT_S
        self._timeout_s = timeout_s
        self.confused = careful > 0
        """Whether some of its answers look alike."""
        self._careful = careful
        self._queue: list[Unanswered] = []
        self._slow_s = 0.0  # the longest answer time that is believed of it
        self._repeat_s = REPEAT_S
        self._came_at = float("-inf")
        self._checked_at = float("-inf")
        self._prompt = False  # the question that was sent last had an answer in time
        self._ways_failed = 0
        self._one_way = False
        self._wide: bool | None = None  # whether it answers questions that are asked otherwise
        self._asked: dict[Hashable, dict[Asker, float]] = {}  # who asked for an answer of this look, and when last
        self._ways: dict[Asker, bool] = {}  # whether a question was answered, or refused, that was asked otherwise
        self._refused: dict[Asker, int] = {}
        self._odd_at = float("-inf")
        self._once = 0

    @property
    def clear(self) -> bool:
        """Whether nothing is owed, and each answer comes once: the usual case."""
        return not self._queue and not self._careful and not self.confused

    @property
    def settled(self) -> bool:
        """Whether nothing is owed."""
        return not self._queue

    @property
    def refuses(self) -> bool:
        """Whether it is worth while to ask otherwise only to see that refused."""
        return self.alive and not self._one_way

    def asks(self, mark: Mark, asker: Asker, now: float) -> None:
        """The question is put now, in the way that ``mark`` shows."""
        self._asked.setdefault(mark.answer, {})[asker] = now

    def sure(self, mark: Mark, asker: Asker, now: float) -> bool:
        """Whether an answer that looks like ``mark`` can only be one to this question."""
        askers = self._asked.get(mark.answer, {})
        return all(each == asker or now - last > SURE_S for each, last in askers.items())

    def fresh(self, mark: Mark, asker: Asker, now: float) -> bool:
        """Whether an answer that looks like ``mark`` is not one from too long ago, or to an earlier run."""
        self._queue = [each for each in self._queue if each.until > now]
        return not any(
            mark.answer in each.looks
            and (
                (each.asker == EARLIER_RUN and not each.again)
                or (each.asker == asker and now - each.first > self._fresh_s)
            )
            for each in self._queue
        )

    def knows_ways(self, asker: Asker) -> bool:
        """Whether it is worth while to ask this question otherwise."""
        known = self._ways.get(asker)
        return known if known is not None else not self._one_way and (self.alive or self._wide is True)

    def takes_ways(self, asker: Asker) -> bool:
        """Whether this question was answered already when it was asked otherwise."""
        return self._ways.get(asker, False)

    def calm(self, now: float) -> bool:
        """Whether nothing odd happened for so long that nothing of it can come any more."""
        return now - self._odd_at > KEPT_S and self._once >= FIRST

    def doubts(self, mark: Mark, asker: Asker, now: float) -> bool:
        """Whether an answer that looks like ``mark`` may be one to another question, or to an old one."""
        self._queue = [each for each in self._queue if each.until > now]
        if self._one_way and self._prompt and now >= self._quiet_at - NEAR_S:
            self._queue.clear()
        return any(
            mark.answer in each.looks
            and (each.asker != asker or (now - each.first > self._fresh_s and not self._one_way))
            for each in self._queue
        )

    def doubts_refusal(self, mark: Mark) -> bool:
        """Whether a refusal may be one to an earlier question that was asked otherwise."""
        return any(mark.refusal in each.looks and (each.again or each.otherwise) for each in self._queue)

    def hold(self, mark: Mark, asker: Asker, due: float, *, again: bool = False) -> float:
        """The earliest time for a question that is due then: what the device is still at gets its time.

        ``again``: it was asked before, without an answer.
        """
        if again and not self._one_way:
            return due
        if self._one_way or not self.alive or self._slow_s > self._timeout_s:
            wait_s = max(self._slow_s, 0.0 if self.alive else 2 * self._timeout_s)
            times = [each.last for each in self._queue if each.silent and (again or each.asker != asker)]
            due = max(due, max(times) + wait_s * MARGIN + MARGIN_S) if times else due
        if self._one_way and self._prompt and any(each.mark == mark and each.asker != asker for each in self._queue):
            due = max(due, self._quiet_at)
        if self._ways_failed and not self._one_way and not self._prompt:  # let it show what is still to come
            due = max(due, self._came_at + 2 * self._timeout_s)
        waits = self._careful and self._one_way
        return max(due, self._came_at + self._repeat_s) if waits else due

    @property
    def _quiet_at(self) -> float:
        """When a device that answers shows by its silence that nothing more is to come."""
        since = max([self._came_at, *(each.last for each in self._queue)])
        return since + 2 * max(2 * self._timeout_s, self._slow_s)

    def patience(self, most_s: float) -> float:
        """How long to wait for an answer at most, in place of asking again after each time-out; 0 = as usual."""
        return min(most_s, self._slow_s * MARGIN + MARGIN_S) if self._slow_s > self._timeout_s else 0.0

    def owe(self, mark: Mark, asker: Asker, sent: float, *, silent: bool = False, otherwise: bool = False) -> None:
        """A question was sent; what comes of it goes to ``came``."""
        self._prompt = False
        last = self._queue[-1] if self._queue else None
        if last is None or last.mark != mark or last.asker != asker or last.again:
            last = Unanswered(mark, asker, sent, sent + self._kept_s, otherwise=otherwise)
            self._queue.append(last)
            del self._queue[:-MOST]
        else:
            last.count += 1
            last.last = sent
        if silent:
            self.alive = False
            self._odd_at = sent
            if not otherwise:
                self._ways_failed = max(0, self._ways_failed - 1)
            last.silent, last.until = True, sent + self._kept_s

    def came(self, look: Hashable, now: float, *, wanted: bool, odd: bool = False) -> None:
        """An answer, ``wanted`` or not: it settles the oldest question that it fits, and all before that.

        ``odd``: one that fits none may be the device's view of a question that was asked otherwise.
        """
        self.alive = True
        after_s, self._came_at = now - self._came_at, now
        self._queue = [each for each in self._queue if each.until > now]
        fits = (place for place, each in enumerate(self._queue) if look in each.looks)
        place = next(fits, None)
        if not wanted:
            self._odd_at = now
        if place is None:
            if not odd or self._wide is not None:
                self._repeats(after_s)
            return
        each = self._queue[place]
        each.count -= 1
        del self._queue[: place + (each.count == 0)]
        if each.again:
            if not wanted and (not odd or self._wide is not None):
                self._repeats(after_s)
            return
        self._slow_s = max(self._slow_s, min(SLOWEST_S, now - each.first))
        if self._keeps:
            self._queue.insert(0, each.repeated(look, now, now + self._kept_s))
        elif self._queue and look in self._queue[0].looks:  # maybe it was lost, and this was the next one's
            self._queue[0].until = min(self._queue[0].until, each.until)

    def answered(self, now: float, otherwise: Asker | None = None) -> None:
        """The question that was sent last has its answer; ``otherwise``: it was this one, asked in another way."""
        if otherwise is not None:
            self._wide = self._ways[otherwise] = True
        self._came_at = now
        self._prompt = True
        self._once += 1
        if self._careful:
            self._careful -= 1
            self._checked_at = now
        elif self.confused and now - self._checked_at > CHECK_S:
            self._careful = 1
        self._slow_s *= FORGET

    def way_refused(self, mark: Mark, asker: Asker, now: float, *, doubted: bool) -> None:
        """A question that was asked otherwise was refused: nothing older can come, but this refusal once more."""
        self._refused[asker] = self._refused.get(asker, 0) + 1
        if doubted and self._refused[asker] < REFUSED:  # it may be that of an earlier one
            return
        self._wide = self._wide or False
        self._ways[asker] = False
        refused = Unanswered(mark, asker, now, now, otherwise=True)
        self._queue = [refused.repeated(mark.refusal, now, now + self._kept_s)]

    def way_failed(self, asker: Asker) -> None:
        """A question that was asked otherwise has no answer that is one."""
        self._ways_failed += 1
        if self._ways_failed >= WAYS_FAILED:
            self._ways_failed = 0
            self.no_way(asker)

    def no_way(self, asker: Asker) -> None:
        """This question cannot be asked otherwise; of a device with no other questions only order and silence tell."""
        self._ways[asker] = False
        if not any(self._ways.values()):
            self._one_way, self._wide = True, False

    @property
    def _keeps(self) -> bool:
        """Whether answers that came stay in the books, because they may come once more."""
        return self.confused and not self._one_way and self._careful > 0

    def _repeats(self, after_s: float) -> None:
        """It answers more often than it is asked."""
        self._careful = REPEATS
        self._repeat_s = max(self._repeat_s, min(SLOWEST_S, after_s) * MARGIN + MARGIN_S)
