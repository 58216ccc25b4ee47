"""docs/man/*.1, made from the argument parsers: the pages that `man` shows; the packages hold them compressed."""

from __future__ import annotations

import argparse

import fleet.cli
import release.cli
from agent import cli
from tests.test_cli_page import commands, options

_MORE = {
    "poleagent": "The technician's manual is /usr/share/doc/poleagent/technician.md.",
    "polefleet": "The operator's manual is /usr/share/doc/polefleet/platform.md.",
    "polerelease": "The maintainer's manual is docs/maintainer.md of the source.",
}


def poleagent() -> str:
    return page(cli.parser(), cli.EXIT_CODES)


def polefleet() -> str:
    return page(fleet.cli.parser(), fleet.cli.EXIT_CODES)


def polerelease() -> str:
    return page(release.cli.parser(), release.cli.EXIT_CODES)


def page(top: argparse.ArgumentParser, codes: str) -> str:
    """A manual page in the macros of man(7)."""
    name, about = top.prog, top.description or ""
    rows = [f'.TH {name.upper()} 1 "" {name} "User Commands"', ".SH NAME"]
    rows += [f"{name} \\- {roff(about.rstrip('.'))}", ".SH SYNOPSIS", f".B {name}", r"[\fB\-h\fR] \fICOMMAND\fR [...]"]
    for row in options(top):
        if row[0].startswith("-"):
            rows += [".SH OPTIONS", *_tagged(*row)]
    rows.append(".SH COMMANDS")
    for command in commands(top).values():
        rows += [f".SS {roff(command.prog)}", roff(command.description or "")]
        for row in options(command):
            rows += _tagged(*row)
    rows.append(".SH EXIT STATUS")
    for line in codes.splitlines()[1:]:
        rows += _tagged(*line.split(maxsplit=1))
    rows += [".SH SEE ALSO", roff(_MORE[name])]
    return "\n".join((*rows, ""))


def _tagged(word: str, text: str) -> list[str]:
    return [".TP", rf"\fB{roff(word)}\fR", roff(text)]


def roff(text: str) -> str:
    """One paragraph as troff reads it: no character of it is a request or an escape, a hyphen can be copied."""
    text = " ".join(text.split()).replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{text}" if text.startswith((".", "'")) else text
