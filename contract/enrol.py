"""How a pole gets its certificate: the claim link, and two messages over HTTPS; pure.

A person makes a claim on the platform and carries its link to the pole, as text or as a QR code. The pole makes its
key, trusts the server whose CA has the fingerprint of the link, and sends ``ClaimRequest``; the platform answers
``ClaimAnswer``. Before the certificate expires, the pole sends ``RenewRequest``, signed with its old key, and gets a
``ClaimAnswer`` again. A refusal is a ``Refusal`` with an HTTP status of 400 or more.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

CLAIM = "/enrol/v1/claim"
RENEW = "/enrol/v1/renew"
CA = "/enrol/v1/ca.pem"
"""The certificate of the CA: a pole compares its SHA-256 with that of the link before it trusts it."""
ENROL_BYTES = 16 * 1024
"""Longest message in either direction."""
POLE_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
"""What a pole may be called: its id is a part of topics, of access rules and of names of certificates."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts to which plain HTTP is spoken."""

Pole = Annotated[str, Meta(pattern=POLE_ID)]
Pem = Annotated[str, Meta(max_length=8192)]


class BadLink(ValueError):
    """A text that is no claim link; ``str()`` says what is wrong with it."""


class ClaimLink(msgspec.Struct, frozen=True, kw_only=True):
    """``{server}/claim/{pole}#{token}.{ca}``: what follows ``#`` is never sent, so no log has it.

    ``server`` is ``https://HOST:PORT``; ``ca`` the SHA-256 of the CA's certificate (DER) as 64 hexadecimal digits,
    empty where ``server`` is plain HTTP on the loopback.
    """

    server: str
    pole: str
    token: str
    ca: str

    def __str__(self) -> str:
        return f"{self.server}/claim/{self.pole}#{self.token}.{self.ca}"


def read_link(text: str) -> ClaimLink:
    """A link as a person has typed or scanned it; raises ``BadLink``."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as reason:
        raise BadLink(f"this is no claim link: {reason}") from reason
    token, dot, ca = parts.fragment.partition(".")
    path, pole = parts.path.rpartition("/")[::2]
    if parts.scheme not in {"http", "https"} or not parts.hostname or path != "/claim" or not (pole and token and dot):
        raise BadLink("a claim link reads https://HOST:PORT/claim/POLE#TOKEN.FINGERPRINT: copy the whole of it")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise BadLink("a claim over plain HTTP is for the loopback only: the link of another machine begins with https")
    if parts.scheme == "https" and (len(ca) != 64 or not set(ca) <= set("0123456789abcdef")):
        raise BadLink("the link ends with the 64 hexadecimal digits of the CA: copy the whole of it")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return ClaimLink(server=f"{parts.scheme}://{host}" + (f":{port}" if port else ""), pole=pole, token=token, ca=ca)


class ClaimRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pole asks for its certificate. The same request may be sent again where its answer was lost."""

    pole: Pole
    token: Annotated[str, Meta(min_length=16, max_length=128, description="from the claim link")]
    csr: Annotated[Pem, Meta(description="certificate signing request, PKCS #10 in PEM, key of the curve P-256")]


class RenewRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pole asks for a certificate for a new key, and proves by its old one that it is the pole."""

    pole: Pole
    csr: Pem
    signature: Annotated[
        str, Meta(max_length=512, description="base64 of the ECDSA signature (SHA-256, DER) by the old key over csr")
    ]


class ClaimAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate, and where to connect: what goes into ``[pole]``, ``[uplink]`` and ``[uplink.tls]``."""

    pole: str
    certificate: Annotated[str, Meta(description="PEM")]
    ca: Annotated[str, Meta(description="PEM of the CA that signed it and the broker's")]
    host: Annotated[str, Meta(description="of the broker")]
    port: int
    prefix: Annotated[str, Meta(description="of all topics")]
    ack: Literal["platform"] = "platform"
    name: str = ""
    latitude: float | None = None
    longitude: float | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request is not granted: one sentence."""

    error: str
