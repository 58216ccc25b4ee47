"""The three ways things go wrong.

``ConfigError`` is for what the user can mend, ``Retry`` for what the world may mend by itself; anything else is a bug
and ends the process loudly, so that systemd restarts it and somebody reads the traceback.
"""

from __future__ import annotations


class AgentError(Exception):
    """An expected failure; ``str()`` of it is one sentence fit for the person who reads the log.

    ``exit_status`` is what a command or the daemon ends with that fails of it; ``cause`` its name in
    ``contract.causes``, empty where it has none.
    """

    exit_status = 1

    def __init__(self, *words: object, cause: str = "") -> None:
        super().__init__(*words)
        self.cause = cause


class ConfigError(AgentError):
    """The user's settings or arguments are wrong; says what, where, and what to do."""

    exit_status = 78  # EX_CONFIG of sysexits.h: the unit does not start us again, since only a person can mend it


class Retry(AgentError):
    """The outside world failed (a port went away, a broker does not answer); the caller backs off and tries again."""


class Interrupted(Retry):
    """What failed had done its work before: the next attempt need not wait longer than the one before."""


def first(group: BaseExceptionGroup[Retry]) -> Retry:
    """The first of a group, however deep it lies."""
    leaf = group.exceptions[0]
    return leaf if isinstance(leaf, Retry) else first(leaf)
