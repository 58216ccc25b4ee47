"""packaging/completions/*, made from the argument parsers: what bash proposes after each command and option."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

import fleet.cli
import release.cli
from agent import cli
from tests.test_cli_page import commands

_FILES = {"FILE", "FOLDER", "DIR", "DESK", "SITE", "BUNDLE", "PATH", "PNG"}
"""A metavar that stands for what lies on the disk."""
_SCRIPT = """\
# bash completion of {name}, made from the code by `make docs`
_{name}() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} command= word words= files=
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $word in {names}) command=$word && break ;; esac
    done
    case $command:$prev in
{values}
    *)
        case $command in
{options}
        *) words="{top}" ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen ${{files:+-f}} -W "$words" -- "$cur")
    [ -z "$files" ] || compopt -o filenames 2>/dev/null
}}
complete -F _{name} {name}
"""


def poleagent() -> str:
    return script(cli.parser())


def polefleet() -> str:
    return script(fleet.cli.parser())


def polerelease() -> str:
    return script(release.cli.parser())


def script(top: argparse.ArgumentParser) -> str:
    """The completion of one program; bash sources it."""
    every = commands(top)
    cases: dict[str, list[str]] = {}
    for name, command in {"": top, **every}.items():
        for action in _actions(command):
            if action.option_strings and action.nargs != 0:
                keys = [f"{name}:{option}" for option in action.option_strings]
                cases.setdefault(_proposed(_choices(action), _names_files([action])), []).extend(keys)
    return _SCRIPT.format(
        name=top.prog,
        names=" | ".join(every),
        values="\n".join(f"    {' | '.join(dict.fromkeys(keys))}) {do} ;;" for do, keys in sorted(cases.items())),
        options="\n".join(f"        {name}) {_of(command)} ;;" for name, command in every.items()),
        top=" ".join([*every, *_written(top)]),
    )


def _of(command: argparse.ArgumentParser) -> str:
    arguments = [action for action in _actions(command) if not action.option_strings]
    words = [word for action in arguments for word in _choices(action)]
    return _proposed([*words, *_written(command)], _names_files(arguments))


def _actions(command: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Those of the command and of the commands below it, whose names are an argument's words."""
    for action in command._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction) and " " in command.prog:
            for below in dict(action.choices).values():
                yield from _actions(below)


def _written(command: argparse.ArgumentParser) -> list[str]:
    """The long form of each option."""
    return list(dict.fromkeys(action.option_strings[-1] for action in _actions(command) if action.option_strings))


def _choices(action: argparse.Action) -> list[str]:
    return [str(choice) for choice in action.choices or ()]


def _names_files(actions: Iterable[argparse.Action]) -> bool:
    return any(action.type is Path or _FILES & set(str(action.metavar).split("|")) for action in actions)


def _proposed(words: Iterable[str], files: bool) -> str:
    set_words = f'words="{" ".join(words)}"'
    return f"{set_words} files=yes" if files else set_words
