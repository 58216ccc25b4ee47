"""What the commands share that ask the running agent."""

from __future__ import annotations

import argparse
import sys
from typing import TypeVar

import msgspec

from agent.cli import _sentences_help as about
from agent.cli._command import Commands, add_settings
from agent.cli._numbers import whole
from agent.config.settings import LocalSettings
from agent.control.client import Client
from agent.plain import plain_json, plain_tree
from agent.system.peek import peek

T = TypeVar("T")


def add_question(
    commands: Commands[argparse.ArgumentParser], name: str, line: str, text: str
) -> argparse.ArgumentParser:
    """A command that asks the running agent: ``line`` for the list of commands, ``text`` for its own help."""
    command = commands.add_parser(name, help=line, description=" ".join(text.split()))
    command.add_argument("--socket", metavar="PATH", help=about.AGENTS_CONTROL_SOCKET_IF())
    add_settings(command)
    return command


def add_list(command: argparse.ArgumentParser, what: str, most: int) -> None:
    """The options of a command that lists the newest of something."""
    command.add_argument("--last", type=whole(1, most), default=20, metavar="N", help=about.HOW_MANY_DEFAULT(what=what))
    command.add_argument("--follow", action="store_true", help=about.GO_NEW_ONES_THEY())
    command.add_argument("--json", action="store_true", help=about.ONE_JSON_OBJECT_PER())


def connect(options: argparse.Namespace) -> Client:
    """A connection to the agent of this pole."""
    return Client(socket_path(options))


def decoded(answer: bytes, kind: type[T], *, verbatim: bool = False) -> T:
    """An answer of the agent, with texts that a terminal may be shown, or ``verbatim`` for ``show_json``."""
    if verbatim:
        return msgspec.json.decode(answer, type=kind)
    return msgspec.json.decode(msgspec.json.encode(plain_tree(msgspec.json.decode(answer))), type=kind)


def show_json(answer: bytes) -> None:
    """One JSON value on a line; a terminal obeys nothing of it."""
    show(plain_json(answer.decode()) + "\n")


def socket_path(options: argparse.Namespace) -> str:
    """Where to ask: ``--socket``, else what the settings say; settings that cannot be read are no obstacle."""
    return str(options.socket or peek(options.settings, "local", "socket", LocalSettings().socket))


def ascii_only() -> bool:
    """Whether the terminal lacks the signs of units, such as the degree."""
    try:
        "°µ²³".encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return True
    return False


def show(text: str) -> None:
    """A name that the terminal cannot show becomes question marks, never a traceback."""
    encoding = sys.stdout.encoding
    print(text.encode(encoding, "replace").decode(encoding), end="", flush=True)
