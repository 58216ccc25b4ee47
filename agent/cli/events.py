"""``poleagent events``: the newest events of the pole."""

from __future__ import annotations

import argparse

import msgspec

from agent.cli import _sentences_help as about
from agent.cli._ask import add_list, add_question, connect, decoded, show, show_json
from agent.cli._command import OK, Commands
from agent.cli._language import reader
from agent.status.lines import event_line
from contract.requests import LONGEST_WAIT_S, MOST_EVENTS, EventsArgs, EventsResult


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_question(
        commands,
        "events",
        about.LIST_NEWEST_EVENTS(),
        about.LISTS_NEWEST_EVENTS_DELIVERED(),
    )
    add_list(command, "events", most=MOST_EVENTS)
    command.add_argument("--source", metavar="NAME", help=about.ONLY_THOSE_DEVICE_OR())
    command.add_argument("--kind", metavar="KIND", help=about.ONLY_THOSE_KIND_DEVICE())
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
                    show(event_line(event, reader.get()) + "\n")
            if not options.follow:
                return OK
            wait_s = LONGEST_WAIT_S
            args = msgspec.structs.replace(args, after=answer.cursor, wait_s=wait_s)
