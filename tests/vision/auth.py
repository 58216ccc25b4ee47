"""What a camera asks for before it shows anything: Basic (RFC 7617) or Digest (RFC 7616, MD5)."""

from __future__ import annotations

import base64
import hashlib
import re

CHALLENGES = {"basic": 'Basic realm="camera"', "digest": 'Digest realm="camera", nonce="0123"'}


def welcome(auth: str, request: str, user: str, password: str) -> bool:
    """Whether a request of HTTP or RTSP knows the password."""
    if auth == "basic":
        return base64.b64encode(f"{user}:{password}".encode()).decode() in request

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    said = dict(re.findall(r'(\w+)="([^"]*)"', request.partition("Authorization: Digest ")[2]))
    method = request.partition(" ")[0]
    who, what = md5(f"{user}:camera:{password}"), md5(f"{method}:{said.get('uri')}")
    return said.get("response") == md5(f"{who}:0123:{what}")
