"""Our sensor board: cabinet temperature, door, smoke, vibration, lamp current and more, several times a second.

docs/board-protocol.md. Frames are COBS, ended by a zero; inside:

    01 TT SS  rest ...  KK KK

    TT  type    01 sample   rest: u32 uptime in ms, then per channel of the descriptor an i32 raw value,
                            0x80000000 = not available
                02 descriptor     u16 firmware version, 8 bytes serial, u16 period in ms, u8 number of channels, then
                            per channel u8 quantity code, i8 exponent, i32 lowest, i32 highest raw value
                03 reply          u8 sequence of the command, u8 its type, u8 status, data
                04 log            u8 level, text
    SS  sequence number, counts all messages of the board
    KK  CRC-16/MODBUS of what is before it, low byte first; all numbers are little-endian

The board says what it has, so the driver needs no settings: value = raw * 10^exponent. To the board it says

    10 GET_DESCRIPTOR   11 SET_PERIOD u16 ms   12 IDENTIFY u8 s   13 SELF_TEST   14 TIME_SYNC u64 unix time in ms
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from agent.api import (
    Action,
    Annotated,
    Codec,
    Driver,
    Fault,
    FaultCode,
    Item,
    Meta,
    Options,
    Outcome,
    Probe,
    Quantity,
    Reading,
    Stamp,
    Unit,
    Value,
    cobs_decode,
    cobs_encode,
    crc16_modbus,
    quantity,
)
from drivers import _sentences as rows
from drivers import _sentences_options as about

VERSION = 1
SAMPLE, DESCRIPTOR, REPLY = 0x01, 0x02, 0x03
GET_DESCRIPTOR, SET_PERIOD, IDENTIFY, SELF_TEST, TIME_SYNC = 0x10, 0x11, 0x12, 0x13, 0x14
NOT_AVAILABLE = -0x8000_0000
LONGEST = 256
"""Bytes of a frame on the wire: 250 of payload, CRC, and what COBS adds."""
ASK_EVERY = 10
"""Samples between two requests for a descriptor that does not come."""
SYNC_EVERY_S = 3600.0
"""The board's clock is set so often, and each time that it has started."""
IDENTIFY_S = 30
LATE_PERIODS, LATE_S = 3, 5.0
"""Samples that are late by so many periods and seconds do not come any more."""
ACTIONS = (
    Action(name="identify", summary=rows.LAMP_BLINKS(identify_s=IDENTIFY_S)),
    Action(name="self_test", summary=rows.TRIES_EACH_SENSORS_TELLS()),
    Action(name="start", summary=rows.SENDS_SAMPLES_AGAIN_AFTER()),
)
STATUS = {1: rows.FIRMWARE_DOES_NOT_KNOW(), 2: rows.REFUSES_ARGUMENT(), 3: rows.BUSY(), 4: rows.FAILED()}
SELF_TESTED = {0: "well", 1: rows.DOES_NOT_ANSWER_3(), 2: rows.OUTSIDE_RANGE()}

NAMES = {
    1: "cabinet_temperature",
    2: "door",
    3: "smoke",
    4: "vibration",
    5: "lamp_current",
    6: "humidity",
    7: "tilt_x",
    8: "tilt_y",
    9: "leakage_current",
    10: "voltage",
}
DESCRIPTOR_HEAD = struct.Struct("<H8sHB")
CHANNEL = struct.Struct("<Bbii")


class BoardOptions(Options, frozen=True, kw_only=True):
    """All optional."""

    period_ms: Annotated[
        Annotated[int, Meta(ge=20, le=60000)] | None,
        Meta(description=about.SAMPLE_PERIOD_SET_DEFAULT()),
    ] = None


