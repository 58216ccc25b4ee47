"""The settings as types, and the door to all of them. Each part gets its own struct and never sees the others'.

The sample file, the JSON Schema and the reference page are made from these rows: a field's ``description`` is its
documentation, its limits are checked on load.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from agent.config.judging import (
    AnomalySettings,
    BoostSettings,
    CheckSettings,
    ConditionSettings,
    RuleSettings,
    RulesSettings,
)
from agent.config.scene import CameraSettings
from agent.config.table import KIB, MIB, Table
from agent.config.update import UpdateSettings
from agent.config.uplink import AllowanceSettings, TlsSettings, UplinkSettings
from agent.config.web import WebSettings

__all__ = [
    "KIB",
    "MIB",
    "SECTIONS",
    "AllowanceSettings",
    "AnomalySettings",
    "BoostSettings",
    "CheckSettings",
    "ClockSettings",
    "ConditionSettings",
    "Device",
    "DeviceSettings",
    "LineSettings",
    "LocalSettings",
    "LogSettings",
    "Name",
    "PoleSettings",
    "ReportSettings",
    "RuleSettings",
    "RulesSettings",
    "Settings",
    "StoreSettings",
    "Table",
    "TlsSettings",
    "UpdateSettings",
    "UplinkSettings",
    "WebSettings",
]

Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="lower-case letters, digits, '-' and '_', at most 63",
    ),
]


class PoleSettings(Table, frozen=True, kw_only=True):
    """Who this pole is."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
            description="the name of this pole for machines, part of every topic and of every event's id",
            extra={"form": "letters, digits, '.', '_' and '-', at most 63, with a letter or a digit first"},
            examples=["pole-0001"],
        ),
    ]
    name: Annotated[str, Meta(max_length=200, description="what people call it, for screens only")] = ""
    latitude: Annotated[
        Annotated[float, Meta(ge=-90, le=90)] | None, Meta(description="degrees, WGS 84", examples=[22.5431])
    ] = None
    longitude: Annotated[
        Annotated[float, Meta(ge=-180, le=180)] | None, Meta(description="degrees, WGS 84", examples=[114.0579])
    ] = None


class ClockSettings(Table, frozen=True, kw_only=True):
    """When the wall clock may be trusted."""

    trust: Annotated[
        Literal["kernel", "always"],
        Meta(
            description="'kernel': once an NTP client says so (adjtimex); 'always': the box keeps time by other means"
        ),
    ] = "kernel"


class StoreSettings(Table, frozen=True, kw_only=True):
    """The database: what waits for delivery, and the ring of raw readings."""

    path: Annotated[str, Meta(min_length=1, description="the database file; its folder must be writable")] = (
        "/var/lib/poleagent/pole.db"
    )
    max_bytes: Annotated[
        int,
        Meta(ge=2 * MIB, description="bound of the database with its write-ahead log, in bytes"),
    ] = 256 * MIB
    commit_s: Annotated[
        float, Meta(gt=0, le=1, description="events are committed in groups at least this often; alarms at once")
    ] = 1.0
    ring_bytes: Annotated[
        int, Meta(ge=0, description="share of max_bytes for the ring of raw readings, in bytes; 0 keeps none")
    ] = 64 * MIB
    delivered_bytes: Annotated[
        int,
        Meta(
            ge=0, description="delivered events that stay to be sent again, in bytes; they make room before all others"
        ),
    ] = 32 * MIB
    ring_block_s: Annotated[
        float,
        Meta(ge=1, le=3600, description="raw readings go to disk in compressed blocks of this length, in seconds"),
    ] = 600.0


class ReportSettings(Table, frozen=True, kw_only=True):
    """What becomes of a quantity's readings. Set for the pole (`[report]`), a device, or one quantity of it."""

    mode: Annotated[
        Literal["window", "change", "raw", "keep"],
        Meta(
            description="'window': statistics per window; 'change': readings that leave the dead band; "
            "'raw': every reading; 'keep': only in the ring on the pole"
        ),
    ] = "window"
    window_s: Annotated[
        float, Meta(ge=1, le=86400, description="length of a window, aligned to the UTC day, in seconds")
    ] = 60.0
    dead_band: Annotated[float, Meta(ge=0, description="change: absolute, in the quantity's unit")] = 0.0
    dead_band_percent: Annotated[
        float, Meta(ge=0, le=100, description="change: relative to the value reported last; the larger band counts")
    ] = 0.0
    max_silence_s: Annotated[
        float, Meta(ge=1, description="change: an unchanged value is reported again after this time, in seconds")
    ] = 3600.0
    batch_s: Annotated[float, Meta(gt=0, le=3600, description="raw: readings of this long share one event")] = 1.0


