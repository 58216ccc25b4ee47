"""What the pole reports of itself: devices, store, link, clock, settings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Literal

from contract.events.kind import ENDED, Episode, Kind
from contract.types import Body, FaultCode
from contract.words import Words, both


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
    """New settings took effect (or were refused: ``errors``).

    ``kept`` are options of a maintainer's release that a file on the pole overrules, as sentences.
    """

    kind: ClassVar[str] = "settings_change"
    revision: str
    applied: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


class CertificateState(Body, frozen=True, kw_only=True):
    """A certificate of the link changed its state; from 30 days before it expires on it is ``expiring``."""

    kind: ClassVar[str] = "certificate_state"
    role: Literal["ca", "client", "broker"]
    state: Literal["ok", "expiring", "expired", "not_yet", "foreign", "unusable"]
    not_after: datetime | None = None
    text: str = ""


def _device(body: DeviceState) -> Words:
    zh = "恢复正常" if body.state == "up" else "无应答"
    return both(f"{body.state}: {body.text}", f"{zh}：{body.text}") if body.text else both(body.state, zh)


def _gap(body: Gap) -> Words:
    ranges = ", ".join(f"{first} to {last}" if first != last else str(first) for first, last in body.ranges)
    return both(
        f"{body.count} of lane {body.deleted_lane} deleted unsent ({body.reason}): {ranges} {body.text}".rstrip(),
        f"{body.deleted_lane} 通道有 {body.count} 条事件未发送即被删除（{body.reason}）：{ranges} {body.text}".rstrip(),
    )


def _epoch(body: NewEpoch) -> Words:
    carried = body.carried
    return both(
        f"{body.reason}, {carried} events carried over" if carried else body.reason,
        f"{body.reason}，保留了 {carried} 条事件" if carried else body.reason,
    )


def _uplink(body: UplinkState) -> Words:
    if body.phase == "begin":
        return both(body.text, body.text)
    en, zh = ENDED.get(body.reason, ("over", "已恢复"))
    return both(f"{en}: {body.text}", f"{zh}：{body.text}")


def _clock(body: ClockChange) -> Words:
    if body.type == "step":
        return both(f"jumped by {body.step_s:+.3f} s", f"时钟跳变 {body.step_s:+.3f} 秒")
    state = "已校准" if body.type == "synced" else "未校准"
    return both(f"{body.type}, {body.restamped} corrected", f"{state}，修正了 {body.restamped} 条")


def _start(body: Start) -> Words:
    after = ("", "") if body.clean else (", after a crash or a power cut", "，此前异常退出或断电")
    return both(f"version {body.version}{after[0]}", f"版本 {body.version}{after[1]}")


def _settings(body: SettingsChange) -> Words:
    if body.errors:
        text = "; ".join(body.errors)
        return both(text, text)
    parts = ", ".join((*body.applied, *body.kept))
    return both(f"revision {body.revision}: {parts or 'as before'}", f"配置版本 {body.revision}：{parts or '没有变化'}")


def _certificate(body: CertificateState) -> Words:
    return both(
        body.text or f"{body.role} certificate {body.state}", body.text or f"{body.role} 证书状态为 {body.state}"
    )


_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KINDS = (
    Kind(
        body=DeviceState,
        says=_device,
        examples=(DeviceState(state="down", code=FaultCode.NO_ANSWER, text="no answer for 10 s: check the cable"),),
    ),
    Kind(
        body=Gap,
        says=_gap,
        examples=(Gap(epoch="e", deleted_lane="raw", ranges=((1, 3), (7, 7)), count=4, reason="store_full"),),
    ),
    Kind(
        body=NewEpoch,
        says=_epoch,
        examples=(NewEpoch(previous="e", previous_next_seq=10, reason="the file was damaged", carried=5),),
    ),
    Kind(
        body=UplinkState,
        says=_uplink,
        examples=(
            UplinkState(id="0123abcd", type="unheard", phase="begin", since=_NOON, text="nobody is subscribed to it"),
            UplinkState(
                id="0123abcd",
                type="unheard",
                phase="end",
                reason="over",
                since=_NOON,
                text="nobody is subscribed to it",
            ),
        ),
    ),
    Kind(
        body=ClockChange,
        says=_clock,
        examples=(ClockChange(type="step", step_s=-3600.0), ClockChange(type="synced", restamped=12)),
    ),
    Kind(body=Start, says=_start, examples=(Start(version="0.2.0", boot="b", clean=False),)),
    Kind(
        body=SettingsChange,
        says=_settings,
        examples=(
            SettingsChange(revision="abc", applied=("line A", "device roof")),
            SettingsChange(revision="abc", errors=("line 3: no", "line 4: no")),
        ),
    ),
    Kind(
        body=CertificateState,
        says=_certificate,
        examples=(
            CertificateState(role="client", state="expiring", not_after=_NOON, text="cert_file expires in 12 days"),
            CertificateState(role="ca", state="expired"),
        ),
    ),
)
