"""The parser of the command line in the language of who reads: its help, its usage, its refusals."""

from __future__ import annotations

import argparse
from typing import Any, Never

from agent.cli._language import local, reader
from agent.status.words import wrapped


class Parser(argparse.ArgumentParser):
    """One whose texts are sentences of the tables."""

    def __init__(self, **words: Any) -> None:
        super().__init__(**{"formatter_class": Formatter, **words})

    def error(self, message: str) -> Never:
        super().error(local(message))


class Formatter(argparse.HelpFormatter):
    """Chinese has no blanks to break lines at, and its characters are two columns wide. Texts with line ends stay."""

    def _format_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None) -> str:
        return super()._format_usage(usage, actions, groups, local("usage: ") if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        super().start_section(local(heading) if heading else heading)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return local(action.help) if action.help else action.help

    def _split_lines(self, text: str, width: int) -> list[str]:
        return super()._split_lines(text, width) if reader.get() == "en" else wrapped(" ".join(text.split()), width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        text = local(text)
        if "\n" in text:
            return "".join(indent + row for row in text.splitlines(keepends=True))
        if reader.get() == "en":
            return super()._fill_text(text, width, indent)
        return "\n".join(indent + row for row in wrapped(text, width - len(indent)))
