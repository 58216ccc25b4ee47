"""The settings as types, and the door to all of them. Each part gets its own struct and never sees the others'.

The sample file, the JSON Schema and the reference page are made from these rows: a field's ``description`` is its
documentation, its limits are checked on load.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from agent.config import sentences_options as about
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
        description=about.LOWER_CASE_LETTERS_DIGITS(),
    ),
]


class PoleSettings(Table, frozen=True, kw_only=True):
    """Who this pole is."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
            description=about.NAME_POLE_MACHINES_PART(),
            extra={"form": about.LETTERS_DIGITS_MOST_LETTER()},
            examples=["pole-0001"],
        ),
    ]
    name: Annotated[str, Meta(max_length=200, description=about.WHAT_PEOPLE_CALL_SCREENS())] = ""
    latitude: Annotated[
        Annotated[float, Meta(ge=-90, le=90)] | None, Meta(description=about.DEGREES_WGS(), examples=[22.5431])
    ] = None
    longitude: Annotated[
        Annotated[float, Meta(ge=-180, le=180)] | None, Meta(description=about.DEGREES_WGS(), examples=[114.0579])
    ] = None


class ClockSettings(Table, frozen=True, kw_only=True):
    """When the wall clock may be trusted."""

    trust: Annotated[
        Literal["kernel", "always"],
        Meta(description=about.KERNEL_ONCE_NTP_CLIENT()),
    ] = "kernel"


class StoreSettings(Table, frozen=True, kw_only=True):
    """The database: what waits for delivery, and the ring of raw readings."""

    path: Annotated[str, Meta(min_length=1, description=about.DATABASE_FILE_FOLDER_MUST())] = (
        "/var/lib/poleagent/pole.db"
    )
    max_bytes: Annotated[
        int,
        Meta(ge=2 * MIB, description=about.BOUND_DATABASE_WRITE_AHEAD()),
    ] = 256 * MIB
    commit_s: Annotated[float, Meta(gt=0, le=1, description=about.EVENTS_COMMITTED_GROUPS_LEAST())] = 1.0
    ring_bytes: Annotated[int, Meta(ge=0, description=about.SHARE_MAX_BYTES_RING())] = 64 * MIB
    delivered_bytes: Annotated[
        int,
        Meta(ge=0, description=about.DELIVERED_EVENTS_STAY_SENT()),
    ] = 32 * MIB
    ring_block_s: Annotated[
        float,
        Meta(ge=1, le=3600, description=about.RAW_READINGS_GO_DISK()),
    ] = 600.0


class ReportSettings(Table, frozen=True, kw_only=True):
    """What becomes of a quantity's readings. Set for the pole (`[report]`), a device, or one quantity of it."""

    mode: Annotated[
        Literal["window", "change", "raw", "keep"],
        Meta(description=about.WINDOW_STATISTICS_PER_WINDOW()),
    ] = "window"
    window_s: Annotated[float, Meta(ge=1, le=86400, description=about.LENGTH_WINDOW_ALIGNED_UTC())] = 60.0
    dead_band: Annotated[float, Meta(ge=0, description=about.CHANGE_ABSOLUTE_QUANTITYS_UNIT())] = 0.0
    dead_band_percent: Annotated[float, Meta(ge=0, le=100, description=about.CHANGE_RELATIVE_VALUE_REPORTED())] = 0.0
    max_silence_s: Annotated[float, Meta(ge=1, description=about.CHANGE_UNCHANGED_VALUE_REPORTED())] = 3600.0
    batch_s: Annotated[float, Meta(gt=0, le=3600, description=about.RAW_READINGS_LONG_SHARE())] = 1.0


class LineSettings(Table, frozen=True, kw_only=True):
    """A wire with one or more devices: a serial port, or a TCP connection to a gateway or device."""

    port: Annotated[
        str | None,
        Meta(
            description=about.SERIAL_PORT_USE_STABLE(),
            examples=["/dev/serial/by-id/usb-FTDI_FT232R_A1-if00-port0"],
        ),
    ] = None
    tcp: Annotated[str | None, Meta(description=about.HOST_PORT_INSTEAD_SERIAL(), examples=["192.168.1.7:502"])] = None
    rfc2217: Annotated[
        bool,
        Meta(description=about.TRUE_WHERE_TCP_SERVER()),
    ] = False
    baud: Annotated[int, Meta(ge=300, le=4_000_000, description=about.BITS_PER_SECOND())] = 9600
    data_bits: Annotated[Literal[7, 8], Meta(description=about.DATA_BITS_PER_CHARACTER())] = 8
    parity: Annotated[Literal["none", "even", "odd"], Meta(description=about.PARITY_BIT())] = "none"
    stop_bits: Annotated[Literal[1, 2], Meta(description=about.STOP_BITS())] = 1
    echo: Annotated[bool, Meta(description=about.TRUE_WHERE_ADAPTER_RECEIVES())] = False
    rs485: Annotated[
        bool,
        Meta(description=about.TRUE_WHERE_KERNEL_MUST()),
    ] = False


class DeviceSettings(Table, frozen=True, kw_only=True):
    """One device on a line. Options beyond these are the driver's own (see docs/reference/drivers.md)."""

    driver: Annotated[str, Meta(description=about.DRIVER_SPEAKS_POLEAGENT_DRIVERS())]
    line: Annotated[str, Meta(description=about.LINE_HANGS_LINE_NAME())]
    every_s: Annotated[
        Annotated[float, Meta(gt=0, le=86400)] | None,
        Meta(description=about.PERIOD_POLLING_DEFAULT_DRIVERS(), examples=[1.0]),
    ] = None
    timeout_s: Annotated[float, Meta(gt=0, le=60, description=about.HOW_LONG_ANSWER_MAY())] = 0.5
    retries: Annotated[int, Meta(ge=0, le=10, description=about.TIMES_QUESTION_ASKED_AGAIN())] = 1
    report: Annotated[dict[str, ReportSettings], Meta(description=about.REPORT_SETTINGS_ONE_QUANTITY())] = {}
    limits: Annotated[
        dict[str, tuple[float, float]],
        Meta(description=about.PLAUSIBLE_RANGE_QUANTITY_LOWEST()),
    ] = {}
    offsets: Annotated[dict[str, float], Meta(description=about.CALIBRATION_ADDED_QUANTITYS_READIN())] = {}


class LocalSettings(Table, frozen=True, kw_only=True):
    """How people on the pole talk to the agent."""

    socket: Annotated[str, Meta(description=about.UNIX_SOCKET_COMMAND_LINE())] = "/run/poleagent/control.sock"
    group: Annotated[
        str | None,
        Meta(description=about.GROUP_WHOSE_MEMBERS_MAY(), examples=["poleagent"]),
    ] = None


class LogSettings(Table, frozen=True, kw_only=True):
    """What goes to the journal."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description=about.LEAST_LEVEL_WRITTEN())] = (
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
    releases: tuple[str, ...] = ()
    """Maintainers' releases of settings in force, as settings/street/12."""
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
