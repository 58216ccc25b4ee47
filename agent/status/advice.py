"""What a person has to do about a pole, as sentences: pure, so that the table, the page and the tests share them.

"All is well" is said where there is no sentence, so each value that is not fine must give one: a test goes through all
fields of ``contract.health``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from agent.spoken import spoken
from agent.status import sentences as say
from agent.status.words import since_s
from contract.health import (
    BoxHealth,
    CameraHealth,
    CertificateHealth,
    DeviceHealth,
    LineHealth,
    PoleStatus,
    StoreHealth,
    UplinkHealth,
)
from contract.types import Quality
from contract.words import Language, Sentence, span

LEAST_FREE_BYTES = 200 * 1024 * 1024
SETTLE_S = 60.0
"""A part that waits is given so long after the start, or since it began to wait; then it is a trouble."""
MOST_ERRORS = 0.2
"""Share of the last 100 rounds; a shared RS-485 bus in order stays below 0.01, a bad termination is above 0.2."""
LATE_S = {"alarm": 60.0, "event": 600.0}
"""How long the oldest of a live lane may wait while the link is up."""
MOST_OFFSET_S = 5.0
"""A GNSS receiver gives its time up to a second late over a serial line; timesyncd keeps a box within 0.1 s."""


FRESH_S = 60.0
"""An older offset says nothing of the clock of now."""


class Advice(msgspec.Struct, frozen=True):
    """``about`` is 'device NAME', 'line NAME', 'camera NAME', or: open, link, queue, clock, disk, agent, settings."""

    about: str
    text: str


def advice(status: PoleStatus, language: Language = "en") -> tuple[Advice, ...]:
    """Everything that wants a hand, the most urgent first; empty when all is well."""
    return tuple(_Advisor(status, language).all())


class _Advisor:
    """The sentences of one status."""

    def __init__(self, status: PoleStatus, language: Language) -> None:
        self._status = status
        self._language = language
        self._now = status.clock.now.utc

    def all(self) -> Iterator[Advice]:
        status = self._status
        for part in status.stale:
            yield self._about("agent", say.STALE, part=part)
        if status.left_out:
            yield self._about("agent", say.LEFT_OUT, count=status.left_out)
        for text in status.unable:
            yield Advice("agent", self._spoken(text))
        yield from self._episodes()
        yield from self._settings()
        yield from self._lines()
        for camera in status.cameras:
            yield from self._camera(camera)
        yield from self._store(status.store)
        yield from self._box(status.box)
        if status.uplink is not None:
            yield from self._uplink(status.uplink)
        for certificate in status.certificates:
            yield from self._certificate(certificate)
        if not status.clock.now.synced:
            yield self._about("clock", say.CLOCK)

    def _episodes(self) -> Iterator[Advice]:
        for one in self._status.episodes:
            text = one.text.get(self._language) or one.text.get("en") or one.kind
            severity = say.SEVERITIES[one.severity].said(self._language).upper()
            words = {"severity": severity, "source": one.source, "text": self._spoken(text)}
            yield self._about("open", say.EPISODE, span=self._since(one.since), **words)

    def _settings(self) -> Iterator[Advice]:
        status = self._status
        for problem in status.problems:
            yield self._about("settings", say.REFUSED, problem=self._spoken(problem))
        for option in status.pending:
            yield self._about("settings", say.PENDING, option=option)
        if not status.devices and not status.cameras:
            yield self._about("settings", say.NOTHING)

    def _lines(self) -> Iterator[Advice]:
        """Lines and their devices: one cause, one sentence."""
        for line in self._status.lines:
            yield from self._line(line)
        gone = {line.name for line in self._status.lines if line.state == "down"}
        for device in self._status.devices:
            if device.line not in gone:
                yield from self._device(device)

    def _spoken(self, text: str) -> str:
        return spoken(text, self._language)

    def _word(self, state: str) -> str:
        """A state in the middle of a sentence."""
        if self._language == "en" or state not in say.STATES:
            return state.replace("_", " ")
        return say.STATES[state].said(self._language)

    def _about(self, about: str, sentence: Sentence, **words: object) -> Advice:
        return Advice(about, sentence.said(self._language, **words))

    def _since(self, moment: datetime) -> str:
        return span(since_s(self._status, moment))

    def _lasted(self, moment: datetime) -> bool:
        """Whether a wait that began at ``moment`` is no beginning any more."""
        return since_s(self._status, moment) > SETTLE_S

    def _line(self, line: LineHealth) -> Iterator[Advice]:
        about = f"line {line.name}"
        if line.text:
            yield Advice(about, self._spoken(line.text))
        elif line.state == "down":
            yield self._about(about, say.LINE_DOWN, port=line.port)
        elif line.state == "waiting" and self._status.uptime_s > SETTLE_S:
            yield self._about(about, say.LINE_WAITING, port=line.port, span=span(self._status.uptime_s))
        elif line.planned > 1:
            yield self._about(about, say.LINE_FULL, planned=line.planned)

    def _device(self, device: DeviceHealth) -> Iterator[Advice]:
        about = f"device {device.name}"
        if device.advice:
            yield Advice(about, self._spoken(device.advice))
        elif device.state == "down":
            yield self._about(about, say.DEVICE_DOWN, name=device.name, span=self._since(device.since))
        elif device.state == "waiting" and self._lasted(device.since):
            yield self._about(about, say.DEVICE_WAITING, name=device.name, span=self._since(device.since))
        elif device.error_share > MOST_ERRORS:
            yield self._about(about, say.DEVICE_ERRORS, name=device.name, share=device.error_share)
        known = {(one.source, one.quantity) for one in self._status.episodes}
        for last in device.last:
            if last.quality is not Quality.GOOD and (device.name, last.quantity) not in known:
                words = {
                    "name": device.name,
                    "quantity": last.quantity,
                    "quality": say.QUALITIES[last.quality].said(self._language),
                }
                yield self._about(about, say.BAD_VALUE, **words)
            fresh = last.quantity == "clock_offset" and last.age_s < FRESH_S
            if fresh and not isinstance(last.value, str) and abs(last.value) > MOST_OFFSET_S:
                yield self._about("clock", say.GNSS_CLOCK, name=device.name, offset=-last.value)

    def _camera(self, camera: CameraHealth) -> Iterator[Advice]:
        about = f"camera {camera.name}"
        parts = (self._spoken(camera.text.rstrip(".:")), self._spoken(camera.advice))
        text = say.COLON.said(self._language).join(filter(None, parts))
        if text:
            yield Advice(about, text)
        elif camera.state not in ("ok", "waiting") or (camera.state == "waiting" and self._lasted(camera.since)):
            state = self._word(camera.state)
            yield self._about(about, say.CAMERA, state=state, span=self._since(camera.since))
        if camera.unconfined:
            yield self._about(about, say.UNCONFINED, what=camera.unconfined)
        known = {one.type for one in self._status.episodes if one.source == camera.name}
        for what in camera.tampered:
            if what not in known:
                yield self._about(about, say.TAMPERED, what=what)

    def _store(self, store: StoreHealth) -> Iterator[Advice]:
        if store.text:
            yield Advice("queue", self._spoken(store.text))
        elif store.state != "ok":
            yield self._about("queue", say.BLOCKED if store.state == "blocked" else say.FULL)
        if store.evicted:
            yield self._about("queue", say.EVICTED, count=store.evicted)
        if store.ring_lost:
            yield self._about("queue", say.RING_LOST, count=store.ring_lost)
        uplink = self._status.uplink
        for name, late_s in LATE_S.items():
            lane = store.lanes.get(name)
            if uplink is None or uplink.state != "up" or lane is None or lane.oldest_utc is None or not lane.unsent:
                continue
            oldest_s = (self._now - lane.oldest_utc).total_seconds()  # it may be of an earlier run
            if min(oldest_s, since_s(self._status, uplink.since)) > late_s:
                yield self._about("queue", say.LATE, lane=say.LANES[name].said(self._language), span=span(oldest_s))

    def _box(self, box: BoxHealth) -> Iterator[Advice]:
        if box.disk_bytes <= 0:
            yield self._about("disk", say.DISK_UNKNOWN)
        elif box.disk_free_bytes < min(LEAST_FREE_BYTES, box.disk_bytes // 10):
            yield self._about("disk", say.DISK_FULL)

    def _uplink(self, uplink: UplinkHealth) -> Iterator[Advice]:
        if uplink.text or uplink.state == "down" or (uplink.state != "up" and self._lasted(uplink.since)):
            reason = self._spoken(uplink.text) or say.LINK_DOWN.said(self._language, broker=uplink.broker)
            end = "" if reason[-1] in ".?!。？！" else say.STOP.said(self._language)
            yield Advice("link", f"{reason}{end}{say.KEPT.said(self._language)}")
        elif uplink.in_flight and self._lasted(uplink.last_acknowledged or uplink.since) and self._lasted(uplink.since):
            quiet = self._since(max(uplink.last_acknowledged or uplink.since, uplink.since))
            yield self._about("link", say.LINK_SLOW, broker=uplink.broker, span=quiet, count=uplink.in_flight)
        if uplink.given_up:
            yield self._about("link", say.GIVEN_UP, count=uplink.given_up)
        if uplink.dropped:
            yield self._about("link", say.DROPPED, count=uplink.dropped)

    def _certificate(self, certificate: CertificateHealth) -> Iterator[Advice]:
        link = self._status.uplink
        if certificate.renewal_fails:
            yield self._about("link", say.RENEWAL_FAILS, why=self._spoken(certificate.renewal_fails))
        if certificate.state == "foreign" and link is not None and link.state == "up":
            return  # the broker knows its CA
        if certificate.text:
            yield Advice("link", self._spoken(certificate.text))
        elif certificate.state != "ok":
            words = {
                "file": certificate.file,
                "role": say.ROLES[certificate.role].said(self._language),
                "state": self._word(certificate.state),
            }
            yield self._about("link", say.CERTIFICATE, **words)
