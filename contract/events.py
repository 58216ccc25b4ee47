"""What events say, each kind a body. They are the wire contract.

The schemas in docs/wire are made from these fields (``contract.documents``), so a field's meaning is written here,
once, with its unit. The kind is the class name in snake case. In all bodies ``type`` is the sub-kind; what has a begin
and an end is an ``Episode``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from zlib import crc32

import msgspec

from contract.types import Body, FaultCode, Lane, Quality, Value
from contract.units import Unit

EndReason = Literal["over", "stale", "bad", "settings", "restart"]
"""Why an episode ended: it is over; its values stopped; they became bad; the settings changed; the agent restarted."""


class Episode(Body, frozen=True, kw_only=True, omit_defaults=True):
    """What has a begin and an end: one event each, with the same ``id``. ``reason`` says why it ended."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}$", description="joins the begin and the end")]
    phase: Literal["begin", "end"]
    reason: EndReason | None = None


def episode_id(*names: object) -> str:
    """The id of an episode, made of what tells it from all others of the pole: source, kind, subject, begin."""
    return f"{crc32('/'.join(map(str, names)).encode()):08x}"


class Window(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One quantity over one window. ``mean``, ``min``, ``max``, ``std`` are absent where the values are labels.

    A direction has the mean of its vectors and their circular standard deviation, ``sqrt(-2 ln R)`` as an angle (Mardia
    1972), and neither ``min`` nor ``max``; it has no ``mean`` where its vectors cancel. A counter has its ``increase``.
    """

    quantity: str
    unit: Unit
    count: Annotated[int, msgspec.Meta(description="readings of quality good or uncertain in the window")]
    mean: float | None = None
    min: float | None = None
    max: float | None = None
    std: Annotated[float | None, msgspec.Meta(description="standard deviation of the population")] = None
    last: Value | None = None
    increase: Annotated[
        float | None, msgspec.Meta(description="growth of a counter since its last reading before the window")
    ] = None
    weight: Annotated[
        float | None,
        msgspec.Meta(
            description="sum of the speeds that weight a mean direction; absent where all readings count alike"
        ),
    ] = None
    faults: Annotated[float, msgspec.Meta(description="share of the expected readings that are missing, 0 to 1")] = 0.0


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Readings of one quantity: ``offsets_ms[i]`` after the event's time, ``values[i]``; same length."""

    quantity: str
    unit: Unit
    offsets_ms: tuple[int, ...]
    values: tuple[Value, ...]
    qualities: dict[int, Quality] = {}  # index -> quality, only where it is not good


class Summary(Body, frozen=True, kw_only=True):
    """Aligned windows of one device; the event's time is the start of the window."""

    kind: ClassVar[str] = "summary"
    lane: ClassVar[Lane] = Lane.SUMMARY
    duration_s: float
    windows: tuple[Window, ...]


class Samples(Body, frozen=True, kw_only=True):
    """Readings as they were taken, delivered because the quantity is set to ``raw``."""

    kind: ClassVar[str] = "samples"
    lane: ClassVar[Lane] = Lane.RAW
    series: tuple[Series, ...]


class Change(Body, frozen=True, kw_only=True):
    """Readings that left their dead band (report by exception)."""

    kind: ClassVar[str] = "change"
    series: tuple[Series, ...]


class Backfill(Body, frozen=True, kw_only=True):
    """A part of the raw ring that the platform asked for; ``request`` is the id of its command."""

    kind: ClassVar[str] = "backfill"
    lane: ClassVar[Lane] = Lane.RAW
    request: str
    part: int
    last: bool
    series: tuple[Series, ...]


class DeviceState(Body, frozen=True, kw_only=True):
    """A device went down or came back; said once per change, with the sentence a technician needs."""

    kind: ClassVar[str] = "device_state"
    state: Literal["up", "down"]
    code: FaultCode | None = None
    text: str = ""


class Gap(Body, frozen=True, kw_only=True):
    """Unsent events that the store had to delete: inclusive ranges of seq, and why."""

    kind: ClassVar[str] = "gap"
    epoch: str
    deleted_lane: str
    ranges: tuple[tuple[int, int], ...]
    count: int
    reason: Literal["store_full", "disk_full", "thinned", "unreadable", "not_committed", "refused"]
    text: str = ""


class NewEpoch(Body, frozen=True, kw_only=True):
    """A new epoch begins with this event's own number, and the books of the one before are closed.

    Numbers of ``previous`` from ``previous_next_seq`` on were never given where ``complete`` is true. Where it is
    false, its run ended without a clean stop or the file is not what was written: if there were more, they are lost.
    """

    kind: ClassVar[str] = "new_epoch"
    previous: str | None
    previous_next_seq: int | None
    complete: bool = True
    reason: str
    carried: int
    """Events that were carried over from a broken file."""


class UplinkState(Episode, frozen=True, kw_only=True):
    """Delivery does not work as it should although there is a link; ``text`` says what to do.

    ``unheard``: nobody is subscribed; ``unconfirmed``: the platform confirms nothing (``ack = "platform"``);
    ``copied``: another box seems to use this pole's id; ``allowance``: mobile data is used up, and lanes wait.
    """

    kind: ClassVar[str] = "uplink_state"
    type: Literal["unheard", "unconfirmed", "copied", "allowance"]
    since: datetime
    text: str


class ClockChange(Body, frozen=True, kw_only=True):
    """The wall clock was set for the first time (``restamped`` rows were corrected) or stepped by ``step_s``."""

    kind: ClassVar[str] = "clock_change"
    type: Literal["synced", "unsynced", "step"]
    step_s: float = 0.0
    restamped: int = 0


class Start(Body, frozen=True, kw_only=True):
    """The agent started; ``clean`` is false where the run before it was not stopped."""

    kind: ClassVar[str] = "start"
    version: str
    boot: str
    clean: bool


class SettingsChange(Body, frozen=True, kw_only=True):
    """New settings took effect (or were refused: ``errors``)."""

    kind: ClassVar[str] = "settings_change"
    revision: str
    applied: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


class CertificateState(Body, frozen=True, kw_only=True):
    """A certificate of the link changed its state; from 30 days before it expires on it is ``expiring``."""

    kind: ClassVar[str] = "certificate_state"
    role: Literal["ca", "client", "broker"]
    state: Literal["ok", "expiring", "expired", "not_yet", "foreign", "unusable"]
    not_after: datetime | None = None
    text: str = ""


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


SensorFaultKind = Literal["range", "step", "stuck", "zero", "noise", "offset", "drift", "sibling", "dropout", "stamp"]
"""What is wrong with a sensor: a value outside its plausible range; an implausible step; the same value for too long;
zero where it never is; another noise than usual; a level off its baseline; a slow drift from it; parting from a sibling
on the pole; silence while its device speaks; stamps that repeat or run backwards."""


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
    suppressed: int = 0
    """Findings of this quantity since the last event that were not sent, because of the bound per day."""


Severity = Literal["info", "warning", "alarm"]
AnomalyChannel = Literal["level", "baseline", "shift", "jump", "sum"]


class Anomaly(Episode, frozen=True, kw_only=True):
    """The world (not the sensor) does something unusual for this pole: ``begin``, and ``end`` when it is over.

    ``quantities`` are those that leave their baselines together, the worst first (``device.quantity`` for those of
    other devices than the event's source). The other fields belong to the first, in its unit: ``value`` left
    ``low`` .. ``high``, which 98 of 100 steps did not leave before, and ``against`` says what the range is of: the
    ``level`` of late, the ``baseline`` of this hour, the ``shift`` of a mean of some thirty steps (``value`` is that
    mean) from one of some hundreds, a ``jump`` from the step before, or the ``sum`` of many deviations from the
    baseline, where ``value`` may lie inside. A counter's are its growth in a step; a direction's range goes clockwise
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
    values: dict[str, Value] = {}
    """The newest value of each quantity that the rule looks at, ``device.quantity`` -> value."""


BODIES: tuple[type[Body], ...] = tuple(
    body
    for body in list(globals().values())
    if isinstance(body, type) and issubclass(body, Body) and isinstance(vars(body).get("kind"), str)
)
"""Every kind of event, in the order of this file."""
