"""The certificates of the link, looked at before they fail: dates, key, CA, purpose.

The client certificate is put through the very handshake that the broker will ask for, in memory and with both ends
here, so that OpenSSL itself judges chain, key and purpose. The dates are judged by the clock of the caller.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace

from agent.system import sentences as say
from contract.health import CertificateHealth
from contract.types import Stamp

EXPIRING = timedelta(days=30)
"""Time to renew a certificate on a pole that is reached every week or two; the usual warning of a CA."""
_NO_CHECK_TIME = 0x200000
_PARTIAL_CHAIN = 0x80000
_FOREIGN = {18, 19, 20, 21}  # X509_V_ERR_*: self-signed, or no issuer among those that are trusted
_PURPOSE = 26
_ROUNDS = 10
_NO_PASSWORD: Callable[[], str] = lambda: ""  # noqa: E731 - OpenSSL would ask on the terminal, and wait for ever
Role = Literal["ca", "client"]


def examine(ca: Path, cert: Path | None, key: Path | None, now: Stamp) -> tuple[CertificateHealth, ...]:
    """The CA and the client certificate at ``now``; while the clock is not set nothing is said of dates.

    Reads the files, and takes some milliseconds for the handshake. Never raises.
    """
    return tuple(_dated(one, now) for one in _all(ca, cert, key))


def term_of(cert: Path, key: Path | None) -> tuple[datetime, datetime] | None:
    """From when until when the certificate is good; None where it cannot be used. Takes some milliseconds."""
    try:
        about = _handshake(cert, key, trust=cert)
    except OSError:
        return None
    return _moment(about, "notBefore"), _moment(about, "notAfter")


def serves(cert: Path, key: Path) -> bool:
    """Whether a server may show the certificate: it fits the key, and its purposes, where it names any, say so."""
    server, visitor = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    visitor.check_hostname = False
    visitor.verify_flags = ssl.VerifyFlags(visitor.verify_flags | _NO_CHECK_TIME | _PARTIAL_CHAIN)
    try:
        visitor.load_verify_locations(cafile=cert)
        server.load_cert_chain(cert, key, password=_NO_PASSWORD)
        _shaken(visitor, server, asked=visitor)
    except OSError:
        return False
    return True


def of_broker(broker: str, about: Mapping[str, Any], now: Stamp) -> CertificateHealth:
    """What a broker presented at its last handshake, as ``ssl.SSLSocket.getpeercert`` has it, at ``now``."""
    found = CertificateHealth(role="broker", state="ok", not_after=_moment(about, "notAfter"))
    return _dated((found, None), now, say.CERTIFICATE(broker=broker), say.TELL_WHO_RUNS_BROKER())


def _all(ca: Path, cert: Path | None, key: Path | None) -> Iterator[tuple[CertificateHealth, datetime | None]]:
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        trusted.load_verify_locations(cafile=ca)
    except OSError as reason:  # ssl.SSLError is one
        yield _unusable("ca", ca, say.CA_FILE_CANNOT_USED(ca=ca, reason=_why(reason)))
    else:
        ends = [_moment(one, "notAfter") for one in trusted.get_ca_certs()]
        good = CertificateHealth(role="ca", file=str(ca), state="ok", not_after=max(ends, default=None))
        yield good, None
    if cert is not None:
        yield _client(ca, cert, key)


def _client(ca: Path, cert: Path, key: Path | None) -> tuple[CertificateHealth, datetime | None]:
    if wrong := _misfit(cert, key):
        return _unusable("client", cert, wrong)
    try:
        about = _handshake(cert, key, trust=ca)
    except ssl.SSLCertVerificationError as reason:
        if reason.verify_code in _FOREIGN:
            return _foreign(ca, cert, key)
        text = say.CERT_FILE_REFUSED(cert=cert, verify_message=reason.verify_message)
        if reason.verify_code == _PURPOSE:
            text = say.CERT_FILE_MAY_NOT(cert=cert)
        return _unusable("client", cert, text)
    except OSError as reason:
        return _unusable("client", cert, say.CERT_FILE_CANNOT_USED(cert=cert, reason=_why(reason)))
    good = CertificateHealth(role="client", file=str(cert), state="ok", not_after=_moment(about, "notAfter"))
    return good, _moment(about, "notBefore")


def _misfit(cert: Path, key: Path | None) -> str:
    """Why the pair cannot be used; empty where it can."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(cert, key, password=_NO_PASSWORD)
    except OSError as reason:
        if getattr(reason, "reason", "") == "KEY_VALUES_MISMATCH":
            return say.KEY_FILE_NOT_KEY(key=key, cert=cert)
        return say.CERT_FILE_OR_KEY(cert=cert, reason=_why(reason))
    return ""


