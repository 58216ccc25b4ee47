"""Dust and noise monitors that report by HJ 212-2017, as environment offices in China ask of building sites.

HJ 212-2017, section 6 (packets), annex A (checksum), annex B (factor codes). The monitor talks by itself:

    ##LLLL<data segment>KKKK<CR><LF>

    LLLL  length of the data segment, decimal
    KKKK  checksum of it, hexadecimal
    QN=20261123083000000;ST=22;CN=2011;PW=123456;MN=POLE0001;Flag=5;CP=&&DataTime=...;a34004-Rtd=23.0,a34004-Flag=N;...&&

    CN    2011 real-time values (Rtd), 2051 of a minute, 2061 of an hour (Avg); only the finest that comes is taken
    Flag  bit 0: the monitor wants an answer (CN 9014), else it sends the packet again
    -Flag N normal, T over the limit, F stopped, M serviced, S set by hand, D broken, C calibrating, B no connection
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agent.api import (
    QUANTITIES,
    Annotated,
    Codec,
    Driver,
    Fault,
    FaultCode,
    Item,
    Meta,
    Options,
    Quality,
    Quantity,
    Reading,
    Stamp,
    Unit,
)
from drivers._lines import text_number

LONGEST_SEGMENT = 1024  # section 6.3.1
LONGEST = LONGEST_SEGMENT + 12
LONGEST_ANSWERS = 4096
STATISTIC = {"2011": "Rtd", "2051": "Avg", "2061": "Avg"}
COARSER_AFTER_S = 3600.0
"""Averages are taken once nothing finer has come for so long: an hour's mean among real-time values is no reading."""
NO_VALUE = {"F": "stopped", "M": "being serviced", "D": "broken", "C": "calibrating", "B": "not connected"}


class Factor(msgspec.Struct, frozen=True):
    measures: Quantity
    scale: float = 1.0


FACTORS: dict[str, Factor] = {
    "a34004": Factor(QUANTITIES["pm2_5"]),
    "a34002": Factor(QUANTITIES["pm10"]),
    "a34001": Factor(Quantity("tsp", Unit.UG_PER_M3, "all suspended dust")),
    "LA": Factor(QUANTITIES["noise"]),
    "Leq": Factor(Quantity("noise_leq", Unit.DECIBEL, "equivalent sound level, A-weighted")),
    "a01001": Factor(QUANTITIES["temperature"]),
    "a01002": Factor(QUANTITIES["humidity"]),
    "a01006": Factor(QUANTITIES["pressure"], 10.0),  # kPa
    "a01007": Factor(QUANTITIES["wind_speed"]),
    "a01008": Factor(QUANTITIES["wind_direction"]),
}
"""Codes of annex B that stand beside a road, with the unit of the annex."""


class Hj212Options(Options, frozen=True, kw_only=True):
    """A monitor that is alone on its line needs none."""

    mn: Annotated[
        Annotated[str, Meta(max_length=24)] | None,
        Meta(description="take packets of the monitor with this MN only", examples=["010000A8900016F000169DC0"]),
    ] = None
    answer: Annotated[bool, Meta(description="answer packets that want it")] = True
    dust_scale: Annotated[
        float, Meta(gt=0, description="1000 for monitors that tell dust in mg/m3 against the standard's ug/m3")
    ] = 1.0


def checksum(segment: bytes) -> bytes:
    """Four hexadecimal digits: CRC of polynomial A001 in which a byte meets the shifted high half of the register."""
    crc = 0xFFFF
    for byte in segment:
        crc = (crc >> 8) ^ byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return f"{crc:04X}".encode("ascii")


def packet(segment: bytes) -> bytes:
    return b"##%04d%b%b\r\n" % (len(segment), segment, checksum(segment))


