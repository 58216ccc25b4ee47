"""How a rollout stands at each pole, from what the pole itself has said; the platform and the maintainers share it.

| what the pole's numbered stream says | it is |
|---|---|
| refused, or taken back | failed, with its reason |
| kept, and the newest ``in_force`` after that names something else | failed: it does not run it |
| kept, named by the newest ``in_force``, and a message came once ``soak_s`` were over | done |
| anything else, and messages of the pole come | waiting (nothing yet), or under way |
| anything else, and none come | unknown: never failed, never done |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.events import InForce, UpdateOutcome, UpdateStage
from contract.plan import Assignment
from contract.sequential import Weighed, weigh
from contract.words import Sentence, Words

Standing = Literal["done", "failed", "under_way", "waiting", "unknown"]
STANDINGS: tuple[Standing, ...] = ("done", "failed", "under_way", "waiting", "unknown")
SILENT = timedelta(hours=1)
"""A pole of which no message came for so long is unknown, whatever the broker says."""
MOST_REASONS = 5


class StepSaid(msgspec.Struct, frozen=True, kw_only=True):
    """The newest step of one release at one pole; ``begun``: when the platform received its first."""

    stage: UpdateStage
    outcome: UpdateOutcome
    text: str
    begun: datetime
    received: datetime
    at: Annotated[datetime, Meta(description="by the pole's clock")]
    epoch: str
    seq: int


class InForceSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What runs on a pole, as it said last."""

    body: InForce
    received: datetime
    at: Annotated[datetime, Meta(description="by the pole's clock")]
    epoch: str
    seq: int

    def after(self, step: StepSaid) -> bool:
        """Whether it was said later than ``step``."""
        return self.seq > step.seq if self.epoch == step.epoch else self.at >= step.at


class PoleSaid(msgspec.Struct, frozen=True, kw_only=True):
    """One pole, as far as a rollout asks."""

    pole: str
    online: bool
    seen: Annotated[datetime | None, Meta(description="when the platform received its last message")] = None
    tags: tuple[str, ...] = ()
    step: StepSaid | None = None
    in_force: InForceSaid | None = None

    def is_there(self, now: datetime) -> bool:
        return self.online and self.seen is not None and now - self.seen <= SILENT


_NO_LINK = Sentence("its messages do not come: the last one came {seen}", "未收到其消息：最后一条消息于 {seen}")
_NEVER = Sentence("no message of it ever came", "从未收到其消息")
_WAITS = Sentence("it has not begun; poles look once an hour", "尚未开始；灯杆每小时检查一次")
_STEP = Sentence("{stage} {outcome}: {text}", "{stage} {outcome}：{text}")
_FAILED = Sentence("it did not keep it: {text}", "未保留：{text}")
_UNSAID = Sentence("it has kept it and has not said yet what runs", "已保留，但尚未说明当前运行内容")
_OTHER = Sentence("it has kept it and now runs {what} instead", "曾保留，但现在运行的是 {what}")
_IDLE = Sentence("it has kept it, and no interpreter there has loaded it", "已保留，但其解释器均未加载它")
_SOAKS = Sentence("it runs it since {since}; it counts from {until} on", "自 {since} 起运行；{until} 起计入")
_DONE = Sentence("it runs it since {since}", "自 {since} 起运行")


def standing(said: PoleSaid, rollout: Assignment, now: datetime) -> tuple[Standing, Words]:
    """How the rollout stands at one pole, and why, as a sentence about it. ``rollout`` has one."""
    step, there = said.step, said.is_there(now)
    if step is None:
        return ("waiting", _both(_WAITS)) if there else ("unknown", _silent(said))
    if step.outcome == "refused" or (step.stage == "roll_back" and step.outcome == "done"):
        return "failed", _both(_FAILED, text=step.text or step.stage)
    if step.stage == "commit" and step.outcome == "done":
        return _kept(said, step, rollout, now)
    if not there:
        return "unknown", _silent(said)
    if step.outcome == "withdrawn":
        return "waiting", _both(_STEP, stage=step.stage, outcome=step.outcome, text=step.text)
    return "under_way", _both(_STEP, stage=step.stage, outcome=step.outcome, text=step.text)


