"""``poleagent reload``: the settings, again."""

from __future__ import annotations

import argparse
import sys

from agent.cli._ask import add_question, connect, decoded
from agent.cli._command import OK, WRONG_SETTINGS, Commands
from contract.commands import ReloadResult

RELOAD_S = 60.0


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_question(
        commands,
        "reload",
        "read the settings again",
        """Has the running agent read its settings again, waits for it, and prints what changed. With a problem nothing
        is changed, every problem is printed, and the exit code is 78.""",
    )
    command.set_defaults(do=_reload)


def _reload(options: argparse.Namespace) -> int:
    with connect(options) as client:
        answer = decoded(client.ask("reload", wait_s=RELOAD_S), ReloadResult)
    if answer.problems:
        for problem in answer.problems:
            print(problem, file=sys.stderr)
        print(f"Nothing was changed; revision {answer.revision} stays in force.", file=sys.stderr)
        return WRONG_SETTINGS
    for change in answer.applied:
        print(change)
    if answer.pending:
        waits = ", ".join(answer.pending)
        print(f"Revision {answer.revision} is in force but for {waits}: 'sudo systemctl restart poleagent'.")
        return OK
    print(f"Revision {answer.revision} is in force" + ("." if answer.applied else "; nothing had changed."))
    return OK
