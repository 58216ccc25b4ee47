"""A pole as the agent would tell of it, for everything that shows a status."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contract.health import (
    BoxHealth,
    CameraHealth,
    ClockHealth,
    DeviceHealth,
    LaneHealth,
    LastValue,
    LineHealth,
    PoleStatus,
    StoreHealth,
    UplinkHealth,
)
from contract.types import FaultCode, Stamp, Value
from contract.units import Unit

NOW = datetime(2026, 11, 23, 8, 12, 3, tzinfo=UTC)
MIB = 1024 * 1024


def last(quantity: str, value: Value, unit: Unit, age_s: float = 0.4) -> LastValue:
    return LastValue(
        quantity=quantity, value=value, unit=unit, at=Stamp(NOW - timedelta(seconds=age_s), 1000.0 - age_s), age_s=age_s
    )


WEATHER = DeviceHealth(
    name="roof",
    driver="modbus",
    line="rs485-a",
    state="up",
    since=NOW - timedelta(days=3),
    readings=1_555_200,
    faults={FaultCode.BAD_FRAME: 12},
    error_share=0.01,
    last=(
        last("temperature", 23.4, Unit.CELSIUS),
        last("humidity", 61, Unit.PERCENT),
        last("pressure", 1013.25, Unit.HECTOPASCAL),
        last("wind_speed", 3.2, Unit.METRE_PER_SECOND),
        last("wind_direction", 270, Unit.DEGREE),
        last("rain", 12.6, Unit.MILLIMETRE),
    ),
)
LEVEL = DeviceHealth(
    name="level",
    driver="modbus",
    line="rs485-a",
    state="down",
    since=NOW - timedelta(minutes=12),
    readings=1000,
    faults={FaultCode.NO_ANSWER: 720},
    error_share=1.0,
    last=(last("water_level", 1.234, Unit.METRE, 720.0),),
    code=FaultCode.NO_ANSWER,
    advice="unit 3 (level) does not answer (12 min); others on the line do. Check its address, power and A/B wiring.",
)
BOARD = DeviceHealth(
    name="board",
    driver="sensor_board",
    line="uart-c",
    state="waiting",
    since=NOW,
    last=(),
)
RS485 = LineHealth(
    name="rs485-a",
    port="/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A9Q1XYZ5-if00-port0",
    state="up",
    load=0.41,
    planned=0.38,
    bytes_in=123_456,
    bytes_out=65_432,
    garbage_bytes=7,
    reopened=1,
)
UART = LineHealth(
    name="uart-c",
    port="/dev/ttyS3",
    state="down",
    text="/dev/ttyS3 is not there. Plug the adapter in, or name another port.",
)
STORE = StoreHealth(
    state="ok",
    epoch="k3v9q2",
    next_seq=98_765,
    lanes={
        "alarm": LaneHealth(unsent=0, oldest_seq=None, oldest_utc=None),
        "event": LaneHealth(unsent=1, oldest_seq=98_764, oldest_utc=NOW - timedelta(seconds=1)),
        "summary": LaneHealth(unsent=12, oldest_seq=98_001, oldest_utc=NOW - timedelta(minutes=3)),
        "raw": LaneHealth(unsent=0, oldest_seq=None, oldest_utc=None),
    },
    bytes=34 * MIB,
    max_bytes=256 * MIB,
    ring_bytes=20 * MIB,
    ring_oldest=NOW - timedelta(days=5),
    committed=98_764,
    acknowledged=98_751,
    waiting=2,
)
GATE = CameraHealth(
    name="gate",
    source="rtsp://viewer:***@10.0.0.5/stream1",
    state="no_signal",
    since=NOW - timedelta(minutes=2),
    text="10.0.0.5 does not answer",
    advice="check the camera's power, cable and address; try the source in 'poleagent vision test'",
    reconnects=7,
)
UPLINK = UplinkHealth(
    state="up",
    since=NOW - timedelta(hours=3, minutes=20),
    broker="mqtt.example.org:8883",
    protocol="MQTT 5",
    connects=4,
    messages=9_000,
    events=98_751,
    payload_bytes=12 * MIB,
    in_flight=1,
    last_acknowledged=NOW - timedelta(seconds=0.8),
)

TROUBLED = PoleStatus(
    pole="SZ-0042",
    name="深南大道 12 号",
    version="0.1.0",
    revision="0123456789ab",
    uptime_s=3 * 86400 + 4 * 3600,
    devices=(WEATHER, LEVEL, BOARD),
    lines=(RS485, UART),
    store=STORE,
    uplink=UPLINK,
    clock=ClockHealth(now=Stamp(NOW, 1000.0)),
    box=BoxHealth(resident_bytes=38 * MIB, cpu_s=1234.5, disk_free_bytes=12_000 * MIB, disk_bytes=29_000 * MIB),
)
"""Three devices: one well, one dead, one whose port is gone."""

HEALTHY = PoleStatus(
    pole="SZ-0042",
    version="0.1.0",
    revision="0123456789ab",
    uptime_s=90.0,
    devices=(WEATHER,),
    lines=(RS485,),
    store=STORE,
    uplink=UPLINK,
    clock=TROUBLED.clock,
    box=TROUBLED.box,
)
