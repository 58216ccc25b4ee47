"""Answers to the challenges of HTTP and RTSP: Basic (RFC 7617) and Digest (RFC 7616, RFC 2617, RFC 2069)."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from agent.vision import sentences_stream as say

_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_PART = re.compile(rf'\s*,*\s*({_NAME})(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?')
_HASHES = {"SHA512256": "sha512_256", "SHA256": "sha256", "MD5": "md5"}
"""The strongest first; cameras write the names with hyphens and without."""


class Unknown(ValueError):
    """The camera asks for what we cannot do; the text is a sentence that names it."""


class Challenge(NamedTuple):
    """``scheme`` in lower case, the names of its parameters as well."""

    scheme: str
    values: Mapping[str, str]


def challenges(headers: Iterable[str]) -> list[Challenge]:
    """All of one or several WWW-Authenticate headers, each of which may hold several."""
    found: list[Challenge] = []
    for header in headers:
        place = 0
        values: dict[str, str] = {}
        while part := _PART.match(header, place):
            place = part.end()
            name, quoted, bare = part[1], part[2], part[3]
            if quoted is None and bare is None:
                values = {}
                found.append(Challenge(name.lower(), values))
            else:
                values.setdefault(name.lower(), bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
    return found


class Credentials:
    """One user's answers on one connection: ``heed`` the challenges, then ``header`` for each request."""

    def __init__(self, user: str, password: str, nonce: Callable[[], str] = lambda: secrets.token_hex(8)) -> None:
        self.user = user
        self._password = password
        self._own_nonce = nonce
        self._chosen: Challenge | None = None
        self._count = 0
        self._renewed = False
        self.sent = False
        """Whether the camera has been shown the password at all."""

    def heed(self, headers: Iterable[str]) -> bool:
        """Take a refusal's challenges; False: the password itself was refused. Unknown: as it says.

        A fresh challenge was answered, and the answer was not taken: that is a wrong password, whatever comes with the
        refusal; a stale nonce is believed once.
        """
        answered = self._chosen is not None and self._count == 1
        try:
            chosen = _best(challenges(headers))
        except Unknown:
            if answered:
                return False
            raise
        stale = chosen.values.get("stale", "").lower() == "true" and not self._renewed
        if answered and not stale:
            return False
        if self._chosen is not None and chosen.scheme == "basic":
            return False
        self._chosen, self._count, self._renewed = chosen, 0, answered
        return True

    def header(self, method: str, uri: str, body: bytes = b"") -> str:
        """The value of Authorization; empty where nothing was asked."""
        if self._chosen is None:
            return ""
        self.sent = True
        self._count += 1
        if self._chosen.scheme == "basic":
            return "Basic " + base64.b64encode(f"{self.user}:{self._password}".encode()).decode()
        return self._digest(self._chosen.values, method, uri, body)

    def _digest(self, asked: Mapping[str, str], method: str, uri: str, body: bytes) -> str:
        algorithm = asked.get("algorithm", "MD5").upper()
        name = _HASHES[_base(algorithm)]

        def digest(*parts: str) -> str:
            return hashlib.new(name, ":".join(parts).encode(), usedforsecurity=False).hexdigest()

        realm, nonce, own = asked.get("realm", ""), asked.get("nonce", ""), self._own_nonce()
        offered = {each.strip().lower() for each in asked.get("qop", "").split(",")}
        kind = next((each for each in ("auth", "auth-int") if each in offered), "")
        who = digest(self.user, realm, self._password)
        if algorithm.endswith("-SESS"):
            who = digest(who, nonce, own)
        what = digest(method, uri)
        if kind == "auth-int":
            what = digest(method, uri, hashlib.new(name, body, usedforsecurity=False).hexdigest())
        count = f"{self._count:08x}"
        response = digest(who, nonce, count, own, kind, what) if kind else digest(who, nonce, what)
        hashed = asked.get("userhash", "").lower() == "true"
        said = [
            f"username={_quoted(digest(self.user, realm) if hashed else self.user)}",
            f"realm={_quoted(realm)}",
            f"nonce={_quoted(nonce)}",
            f"uri={_quoted(uri)}",
            f'response="{response}"',
        ]
        said += [f"algorithm={asked['algorithm']}"] if "algorithm" in asked else []
        said += [f"opaque={_quoted(asked['opaque'])}"] if "opaque" in asked else []
        said += [f'qop={kind}, nc={count}, cnonce="{own}"'] if kind else []
        said += [f'cnonce="{own}"'] if algorithm.endswith("-SESS") and not kind else []
        said += ["userhash=true"] if hashed else []
        return "Digest " + ", ".join(said)


def _best(offered: list[Challenge]) -> Challenge:
    """Digest by the strongest known algorithm, then Basic. Unknown: neither is offered."""
    for algorithm in _HASHES:
        for each in offered:
            if each.scheme == "digest" and _base(each.values.get("algorithm", "MD5")) == algorithm and _here(algorithm):
                return each
    for each in offered:
        if each.scheme == "basic":
            return each
    names = {f"{each.scheme.title()} {each.values.get('algorithm', '')}".strip() for each in offered}
    words = " or ".join(sorted(re.sub(r"[^\w -]", "", name)[:40] for name in names)) or "a proof without a name"
    raise Unknown(say.CAMERA_ASKS_NOT_KNOWN(words=words))


def _base(algorithm: str) -> str:
    return algorithm.upper().removesuffix("-SESS").replace("-", "")


def _here(algorithm: str) -> bool:
    return _HASHES[algorithm] in hashlib.algorithms_available


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
