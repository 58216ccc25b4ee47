"""Dust and noise monitors that report by HJ 212, as environment offices in China ask of building sites.

HJ 212-2017, section 6 (packets), annex A (checksum), annex B (factor codes). The monitor talks by itself:

    ##LLLL<data segment>KKKK<CR><LF>

    LLLL  length of the data segment, decimal
    KKKK  checksum of it, hexadecimal
    QN=20261123083000000;ST=22;CN=2011;PW=123456;MN=POLE0001;Flag=5;CP=&&DataTime=...;a34004-Rtd=23.0,a34004-Flag=N;...&&

    QN    when it was sent, DataTime when it was measured, both in the monitor's own time
    CN    2011 real-time values (Rtd), 2051 of minutes, 2061 of an hour (Avg); only the finest that comes is taken,
          and any of an outage
    Flag  bit 0: the monitor wants an answer (CN 9014), else it sends the packet again; bit 1: the report comes in PNUM
          packets, this is number PNO; bits 2-7 version of the standard
    -Flag N normal, T above its range, F stopped, M serviced, S set by hand, D broken, C calibrating, B no connection,
          H too few samples

Monitors in the field part fields by ";" or ",", write names in capitals, exceed 1,024 bytes or count the length
otherwise: what the checksum covers is read. A packet that was kept during an outage is stamped with its DataTime.
HJ 212-2025 (version bits 2) sends the same packets, but enciphers what goes over a public network (SM4): such a data
part cannot be read here, and that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from agent.api import (
    Codec,
    Driver,
    Fault,
    FaultCode,
    Item,
    Probe,
    Quality,
    Quantity,
    Reading,
    Stamp,
)
from drivers import _sentences as rows
from drivers._hj212 import BEGIN, FactorRow, MonitorPacket, answer, cut, fields, moment, parse
from drivers._hj212_options import Hj212Options, check, factors_of
from drivers._hj212_parts import DRIFT_S, MonitorClock, ReportParts, SeenPackets
from drivers._lines import NINES, NONE, text_number

LONGEST_ANSWERS = 4096
STATISTIC = {"2011": "rtd", "2051": "avg", "2061": "avg"}
PERIOD_S = {"2011": 0.0, "2051": 600.0, "2061": 3600.0}
"""What lies between the begin of a measurement, which DataTime tells, and its end, at most."""
LIVE_S = 120.0
"""Clocks of monitors and boxes are apart by less, and packets are under way for less."""
STALE_S = 30 * 86_400.0
"""No monitor keeps packets for so long: its clock is wrong, and the stamp with it."""
OTHER_AFTER_S = 900.0
"""After so long without a packet of its monitor another one may have taken its place."""
OWN_AFTER_S = 2 * 3600.0 + LIVE_S
"""So for the one that ``mn`` names: it may report by the hour, and miss one."""
OTHERS = 3
"""Packets of others before the one that is named; on a shared line theirs may come first."""
COARSER_AFTER_S = 3600.0
"""Averages are taken once nothing finer has come for so long: an hour's mean among real-time values is no reading."""
NO_VALUE = {
    "F": "stopped",
    "M": rows.BEING_SERVICED(),
    "D": "broken",
    "C": "calibrating",
    "B": rows.NOT_CONNECTED(),
    "H": rows.SHORT_VALID_SAMPLES(),
}
NO_COMMA = rows.SET_MONITOR_DECIMAL_POINTS()
UNKNOWN = rows.ADD_LINE_DEVICE_NAME()


