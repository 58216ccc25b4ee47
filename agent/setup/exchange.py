"""The two messages of ``contract.enrol`` over HTTP(S), from the pole's side; blocking, bounded, no redirects."""

from __future__ import annotations

import errno
import hashlib
import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import msgspec

from agent.setup import sentences as say
from contract.enrol import CA, ENROL_BYTES, ClaimAnswer, Refusal

WAIT_S = 20.0
"""Longest silence of the platform; a cellular link needs seconds."""
_NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}


def trusted_ca(server: str, fingerprint: str) -> str:
    """The platform's CA (PEM), which has the SHA-256 ``fingerprint``. Raises ``SetupError``."""
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE  # what comes is compared with the link
    status, body = _exchange(server, "GET", CA, b"", careless)
    if status != http.client.OK:
        raise say.SetupError(say.NO_CA, server=server, why=f"status {status}")
    try:
        certificate = ssl.PEM_cert_to_DER_cert(body.decode("ascii"))
        found = hashlib.sha256(certificate).hexdigest()
    except ValueError as reason:
        raise say.SetupError(say.NO_CA, server=server, why=str(reason)[:100]) from reason
    if found != fingerprint:
        raise say.SetupError(say.WRONG_CA, server=server, found=found)
    return ssl.DER_cert_to_PEM_cert(certificate)  # what was compared, and nothing that came behind it


def ask(server: str, path: str, request: msgspec.Struct, ca: str) -> ClaimAnswer:
    """What the platform answers; ``ca`` (PEM) is trusted and no other, empty for plain HTTP. Raises ``SetupError``."""
    context = None
    if server.startswith("https:"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cadata=ca)
    status, body = _exchange(server, "POST", path, msgspec.json.encode(request), context)
    try:
        if status != http.client.OK:
            raise say.SetupError(say.REFUSED, server=server, why=msgspec.json.decode(body, type=Refusal).error[:500])
        return msgspec.json.decode(body, type=ClaimAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError) as reason:
        raise say.SetupError(say.NO_PLATFORM, server=server, why=f"status {status}") from reason


def _exchange(server: str, method: str, path: str, body: bytes, context: ssl.SSLContext | None) -> tuple[int, bytes]:
    parts = urlsplit(server)
    host = parts.hostname or ""
    with _sentences(server):
        if parts.scheme == "https":
            assert context is not None
            link: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, parts.port, timeout=WAIT_S, context=context
            )
        else:
            link = http.client.HTTPConnection(host, parts.port, timeout=WAIT_S)
        try:
            headers = {"Content-Type": "application/json"} if body else {}
            link.request(method, path, body or None, headers)
            with link.getresponse() as answer:
                return answer.status, answer.read(ENROL_BYTES + 1)
        finally:
            link.close()


@contextmanager
def _sentences(server: str) -> Iterator[None]:
    """What goes wrong on the way to ``server`` as one sentence."""
    try:
        yield
    except ssl.SSLCertVerificationError as reason:
        raise say.SetupError(say.UNTRUSTED, server=server, why=reason.verify_message) from reason
    except ssl.SSLError as reason:
        raise say.SetupError(say.NO_TLS, server=server, why=reason.reason or str(reason)) from reason
    except TimeoutError as reason:
        raise say.SetupError(say.SILENT, server=server, wait_s=WAIT_S) from reason
    except socket.gaierror as reason:
        raise say.SetupError(say.NO_ADDRESS, server=server) from reason
    except ConnectionRefusedError as reason:
        raise say.SetupError(say.NOT_LISTENING, server=server) from reason
    except (OSError, http.client.HTTPException) as reason:
        why = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        route = isinstance(reason, OSError) and reason.errno in _NO_ROUTE
        raise say.SetupError(say.NO_ROUTE if route else say.BROKEN_OFF, server=server, why=why) from reason