class BoardChannel:
    """One column of the samples."""

    def __init__(self, device: str, code: int, exponent: int, lowest: int, highest: int) -> None:
        self._device = device
        self.name = NAMES.get(code)  # a channel of newer firmware has none: it is skipped
        self._unit = quantity(self.name).unit if self.name else Unit.ONE
        self._scale: int | float = 10 ** abs(exponent)
        self._divide = exponent < 0
        self._range = (lowest, highest)

    def item(self, raw: int, now: Stamp) -> Item | None:
        if self.name is None:
            return None
        if raw == NOT_AVAILABLE:
            return self._fault(FaultCode.NOT_AVAILABLE, rows.NO_VALUE_2(), now)
        if not self._range[0] <= raw <= self._range[1]:
            return self._fault(FaultCode.OUT_OF_RANGE, rows.RAW_VALUE_OUTSIDE(raw=raw, range=list(self._range)), now)
        value: Value = raw / self._scale if self._divide else raw * self._scale
        return Reading(device=self._device, quantity=self.name, value=value, unit=self._unit, at=now)

    def _fault(self, code: FaultCode, text: str, now: Stamp) -> Fault:
        name = self.name or ""
        return Fault(device=self._device, code=code, text=f"{name} {text}", at=now, quantities=(name,))


class PoleBoard(Codec):
    """Readings of each sample, once a descriptor has said what they are; it asks for one if none comes."""

    def __init__(self, device: str, options: BoardOptions) -> None:
        self._device = device
        self._period_ms = options.period_ms
        self._received = b""
        self._overlong = False
        self._channels: list[BoardChannel] | None = None
        self._layout = struct.Struct("<I")
        self._next: int | None = None  # the sequence number that is due
        self._unread = 0  # samples that could not be read for want of a descriptor
        self._reported_period_ms = 100
        self._sampled_s: float | None = None  # when the last sample came, or the first descriptor
        self._synced_s: float | None = None  # when its clock was set
        self._sequence = 0
        self._said = b""
        self._asked: tuple[int, int] | None = None  # sequence number and type of the action that is open
        self._outcome: Outcome | None = None

    def ask(self, step: int) -> bytes:  # noqa: ARG002 - it talks by itself
        return b""

    @property
    def waiting(self) -> bool:
        return False

    def say(self) -> bytes:
        said, self._said = self._said, b""
        return said

    def act(self, action: str) -> bool:
        commands = {
            "identify": (IDENTIFY, bytes((IDENTIFY_S,))),
            "self_test": (SELF_TEST, b""),
            "start": (SET_PERIOD, (self._period_ms or self._reported_period_ms).to_bytes(2, "little")),
        }
        if action not in commands:
            return False
        kind, argument = commands[action]
        self._outcome = None
        self._asked = (self._command(kind, argument), kind)
        return True

    def outcome(self) -> Outcome | None:
        outcome, self._outcome = self._outcome, None
        return outcome

    def feed(self, data: bytes, now: Stamp) -> Sequence[Item]:
        items: list[Item] = []
        *frames, rest = data.split(b"\0")
        for piece in frames:
            frame = self._received + piece
            if frame and not self._overlong and len(frame) <= LONGEST:
                items += self._frame(frame, now)
            self._received, self._overlong = b"", False
        self._received += rest
        if len(self._received) > LONGEST:
            self._received, self._overlong = b"", True
        return items

    def _frame(self, frame: bytes, now: Stamp) -> list[Item]:
        payload = cobs_decode(frame)
        if payload is None or len(payload) < 5 or crc16_modbus(payload) != 0:
            return [self._fault(FaultCode.BAD_FRAME, rows.FRAME_WRONG_CHECKSUM(), now)]
        version, kind, sequence = payload[:3]
        if version != VERSION:
            text = rows.BOARD_SPEAKS_PROTOCOL_AGENT(version=version, version_2=VERSION)
            return [self._fault(FaultCode.BAD_FRAME, text, now)]
        items = self._count(kind, sequence, now)
        rest = payload[3:-2]
        if kind == SAMPLE:
            items += self._sample(rest, now)
        elif kind == DESCRIPTOR:
            if sequence == 0:
                self._sampled_s = self._synced_s = None  # it has just started
            items += self._describe(rest, now)
        elif kind == REPLY and len(rest) >= 3 and (rest[0], rest[1]) == self._asked:
            self._asked, self._outcome = None, self._replied(rest[1], rest[2], rest[3:])
        return items

    def _count(self, kind: int, sequence: int, now: Stamp) -> list[Item]:
        """A fault for frames that were lost; a descriptor numbered 0 is a board that has just started."""
        lost = 0 if self._next is None else (sequence - self._next) & 0xFF
        self._next = (sequence + 1) & 0xFF
        if lost == 0 or (kind == DESCRIPTOR and sequence == 0):
            return []
        return [self._fault(FaultCode.LOST_FRAMES, rows.FRAMES_WERE_LOST(lost=lost), now)]

    def _sample(self, rest: bytes, now: Stamp) -> list[Item]:
        if self._channels is None or len(rest) != self._layout.size:
            if self._unread % ASK_EVERY == 0:
                self._command(GET_DESCRIPTOR)
            self._unread += 1
            return []
        self._sampled_s = now.boot_s
        _, *raw = self._layout.unpack(rest)
        reported = (channel.item(value, now) for channel, value in zip(self._channels, raw, strict=True))
        return [item for item in reported if item is not None]

    def _describe(self, rest: bytes, now: Stamp) -> list[Item]:
        size = DESCRIPTOR_HEAD.size
        if len(rest) < size or (len(rest) - size) != rest[size - 1] * CHANNEL.size:
            return [self._fault(FaultCode.BAD_FRAME, rows.DESCRIPTOR_WRONG_LENGTH(), now)]
        _, _, period_ms, count = DESCRIPTOR_HEAD.unpack_from(rest)
        self._channels = [BoardChannel(self._device, *row) for row in CHANNEL.iter_unpack(rest[size:])]
        self._layout = struct.Struct(f"<I{count}i")
        self._unread = 0
        self._reported_period_ms = period_ms
        if self._period_ms is not None and period_ms != self._period_ms:
            self._command(SET_PERIOD, self._period_ms.to_bytes(2, "little"))
        if now.synced and (self._synced_s is None or now.boot_s - self._synced_s >= SYNC_EVERY_S):
            self._synced_s = now.boot_s
            self._command(TIME_SYNC, round(now.utc.timestamp() * 1000).to_bytes(8, "little"))
        return self._late(period_ms, now)

    def _late(self, period_ms: int, now: Stamp) -> list[Item]:
        """It describes itself and sends no samples: only safe mode does that."""
        self._sampled_s = self._sampled_s or now.boot_s
        late_s = now.boot_s - self._sampled_s
        if late_s < LATE_PERIODS * period_ms / 1000 + LATE_S:
            return []
        text = rows.NO_SAMPLES_SAFE_MODE(late_s=late_s, device=self._device)
        return [self._fault(FaultCode.NOT_AVAILABLE, text, now)]

    def _replied(self, kind: int, status: int, data: bytes) -> Outcome:
        """What the reply to an action says."""
        if kind == SELF_TEST and data:
            names = [channel.name or rows.CHANNEL_NEWER_FIRMWARE() for channel in self._channels or ()]
            results = [(name, SELF_TESTED.get(code, f"error {code}")) for name, code in zip(names, data, strict=False)]
            return Outcome(ok=status == 0, text=", ".join(f"{name} {result}" for name, result in results))
        done = {IDENTIFY: rows.LAMP_BLINKS(identify_s=IDENTIFY_S), SET_PERIOD: rows.SENDS_SAMPLES()}.get(kind, "done")
        return Outcome(
            ok=status == 0, text=done if status == 0 else STATUS.get(status, rows.ANSWERS_STATUS(status=status))
        )

    def _command(self, kind: int, argument: bytes = b"") -> int:
        """Queue a command; its sequence number."""
        sequence, self._sequence = self._sequence, (self._sequence + 1) & 0xFF
        payload = bytes((VERSION, kind, sequence)) + argument
        self._said += cobs_encode(payload + crc16_modbus(payload).to_bytes(2, "little")) + b"\0"
        return sequence

    def _fault(self, code: FaultCode, text: str, now: Stamp) -> Fault:
        return Fault(device=self._device, code=code, text=text, at=now)


def _quantities(_: BoardOptions) -> tuple[Quantity, ...]:
    return tuple(quantity(name) for name in NAMES.values())


DRIVER = Driver(
    name="pole_board",
    summary=rows.OUR_SENSOR_BOARD_CABINET(),
    options=BoardOptions,
    codec=PoleBoard,
    quantities=_quantities,
    actions=ACTIONS,
    probe=Probe(listen={}),
)
