"""``poleagent profile``: device profiles, the list of them and one in words."""

from __future__ import annotations

import argparse

from agent.acquire.registry import find_drivers
from agent.api import Profiles
from agent.cli import _sentences_help as about
from agent.cli._command import OK, WRONG_SETTINGS, Commands
from agent.cli._language import err, out


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "profile",
        help=about.LIST_DEVICE_PROFILES_OR(),
        description=about.LISTS_DEVICE_PROFILES_COME(),
    )
    command.add_argument("profile", nargs="?", metavar="NAME|FILE", help=about.PROFILE_DEFAULT_LIST_THEM())
    command.set_defaults(do=_profile)


def _profile(options: argparse.Namespace) -> int:
    books = [driver.profiles for driver in find_drivers().values() if driver.profiles]
    if options.profile is None:
        return _list(books)
    for book in books:
        explained = book.explain(options.profile)
        for problem in explained.problems:
            err(f"{options.profile}: {problem}")
        for line in explained.lines:
            out(line)
        if explained.problems:
            return WRONG_SETTINGS
    return OK


def _list(books: list[Profiles]) -> int:
    rows = [row for book in books for row in book.summaries()]
    for name, summary in rows:
        out(f"{name:{max(len(name) for name, _ in rows)}}  {summary}")
    return OK
