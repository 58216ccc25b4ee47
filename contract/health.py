"""What each part of a pole reports about itself: frozen values, gathered by ``app``, shown by ``poleagent status``."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.types import Fault, FaultCode, Quality, Reading, Stamp, Value
from contract.units import Unit


class LastValue(msgspec.Struct, frozen=True, kw_only=True):
    """The newest reading of a quantity; ``age_s`` is measured by a clock that cannot be set."""

    quantity: str
    value: Value
    unit: Unit
    at: Stamp
    age_s: float
    quality: Quality = Quality.GOOD  # as the sensor checks have marked it


class DeviceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One device as a technician sees it. ``advice`` is what to do, empty when all is well."""

    name: str
    driver: str
    line: str
    state: Literal["waiting", "up", "down"]
    since: datetime
    readings: int = 0
    faults: dict[FaultCode, int] = {}
    error_share: float = 0.0  # of the last 100 rounds
    missed: int = 0  # rounds that were due but left out, because the line was busy
    asked: int = 0  # questions, retries among them
    retries: int = 0
    damaged: int = 0  # answers with a wrong checksum, also where a retry brought a right one
    last: tuple[LastValue, ...] = ()
    code: FaultCode | None = None
    advice: str = ""


class DeviceResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a device answered to one request. ``text`` is for a person: what was done, or why it was not."""

    ok: bool
    text: str = ""
    readings: tuple[Reading, ...] = ()
    faults: tuple[Fault, ...] = ()
    raw: dict[str, str] = {}
    """The bytes that the values came from, as hexadecimal digits, where the driver knows."""


class LineHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One serial or TCP line. ``load`` is the share of the time that it was in use, over the last minute; ``planned``
    the share that the periods of its devices need, above 1 where they cannot be met.
    """

    name: str
    port: str
    state: Literal["waiting", "up", "down"]
    text: str = ""
    load: float = 0.0
    planned: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0
    garbage_bytes: int = 0
    reopened: int = 0


class LaneHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What of one lane waits for delivery, and since when; None where nothing does."""

    unsent: int
    oldest_seq: int | None
    oldest_utc: datetime | None


class StoreHealth(msgspec.Struct, frozen=True, kw_only=True):
    """``state``: ok, full (thinning and evicting), blocked (nothing can be written: see ``text``)."""

    state: Literal["ok", "full", "blocked"]
    text: str = ""
    epoch: str
    next_seq: int
    lanes: dict[str, LaneHealth]
    bytes: int
    max_bytes: int
    ring_bytes: int
    ring_oldest: datetime | None = None
    committed: int = 0  # events since start
    acknowledged: int = 0
    evicted: int = 0
    waiting: int = 0  # put but not yet committed
    ring_lost: int = 0  # raw readings that never reached the ring, since start


class AllowanceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Mobile data, in bytes: what was used, what may be (0: no bound), what it comes to if it goes on like that.

    ``by_lane`` is of the day; ``held`` are the lanes that wait.
    """

    day: date
    day_bytes: int
    day_limit: int
    day_forecast: int
    month_bytes: int
    month_limit: int
    month_forecast: int
    by_lane: dict[str, int] = {}
    held: tuple[str, ...] = ()


class UplinkHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The link to the broker; ``text`` is why it is not up and what to do. Counters are since start."""

    state: Literal["off", "connecting", "up", "down"]
    since: datetime
    broker: str
    plain_text: bool = False  # true: not encrypted, as the settings say
    protocol: str = ""
    protocol_why: str = ""  # why it is this version, where that is not plain
    text: str = ""
    cause: str = ""  # of text: its name in contract.causes
    connects: int = 0
    messages: int = 0
    events: int = 0
    allowance: AllowanceHealth | None = None
    resent: int = 0  # events that were sent again because the platform had not confirmed them
    payload_bytes: int = 0
    in_flight: int = 0
    last_acknowledged: datetime | None = None
    given_up: int = 0  # events that the broker refuses for good; each is reported in a gap event
    repeated: int = 0  # commands that came once more, and were answered and not carried out again
    dropped: int = 0  # commands and watermarks that were too many or could not be read


_Count = Annotated[int, Meta(ge=0, le=2**31)]
_Figure = Annotated[float, Meta(ge=0, le=1e6)]


class ShadowHealth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A candidate model that looks next to the one that counts, which the names with ``before`` speak of.

    ``objects`` are those that would begin a track, ``agreed`` those that both see in one place and of one class; scores
    are means, from 0 to 1, ``ms`` the median of what a look takes. ``no_memory``, ``no_model``: it could not be loaded
    next to it; ``misfit``: it does not fit its description. ``ends``: ends of processes in which it was looking, but
    for want of memory, of which two models need more than one; ``ends_before``: ends in the same length of time before.
    """

    state: Literal["running", "over", "no_memory", "no_model", "misfit"]
    model: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$", description="SHA-256 of its weights")] = ""
    looks: _Count = 0
    objects: _Count = 0
    objects_before: _Count = 0
    agreed: _Count = 0
    score: _Figure = 0.0
    score_before: _Figure = 0.0
    ms: _Figure = 0.0
    ms_before: _Figure = 0.0
    ends: _Count = 0
    ends_before: _Count = 0


class CameraHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One camera as a technician sees it. ``advice`` is what to do, empty when all is well."""

    name: str
    source: str  # without its password
    state: Literal["waiting", "ok", "no_signal", "frozen", "crashed", "too_dark", "lossy", "refused"]
    since: datetime
    text: str = ""
    advice: str = ""
    size: tuple[int, int] | None = None
    frames_per_s: float = 0.0
    detections_per_s: float = 0.0
    inference_ms: float = 0.0
    tracks: int = 0
    frames: int = 0
    skipped: int = 0
    reconnects: int = 0
    restarts: int = 0
    events: int = 0
    refused: int = 0  # messages of the vision process that were no results
    memory_bytes: int = 0
    model: str = ""  # SHA-256 of the weights that its interpreter has loaded
    tampered: tuple[str, ...] = ()
    unconfined: str = ""  # what the kernel lacks to take rights from the process: landlock, seccomp
    shadow: ShadowHealth | None = None  # a candidate model that looks next to its own


class ClockHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The pole's time, and how often the wall clock was stepped since start."""

    now: Stamp
    steps: int = 0


class BoxHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent uses of the box; ``disk`` is the file system that holds the database."""

    resident_bytes: int
    cpu_s: float
    disk_free_bytes: int
    disk_bytes: int


class OpenEpisode(msgspec.Struct, frozen=True, kw_only=True):
    """What has begun and not ended: an alert, an anomaly, a sensor fault, an incident, a tampered view, a flood.

    ``id`` is that of its begin event; ``text`` is by language: ``en``, ``zh``.
    """

    id: str
    kind: str
    type: str = ""
    source: str
    quantity: str = ""
    severity: Literal["info", "warning", "alarm"]
    since: datetime
    text: dict[str, str]


class CertificateHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate of the link. ``text`` is the cause and the cure, empty while it is good for 30 days or more.

    ``renewal`` is how the pole's own renewal of it stands, ``renewal_fails`` why it does not get on.
    """

    role: Literal["ca", "client", "broker"]
    file: str = ""  # empty for the broker's, which it sends itself
    state: Literal["ok", "expiring", "expired", "not_yet", "foreign", "unusable"]
    not_after: datetime | None = None
    text: str = ""
    renewal: str = ""
    renewal_fails: str = ""


class PoleStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Its JSON is what ``poleagent status --json`` prints: fields are added, never renamed or dropped.

    ``stale`` names the parts that have stopped making progress; ``problems`` are those of settings that were refused
    by the last reload; ``pending`` are options that were changed and wait for a restart; ``models`` are folders of
    models with 12 hex digits of their content.
    """

    pole: str
    name: str = ""
    version: str
    revision: str
    uptime_s: float
    devices: tuple[DeviceHealth, ...]
    lines: tuple[LineHealth, ...]
    store: StoreHealth
    uplink: UplinkHealth | None
    clock: ClockHealth
    box: BoxHealth
    cameras: tuple[CameraHealth, ...] = ()
    stale: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    unable: tuple[str, ...] = ()  # what the agent cannot do for the pole as a whole, and why, as sentences
    episodes: tuple[OpenEpisode, ...] = ()
    certificates: tuple[CertificateHealth, ...] = ()
    models: dict[str, str] = {}
    turned_away: int = 0  # clients of the control socket: too many at once, or not allowed; since start
    left_out: int = 0  # windows that the trained model of [anomaly] was too slow for, since start
