"""Faults of the box: disk, clock, memory, heat, supply."""

from __future__ import annotations

import random
from typing import Any

from msgspec.structs import replace

from contract.health import PoleStatus
from contract.units import Unit
from tests.doctor.kinds.link import reported
from tests.doctor.plan import Disk, Kind, Plan
from tests.status.canned import last


def _disk(**changes: Any) -> Any:
    return lambda plan, _: setattr(plan, "disk", Disk(**changes))


def _full(plan: Plan, chance: random.Random) -> None:
    plan.disk = Disk(size_mib=chance.choice((8, 16, 64)), fill=chance.uniform(0.985, 1.0))


def _slow(plan: Plan, chance: random.Random) -> None:
    plan.disk.sync_s = chance.uniform(3.0, 6.0)


def _memory(plan: Plan, chance: random.Random) -> None:
    total = chance.choice((512 << 10, 1 << 20))
    free = int(total * chance.uniform(0.005, 0.03))
    plan.facts["proc/meminfo"] = f"MemTotal: {total} kB\nMemFree: {free // 2} kB\nMemAvailable: {free} kB\n"


def _hot(plan: Plan, chance: random.Random) -> None:
    plan.facts["sys/class/thermal/thermal_zone0/temp"] = f"{chance.randrange(86, 104)}000\n"


def _killed(plan: Plan, chance: random.Random) -> None:
    name = "sys/fs/cgroup/system.slice/poleagent.service/memory.events"
    plan.facts[name] = f"low 0\nhigh 0\nmax 9\noom 3\noom_kill {chance.randrange(1, 30)}\n"


def _unset(plan: Plan, chance: random.Random) -> None:
    plan.faketime, plan.synced = (
        chance.choice(("1970-01-01 00:03:00", "2016-05-05 10:00:00", "2024-01-01 00:00:00")),
        False,
    )


def _unsynced(plan: Plan, _: random.Random) -> None:
    plan.synced = False


def _behind(plan: Plan, chance: random.Random) -> None:
    """The clock lost a part of the way that it had come: files are younger than now."""
    plan.table["behind_s"] = chance.uniform(7200, 40 * 86400)


def _off(status: PoleStatus, chance: random.Random) -> PoleStatus:
    """The receiver on the roof knows better: clock_offset is what the box is behind it."""
    offset = chance.choice((-1, 1)) * chance.uniform(20, 5000)
    value = last("clock_offset", offset, Unit.SECOND)
    device = replace(status.devices[0], last=(*status.devices[0].last, value))
    return replace(status, devices=(device, *status.devices[1:]))


def _evicting(status: PoleStatus, chance: random.Random) -> PoleStatus:
    count = chance.randrange(1, 100_000)
    return replace(status, store=replace(status.store, state="full", evicted=count, bytes=status.store.max_bytes))


def _blocked(status: PoleStatus, _: random.Random) -> PoleStatus:
    text = "the disk does not read or write: replace the card that holds /var/lib/poleagent"
    return replace(status, store=replace(status.store, state="blocked", text=text))


def _stuck(status: PoleStatus, chance: random.Random) -> PoleStatus:
    return replace(status, stale=(chance.choice(("the store", "the uplink", "line a")),))


def _pulled(plan: Plan, _: random.Random) -> None:
    plan.facts["sys/class/hwmon/hwmon0/in0_lcrit_alarm"] = "1\n"


KINDS = (
    Kind("disk full", ("disk.full",), "disk", _full),
    Kind("no inodes left", ("disk.inodes",), "disk", _disk(size_mib=16, inodes=30, fill=0.1)),
    Kind("disk read-only", ("disk.read_only",), "disk", _disk(size_mib=16, read_only=True)),
    Kind("disk slow", ("disk.slow",), "disk", _slow),
    Kind("state folder missing", ("disk.folder",), "disk", _disk(folder=False)),
    Kind("database damaged", ("store.damaged",), "disk", _disk(damage="page")),
    Kind("database is none", ("store.damaged",), "disk", _disk(damage="not a database")),
    Kind("database of a newer version", ("version.store",), "disk", _disk(damage="newer")),
    Kind("store full", ("store.full",), "disk", reported(_evicting)),
    Kind("store blocked", ("store.blocked",), "disk", reported(_blocked)),
    Kind("clock never set", ("clock.unset",), "clock", _unset, alone=True),
    Kind("clock without a source", ("clock.unsynced",), "clock", _unsynced),
    Kind("clock fell back", ("clock.behind",), "clock", _behind),
    Kind("clock off, says the receiver", ("clock.off",), "clock", reported(_off)),
    Kind("memory short", ("box.memory",), "memory", _memory),
    Kind("killed for memory", ("box.killed",), "memory", _killed),
    Kind("too hot", ("box.hot",), "heat", _hot),
    Kind("undervoltage", ("box.undervoltage",), "supply", _pulled),
    Kind("a part of the agent is stuck", ("daemon.stuck",), "daemon", reported(_stuck)),
)
