"""The platform's API as a maintainer's tool asks it: with a token, over TLS unless it is this machine."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from release.errors import ReleaseError

ROOT = "/api/v1"
WAIT_S = 60.0
MOST_BYTES = 64 << 20
_LOCAL = ("localhost", "127.0.0.1", "::1")


class PlatformApi:
    """One platform. ReleaseError: it is not there, or refuses, with its own sentence."""

    def __init__(self, address: str, token: str, ca: Path | None = None) -> None:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ReleaseError(f"'{address}' is no address of a platform; write it as https://poles.city.example")
        if parts.scheme == "http" and parts.hostname not in _LOCAL:
            raise ReleaseError(f"{address}: a token does not travel in plain text; use https")
        self._host, self._port, self._base = parts.hostname, parts.port, parts.path.rstrip("/") + ROOT
        self._token = token
        self._tls = _context(ca) if parts.scheme == "https" else None

    def get(self, path: str, **params: object) -> Any:
        """The answer to a question; parameters that are None or empty are left out."""
        given = {key: value for key, value in params.items() if value not in {None, ""}}
        return self._ask("GET", quote(path) + (f"?{urlencode(given)}" if given else ""), None)

    def items(self, path: str, **params: object) -> Iterator[Any]:
        """All items of a list, part by part."""
        cursor: str | None = ""
        while cursor is not None:
            part = self.get(path, cursor=cursor, limit=1000, **params)
            yield from part["items"]
            cursor = part["next"]

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """The answer to a change."""
        return self._ask("POST", quote(path), json.dumps(body).encode())

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        if self._tls is None:
            link = http.client.HTTPConnection(self._host, self._port, timeout=WAIT_S)
        else:
            link = http.client.HTTPSConnection(self._host, self._port, timeout=WAIT_S, context=self._tls)
        try:
            link.request(method, self._base + path, body, headers)
            answer = link.getresponse()
            data = answer.read(MOST_BYTES)
        except (OSError, http.client.HTTPException) as exc:
            raise ReleaseError(f"the platform {self._host} cannot be reached: {exc}") from exc
        finally:
            link.close()
        try:
            said = json.loads(data)
        except ValueError as exc:
            raise ReleaseError(f"{self._host} answers {answer.status} and is no platform") from exc
        if answer.status != http.client.OK:
            why = said.get("error") if isinstance(said, dict) else None
            raise ReleaseError(f"the platform refuses: {why or answer.status}")
        return said


def read_token(path: Path) -> str:
    """The first line of a file. ReleaseError: there is none."""
    try:
        token = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise ReleaseError(f"{path} cannot be read: {exc}") from exc
    if not token.isascii() or not token:
        raise ReleaseError(f"{path} holds no token; a person makes one on the platform's page of accounts")
    return token


def _context(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as exc:
        raise ReleaseError(f"{ca} holds no certificate: {exc}") from exc
