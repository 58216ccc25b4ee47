"""docs/reference/cli.md, made from the argument parser; an option without a word about it fails here."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

import fleet.cli
import release.cli
from agent import cli

HEAD = """# The command line

Made from the code by `make docs`. What each command shows and what to do about it: [technician.md](../technician.md).
"""
FLEET_HEAD = """# The command line of the platform

Made from the code by `make docs`. How an operator works with it: [operator.md](../operator.md).
"""
RELEASE_HEAD = """# The command line of the maintainers

Made from the code by `make docs`. How a maintainer works with it: [maintainer.md](../maintainer.md).
"""


def commands(top: argparse.ArgumentParser | None = None) -> dict[str, argparse.ArgumentParser]:
    """Every command by name."""
    top = top or cli.parser()
    choices = next(action.choices for action in top._actions if isinstance(action, argparse._SubParsersAction))
    return dict(choices)


def page() -> str:
    """docs/reference/cli.md."""
    return page_of(HEAD, commands(), cli.EXIT_CODES)


def fleet_page() -> str:
    """docs/reference/polefleet.md."""
    return page_of(FLEET_HEAD, commands(fleet.cli.parser()), fleet.cli.EXIT_CODES)


def release_page() -> str:
    """docs/reference/polerelease.md."""
    return page_of(RELEASE_HEAD, commands(release.cli.parser()), release.cli.EXIT_CODES)


def page_of(head: str, commands: dict[str, argparse.ArgumentParser], codes: str) -> str:
    return "\n".join((head, *map(_section, whole(commands)), _codes(codes)))


def whole(commands: dict[str, argparse.ArgumentParser]) -> Iterator[argparse.ArgumentParser]:
    """Each command, and after it those below it."""
    for command in commands.values():
        yield command
        for action in command._actions:
            if isinstance(action, argparse._SubParsersAction):
                yield from whole(dict(action.choices))


def _section(command: argparse.ArgumentParser) -> str:
    lines = [f"## {command.prog}", "", f"{command.description}", ""]
    rows = list(_options(command))
    if rows:
        lines += ["| option | what it does |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _options(command: argparse.ArgumentParser) -> Iterator[str]:
    for word, text in options(command):
        yield "| `{}` | {} |".format(*(cell.replace("|", r"\|") for cell in (word, text)))


def options(command: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """How each option and argument is written, and what it does."""
    for action in command._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        value = str(action.metavar or "|".join(map(str, action.choices or ())))
        word = ", ".join(action.option_strings) or value
        shown = f"{word} {value}" if action.option_strings and action.nargs != 0 else word
        yield shown, (action.help or "") % {"default": action.default}


def _codes(codes: str) -> str:
    rows = [line.split(maxsplit=1) for line in codes.splitlines()[1:]]
    return "\n".join(("## Exit codes", "", "| code | meaning |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows), ""))


_EVERY = {
    command.prog: command
    for top in (cli.parser(), fleet.cli.parser(), release.cli.parser())
    for command in whole(commands(top))
}


@pytest.mark.parametrize("name", sorted(_EVERY))
def test_every_command_and_option_is_explained(name: str) -> None:
    command = _EVERY[name]
    assert command.description
    assert command.description.endswith(".")
    for action in command._actions:
        assert action.help, f"{name} {action.option_strings or action.dest} has no help"
        assert action.help != argparse.SUPPRESS


def test_the_page_names_every_command_and_every_exit_code() -> None:
    text = page()
    for name in commands():
        assert f"## poleagent {name}\n" in text
    for code in (cli.OK, cli.FAILED, cli.USAGE, cli.NOT_RUNNING, cli.NOT_ALLOWED, cli.WRONG_SETTINGS):
        assert f"| {code} |" in text


def test_an_argument_that_is_one_of_a_few_words_is_written_as_these() -> None:
    assert dict(options(commands()["update"]))["run|status|retry|accept"] == "what to do; default run"
    assert "--step hour|day" in dict(options(commands(fleet.cli.parser())["series"]))


def test_help_lists_all_commands_on_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) <= 43
    for name in commands():
        assert f"\n    {name} " in out


def test_a_command_is_a_module_that_nothing_lists() -> None:
    assert set(commands()) == set(cli.commands())
    assert list(commands(cli.parser("status"))) == ["status"], "only the module of the command asked for is loaded"
