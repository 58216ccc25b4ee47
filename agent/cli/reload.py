"""``poleagent reload``: the settings, again."""

from __future__ import annotations

import argparse

from agent.cli import _sentences as say
from agent.cli import _sentences_help as about
from agent.cli._ask import add_question, connect, decoded
from agent.cli._command import OK, WRONG_SETTINGS, Commands
from agent.cli._language import err, out
from contract.requests import ReloadResult

RELOAD_S = 60.0


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_question(
        commands,
        "reload",
        about.READ_SETTINGS_AGAIN(),
        about.RUNNING_AGENT_READ_SETTINGS(),
    )
    command.set_defaults(do=_reload)


def _reload(options: argparse.Namespace) -> int:
    with connect(options) as client:
        answer = decoded(client.ask("reload", wait_s=RELOAD_S), ReloadResult)
    if answer.problems:
        for problem in answer.problems:
            err(problem)
        err(say.NOTHING_CHANGED_REVISION_STAYS(revision=answer.revision))
        return WRONG_SETTINGS
    for change in answer.applied:
        out(change)
    if answer.pending:
        waits = ", ".join(answer.pending)
        out(say.REVISION_FORCE_BUT_SUDO(revision=answer.revision, waits=waits))
        return OK
    out((say.IN_FORCE if answer.applied else say.NO_CHANGE)(revision=answer.revision))
    return OK
