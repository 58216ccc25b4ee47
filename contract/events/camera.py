"""What cameras report. All texts and numbers are bounded, so that no part of a frame fits in."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from contract.events.kind import ENDED, Episode, Kind, ended
from contract.types import Body, Lane
from contract.words import Words, both, span

Number = Annotated[int, msgspec.Meta(ge=0, le=2**40)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Text = Annotated[str, msgspec.Meta(max_length=200)]
TrackId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}$")]
Label = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class CameraState(Body, frozen=True, kw_only=True):
    """A camera changed its state; said once per change. ``text`` is the sentence a technician needs."""

    kind: ClassVar[str] = "camera_state"
    state: Literal["ok", "no_signal", "frozen", "crashed", "too_dark", "lossy", "refused"]
    text: Text = ""


class Crossing(Body, frozen=True, kw_only=True):
    """One object crossed a counting line; ``direction`` is +1 from the line's left to its right, looking from a to b.

    ``track`` is random, and new every day: it tells two objects apart and nothing else.
    """

    kind: ClassVar[str] = "crossing"
    line: Label
    label: Label
    direction: Literal[-1, 1]
    track: TrackId


class LineCount(msgspec.Struct, frozen=True, kw_only=True):
    """Objects of one class that crossed one line in the window, by direction."""

    line: Label
    label: Label
    plus: Number
    minus: Number


class ZoneCount(msgspec.Struct, frozen=True, kw_only=True):
    """Objects of one class inside one zone: the time-weighted mean and the most at once."""

    zone: Label
    label: Label
    mean: Annotated[float, msgspec.Meta(ge=0, le=1e6)]
    max: Number


class Counts(Body, frozen=True, kw_only=True):
    """What one camera counted in a window; the event's time is the window's start.

    ``seen_s`` is how long the camera really saw the scene: a count of 0 with ``seen_s`` 0 is no empty street.
    """

    kind: ClassVar[str] = "counts"
    lane: ClassVar[Lane] = Lane.SUMMARY
    duration_s: Seconds
    seen_s: Seconds
    lines: Annotated[tuple[LineCount, ...], msgspec.Meta(max_length=64)] = ()
    zones: Annotated[tuple[ZoneCount, ...], msgspec.Meta(max_length=64)] = ()


class Incident(Episode, frozen=True, kw_only=True):
    """A scene rule is violated in a zone; the end has ``duration_s``. For crowding, ``track`` is absent."""

    kind: ClassVar[str] = "incident"
    type: Literal["loitering", "wrong_way", "parking", "crowding"]
    zone: Label
    label: Label
    count: Number = 1
    duration_s: Seconds = 0.0
    track: TrackId | None = None


class Tamper(Episode, frozen=True, kw_only=True):
    """The view of a camera is not what it was; the end has ``duration_s``."""

    kind: ClassVar[str] = "tamper"
    lane: ClassVar[Lane] = Lane.ALARM
    type: Literal["covered", "sprayed", "defocused", "turned", "frozen", "blinded"]
    share: Annotated[float, msgspec.Meta(ge=0, le=1, description="part of the frame that is affected")] = 1.0
    duration_s: Seconds = 0.0


class WaterLevel(Body, frozen=True, kw_only=True):
    """The water on a virtual gauge changed its state, or its depth by more than the gauge's step."""

    kind: ClassVar[str] = "water_level"
    gauge: Label
    state: Literal["dry", "wet", "flooded", "unknown"]
    depth_m: Annotated[
        Annotated[float, msgspec.Meta(ge=-100, le=1000)] | None,
        msgspec.Meta(description="above the gauge's zero; absent where not seen"),
    ] = None
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0


class Evidence(Body, frozen=True, kw_only=True):
    """The audit of evidence: a snapshot was kept (encrypted, pixelated), deleted, or could not be kept, and why."""

    kind: ClassVar[str] = "evidence"
    type: Literal["kept", "deleted", "failed"]
    file: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-zA-Z_-]{1,96}\.still$")]
    reason: Text
    bytes: Number = 0


_ZH = {
    "ok": "正常",
    "no_signal": "无信号",
    "crashed": "进程退出",
    "too_dark": "画面过暗",
    "lossy": "丢帧",
    "refused": "拒绝登录",
    "person": "行人",
    "vehicle": "车辆",
    "two_wheeler": "两轮车",
    "loitering": "滞留",
    "wrong_way": "逆行",
    "parking": "违停",
    "crowding": "人群聚集",
    "covered": "被遮挡",
    "sprayed": "被喷涂",
    "defocused": "失焦",
    "turned": "被转动",
    "frozen": "静止不变",
    "blinded": "被强光照射",
    "dry": "无积水",
    "wet": "潮湿",
    "flooded": "积水",
    "unknown": "未知",
    "kept": "已保存",
    "deleted": "已删除",
    "failed": "保存失败",
}
"""States, classes and sub-kinds in Chinese."""


