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
from contract.topics import PREFIX

__all__ = [
    "KIB",
    "MIB",
    "SECTIONS",
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


class TlsSettings(Table, frozen=True, kw_only=True):
    """Who may be trusted, and who this pole says it is. File names; a `credential:NAME` is a systemd credential."""

    ca_file: Annotated[
        str,
        Meta(
            description="PEM file of the one CA that may have signed the broker's certificate",
            examples=["/etc/poleagent/ca.pem"],
        ),
    ]
    cert_file: Annotated[
        str | None, Meta(description="PEM file of this pole's client certificate", examples=["/etc/poleagent/pole.pem"])
    ] = None
    key_file: Annotated[
        str | None, Meta(description="PEM file of its private key", examples=["/etc/poleagent/pole.key"])
    ] = None
    server_name: Annotated[
        str | None, Meta(description="name in the broker's certificate, if not its host", examples=["mqtt.example.org"])
    ] = None


class AllowanceSettings(Table, frozen=True, kw_only=True):
    """How much mobile data may be used. After that raw events wait and summaries come by the hour; all else passes.

    Days and months are those of UTC. Bytes are those of MQTT in both directions, with an estimate for TCP and TLS.
    """

    day_bytes: Annotated[int, Meta(ge=0, description="for all lanes in a day, in bytes; 0 = no bound")] = 0
    month_bytes: Annotated[int, Meta(ge=0, description="for all lanes in a month, in bytes; 0 = no bound")] = 0
    summary_day_bytes: Annotated[int, Meta(ge=0, description="for summaries in a day; 0 = no bound")] = 0
    summary_month_bytes: Annotated[int, Meta(ge=0, description="for summaries in a month; 0 = no bound")] = 0
    raw_day_bytes: Annotated[int, Meta(ge=0, description="for raw events in a day; 0 = no bound")] = 0
    raw_month_bytes: Annotated[int, Meta(ge=0, description="for raw events in a month; 0 = no bound")] = 0
    metered_hours: Annotated[
        tuple[Annotated[int, Meta(ge=0, le=23)], Annotated[int, Meta(ge=0, le=24)]] | None,
        Meta(
            description="first and last hour (exclusive, UTC) in which data is metered; outside of them nothing is "
            "counted and nothing waits. Default: always",
            examples=[[6, 22]],
        ),
    ] = None


class UplinkSettings(Table, frozen=True, kw_only=True):
    """The platform's MQTT broker. Without TLS settings only `plain_text = true` connects."""

    host: Annotated[str, Meta(min_length=1, description="name or address of the broker", examples=["mqtt.example.org"])]
    port: Annotated[
        Annotated[int, Meta(ge=1, le=65535)] | None,
        Meta(description="default 8883, or 1883 with plain_text", examples=[8883]),
    ] = None
    tls: Annotated[TlsSettings | None, Meta(description="certificates; required unless plain_text is true")] = None
    allowance: Annotated[AllowanceSettings | None, Meta(description="how much mobile data may be used")] = None
    plain_text: Annotated[bool, Meta(description="true sends everything unencrypted: only for a trusted wire")] = False
    username: Annotated[str | None, Meta(description="MQTT user name", examples=["pole-0001"])] = None
    password_file: Annotated[
        str | None,
        Meta(
            description="file that holds the MQTT password, or credential:NAME; never the password itself",
            examples=["/etc/poleagent/mqtt.password"],
        ),
    ] = None
    client_id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=128)] | None,
        Meta(description="MQTT client id, default the pole's id", examples=["pole-0001"]),
    ] = None
    prefix: Annotated[
        str,
        Meta(
            pattern=r"^[^+#/\x00][^+#\x00]*[^+#/\x00]$",
            description="first part of every topic",
            extra={"form": "two or more characters without '+' and '#', with no '/' at either end"},
        ),
    ] = PREFIX
    ack: Annotated[
        Literal["broker", "platform"],
        Meta(description="when a row may go: at the broker's PUBACK, or at the platform's own watermark message"),
    ] = "broker"
    protocol: Annotated[
        Literal["auto", "5", "3.1.1"],
        Meta(
            description="version of MQTT; 'auto': 5, and 3.1.1 only after the broker has answered that it does not "
            "speak 5. A broker of 3.1.1 cannot refuse an event: it acknowledges what it drops"
        ),
    ] = "auto"
    unheard_s: Annotated[
        float,
        Meta(
            ge=0,
            description="how long events wait while the broker says that nobody is subscribed, in seconds; then a gap "
            "event names them, and they count as delivered; 0 = as long as there is room",
        ),
    ] = 604800.0
    keepalive_s: Annotated[int, Meta(ge=5, le=1200, description="MQTT keep-alive")] = 20
    ack_timeout_s: Annotated[
        float, Meta(ge=1, le=300, description="a PUBACK that takes longer means that the link is dead")
    ] = 15.0
    in_flight: Annotated[int, Meta(ge=1, le=1000, description="messages that may wait for their PUBACK at once")] = 16
    message_bytes: Annotated[
        int, Meta(ge=1 * KIB, le=1 * MIB, description="largest batch before compression, in bytes")
    ] = 64 * KIB
    linger_s: Annotated[
        float, Meta(ge=0, le=60, description="events other than alarms may wait this long for company in a batch")
    ] = 1.0
    backlog_bytes_per_s: Annotated[
        int, Meta(ge=0, description="pace of the backlog next to the live stream, in bytes/s; 0 = as fast as it goes")
    ] = 0
    retry_max_s: Annotated[float, Meta(ge=1, le=3600, description="longest wait between attempts to connect")] = 60.0


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
    "log": LogSettings,
}
"""Tables that stand once; those of ``document.MANY``, such as ``[line.NAME]``, stand as often as there are such."""