def _kept(said: PoleSaid, step: StepSaid, rollout: Assignment, now: datetime) -> tuple[Standing, Words]:
    assert rollout.rollout is not None
    runs, there = said.in_force, said.is_there(now)
    if runs is not None and runs.after(step):
        if other := _instead(runs.body, rollout, rollout.rollout.proof):
            return "failed", _both(_OTHER, what=other)
        if not _named(runs.body, rollout, rollout.rollout.proof):
            return "unknown", _both(_IDLE)
        until = step.received + timedelta(seconds=rollout.rollout.soak_s)
        if there and said.seen is not None and said.seen >= until:
            return "done", _both(_DONE, since=_minute(step.received))
        if there:
            return "under_way", _both(_SOAKS, since=_minute(step.received), until=_minute(until))
        return "unknown", _silent(said)
    return ("under_way", _both(_UNSAID)) if there else ("unknown", _silent(said))


def _named(runs: InForce, rollout: Assignment, proof: str) -> bool:
    kind = rollout.release.kind
    if kind == "settings":
        return str(rollout.release) in runs.settings
    return proof in _loaded(runs, rollout).values() if kind == "model" else runs.version == proof


def _loaded(runs: InForce, rollout: Assignment) -> dict[str, str]:
    """What those have loaded that take their model from releases of this name."""
    return {
        source: weights for source, weights in runs.weights.items() if runs.slots.get(source) == rollout.release.name
    }


def _instead(runs: InForce, rollout: Assignment, proof: str) -> str:
    """What runs in the place of the release; empty: it does, or nobody can tell."""
    if rollout.release.kind == "model":
        others = {source: sha for source, sha in _loaded(runs, rollout).items() if sha != proof}
        return ", ".join(f"{source} {sha[:12]}" for source, sha in sorted(others.items()))
    if _named(runs, rollout, proof):
        return ""
    if rollout.release.kind == "software":
        return f"version {runs.version}"
    same = [each for each in runs.settings if each.rpartition("/")[0] == str(rollout.release).rpartition("/")[0]]
    return ", ".join(same) or f"settings {runs.revision} without it"


def _silent(said: PoleSaid) -> Words:
    return _both(_NO_LINK, seen=_minute(said.seen)) if said.seen is not None else _both(_NEVER)


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _both(sentence: Sentence, **values: object) -> Words:
    return {"en": sentence.en.format(**values), "zh": sentence.zh.format(**values)}


class RolloutTally(msgspec.Struct, frozen=True, kw_only=True):
    """A rollout as a whole. ``members`` are its poles by standing; ``reached`` have begun, members or not any more;
    ``lost`` are those of the unknown that have begun.

    ``value`` and ``hopeful`` are those of ``Weighed``; ``reasons`` the commonest of the failures.
    """

    members: dict[str, int]
    reached: int
    lost: int
    value: float
    hopeful: float
    reasons: tuple[tuple[str, int], ...] = ()

    @property
    def weighed(self) -> Weighed:
        return Weighed(self.value, self.hopeful)

    @property
    def ended(self) -> int:
        """Poles of the rollout that have said how it went."""
        return self.members["done"] + self.members["failed"]

    @property
    def busy(self) -> int:
        """Poles that have begun, or will any moment, and have not said how it went."""
        return self.members["under_way"] + self.members["waiting"] + self.lost


def tally(rollout: Assignment, poles: Iterable[PoleSaid], now: datetime) -> RolloutTally:
    members: Counter[str] = Counter(dict.fromkeys(STANDINGS, 0))
    reasons: Counter[str] = Counter()
    begun: list[tuple[datetime, str, bool | None]] = []
    lost = 0
    for said in poles:
        held = rollout.holds(said.pole, said.tags)
        if not held and said.step is None:
            continue
        how, why = standing(said, rollout, now)
        if held:
            members[how] += 1
            lost += how == "unknown" and said.step is not None
        if how == "failed":
            reasons[why["en"]] += 1
        if said.step is not None:
            begun.append((said.step.begun, said.pole, {"done": True, "failed": False}.get(how)))
    weighed = weigh(went_well for _, _, went_well in sorted(begun, key=lambda one: one[:2]))
    return RolloutTally(
        members=dict(members),
        reached=len(begun),
        lost=lost,
        value=round(weighed.value, 3),
        hopeful=round(weighed.hopeful, 3),
        reasons=tuple(reasons.most_common(MOST_REASONS)),
    )
