"""What outlives links."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from agent.config.settings import PoleSettings, UplinkSettings
from agent.system.clock import Clock
from agent.system.pulse import Pulse
from agent.uplink.commands import Desk
from agent.uplink.delivery.awaiting import Awaiting
from agent.uplink.delivery.counters import Counters
from agent.uplink.delivery.meter import DataMeter
from agent.uplink.delivery.outcomes import Outcomes
from agent.uplink.delivery.reports import LinkReports
from agent.uplink.delivery.suspects import Suspects
from agent.uplink.delivery.unsent import Unsent
from contract.birth import Status


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What outlives links: the parts that every session works with."""

    settings: UplinkSettings
    pole: PoleSettings
    store: Unsent
    clock: Clock
    birth: Callable[[], Status]
    desk: Desk
    suspects: Suspects
    counters: Counters
    reports: LinkReports
    outcomes: Outcomes
    awaiting: Awaiting | None
    meter: DataMeter | None
    pulse: Pulse