class Hj212(Codec):
    """Readings of each packet with a right checksum; values that the monitor itself does not trust are faults."""

    def __init__(self, device: str, options: Hj212Options) -> None:
        self._device = device
        self._options = options
        self._heard = b""
        self._answer = b""
        self._finest = ("9999", 0.0)  # CN of the packets that are taken, and when the last came

    def ask(self, step: int) -> bytes:  # noqa: ARG002 - it talks by itself
        return b""

    @property
    def waiting(self) -> bool:
        return False

    def say(self) -> bytes:
        answer, self._answer = self._answer, b""
        return answer

    def feed(self, data: bytes, now: Stamp) -> Sequence[Item]:
        self._heard += data
        items: list[Item] = []
        while True:
            begin = self._heard.find(b"##")
            if begin < 0:
                self._heard = self._heard[-1:]
                return items
            self._heard = self._heard[begin:]
            length = self._heard[2:6]
            if len(length) < 4:
                return items
            if not length.isdigit() or int(length) > LONGEST_SEGMENT:
                self._heard = self._heard[1:]
                continue
            end = 6 + int(length)
            if len(self._heard) < end + 4:
                return items
            segment, told = self._heard[6:end], self._heard[end : end + 4]
            if told.upper() != checksum(segment):
                items.append(self._fault(FaultCode.BAD_FRAME, "a packet with a wrong checksum", now))
                self._heard = self._heard[2:]  # a packet may have begun inside what was none
                continue
            self._heard = self._heard[end + 4 :]
            items += self._segment(segment.decode("ascii", "replace"), now)

    def _segment(self, segment: str, now: Stamp) -> list[Item]:
        head, _, rest = segment.partition("CP=&&")
        fields = dict(field.partition("=")[::2] for field in head.split(";") if field)
        if self._options.mn not in {None, fields.get("MN")}:
            return []
        if self._options.answer and fields.get("Flag", "").isdecimal() and int(fields["Flag"][:4]) & 1:
            self._answer = (self._answer + _answer(fields))[-LONGEST_ANSWERS:]
        number = fields.get("CN", "")
        statistic = STATISTIC.get(number)
        finest, at_s = self._finest
        if statistic is None or (number > finest and now.boot_s - at_s < COARSER_AFTER_S):
            return []
        self._finest = (number, now.boot_s)
        items: list[Item] = []
        for group in rest.partition("&&")[0].split(";"):
            pairs = dict(pair.partition("=")[::2] for pair in group.split(","))
            for name, text in pairs.items():
                code, dash, which = name.rpartition("-")
                if dash and which == statistic and code in FACTORS:
                    items.append(self._item(code, text, pairs.get(f"{code}-Flag", "N"), now))
        return items

    def _item(self, code: str, text: str, flag: str, now: Stamp) -> Item:
        factor = FACTORS[code]
        name = factor.measures.name
        if flag in NO_VALUE:
            return self._fault(FaultCode.NOT_AVAILABLE, f"{name}: the sensor is {NO_VALUE[flag]}", now, name)
        number = text_number(text)
        if number is None or abs(number) > 1e9:
            return self._fault(FaultCode.OUT_OF_RANGE, f"{name}: '{text[:40]}' is no number", now, name)
        scale = factor.scale * (self._options.dust_scale if code.startswith("a34") else 1.0)
        value = float(number) if scale == 1.0 else round(number * scale, 6)
        quality = Quality.GOOD if flag in {"N", "T"} else Quality.UNCERTAIN
        return Reading(
            device=self._device, quantity=name, value=value, unit=factor.measures.unit, at=now, quality=quality
        )

    def _fault(self, code: FaultCode, text: str, now: Stamp, *names: str) -> Fault:
        return Fault(device=self._device, code=code, text=text, at=now, quantities=names)


def _answer(fields: dict[str, str]) -> bytes:
    """Data response, CN 9014: the packet was taken."""
    echoed = ";".join(f"{key}={fields.get(key, '')[:24]}" for key in ("QN", "PW", "MN"))
    number, password, station = echoed.split(";")
    segment = f"{number};ST=91;CN=9014;{password};{station};Flag=4;CP=&&&&"
    return packet(segment.encode("ascii", "replace"))


DRIVER = Driver(
    name="hj212",
    summary="dust and noise monitors that report by HJ 212-2017",
    options=Hj212Options,
    codec=Hj212,
    quantities=lambda _: tuple(factor.measures for factor in FACTORS.values()),
)
