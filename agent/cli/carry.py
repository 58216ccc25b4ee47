"""``poleagent carry``: events on a stick, for a pole without a link."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from agent.acquire.registry import find_drivers
from agent.cli import _sentences_carry as say
from agent.cli._ask import add_question, socket_path
from agent.cli._command import FAILED, OK, Commands
from agent.cli._language import out
from agent.config.files import path_of
from agent.config.load import load
from agent.errors import AgentError
from agent.setup.carry import CarryPole, carry_in, carry_out
from agent.uplink.sealing import own_files
from agent.uplink.sentences import CARRY_NO_CLAIM


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_question(commands, "carry", say.CARRY_EVENTS(), say.CARRY_HELP())
    command.add_argument("way", choices=("out", "in"), help=say.WAY_HELP())
    command.add_argument("stick", type=Path, metavar="STICK", help=say.STICK_HELP())
    command.set_defaults(do=_carry)


def _carry(options: argparse.Namespace) -> int:
    settings = load(options.settings, find_drivers())
    tls = settings.uplink.tls if settings.uplink else None
    files, ca = own_files(tls), path_of(tls.ca_file) if tls is not None else None
    if files is None or ca is None:
        raise AgentError(CARRY_NO_CLAIM())
    job = CarryPole(pole=settings.pole.id, ca=ca, cert=files[0], key=files[1], socket=socket_path(options))
    if options.way == "in":
        count, events = carry_in(job, options.stick)
        out(say.TAKEN(events=events) if count else say.NO_MARKS(pole=job.pole))
        return OK if count else FAILED
    done = carry_out(job, options.stick, datetime.now(UTC))  # noqa: TID251 - of no consequence for any event
    if not done.events:
        out(say.NOTHING_WAITS())
    else:
        out(say.WRITTEN(events=done.events, before=done.before, kib=-(-done.bytes // 1024)))
    return OK
