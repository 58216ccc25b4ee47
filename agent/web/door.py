"""Who may see the page: the technician who types the code of the terminal. Everything here ends with the process."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable

DIGITS = 8
TRIES = 5
"""Wrong codes that are taken at once, from whomever they come; then one every ``TRY_S``."""
TRY_S = 10.0
"""Eight hours, the longest that a page may last, give 2,885 tries at one in 10^8: a chance of 0.003 %."""
MOST_SESSIONS = 8
COOKIE = "__Host-poleagent"
"""The prefix makes the browser insist on Secure, the path / and no domain (RFC 6265bis, section 4.1.3.2)."""


class TooManyTries(Exception):
    """Too many wrong codes; the next is looked at in ``wait_s``."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class LogIns:
    """One code at a time; it is good for one log-in, and ``show`` is given the next one."""

    def __init__(self, now: Callable[[], float], show: Callable[[str], None]) -> None:
        """``now``: a clock in seconds that cannot be set."""
        self._now = now
        self._show = show
        self._room = float(TRIES)
        self._last_s = now()
        self._sessions: list[bytes] = []
        self._code = self._new_code()

    def enter(self, code: str) -> str | None:
        """The session's token, None where the code is wrong. TooManyTries: it was not looked at."""
        now_s = self._now()
        self._room = min(float(TRIES), self._room + (now_s - self._last_s) / TRY_S)
        self._last_s = now_s
        if self._room < 1:
            raise TooManyTries((1 - self._room) * TRY_S)
        typed = "".join(char for char in code if char not in " -")
        if not hmac.compare_digest(typed.encode(), self._code.encode()):
            self._room -= 1
            return None
        self._code = self._new_code()
        token = secrets.token_urlsafe(32)
        self._sessions = [*self._sessions, _digest(token)][-MOST_SESSIONS:]
        return token

    def knows(self, token: str) -> bool:
        seen = _digest(token)
        return any([hmac.compare_digest(seen, each) for each in self._sessions])  # noqa: C419 - each, whatever is found

    def leave(self, token: str) -> None:
        seen = _digest(token)
        self._sessions = [each for each in self._sessions if not hmac.compare_digest(seen, each)]

    def _new_code(self) -> str:
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        self._show(f"{code[:4]} {code[4:]}")
        return code


def token_in(cookies: str) -> str:
    """The session's token in the header Cookie; empty where there is none."""
    for part in cookies.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def cookie(token: str) -> str:
    """What is set: for this host and over TLS alone, no script sees it, no other site sends it; none to end it."""
    return f"{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict" + ("" if token else "; Max-Age=0")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
