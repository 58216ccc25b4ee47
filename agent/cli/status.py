"""``poleagent status``: what works, and what to do."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from typing import Never

from agent.cli import _sentences_help as about
from agent.cli._ask import add_question, ascii_only, connect, decoded, show, show_json
from agent.cli._command import OK, Commands
from agent.cli._language import local, reader
from agent.errors import AgentError
from agent.status import prometheus
from agent.status.table import Terminal, table
from contract.health import PoleStatus

LOOK_AGAIN_S = 2.0


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_question(
        commands,
        "status",
        about.SEE_ONE_LOOK_WHAT(),
        about.SHOWS_EACH_DEVICE_LAST(),
    )
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=about.SAME_MACHINES_FIELDS_ONLY())
    form.add_argument("--prometheus", action="store_true", help=about.METRICS_PROMETHEUS_TEXT_FORMAT())
    form.add_argument("--watch", action="store_true", help=about.LOOK_AGAIN_EVERY_SECONDS())
    command.set_defaults(do=_status)


def _status(options: argparse.Namespace) -> int:
    if options.watch:
        _watch(options)
    with connect(options) as client:
        answer = client.ask("status")
    if options.json:
        show_json(answer)
        return OK
    pole = decoded(answer, PoleStatus)
    show(prometheus.text(pole) if options.prometheus else _table(pole))
    return OK


def _watch(options: argparse.Namespace) -> Never:
    """For ever, also while the agent is away: its coming back is what one waits for."""
    while True:
        try:
            with connect(options) as client:
                text = _table(decoded(client.ask("status"), PoleStatus), fit=True)
        except AgentError as reason:
            text = f"{local(str(reason))}\n"
        show(("\x1b[H\x1b[2J" if sys.stdout.isatty() else "") + text)
        time.sleep(LOOK_AGAIN_S)  # noqa: TID251 - a person waits here, and nothing else


def _table(pole: PoleStatus, *, fit: bool = False) -> str:
    tty = sys.stdout.isatty()
    columns, rows = shutil.get_terminal_size((80, 24)) if tty else (80, 24)
    colours = tty and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return table(
        pole,
        Terminal(
            columns=columns,
            rows=rows if fit and tty else None,
            colours=colours,
            ascii_only=ascii_only(),
            language=reader.get(),
        ),
    )
