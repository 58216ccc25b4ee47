"""docs/reference/cli.md, made from the argument parser; an option without a word about it fails here."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from agent import cli

HEAD = """# The command line

Made from the code by `make docs`. What each command shows and what to do about it: [technician.md](../technician.md).
"""


def commands(top: argparse.ArgumentParser | None = None) -> dict[str, argparse.ArgumentParser]:
    """Every command by name."""
    top = top or cli.parser()
    choices = next(action.choices for action in top._actions if isinstance(action, argparse._SubParsersAction))
    return dict(choices)


def page() -> str:
    """The whole page."""
    return "\n".join((HEAD, *(_section(name, command) for name, command in commands().items()), _codes()))


def _section(name: str, command: argparse.ArgumentParser) -> str:
    lines = [f"## poleagent {name}", "", f"{command.description}", ""]
    options = list(_options(command))
    if options:
        lines += ["| option | what it does |", "|---|---|", *options, ""]
    return "\n".join(lines)


def _options(command: argparse.ArgumentParser) -> Iterator[str]:
    for action in command._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        word = ", ".join(action.option_strings) or str(action.metavar)
        value = f" {action.metavar}" if action.option_strings and action.nargs != 0 else ""
        text = (action.help or "") % {"default": action.default}
        yield f"| `{word}{value}` | {text.replace('|', chr(92) + '|')} |"


def _codes() -> str:
    rows = [line.split(maxsplit=1) for line in cli.EXIT_CODES.splitlines()[1:]]
    return "\n".join(("## Exit codes", "", "| code | meaning |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows), ""))


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_option_is_explained(name: str) -> None:
    command = commands()[name]
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


def test_help_lists_all_commands_on_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) <= 40
    for name in commands():
        assert f"\n    {name} " in out


def test_a_command_is_a_module_that_nothing_lists() -> None:
    assert set(commands()) == set(cli.commands())
    assert list(commands(cli.parser("status"))) == ["status"], "only the module of the command asked for is loaded"