class LineSettings(Table, frozen=True, kw_only=True):
    """A wire with one or more devices: a serial port, or a TCP connection to a gateway or device."""

    port: Annotated[
        str | None,
        Meta(
            description="serial port; use the stable names under /dev/serial/by-id or by-path",
            examples=["/dev/serial/by-id/usb-FTDI_FT232R_A1-if00-port0"],
        ),
    ] = None
    tcp: Annotated[str | None, Meta(description="HOST:PORT instead of a serial port", examples=["192.168.1.7:502"])] = (
        None
    )
    rfc2217: Annotated[
        bool,
        Meta(description="true where the TCP server sets its serial port as asked by RFC 2217; else bytes as they are"),
    ] = False
    baud: Annotated[int, Meta(ge=300, le=4_000_000, description="bits per second")] = 9600
    data_bits: Annotated[Literal[7, 8], Meta(description="data bits per character")] = 8
    parity: Annotated[Literal["none", "even", "odd"], Meta(description="parity bit")] = "none"
    stop_bits: Annotated[Literal[1, 2], Meta(description="stop bits")] = 1
    echo: Annotated[bool, Meta(description="true where the adapter receives what it sends")] = False
    rs485: Annotated[
        bool,
        Meta(description="true where the kernel must switch a bare UART's RS-485 driver by RTS; adapters do it alone"),
    ] = False


class DeviceSettings(Table, frozen=True, kw_only=True):
    """One device on a line. Options beyond these are the driver's own (see docs/reference/drivers.md)."""

    driver: Annotated[str, Meta(description="which driver speaks to it; 'poleagent drivers' lists them")]
    line: Annotated[str, Meta(description="the line it hangs on: a [line.NAME]")]
    every_s: Annotated[
        Annotated[float, Meta(gt=0, le=86400)] | None,
        Meta(description="period of polling, default the driver's, in seconds", examples=[1.0]),
    ] = None
    timeout_s: Annotated[float, Meta(gt=0, le=60, description="how long an answer may take to begin, in seconds")] = 0.5
    retries: Annotated[int, Meta(ge=0, le=10, description="times a question is asked again before it is a fault")] = 1
    report: Annotated[
        dict[str, ReportSettings], Meta(description="report settings of one quantity: [device.NAME.report.QUANTITY]")
    ] = {}
    limits: Annotated[
        dict[str, tuple[float, float]],
        Meta(description="plausible range of a quantity, [lowest, highest]; a reading outside is marked bad"),
    ] = {}
    offsets: Annotated[
        dict[str, float], Meta(description="calibration: added to a quantity's readings, in its unit")
    ] = {}


class LocalSettings(Table, frozen=True, kw_only=True):
    """How people on the pole talk to the agent."""

    socket: Annotated[str, Meta(description="unix socket of the command line")] = "/run/poleagent/control.sock"
    group: Annotated[
        str | None,
        Meta(description="group whose members may use it, in addition to the agent's own user", examples=["poleagent"]),
    ] = None


class LogSettings(Table, frozen=True, kw_only=True):
    """What goes to the journal."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="least level that is written")] = (
        "info"
    )


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device's settings after loading: the common part, and the driver's own options as its own struct."""

    name: str
    common: DeviceSettings
    options: Any


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything, checked. ``app`` hands each part its own share."""

    pole: PoleSettings
    clock: ClockSettings = ClockSettings()
    store: StoreSettings = StoreSettings()
    uplink: UplinkSettings | None = None
    report: ReportSettings = ReportSettings()
    check: CheckSettings = CheckSettings()
    anomaly: AnomalySettings = AnomalySettings()
    rules: RulesSettings = RulesSettings()
    rule: dict[str, RuleSettings] = {}
    lines: dict[str, LineSettings] = {}
    devices: dict[str, Device] = {}
    cameras: dict[str, CameraSettings] = {}
    local: LocalSettings = LocalSettings()
    update: UpdateSettings = UpdateSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()
    models: dict[str, str] = {}
    """Folder of each model that is named -> its content, as ``contents.content`` says."""
    kept: tuple[str, ...] = ()
    """Options of a maintainer's release that a file of the pole overrules, as sentences."""
    revision: str = ""
    """The first 12 hex digits of the SHA-256 over all files, in order, and over the models' contents."""


SECTIONS: dict[str, type[Table]] = {
    "pole": PoleSettings,
    "clock": ClockSettings,
    "store": StoreSettings,
    "uplink": UplinkSettings,
    "report": ReportSettings,
    "check": CheckSettings,
    "anomaly": AnomalySettings,
    "rules": RulesSettings,
    "local": LocalSettings,
    "update": UpdateSettings,
    "web": WebSettings,
    "log": LogSettings,
}
"""Tables that stand once; those of ``document.MANY``, such as ``[line.NAME]``, stand as often as there are such."""
