"""``poleagent profile``: device profiles, the list of them and one in words."""

from __future__ import annotations

import argparse
import sys

from agent.acquire.registry import find_drivers
from agent.api import Profiles
from agent.cli._command import OK, WRONG_SETTINGS, Commands


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "profile",
        help="list the device profiles, or check and explain one",
        description="""Lists the device profiles that come with the agent. With a name or a file (a path with a slash in
        it) checks that profile and says what it asks and how it reads the answers, with an example of each row.""",
    )
    command.add_argument("profile", nargs="?", metavar="NAME|FILE", help="a profile; default: list them all")
    command.set_defaults(do=_profile)


def _profile(options: argparse.Namespace) -> int:
    books = [driver.profiles for driver in find_drivers().values() if driver.profiles]
    if options.profile is None:
        return _list(books)
    for book in books:
        explained = book.explain(options.profile)
        for problem in explained.problems:
            print(f"{options.profile}: {problem}", file=sys.stderr)
        for line in explained.lines:
            print(line)
        if explained.problems:
            return WRONG_SETTINGS
    return OK


def _list(books: list[Profiles]) -> int:
    rows = [row for book in books for row in book.summaries()]
    for name, summary in rows:
        print(f"{name:{max(len(name) for name, _ in rows)}}  {summary}")
    return OK
