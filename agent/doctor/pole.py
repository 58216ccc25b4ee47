"""The pole at hand, as far as it can be known: its settings however broken, and what a running daemon says."""

from __future__ import annotations

import asyncio
import os
import tomllib
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from agent.acquire.registry import find_drivers
from agent.api import Driver
from agent.config.document import LARGEST
from agent.config.load import examine
from agent.config.partial import usable
from agent.config.problem import Problem
from agent.config.settings import LocalSettings, Settings, UplinkSettings
from agent.control.client import Client, NotRunning
from agent.doctor import sentences_checks as say
from agent.doctor.box import Box, User, myself, user_of
from agent.doctor.mask import Mask, secrets_of
from agent.errors import AgentError
from agent.store.database import held
from agent.system.aside import aside
from agent.system.regular import open_regular
from agent.system.slots import USUAL_STORE
from contract.health import PoleStatus

T = TypeVar("T")
_RUNS = {"active", "activating", "reloading"}
"""States of a unit (systemctl(1)) in which its program runs or is about to."""
TABLE_S = 2.0
SETTINGS_S = 5.0
"""How long reading the settings may take; a large model is read for its content."""
ANSWER_S = 4.0
"""How long the daemon may take to tell its status."""


class PoleAtHand(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the checks share. ``settings``: what of them can be used, None where nothing can.

    ``status``: None where no daemon answers; ``refused`` is then why. ``stopped``: on purpose, so that is no fault.
    """

    path: Path
    box: Box
    settings: Settings | None
    problems: tuple[Problem, ...]
    table: dict[str, Any]
    """The settings as far as they are TOML, unchecked."""
    drivers: Mapping[str, Driver]
    database: Path
    """Its file, whatever else is wrong with the settings."""
    user: User
    unit: dict[str, str]
    status: PoleStatus | None
    refused: AgentError | None
    held: bool
    """Whether a process has the database open, or nobody can say."""
    stopped: bool
    mask: Mask
    """What no reading may hold."""

    def part(self, name: str, kind: type[T]) -> T | None:
        """One section of the settings, also where another one is wrong; None where there is none that could be used."""
        found = getattr(self.settings, name, None)
        if isinstance(found, kind):
            return found
        try:
            return msgspec.convert(self.table[name], kind)
        except (KeyError, msgspec.ValidationError):
            return None

    @property
    def dead(self) -> bool:
        """Whether no daemon runs, so that ports, session and database are nobody's: not only nobody at the socket.

        A daemon that starts, or listens at another socket than the settings say by now, has no one there either.
        """
        return isinstance(self.refused, NotRunning) and self.unit.get("ActiveState") not in _RUNS and not self.held

    @property
    def limited(self) -> str:
        """Why this process sees less than the daemon does: it is somebody else, and not root. Empty: it does not."""
        return "" if os.geteuid() in {0, self.user.uid} else say.NOT_ROOT(name=self.user.name)

    @property
    def uplink(self) -> UplinkSettings | None:
        return self.part("uplink", UplinkSettings)

    @property
    def no_uplink(self) -> str:
        """Why there is no ``uplink``."""
        unusable = self.settings is None or "uplink" in self.table
        return say.SETTINGS_UNUSABLE() if unusable else say.NO_UPLINK()

    @property
    def state(self) -> Path:
        """The folder of the database."""
        return self.database.parent

    @property
    def id(self) -> str:
        pole = self.table.get("pole")
        name = pole.get("id") if isinstance(pole, dict) else None
        return str(name) if name else ""


async def at_hand(path: Path, box: Box, *, stopped: bool, socket: str | None = None) -> PoleAtHand:
    """What can be known of the pole with the settings file ``path``; takes about ``SETTINGS_S`` at most."""
    nothing: dict[str, Any] = {}
    table = await within(aside(lambda: table_of(path), "settings"), TABLE_S, nothing)
    database, local = _database(table), table.get("local")
    where = socket or (local.get("socket") if isinstance(local, dict) else None) or LocalSettings().socket
    drivers = find_drivers()
    unknown = Problem(file=str(path), text=say.SETTINGS_TAKE_LONG(seconds=SETTINGS_S))

    def read() -> tuple[Settings | None, tuple[Problem, ...]]:
        settings, problems = examine(path, drivers)
        return settings or (usable(path, table, drivers) if table else None), problems

    (settings, problems), unit, (status, refused), held, mask = await asyncio.gather(
        within(aside(read, "examine"), SETTINGS_S, (None, (unknown,))),
        within(aside(box.unit, "systemctl"), ANSWER_S, nothing),
        _asked(str(where)),
        within(aside(lambda: _held(database), "lock"), TABLE_S, otherwise=True),
        within(aside(lambda: Mask(secrets_of(table)), "secrets"), ANSWER_S, Mask(())),
    )
    user = await within(aside(lambda: user_of(database.parent, unit), "user"), SETTINGS_S, myself())
    return PoleAtHand(
        path=path,
        box=box,
        settings=settings,
        problems=problems,
        table=table,
        drivers=drivers,
        database=database,
        user=user,
        unit=unit,
        status=status,
        refused=refused,
        held=held,
        stopped=stopped,
        mask=mask,
    )


async def within(work: Coroutine[Any, Any, T], limit_s: float, otherwise: T) -> T:
    """What ``work`` gives, and ``otherwise`` where it takes longer."""
    try:
        async with asyncio.timeout(limit_s):
            return await work
    except TimeoutError:
        return otherwise


def table_of(path: Path) -> dict[str, Any]:
    """The settings as far as they are TOML, unchecked; one level of tables of the same name is put together."""
    table: dict[str, Any] = {}
    try:
        files = [path, *sorted((path.parent / "conf.d").glob("*.toml"))]
    except OSError:
        files = [path]
    for file in files:
        try:
            with open_regular(file) as opened:
                more = tomllib.loads(opened.read(LARGEST + 1).decode("utf-8-sig"))
        except (OSError, ValueError, RecursionError):
            continue
        for name, value in more.items():
            old = table.get(name)
            table[name] = old | value if isinstance(old, dict) and isinstance(value, dict) else value
    return table


def _database(table: dict[str, Any]) -> Path:
    store = table.get("store")
    name = store.get("path") if isinstance(store, dict) else None
    return Path(name if isinstance(name, str) and "\0" not in name else USUAL_STORE)


def _held(database: Path) -> bool:
    with suppress(OSError):
        return held(database)
    return False


async def _asked(socket: str) -> tuple[PoleStatus | None, AgentError | None]:
    def ask() -> PoleStatus:
        with Client(socket) as client:
            return msgspec.json.decode(client.ask("status"), type=PoleStatus)

    try:
        async with asyncio.timeout(ANSWER_S):
            return await aside(ask, "status"), None
    except TimeoutError:
        return None, AgentError(say.NO_ANSWER_WITHIN(host=socket, seconds=ANSWER_S), cause="daemon.mute")
    except (AgentError, msgspec.DecodeError) as reason:
        return None, reason if isinstance(reason, AgentError) else AgentError(str(reason), cause="daemon.mute")
