"""Faults of lines and devices."""

from __future__ import annotations

import random
from typing import Any

from tests.doctor.kinds.link import by_daemon
from tests.doctor.plan import Kind, Plan, Wire

OTHERS = 65534


def _wire(**changes: Any) -> Any:
    def change(plan: Plan, _: random.Random) -> None:
        for name, value in changes.items():
            setattr(plan.wires["a"], name, value)

    return change


def _closed(plan: Plan, chance: random.Random) -> None:
    plan.disk.owner = OTHERS
    plan.wires["a"].mode = chance.choice((0o600, 0o640, 0o620))
    plan.wires["b"].mode = 0o666


def _group(plan: Plan, _: random.Random) -> None:
    plan.disk.owner = OTHERS
    plan.wires["a"].owner, plan.wires["a"].mode = (0, 20), 0o660
    plan.wires["b"].mode = 0o666


def _baud(plan: Plan, chance: random.Random) -> None:
    wire = plan.wires["a"]
    wire.server = chance.random() < 0.5
    wire.baud = chance.choice((2400, 4800, 19200, 38400, 115200))


def _parity(plan: Plan, chance: random.Random) -> None:
    wire = plan.wires["a"]
    wire.server, wire.parity = True, chance.choice(("even", "odd"))


def _unit(plan: Plan, chance: random.Random) -> None:
    """The settings ask unit N, and the device has M; it is alone on its line or not."""
    asked, true = chance.sample(range(1, 17), 2)
    plan.wires["a"] = Wire(units=(true,))
    plan.table["units"] = {"a": [asked]}


def _one(plan: Plan, chance: random.Random, how: str) -> None:
    """One of several devices."""
    wire = plan.wires["a"]
    wire.units = (1, 2, 3)
    wire.behaviour[chance.choice(wire.units)] = how


def _all(plan: Plan, how: str) -> None:
    wire = plan.wires["a"]
    wire.units = (1, 2)
    wire.behaviour = dict.fromkeys(wire.units, how)


def _swapped(plan: Plan, chance: random.Random) -> None:
    plan.wires["a"].units, plan.wires["b"].units = chance.choice((((1,), (2,)), ((3, 4), (5,)), ((7,), (1, 2))))
    plan.table["swapped"] = True


def _noise(plan: Plan, chance: random.Random) -> None:
    plan.wires["a"].units = (1, 2)
    plan.wires["a"].noise = chance.uniform(0.4, 0.7)


def _overload(plan: Plan, chance: random.Random) -> None:
    plan.wires["a"].units = (1, 2, 3)
    plan.table["every_s"] = {"a": chance.choice((0.01, 0.02, 0.03))}


def _dead(plan: Plan, chance: random.Random) -> None:
    _one(plan, chance, "silent")


def _silent(plan: Plan, _: random.Random) -> None:
    _all(plan, "silent")


def _refuses(plan: Plan, chance: random.Random) -> None:
    _one(plan, chance, "exception")


KINDS = (
    Kind("port closed to the agent's user", ("serial.permission",), "line", _closed),
    Kind("agent's user not in the port's group", ("serial.group",), "line", _group),
    Kind("port held by another program", ("serial.busy",), "line", _wire(held=True)),
    Kind("port not there", ("serial.missing",), "line", _wire(there="missing")),
    Kind("adapter unplugged", ("serial.unplugged",), "line", _wire(there="unplugged")),
    Kind("port is no serial port", ("serial.not_a_port",), "line", _wire(there="no port")),
    Kind("wrong baud rate", ("serial.baud",), "line", _baud),
    Kind("wrong parity", ("serial.parity",), "line", _parity),
    Kind("wrong unit", ("serial.unit",), "line", _unit),
    Kind("adapter echoes", ("serial.echo",), "line", _wire(echo=True)),
    Kind("one device dead", ("serial.no_answer",), "line", _dead),
    Kind("all devices dead", ("serial.silent",), "line", _silent),
    Kind("one device dead, says the daemon", ("serial.no_answer",), "line", by_daemon(_dead), alone=True),
    Kind("all devices dead, says the daemon", ("serial.silent",), "line", by_daemon(_silent), alone=True),
    Kind("port not there, says the daemon", ("serial.missing",), "line", by_daemon(_wire(there="missing")), alone=True),
    Kind("device refuses, says the daemon", ("serial.refuses",), "line", by_daemon(_refuses), alone=True),
    Kind("a device babbles", ("serial.babble",), "line", lambda plan, chance: _one(plan, chance, "babble")),
    Kind("ports swapped", ("serial.swapped",), "line", _swapped),
    Kind("answers damaged now and then", ("serial.damaged",), "line", _noise),
    Kind("one device's answers damaged", ("serial.damaged",), "line", lambda p, c: _one(p, c, "bad_crc")),
    Kind(
        "answers of another unit",
        ("serial.wrong_device",),
        "line",
        lambda plan, chance: _one(plan, chance, "wrong_address"),
    ),
    Kind("device refuses", ("serial.refuses",), "line", _refuses),
    Kind(
        "serial server away",
        ("serial.server",),
        "line",
        _wire(server=True, there="refuses"),
    ),
    Kind("line has too much to ask", ("serial.overload",), "line", _overload),
)
