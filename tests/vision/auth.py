"""What a camera asks for before it shows anything, and what it takes for an answer: Basic (RFC 7617), Digest (7616)."""

from __future__ import annotations

import base64
import hashlib
import re

_ASKS = 'Digest realm="camera", nonce="{}"{}'
CHALLENGES = {
    "basic": ['Basic realm="camera"'],
    "digest": [_ASKS.format("0123", "")],
    "sha-256": [_ASKS.format("0123", ', algorithm=SHA-256, qop="auth"')],
    "both": [_ASKS.format("4567", ", algorithm=MD5"), _ASKS.format("0123", ', algorithm=SHA-256, qop="auth"')],
    "sha-512": [_ASKS.format("0123", ", algorithm=SHA-512")],
}
"""WWW-Authenticate of each kind, one a line."""


def challenge(auth: str) -> str:
    return "".join(f"WWW-Authenticate: {each}\r\n" for each in CHALLENGES[auth])


def welcome(auth: str, request: str, user: str, password: str) -> bool:
    """Whether a request of HTTP or RTSP knows the password."""
    if auth == "basic":
        return base64.b64encode(f"{user}:{password}".encode()).decode() in request
    said = _values(request)
    name = "md5" if said.get("nonce") == "4567" or auth == "digest" else "sha256"

    def digest(*parts: str) -> str:
        return hashlib.new(name, ":".join(parts).encode()).hexdigest()

    method = request.partition(" ")[0]
    who, what = digest(user, "camera", password), digest(method, said.get("uri", ""))
    middle = [said.get("nonce", ""), *([said["nc"], said.get("cnonce", ""), "auth"] if "nc" in said else [])]
    return said.get("response") == digest(who, *middle, what)


def _values(request: str) -> dict[str, str]:
    text = request.partition("Authorization: Digest ")[2].partition("\r\n")[0]
    return {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', text)}