def _foreign(ca: Path, cert: Path, key: Path | None) -> tuple[CertificateHealth, datetime | None]:
    """Its dates are read by trusting it itself."""
    text = say.CERT_FILE_NOT_SIGNED(cert=cert, ca=ca)
    term = term_of(cert, key)
    not_before, not_after = term or (None, None)
    return CertificateHealth(role="client", file=str(cert), state="foreign", text=text, not_after=not_after), not_before


def _handshake(cert: Path, key: Path | None, *, trust: Path) -> dict[str, Any]:
    """What a broker that trusts ``trust`` learns of the client certificate; SSLCertVerificationError: it refuses."""
    broker, pole = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    pole.check_hostname, pole.verify_mode = False, ssl.CERT_NONE  # its other end is ourselves
    broker.verify_mode = ssl.CERT_REQUIRED
    broker.verify_flags = ssl.VerifyFlags(
        broker.verify_flags | _NO_CHECK_TIME | (_PARTIAL_CHAIN if trust == cert else 0)
    )
    broker.load_verify_locations(cafile=trust)
    for context in (broker, pole):
        context.load_cert_chain(cert, key, password=_NO_PASSWORD)
    return _shaken(pole, broker, asked=broker)


def _shaken(client: ssl.SSLContext, server: ssl.SSLContext, *, asked: ssl.SSLContext) -> dict[str, Any]:
    """A handshake in memory: what ``asked``, one of both, learns of the other's certificate."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(down, up), server.wrap_bio(up, down, server_side=True)]
    for _ in range(_ROUNDS):
        for end in tuple(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            if end.context is asked:
                return dict(end.getpeercert() or {})
            ends.remove(end)
    raise ssl.SSLError(say.HANDSHAKE_DOES_NOT_END())


def _dated(
    found: tuple[CertificateHealth, datetime | None], now: Stamp, name: str = "", cure: str = say.RENEWED()
) -> CertificateHealth:
    one, not_before = found
    if one.state == "unusable" or one.not_after is None or not now.synced:
        return one
    left = one.not_after - now.utc
    name = name or f"{'ca_file' if one.role == 'ca' else 'cert_file'} {one.file}"
    if not_before is not None and now.utc < not_before:
        text = say.NOT_VALID_BEFORE_UTC(name=name, not_before=not_before)
        return replace(one, state="not_yet", text=text)
    if left <= timedelta(0):
        text = say.EXPIRED_RENEWED_PUT_NEW(name=name, not_after=one.not_after)
        return replace(one, state="expired", text=text)
    if left < EXPIRING:
        text = say.EXPIRES_DAYS_BEFORE(name=name, not_after=one.not_after, days=left.days, cure=cure)
        return replace(one, state="expiring", text=text)
    return one


def _unusable(role: Role, file: Path, text: str) -> tuple[CertificateHealth, None]:
    return CertificateHealth(role=role, file=str(file), state="unusable", text=text), None


def _moment(about: Any, field: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(about[field]), UTC)


def _why(reason: OSError) -> str:
    if isinstance(reason, ssl.SSLError):
        return say.NO_PEM_FILE_RIGHT(what=reason.reason or reason)
    return (reason.strerror or str(reason)).lower()
