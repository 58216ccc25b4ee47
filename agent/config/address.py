"""Addresses of cameras: which forms are taken, and how much of one may be shown, logged, stored or sent.

Shown are scheme, host, port and the plain part of the path, and nothing else (RFC 3986, section 7.5, asks for less).
People write passwords into addresses in many ways, raw and encoded, before the host, in the query and in the path; so
what is shown is what is known to be harmless, and not what is left when known forms of a password are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote

from agent.config import sentences_checks as say

PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
"""The schemes that are taken, each with its port. Others can open a port here, or read what they should not."""
SLOT = "{password}"
"""Stands in an address where a camera wants its password in the path or the query."""
CURE = say.WRITE_ONLY_USER_SET()
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_HOST = re.compile(
    r"(?P<host>[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?|\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\])(?::(?P<port>\d{0,5}))?"
)
_SEGMENTS = re.compile(r"(?:/[A-Za-z0-9._~+-]*)*")
_TEXT = re.compile(r"[a-z][a-z0-9+.-]*:/+", re.IGNORECASE)
_END = re.compile(r"[,.;:'\")\]>]*(\s|$)")
_WORDS = re.compile(r"(\w*(?:pas|pwd|psw|secret|token|auth|key)\w*=)[^&\s]+|[^\s/]*:\S*(?=@)", re.IGNORECASE)
_HIDDEN = "***"


class BadAddress(ValueError):
    """Why an address cannot be used, in a sentence that holds nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a camera is, and what it is asked for: ``target`` is path and query as they are sent."""

    scheme: str
    host: str
    port: int
    target: str = field(repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    in_target: bool = False
    """The target holds the password, so each request shows it."""

    @property
    def encrypted(self) -> bool:
        return self.scheme in ("rtsps", "https")

    @property
    def place(self) -> str:
        """Host and port as they stand in an address; a port that goes without saying is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """As a request names it: without user and password. Only for the camera, since a target may hold one."""
        return f"{self.scheme}://{self.place}{self.target}"

    def with_password(self, password: str) -> Address:
        """The password where the address has its place, or next to the user."""
        if SLOT in self.target:
            return replace(self, target=self.target.replace(SLOT, quote(password, safe="")), in_target=True)
        return replace(self, password=password)


def trouble_of(source: str) -> str:
    """Why a camera's source cannot be used, in a sentence that holds nothing of it; empty where it can."""
    if re.match(r"/(?!/)|file:///", source, re.IGNORECASE):
        return "" if source.isprintable() else say.CHARACTER_PATH_CANNOT_PRINTED()
    try:
        parse(source)
    except BadAddress as exc:
        return str(exc)
    return ""


def is_address(source: str) -> bool:
    return bool(_SCHEME.match(source)) and not source.lower().startswith("file:")


def parse(source: str) -> Address:
    """An address of one of ``PORTS``. BadAddress: it is none, or can be read in two ways."""
    found = _SCHEME.match(source)
    if found is None or (scheme := found[1].lower()) not in PORTS:
        raise BadAddress(say.EXPECTED_DEVICE_DEV_V(ports=_either(PORTS)))
    if not source.isprintable():
        raise BadAddress(say.CHARACTER_ADDRESS_CANNOT_PRINTED())
    authority, target = _split(source[found.end() :])
    info, at, rest = authority.rpartition("@")
    place = _HOST.fullmatch(rest)
    if "@" in target and (at or place is None or "." not in place["host"]):
        raise BadAddress(say.USER_OR_PASSWORD_OR(cure=CURE))
    if place is None or int(place["port"] or 1) > 65535:
        raise BadAddress(say.NO_HOST_OR_NO())
    user, _, password = info.partition(":")
    return Address(
        scheme=scheme,
        host=place["host"].strip("[]"),
        port=int(place["port"] or PORTS[scheme]),
        target=quote(target, safe="".join(map(chr, range(0x21, 0x7F)))),
        user=unquote(user),
        password=unquote(password),
    )


def shown(source: str) -> str:
    """What of a camera's source a person may see: of an address scheme, host, port and the plain part of its path."""
    found = _SCHEME.match(source)
    if found is None:
        return source if re.match(r"/(?!/)", source) else _HIDDEN
    if found[1].lower() == "file":
        return source[found.end() :] if source[found.end() :].startswith("/") else _HIDDEN
    authority, target = _split(source[found.end() :])
    place = _HOST.fullmatch(authority.rpartition("@")[2])
    if place is None or "@" in target:
        return f"{found[1].lower()}://{_HIDDEN}"
    return f"{found[1].lower()}://{place[0]}{_plain_path(target)}"


def hidden(text: str) -> str:
    """A text of any origin with every address in it as ``shown``; what may be a password goes as well."""
    found = _TEXT.search(text)
    if found is None:
        return _WORDS.sub(_word, text)
    before, rest = _WORDS.sub(_word, text[: found.start()]), text[found.end() :]
    scheme = found[0].rstrip("/")
    place = _HOST.match(rest)
    if place is None or "@" in rest:  # a password may hold spaces, so nothing tells where it ends
        return f"{before}{scheme}//{_HIDDEN}"
    path = _SEGMENTS.match(rest, place.end())
    end = path.end() if path else place.end()
    if "=" in rest or not _END.match(rest, end):
        return f"{before}{scheme}//{place[0]}{_plain_path(rest[place.end() :])}"
    return f"{before}{scheme}//{rest[:end]}{hidden(rest[end:])}"


def _word(found: re.Match[str]) -> str:
    return f"{found[1] or ''}{_HIDDEN}"


def _split(rest: str) -> tuple[str, str]:
    """Authority, and all that follows it."""
    end = min((place for mark in "/?#" if (place := rest.find(mark)) >= 0), default=len(rest))
    return rest[:end], rest[end:]


def _plain_path(target: str) -> str:
    """The segments that are plain words; from the first other one on, a path may hold user and password."""
    found = _SEGMENTS.match(target)
    plain = found[0] if found else ""
    if plain == target:
        return plain
    return f"{plain[: plain.rfind('/') + 1]}..." if target[len(plain)] not in "?#" else f"{plain}..."


def _either(schemes: Iterable[str]) -> str:
    *first, last = (f"{scheme}://" for scheme in schemes)
    return f"{', '.join(first)} or {last}"
