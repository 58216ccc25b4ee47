"""What mobile data costs: bytes by lane, day and month, and what waits once the allowance is used up; pure.

Days and months are those of UTC. Outside the metered hours nothing is counted and nothing waits.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime

import msgspec

from agent.config.settings import AllowanceSettings
from contract.health import AllowanceHealth
from contract.types import Lane, Stamp

OTHER = "other"
"""Status, replies, watermarks, keep-alives."""
STATE = "allowance"
"""Under which name the store keeps what was used."""
LONGER_S = 3600.0
"""Length of the windows of summaries once the allowance is used up."""
_DAY_S = 86_400


class Used(msgspec.Struct):
    """Bytes by lane, of one day and one month."""

    day: str = ""
    month: str = ""
    by_day: dict[str, int] = {}
    by_month: dict[str, int] = {}


class DataMeter:
    """Counts what goes over the link."""

    def __init__(self, settings: AllowanceSettings) -> None:
        self._settings = settings
        self._used = Used()
        self.changed = False
        """Whether there is something to save."""

    def recall(self, state: bytes | None) -> None:
        """What an earlier run of the agent used; what cannot be read counts as nothing."""
        if state:
            try:
                self._used = msgspec.json.decode(state, type=Used)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._used = Used()

    def state(self) -> bytes:
        self.changed = False
        return msgspec.json.encode(self._used)

    def metered(self, now: datetime) -> bool:
        hours = self._settings.metered_hours
        if hours is None:
            return True
        first, last = hours
        return first <= now.hour < last if first < last else now.hour >= first or now.hour < last

    def spent(self, lane: Lane | None, size: int, now: Stamp) -> None:
        """``size`` bytes went over the link for a lane, or for all else."""
        self._turn(now)
        if size > 0 and self.metered(now.utc):
            name = OTHER if lane is None else lane.name.lower()
            for counts in (self._used.by_day, self._used.by_month):
                counts[name] = counts.get(name, 0) + size
            self.changed = True

    def _turn(self, now: Stamp) -> None:
        """Begin a new day or month where the clock says so; one that was not set yet begins none."""
        if not now.synced and self._used.day:
            return
        day, month = now.utc.date().isoformat(), f"{now.utc:%Y-%m}"
        if day != self._used.day:
            self._used.day, self._used.by_day = day, {}
        if month != self._used.month:
            self._used.month, self._used.by_month = month, {}

    def held(self, now: Stamp) -> frozenset[Lane]:
        """Lanes whose allowance is used up: of raw and summary; alarms and events always pass."""
        self._turn(now)
        if not self.metered(now.utc):
            return frozenset()
        return frozenset(lane for lane in (Lane.SUMMARY, Lane.RAW) if self._over(lane))

    def _over(self, lane: Lane) -> bool:
        s, name = self._settings, lane.name.lower()
        own_day, own_month = (
            (s.summary_day_bytes, s.summary_month_bytes)
            if lane is Lane.SUMMARY
            else (s.raw_day_bytes, s.raw_month_bytes)
        )
        used = self._used
        return any(
            limit and count >= limit
            for limit, count in (
                (s.day_bytes, sum(used.by_day.values())),
                (s.month_bytes, sum(used.by_month.values())),
                (own_day, used.by_day.get(name, 0)),
                (own_month, used.by_month.get(name, 0)),
            )
        )

    def health(self, stamp: Stamp) -> AllowanceHealth:
        """Use and forecast: what the day and the month come to if they go on as so far."""
        self._turn(stamp)
        now = stamp.utc
        used, settings = self._used, self._settings
        day, month = sum(used.by_day.values()), sum(used.by_month.values())
        midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
        into_day = max(1.0, (now - midnight).total_seconds())
        into_month = (now.day - 1) * _DAY_S + into_day
        month_s = monthrange(now.year, now.month)[1] * _DAY_S
        return AllowanceHealth(
            day=date.fromisoformat(used.day),
            day_bytes=day,
            day_limit=settings.day_bytes,
            day_forecast=round(day * _DAY_S / into_day),
            month_bytes=month,
            month_limit=settings.month_bytes,
            month_forecast=round(month * month_s / into_month),
            by_lane=dict(used.by_day),
            held=tuple(sorted(lane.name.lower() for lane in self.held(stamp))),
        )
