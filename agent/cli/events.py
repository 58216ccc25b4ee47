"""``poleagent events``: the newest events of the pole."""

from __future__ import annotations

import argparse

import msgspec

from agent.cli._ask import add_list, add_question, connect, decoded, show, show_json
from agent.cli._command import OK, Commands
from agent.status.lines import event_line
from contract.commands import LONGEST_WAIT_S, MOST_EVENTS, EventsArgs, EventsResult


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_question(
        commands,
        "events",
        "list the newest events",
        "Lists the newest events, delivered or not, oldest first; those of earlier runs as far as the store has them.",
    )
    add_list(command, "events", most=MOST_EVENTS)
    command.add_argument("--source", metavar="NAME", help="only those of this device, or of 'agent'")
    command.add_argument("--kind", metavar="KIND", help="only those of this kind: device_state, gap, summary, ...")
    command.set_defaults(do=_events)


def _events(options: argparse.Namespace) -> int:
    args = EventsArgs(last=options.last, source=options.source, kind=options.kind)
    wait_s = 0.0
    with connect(options) as client:
        while True:
            answer = decoded(client.ask("events", args, wait_s=wait_s), EventsResult, verbatim=options.json)
            for event in answer.events:
                if options.json:
                    show_json(msgspec.json.encode(event))
                else:
                    show(event_line(event) + "\n")
            if not options.follow:
                return OK
            wait_s = LONGEST_WAIT_S
            args = msgspec.structs.replace(args, after=answer.cursor, wait_s=wait_s)
