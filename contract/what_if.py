"""What a candidate would have changed: its run over a pole's own ring of raw readings, compared with what is in force.

The same readings go through the analysis and the reports twice, once with the settings in force and once with the
candidate. Nothing of it is sent but these figures.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

WhatIfState = Literal["running", "done", "refused"]
MOST_KEPT_NAMED = 20
"""Options that the pole's own files keep, named in one answer."""


class WhatIfCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What one side reported. An episode counts once, where it begins."""

    alarms: Annotated[int, Meta(description="alerts and anomalies that began")] = 0
    sensor_faults: Annotated[int, Meta(description="that began")] = 0
    events: Annotated[int, Meta(description="all events, ends of episodes included")] = 0
    bytes: Annotated[int, Meta(description="of their bodies as JSON, deflated a hundred at a time")] = 0
    kinds: Annotated[dict[str, int], Meta(description="kind of event -> how many; of episodes those that began")] = {}


class WhatIfResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a run stands. ``text`` says why it was refused, ``before`` and ``after`` are there when it is done."""

    release: Annotated[str, Meta(description="as models/bridge/3 or settings/street/12; of a file its name")]
    state: WhatIfState
    text: str = ""
    since: Annotated[datetime | None, Meta(description="first reading that was looked at")] = None
    until: Annotated[datetime | None, Meta(description="last reading that was looked at")] = None
    hours: Annotated[float, Meta(description="looked at")] = 0.0
    share: Annotated[float, Meta(description="of the hours of the ring, 0 to 1; 1: all of them")] = 0.0
    readings: int = 0
    before: WhatIfCounts | None = None
    after: WhatIfCounts | None = None
    kept: Annotated[
        tuple[str, ...], Meta(description="options of the candidate that a file of the pole overrules, as sentences")
    ] = ()
    cpu_s: Annotated[float, Meta(description="seconds of one core that it took")] = 0.0


class PoleForecast(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one pole answered: figures, or why there are none."""

    pole: str
    result: WhatIfResult | None = None
    why_not: str = ""


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What poles say of a release before it goes anywhere; a plan of a rollout carries it."""

    release: str
    asked: Annotated[datetime, Meta(tz=True)]
    poles: tuple[PoleForecast, ...]

    def sums(self) -> tuple[WhatIfCounts, WhatIfCounts]:
        """Before and after, over all poles that answered."""
        done = [each.result for each in self.poles if each.result is not None]
        return _sum([each.before for each in done]), _sum([each.after for each in done])

    @property
    def hours(self) -> float:
        """Hours of poles that were looked at."""
        return sum(each.result.hours for each in self.poles if each.result is not None)


def _sum(counts: list[WhatIfCounts | None]) -> WhatIfCounts:
    there = [each for each in counts if each is not None]
    kinds: dict[str, int] = {}
    for each in there:
        for kind, count in each.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + count
    return WhatIfCounts(
        alarms=sum(each.alarms for each in there),
        sensor_faults=sum(each.sensor_faults for each in there),
        events=sum(each.events for each in there),
        bytes=sum(each.bytes for each in there),
        kinds=kinds,
    )