def _zh(name: str) -> str:
    return _ZH.get(name, name)


def _camera(body: CameraState) -> Words:
    if not body.text:
        return both(body.state, _zh(body.state))
    return both(f"{body.state}: {body.text}", f"{_zh(body.state)}：{body.text}")


def _counts(body: Counts) -> Words:
    unseen_s = body.duration_s - body.seen_s
    blind = span(unseen_s) if unseen_s > 0.05 * body.duration_s else ""
    en = [f"{row.line} {row.label} +{row.plus} -{row.minus}" for row in body.lines]
    en += [f"{row.zone} {row.label} {row.mean:.1f} on average, {row.max} at most" for row in body.zones]
    zh = [f"{row.line} {_zh(row.label)} +{row.plus} -{row.minus}" for row in body.lines]
    zh += [f"{row.zone} {_zh(row.label)} 平均 {row.mean:.1f}，最多 {row.max}" for row in body.zones]
    if blind:
        en, zh = [*en, f"blind for {blind}"], [*zh, f"有 {blind} 看不见"]
    window = span(body.duration_s)
    return both(f"{window}: {', '.join(en) or 'nobody'}", f"{window}：{'，'.join(zh) or '无目标'}")


def _crossing(body: Crossing) -> Words:
    plus = body.direction > 0
    return both(
        f"{body.label} over {body.line}, {'plus' if plus else 'minus'}",
        f"{_zh(body.label)}越过 {body.line}，{'正向' if plus else '反向'}",
    )


def _incident(body: Incident) -> Words:
    many = f"{body.count} x " if body.count > 1 else ""
    en = f"{body.type.replace('_', ' ')} in {body.zone}"
    zh = f"{body.zone} 内{_zh(body.type)}"
    if body.phase == "end" and body.reason in ENDED:
        why = ended(body.reason)
        en, zh = f"{en}, {why['en']}", f"{zh}{why['zh']}"
    elif body.phase == "end":
        lasted = span(body.duration_s)
        en, zh = f"{en} is over after {lasted}", f"{zh}已结束，持续 {lasted}"
    return both(f"{en}: {many}{body.label}", f"{zh}：{many}{_zh(body.label)}")


def _tamper(body: Tamper) -> Words:
    if body.phase == "begin":
        return both(f"the view is {body.type}: look at the camera", f"画面{_zh(body.type)}：请检查摄像机")
    if body.reason in ENDED:
        why = ended(body.reason)
        return both(f"the view was {body.type}: {why['en']}", f"画面{_zh(body.type)}：{why['zh']}")
    lasted = span(body.duration_s)
    return both(f"no longer {body.type}, after {lasted}", f"画面恢复（{_zh(body.type)}），持续 {lasted}")


def _water(body: WaterLevel) -> Words:
    depth = "" if body.depth_m is None else f", {body.depth_m:.2f} m"
    return both(f"{body.gauge} is {body.state}{depth}", f"{body.gauge} {_zh(body.state)}{depth}")


def _evidence(body: Evidence) -> Words:
    return both(f"snapshot {body.file} {body.type}: {body.reason}", f"抓拍 {body.file} {_zh(body.type)}：{body.reason}")


KINDS = (
    Kind(body=CameraState, says=_camera, examples=(CameraState(state="no_signal", text="the stream ended"),)),
    Kind(
        body=Counts,
        says=_counts,
        examples=(
            Counts(
                duration_s=60.0,
                seen_s=30.0,
                lines=(LineCount(line="gate", label="person", plus=3, minus=1),),
                zones=(ZoneCount(zone="yard", label="vehicle", mean=0.5, max=2),),
            ),
        ),
    ),
    Kind(
        body=Crossing,
        says=_crossing,
        examples=(Crossing(line="gate", label="person", direction=-1, track="0123abcd"),),
    ),
    Kind(
        body=Incident,
        says=_incident,
        severity="info",
        examples=(
            Incident(id="0123abcd", type="wrong_way", zone="yard", phase="begin", label="vehicle"),
            Incident(
                id="0123abcd", type="crowding", zone="yard", phase="end", label="person", count=7, duration_s=90.0
            ),
        ),
    ),
    Kind(
        body=Tamper,
        says=_tamper,
        severity="alarm",
        examples=(
            Tamper(id="0123abcd", type="covered", phase="begin"),
            Tamper(id="0123abcd", type="covered", phase="end", duration_s=8.0),
        ),
    ),
    Kind(
        body=WaterLevel,
        says=_water,
        severity="alarm",
        examples=(WaterLevel(gauge="kerb", state="flooded", depth_m=0.25, confidence=0.8),),
    ),
    Kind(
        body=Evidence,
        says=_evidence,
        examples=(Evidence(type="kept", file="20261123T080000-gate-0a1b2c3d.still", reason="tamper: why", bytes=9),),
    ),
)
