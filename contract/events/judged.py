"""What the pole concludes from its readings: a sensor is wrong, the world is unusual, a rule of the settings holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Literal

import msgspec
from msgspec.structs import replace

from contract.events.kind import ENDED, EndReason, Episode, Kind, Severity, ended
from contract.types import Value
from contract.units import QUANTITIES
from contract.words import Words, both, measured

SensorFaultKind = Literal[
    "range", "step", "stuck", "zero", "noise", "offset", "drift", "scale", "sibling", "dropout", "stamp"
]
"""What is wrong with a sensor: a value outside its plausible range; an implausible step; the same value for too long;
zero where it never is; another noise than usual; a level off its baseline; a slow drift from it; another unit from one
reading on; parting from a sibling on the pole; silence while its device speaks; stamps that repeat or run backwards."""


class SensorFault(Episode, frozen=True, kw_only=True):
    """A sensor of this pole is not to be trusted (``begin``), or is again (``end``); the world is fine.

    ``score`` is in parts of the threshold of its kind, ``evidence`` the numbers, ``advice`` what the technician does.
    Readings in between are marked uncertain or bad and raise no anomalies.
    """

    kind: ClassVar[str] = "sensor_fault"
    quantity: str
    type: SensorFaultKind
    since: datetime
    score: float
    evidence: str
    advice: str
    stayed: bool = False
    """At the end of an ``offset`` or a ``drift``: the level has not returned, and counts as usual from here on."""
    suppressed: int = 0
    """Findings of this quantity since the last event that were not sent, because of the bound per day."""


AnomalyChannel = Literal["level", "baseline", "shift", "jump", "sum", "relation"]


class Anomaly(Episode, frozen=True, kw_only=True):
    """The world (not the sensor) does something unusual for this pole: ``begin``, and ``end`` when it is over or nobody
    knows (``reason`` ``bad``: the sensor is doubted). While no values come it stays open.

    ``quantities`` are those that leave their baselines together, the worst first (``device.quantity`` for those of
    other devices than the event's source). The other fields belong to the first, in its unit: ``value`` left
    ``low`` .. ``high``, which 98 of 100 steps did not leave before, and ``against`` says what the range is of: the
    ``level`` of late, the ``baseline`` of this hour, the ``shift`` of a mean of some thirty steps (``value`` is that
    mean) from one of some hundreds, a ``jump`` from the step before, or the ``sum`` of many deviations from the
    baseline, where ``value`` may lie inside, or the ``relation`` to the quantities that follow the first in
    ``quantities`` and foretell another value. A counter's are its growth in a step; a direction's range goes clockwise
    from ``low`` to ``high``. ``score`` is in parts of the threshold.
    """

    kind: ClassVar[str] = "anomaly"
    quantities: tuple[str, ...]
    severity: Severity
    since: datetime
    score: float
    value: float
    low: float
    high: float
    against: AnomalyChannel = "baseline"
    suppressed: int = 0


class Alert(Episode, frozen=True, kw_only=True):
    """A rule of the settings holds (``begin``) or does no more (``end``). ``text`` is by language: ``en``, ``zh``.

    ``since`` is when it began to hold, in both events.
    """

    kind: ClassVar[str] = "alert"
    rule: str
    severity: Severity
    since: datetime
    text: dict[str, str]
    values: dict[str, Value] = msgspec.field(default_factory=dict)
    """The newest value of each quantity that the rule looks at, ``device.quantity`` -> value."""


_ZH: dict[SensorFaultKind, str] = {
    "range": "超出合理范围",
    "step": "跳变",
    "stuck": "数值不变",
    "zero": "恒为零",
    "noise": "噪声异常",
    "offset": "偏移",
    "drift": "漂移",
    "scale": "单位变化",
    "sibling": "与同类传感器不一致",
    "dropout": "无数据",
    "stamp": "时间戳异常",
}


_CUT: dict[EndReason | None, tuple[str, str]] = {
    "settings": ("its settings were changed, or it is learned anew", "其设置已更改，或已重新学习"),
    "restart": ("the agent was restarted", "代理程序已重启"),
}


def _sensor_fault(body: SensorFault) -> Words:
    name, kind = body.quantity, _ZH[body.type]
    if body.reason in _CUT:
        en, zh = _CUT[body.reason]
        return both(
            f"{name}: {en}; if it is still wrong ({body.type}), that begins anew",
            f"{name}：{zh}；若仍有异常（{kind}），将重新报告",
        )
    if body.stayed:
        return both(
            f"{name} has stayed off ({body.type}); its level counts as usual from here on: compare it with another "
            "sensor",
            f"{name} 一直偏离（{kind}），今后按此水平视为正常：请与另一传感器比对",
        )
    if body.phase == "end":
        return both(f"{name} is all right again ({body.type})", f"{name} 恢复正常（{kind}）")
    return both(
        f"{body.quantity} is not to be trusted ({body.type}): {body.evidence}; {body.advice}",
        f"{body.quantity} 不可信（{_ZH[body.type]}）：{body.evidence}；{body.advice}",
    )


def _anomaly(body: Anomaly) -> Words:
    names = ", ".join(body.quantities)
    if body.phase == "end" and body.reason in ENDED:
        why = ended(body.reason)
        return both(f"{names}: {why['en']}", f"{names}：{why['zh']}")
    if body.phase == "end":
        return both(f"{names} is as usual again", f"{names} 恢复正常")
    row = QUANTITIES.get(body.quantities[0].rpartition(".")[2]) if body.quantities else None
    value, low, high = (
        f"{number:.6g}" if row is None else measured(float(number), row.unit)
        for number in (body.value, body.low, body.high)
    )
    if body.against == "relation":
        first, others = body.quantities[0], ", ".join(body.quantities[1:])
        return both(
            f"{first} does not fit {others}: {value}, expected {low} to {high}",
            f"{first} 与 {others} 不符：{value}，预期 {low} 至 {high}",
        )
    return both(
        f"{names} is unusual: {value}, expected {low} to {high}", f"{names} 异常：{value}，预期 {low} 至 {high}"
    )


def _alert(body: Alert) -> Words:
    words = body.text or {"en": body.rule}
    en, zh = words.get("en", body.rule), words.get("zh", words.get("en", body.rule))
    if body.phase == "begin":
        return words | both(en, zh)
    why = ended(body.reason)
    return both(f"{why['en']}: {en}", f"{why['zh']}：{zh}")


_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
_STUCK = SensorFault(
    id="0123abcd",
    quantity="rain",
    type="stuck",
    phase="begin",
    since=_NOON,
    score=2.0,
    evidence="1.5 for 3 h",
    advice="look at the sensor",
)
_LOUD = Anomaly(
    id="0123abcd",
    quantities=("noise", "rain"),
    phase="begin",
    severity="warning",
    since=_NOON,
    score=2.0,
    value=90.5,
    low=40.0,
    high=70.0,
)
_FLOOD = Alert(
    id="0123abcd",
    rule="flood",
    severity="alarm",
    phase="begin",
    since=_NOON,
    text={"en": "water on the road", "zh": "道路积水"},
    values={"gauge.water_level": 0.4},
)
KINDS = (
    Kind(
        body=SensorFault,
        says=_sensor_fault,
        examples=(
            _STUCK,
            replace(_STUCK, phase="end", reason="over"),
            replace(_STUCK, type="drift", phase="end", reason="over", stayed=True),
            replace(_STUCK, phase="end", reason="restart"),
        ),
    ),
    Kind(
        body=Anomaly,
        says=_anomaly,
        examples=(_LOUD, replace(_LOUD, phase="end", reason="over"), replace(_LOUD, phase="end", reason="bad")),
    ),
    Kind(body=Alert, says=_alert, examples=(_FLOOD, replace(_FLOOD, phase="end", reason="settings"))),
)
