"""How the setup asks: a person at the terminal, or nobody where the answers came in a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from agent.setup import sentences as say


class Asker(Protocol):
    """Who answers; all texts are in English and are shown in the language of who reads them."""

    attended: bool
    """Whether somebody is there who can answer."""

    def say(self, text: str) -> None:
        """One line for the person."""

    def text(self, question: str) -> str:
        """A line; empty where there is no answer."""

    def yes(self, question: str) -> bool:
        """Whether something that is there may be replaced."""


class TerminalAsker:
    """A person. ``show`` prints a line, ``prompt`` reads one."""

    attended = True

    def __init__(self, show: Callable[[str], None], prompt: Callable[[str], str]) -> None:
        self.say = show
        self._prompt = prompt

    def text(self, question: str) -> str:
        try:
            return self._prompt(question).strip()
        except EOFError as reason:
            raise say.SetupError(say.NO_TERMINAL) from reason

    def yes(self, question: str) -> bool:
        return self.text(question).lower() in {"y", "yes", "是", "好"}


class FileAsker:
    """Nobody: what is not in the file is not answered; ``replace`` says whether what is there may be replaced."""

    attended = False

    def __init__(self, show: Callable[[str], None], *, replace: bool) -> None:
        self.say = show
        self._replace = replace

    def text(self, question: str) -> str:  # noqa: ARG002  # nobody reads it
        return ""

    def yes(self, question: str) -> bool:
        self.say(question)
        return self._replace
