"""How the setup asks: a person at the terminal, or nobody where the answers came in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from agent.setup import sentences as say
from agent.setup import sentences_steps as words
from agent.setup.find import Find


class Asker(Protocol):
    """Who answers; all texts are in English and are shown in the language of who reads them."""

    attended: bool
    """Whether somebody is there who can answer."""

    def say(self, text: str) -> None:
        """One line for the person."""

    def text(self, question: str) -> str:
        """A line; empty where there is no answer."""

    def edits(self, finds: Sequence[Find]) -> str:
        """What is to be changed in the names of finds, ``2 roof, -3``; empty: nothing."""

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

    def edits(self, finds: Sequence[Find]) -> str:  # noqa: ARG002  # the person has just read them
        return self.text(words.ASK_FINDS())

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

    def edits(self, finds: Sequence[Find]) -> str:  # noqa: ARG002
        return ""

    def yes(self, question: str) -> bool:
        self.say(question)
        return self._replace
