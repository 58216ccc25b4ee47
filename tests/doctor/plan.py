"""A pole as it is to be set up for one diagnosis, and the kinds of faults that change it. Written before the checks.

A fault changes the plan; ``tests.doctor.stage`` builds what the plan says. What a fault is called by is a name of
``contract.causes``; one that shows in two ways has both names, the best one first.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from contract.health import PoleStatus
from tests.doctor import kinds

Daemon = Literal["stopped", "canned", "real", "dead"]
"""Stopped on purpose; a control socket that tells a prepared status; the real program; it should run and does not."""


@dataclass
class Wire:
    """One line: a pty, or with ``server`` a serial server that speaks RFC 2217; its devices by unit."""

    units: tuple[int, ...] = (1,)
    server: bool = False
    baud: int = 9600
    """The true one, as of all devices; what the settings say stands in the settings."""
    parity: Literal["none", "even", "odd"] = "none"
    behaviour: dict[int, str] = field(default_factory=dict)
    echo: bool = False
    there: Literal["yes", "missing", "unplugged", "no port", "refuses"] = "yes"
    mode: int = 0o660
    owner: tuple[int, int] = (0, 0)
    held: bool = False
    noise: float = 0.0
    """Share of the answers that are damaged."""


@dataclass
class Broker:
    """``kind``: a real mosquitto, one of a few lines that answers ``connack`` and ``puback``, or none at all."""

    kind: Literal["mosquitto", "scripted", "none"] = "mosquitto"
    tls: bool = True
    server: str = "good"
    """Which certificate it shows: good, expired, not_yet, foreign, other_name."""
    wants_client: bool = True
    trusts: str = "city"
    password: str = ""
    acl: str = ""
    """Lines of mosquitto's acl_file; empty: all is allowed."""
    connack: int = 0
    puback: int = 0
    silent: bool = False
    """Takes connections and says nothing."""
    delay_s: float = 0.0
    filter: Literal["", "drop", "admin-prohibited"] = ""
    subscribed: bool = True
    twin: bool = False
    """Another client uses the pole's id and comes back after ``twin_s``."""
    twin_s: float = 0.3
    watermarks: bool = True


@dataclass
class Disk:
    size_mib: int = 0
    """0: the folder of the run itself; else a tmpfs of that size."""
    inodes: int = 0
    fill: float = 0.0
    read_only: bool = False
    sync_s: float = 0.0
    folder: bool = True
    owner: int = 0
    damage: Literal["", "page", "not a database", "newer"] = ""


@dataclass
class Plan:
    """All that there is to one pole. ``table`` are its settings, ``facts`` files that stand before the kernel's own."""

    table: dict[str, Any] = field(default_factory=dict)
    wires: dict[str, Wire] = field(default_factory=dict)
    broker: Broker = field(default_factory=Broker)
    client: str = "good"
    """Which client certificate the settings name: good, expired, not_yet, foreign, usage, expiring; key: not its."""
    disk: Disk = field(default_factory=Disk)
    daemon: Daemon = "stopped"
    status: Callable[[PoleStatus], PoleStatus] | None = None
    """What a prepared status tells otherwise."""
    facts: dict[str, str] = field(default_factory=dict)
    synced: bool = True
    faketime: str = ""
    no_network: Literal["", "no address", "no route"] = ""
    text: Callable[[str], str] | None = None
    """What becomes of the settings file."""
    settings_mode: int = 0o640
    settings_there: bool = True
    files: list[Callable[[Path], None]] = field(default_factory=list)
    """Done in the pole's folder, ``state`` and ``etc`` in it, once all files are there."""
    systemctl: str = ""
    """What ``systemctl show`` prints."""
    versions: dict[str, str] = field(default_factory=dict)
    """Libraries that pretend to have another version."""
    absent: tuple[str, ...] = ()
    """Libraries that pretend not to be there."""


@dataclass(frozen=True)
class Kind:
    """One kind of fault. ``part``: two of one part are not combined; ``hides``: nothing else can be seen past it.

    ``alone``: it cannot be built together with others, as a daemon that runs and one that is dead cannot.
    """

    name: str
    names: tuple[str, ...]
    part: str
    change: Callable[[Plan, random.Random], object]
    hides: bool = False
    alone: bool = False

    @property
    def way(self) -> str:
        """Whether a daemon tells of it or the parts are tried: of two kinds both cannot be."""
        usual = "tried" if self.part in {"line", "link"} else "any"
        return str(getattr(self.change, "way", usual))


def find_kinds() -> tuple[Kind, ...]:
    """The rows ``KINDS`` of each module of ``tests.doctor.kinds``."""
    found: list[Kind] = []
    for part in sorted(each.name for each in pkgutil.iter_modules(kinds.__path__)):
        found += importlib.import_module(f"{kinds.__name__}.{part}").KINDS
    return tuple(found)


def healthy(chance: random.Random, number: int = 0) -> Plan:
    """A pole that lacks nothing; ``number`` chooses among unlike ones."""
    plan = Plan()
    plan.wires["a"] = Wire(units=tuple(range(1, 2 + chance.randrange(3))), server=number % 5 == 3)
    plan.wires["b"] = Wire(units=(chance.randrange(1, 6),))
    plan.broker.subscribed = True
    if number % 7 == 6:
        plan.broker = Broker(tls=False, wants_client=False)
    if number % 4 == 1:
        plan.daemon = "canned"
    if number % 10 == 2:
        plan.daemon = "real"
    total = chance.choice((1 << 20, 2 << 20, 4 << 20))
    free = int(total * chance.uniform(0.25, 0.7))
    plan.facts["proc/meminfo"] = f"MemTotal: {total} kB\nMemFree: {free // 3} kB\nMemAvailable: {free} kB\n"
    plan.facts["sys/class/thermal/thermal_zone0/temp"] = f"{chance.randrange(21, 68)}{chance.randrange(1000):03}\n"
    plan.facts["sys/class/hwmon/hwmon0/name"] = "rpi_volt\n"
    plan.facts["sys/class/hwmon/hwmon0/in0_lcrit_alarm"] = "0\n"
    plan.disk.size_mib = 64
    plan.disk.fill = chance.uniform(0.0, 0.7)
    plan.table["pole"] = {"id": f"SZ-{chance.randrange(10_000):04}", "name": chance.choice(("", "深南大道 12 号"))}
    return plan


def drawn(seed: int, count: int, pairs: int) -> Iterator[tuple[str, tuple[Kind, ...], random.Random]]:
    """``count`` draws of each kind, then ``pairs`` of two kinds of different parts; label, kinds, chance of its own."""
    every = find_kinds()
    for kind in every:
        for number in range(count):
            yield f"{kind.name} {number}", (kind,), random.Random(f"{seed} {kind.name} {number}")
    chance = random.Random(f"{seed} pairs")
    free = [kind for kind in every if not kind.alone]
    for number in range(pairs):
        while True:
            one, two = chance.sample(free, 2)
            if one.part != two.part and {one.way, two.way} != {"reported", "tried"}:
                break
        yield f"{one.name} + {two.name}", (one, two), random.Random(f"{seed} pair {number}")