class Hj212(Codec):
    """Readings of each packet with a right checksum; values that the monitor itself does not trust are faults."""

    def __init__(self, device: str, options: Hj212Options) -> None:
        self._device = device
        self._options = options
        self._factors = factors_of(options)
        self._received = b""
        self._answer = b""
        self._finest = ("9999", 0.0)  # CN of the packets that are taken, and when the last came
        self._strange: frozenset[str] = frozenset()  # codes that were named as not known
        self._station = ("", float("-inf"))  # MN of the packets that are taken, and when the last came
        self._others = 0  # packets of other monitors since then
        self._seen = SeenPackets()
        self._parts = ReportParts()
        self._clock = MonitorClock()
        self._apart_s = 0.0  # the monitor's clock less that of the box, in the packet at hand, where one of them is off

    def ask(self, step: int) -> bytes:  # noqa: ARG002 - it talks by itself
        return b""

    @property
    def waiting(self) -> bool:
        return False

    def say(self) -> bytes:
        answer, self._answer = self._answer, b""
        return answer

    def feed(self, data: bytes, now: Stamp) -> Sequence[Item]:
        self._received += data
        items: list[Item] = []
        while True:
            begin = BEGIN.search(self._received)
            if begin is None:
                self._received = self._received[-5:]  # it may be the half of a beginning
                return items
            self._received = self._received[begin.start() :]
            piece = cut(self._received)
            if piece is None:
                return items
            self._received = self._received[piece.used :]
            if piece.segment is None:
                items.append(self._fault(FaultCode.BAD_FRAME, rows.PACKET_WRONG_CHECKSUM(), now))
            else:
                items += self._segment(piece.segment, now)

    def _segment(self, segment: bytes, now: Stamp) -> list[Item]:
        """One packet: whose it is, whether it came before, and what report it completes."""
        text = segment.decode("utf-8", "replace")
        head = fields(text)
        station, own = head.get("MN", ""), self._options.mn or self._station[0]
        another = station.casefold() != (own or station).casefold()
        if another and (self._options.mn is not None or now.boot_s - self._station[1] < OTHER_AFTER_S):
            return self._other(station, own, now) if head.get("CN") in STATISTIC else []
        self._station, self._others = (station, now.boot_s), 0
        wants = head.get("FLAG", "").isdecimal() and bool(int(head["FLAG"][:4]) & 1)
        again = wants and bool(head.get("QN")) and self._seen.again(segment, now.boot_s)
        items: list[Item] = []
        try:
            whole = None if again else self._parts.add(head, text)
        except ValueError as exc:
            whole = None
            items = [self._fault(FaultCode.BAD_FRAME, rows.PART_IS_MISSING(), now)]
            self._seen.forget_parts()
            wants = wants and exc.args == (1,)  # of a part that was not taken no answer: the monitor sends it again
        if wants:
            self._seen.taken(segment, now.boot_s)
            if self._options.answer:
                self._answer = (self._answer + answer(head))[-LONGEST_ANSWERS:]
        return items + (self._packet(parse(whole), now) if whole is not None else [])

    def _other(self, station: str, own: str, now: Stamp) -> list[Item]:
        """Values of another monitor: of no interest where one is named that comes, else a fault."""
        self._others += 1
        comes = now.boot_s - self._station[1] < OWN_AFTER_S
        if self._options.mn is not None and (comes or self._others < OTHERS):
            return []
        text = rows.OTHER_MONITOR(station=station[:24], own=own)
        return [self._fault(FaultCode.WRONG_DEVICE, text, now, advice=rows.SET_MN(station=station[:24]))]

    def _packet(self, reported: MonitorPacket, now: Stamp) -> list[Item]:
        head = reported.head
        number = head.get("CN", "")
        if number not in STATISTIC:
            return []
        if not reported.readable:
            text = rows.PACKETS_ENCIPHERED_HJ_ASKS()
            return [self._fault(FaultCode.NOT_AVAILABLE, text, now, advice=rows.SET_PLAIN_PACKETS_LINE())]
        if reported.broken:
            text = rows.STANDS_PACKET_NEITHER_NAME(broken=reported.broken[:40])
            return [self._fault(FaultCode.BAD_FRAME, text, now, advice=NO_COMMA)]
        finest, at_s = self._finest
        coarse = number > finest and now.boot_s - at_s < COARSER_AFTER_S
        if not coarse:
            self._finest = (number, now.boot_s)
        return self._values(reported, STATISTIC[number], now, coarse=coarse)

    def _values(self, reported: MonitorPacket, statistic: str, now: Stamp, *, coarse: bool) -> list[Item]:
        """What its groups say. ``coarse``: it tells means of what came value by value, unless that was an outage."""
        found: dict[tuple[str, str], Item] = {}
        strange: set[str] = set()
        measured, self._apart_s = "", 0.0
        for group in reported.groups:
            measured = group.get("datatime", measured)
            at, quality = self._when(measured, reported.head, now)
            if coarse and at is now:
                continue
            for name, text in group.items():
                code, dash, which = name.rpartition("-")
                if dash and which == statistic:
                    factor = self._factors.get(code)
                    if factor is None:
                        strange.add(reported.names[name].rpartition("-")[0])
                    else:
                        flag = group.get(f"{code}-flag", "N").upper()
                        item = self._item(factor, text, flag, at, quality)
                        found[measured, factor.quantity] = self._one(found.get((measured, factor.quantity)), item)
        items = list(found.values())
        if items and self._apart_s:
            text = rows.MONITOR_CLOCK_OFF(minutes=abs(self._apart_s) / 60)
            items.append(self._fault(FaultCode.OUT_OF_RANGE, text, now, advice=rows.SET_MONITOR_CLOCK()))
        if not items and not strange and not coarse:
            return self._nothing(reported, statistic, now)
        return items + self._not_known(frozenset(strange), now, anything=bool(items))

    def _one(self, before: Item | None, item: Item) -> Item:
        """Of two that one packet has for one quantity and time: a fault where they contradict each other."""
        if isinstance(before, Fault) or not isinstance(item, Reading):
            return before if isinstance(before, Fault) else item
        if before is None or before.value == item.value:
            return item if before is None or item.quality is not Quality.GOOD else before
        text = rows.TWO_VALUES(name=item.quantity, one=before.value, other=item.value)
        return self._fault(FaultCode.OUT_OF_RANGE, text, item.at, item.quantity)

    def _nothing(self, reported: MonitorPacket, statistic: str, now: Stamp) -> list[Item]:
        """A fault for a packet that has values, but none of what its number promises."""
        others = {name.rpartition("-")[2] for name in reported.names.values() if "-" in name}
        others = {each for each in others if each.lower() not in {statistic, "flag", "eflag", "sampletime"}}
        if not others:
            return []
        number = reported.head["CN"]
        text = rows.PACKETS_COME_WITHOUT_WHAT(
            number=number, statistic=statistic.capitalize(), others=", ".join(sorted(others))
        )
        return [self._fault(FaultCode.OUT_OF_RANGE, text[:400], now, advice=rows.SET_MONITOR_STANDARDS_NAMES())]

    def _when(self, measured: str, head: dict[str, str], now: Stamp) -> tuple[Stamp, Quality]:
        """The stamp of values of ``measured``, and what it is worth: now for live ones, else as long ago as they say.

        How long ago they were measured is reported best by the monitor's own clock, where it sent them long after that.
        """
        hours = self._options.utc_offset_h
        reported, sent = moment(measured, hours), moment(head.get("QN", ""), hours)
        reported = reported or sent
        if reported is None:
            return now, Quality.GOOD
        live_s = PERIOD_S[head["CN"]] + LIVE_S
        kept_s = (sent - reported).total_seconds() if sent else 0.0
        if kept_s <= live_s and now.synced:
            return self._sent_at_once(reported, sent or reported, live_s, now)
        return _before(now, kept_s) if kept_s > live_s else (now, Quality.GOOD)

    def _sent_at_once(self, reported: datetime, sent: datetime, live_s: float, now: Stamp) -> tuple[Stamp, Quality]:
        """The same, of values that were sent as soon as they were measured: kept whole, or by a clock that is off."""
        age_s = (now.utc - reported).total_seconds()
        if -LIVE_S <= age_s <= live_s:
            self._clock.live()
            return now, Quality.GOOD
        worth = Quality.GOOD if -DRIFT_S <= age_s <= live_s + DRIFT_S else Quality.UNCERTAIN
        if age_s < 0 or self._clock.off((now.utc - sent).total_seconds(), now.boot_s):
            self._apart_s = -age_s
            return now, worth
        at, quality = _before(now, age_s)
        return at, quality if self._clock.right else worth

    def _item(self, factor: FactorRow, text: str, flag: str, at: Stamp, quality: Quality) -> Item:
        name, unit = factor.quantity, factor.measures.unit
        if flag in NO_VALUE:
            return self._fault(FaultCode.NOT_AVAILABLE, rows.SENSOR(name=name, no_value=NO_VALUE[flag]), at, name)
        number = text_number(text)
        if text.lower() in NONE:
            return self._fault(FaultCode.NOT_AVAILABLE, rows.MONITOR_NO_VALUE(name=name), at, name)
        if number is None or abs(number) > 1e9:
            return self._fault(FaultCode.OUT_OF_RANGE, rows.NO_NUMBER_4(name=name, text=text[:40]), at, name)
        value = float(number) if factor.scale == 1.0 else round(number * factor.scale, 6)
        if not (factor.low is None or factor.low <= value) or not (factor.high is None or value <= factor.high):
            advice = rows.SET_PRESSURE_UNIT_WHAT() if name == "pressure" else ""
            said = rows.CANNOT_3(name=name, value=value, value_2=unit.value)
            return self._fault(FaultCode.OUT_OF_RANGE, said, at, name, advice=advice)
        if flag not in {"N", ""} or number in NINES:
            quality = Quality.UNCERTAIN
        return Reading(device=self._device, quantity=name, value=value, unit=unit, at=at, quality=quality)

    def _not_known(self, strange: frozenset[str], now: Stamp, *, anything: bool) -> list[Item]:
        """A fault for codes that nobody knows: where nothing else came, and else when they come first."""
        if not strange or (anything and strange <= self._strange):
            return []
        self._strange = strange
        text = rows.CODES_NOT_KNOWN(strange=", ".join(sorted(strange)[:12]))
        return [self._fault(FaultCode.OUT_OF_RANGE, text[:400], now, advice=UNKNOWN)]

    def _fault(self, code: FaultCode, text: str, at: Stamp, *names: str, advice: str = "") -> Fault:
        return Fault(device=self._device, code=code, text=text, at=at, quantities=names, advice=advice)


def _before(now: Stamp, age_s: float) -> tuple[Stamp, Quality]:
    """The stamp of what is so old, and what it is worth."""
    at = Stamp(now.utc - timedelta(seconds=age_s), now.boot_s - age_s, now.synced)
    return at, Quality.GOOD if age_s < STALE_S else Quality.UNCERTAIN


def _quantities(options: Hj212Options) -> tuple[Quantity, ...]:
    return tuple({factor.quantity: factor.measures for factor in factors_of(options).values()}.values())


DRIVER = Driver(
    name="hj212",
    summary=rows.DUST_NOISE_MONITORS_REPORT(),
    options=Hj212Options,
    codec=Hj212,
    quantities=_quantities,
    check=check,
    probe=Probe(listen={"answer": False}),  # who thanks for a report has it deleted
)
