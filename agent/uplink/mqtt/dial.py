"""A connected socket to the broker, encrypted unless the settings say otherwise, or one sentence that says why not.

Certificates are checked against the one CA of the settings, never against the system's; at least TLS 1.2.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from pathlib import Path

from agent.config.files import path_of
from agent.config.settings import TlsSettings, UplinkSettings
from agent.errors import Retry
from agent.system.dns import addresses
from agent.uplink import sentences as say

DIAL_S = 20.0
"""Longest time for address, connection and handshake together."""
ADDRESS_S = 8.0
"""Longest time for one of several addresses, so that a dead IPv6 leaves time for IPv4."""

_UNKNOWN_CA = ("tls.broker_ca", say.CERTIFICATE_NOT_SIGNED_CA())
_VERIFY = {
    9: ("tls.broker_not_yet", say.CERTIFICATE_NOT_VALID_YET()),
    10: ("tls.broker_expired", say.CERTIFICATE_EXPIRED_RENEW_BROKER()),
    18: ("tls.broker_ca", say.CERTIFICATE_SIGNED_ITSELF_NOT()),
    19: _UNKNOWN_CA,
    20: _UNKNOWN_CA,
    21: _UNKNOWN_CA,
    23: ("tls.broker_ca", say.CERTIFICATE_BEEN_REVOKED()),
    62: ("tls.broker_name", say.CERTIFICATE_ANOTHER_NAME_SET()),
    64: ("tls.broker_name", say.CERTIFICATE_ANOTHER_ADDRESS_SET()),
}
"""OpenSSL's verification results (X509_V_ERR_*): the cause, and a technician's words."""
_NOT_TLS = {"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}
_NO_WAY = {
    errno.ENETUNREACH: "link.no_route",
    errno.EHOSTUNREACH: "link.unreachable",
    errno.EACCES: "link.firewall",
    errno.EPERM: "link.firewall",
}


def port_of(settings: UplinkSettings) -> int:
    return settings.port or (8883 if settings.tls else 1883)


def broker_of(settings: UplinkSettings) -> str:
    return f"{settings.host}:{port_of(settings)}"


def _file(name: str) -> Path:
    """The file behind a setting that is a path or ``credential:NAME`` (systemd.exec(5), LoadCredential=)."""
    path = path_of(name)
    if path is None:
        raise Retry(say.SYSTEMD_CREDENTIAL_BUT_PROCESS(name=name))
    return path


def tls_context(settings: TlsSettings) -> ssl.SSLContext:
    """Trusts ``ca_file`` alone; shows the client certificate where there is one. Blocks for a few file reads."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks the certificate and the name
    context.hostname_checks_common_name = False  # the subjectAltName alone counts (RFC 9525, 2)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=_file(settings.ca_file))
    except OSError as exc:  # ssl.SSLError is one
        raise Retry(say.CA_FILE_CANNOT_USED(ca_file=settings.ca_file, exc=_why(exc)), cause="tls.ca_unusable") from exc
    if settings.cert_file:
        key = _file(settings.key_file) if settings.key_file else None
        try:
            context.load_cert_chain(_file(settings.cert_file), key, password=_no_password)
        except OSError as exc:
            fits = getattr(exc, "reason", "") != "KEY_VALUES_MISMATCH"
            raise Retry(
                say.CERT_FILE_OR_KEY(cert_file=settings.cert_file, exc=_why(exc)),
                cause="tls.client_unusable" if fits else "tls.client_key",
            ) from exc
    return context


def _no_password() -> str:
    """OpenSSL would ask on the terminal, and wait for ever; an empty answer is a refusal."""
    return ""


def _why(exc: Exception) -> str:
    if isinstance(exc, ssl.SSLError):
        return say.NOT_PEM_FILE_FITS(what=exc.reason or exc)
    if isinstance(exc, OSError) and exc.strerror:
        return exc.strerror
    return str(exc)


async def dial(settings: UplinkSettings) -> socket.socket:
    """Raises ``Retry`` with one sentence; leaves nothing open when it fails or is cancelled."""
    broker = broker_of(settings)
    if settings.tls is None and not settings.plain_text:
        raise Retry(say.NOT_CALLED_NEITHER_UPLINK(broker=broker))
    context = tls_context(settings.tls) if settings.tls else None
    try:
        async with asyncio.timeout(DIAL_S):
            plain = await _connect(settings)
            if context is None:
                return plain
            name = (settings.tls and settings.tls.server_name) or settings.host
            return await _handshake(plain, context, name, broker)
    except TimeoutError as exc:
        text = say.DOES_NOT_ANSWER_LINK(broker=broker)
        raise Retry(text, cause="link.black_hole") from exc
    except socket.gaierror as exc:
        text = say.NO_ADDRESS_KNOWN_LINK(host=settings.host)
        raise Retry(text, cause="link.dns") from exc
    except ConnectionRefusedError as exc:
        text = say.REFUSES_CONNECTIONS_DOES_BROKER(broker=broker)
        raise Retry(text, cause="link.refused") from exc
    except ssl.SSLCertVerificationError as exc:
        refused = ("tls.broker_ca", say.CERTIFICATE_REFUSED(verify_message=exc.verify_message))
        cause, text = _VERIFY.get(exc.verify_code, refused)
        raise Retry(say.NOT_TRUSTED(broker=broker, text=text), cause=cause) from exc
    except ssl.SSLError as exc:
        foreign = exc.reason in _NOT_TLS
        raise Retry(
            say.POLE_FOUND_NO_COMMON(broker=broker, what=exc.reason or exc),
            cause="tls.not_spoken" if foreign else "tls.no_common",
        ) from exc
    except OSError as exc:
        cause = _NO_WAY.get(exc.errno or 0, "link.unreachable")
        raise Retry(say.CANNOT_REACHED(broker=broker, what=exc.strerror or exc), cause=cause) from exc


async def _connect(settings: UplinkSettings) -> socket.socket:
    loop = asyncio.get_running_loop()
    found = await addresses(settings.host, port_of(settings))
    failure: OSError = OSError(say.NO_ADDRESS())
    for family, kind, protocol, _, address in found:
        plain = socket.socket(family, kind, protocol)
        try:
            plain.setblocking(False)  # noqa: FBT003  # the standard library's signature
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # unacknowledged bytes mean a dead link no later than a missing PUBACK does: tcp(7)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(settings.ack_timeout_s * 1000))
            async with asyncio.timeout(ADDRESS_S):
                await loop.sock_connect(plain, address)
        except OSError as exc:  # TimeoutError is one
            plain.close()
            failure = exc
        except BaseException:
            plain.close()
            raise
        else:
            return plain
    raise failure


async def _handshake(plain: socket.socket, context: ssl.SSLContext, name: str, broker: str) -> ssl.SSLSocket:
    """TLS on a non-blocking socket; takes ``plain`` over."""
    try:
        tls = context.wrap_socket(plain, server_hostname=name, do_handshake_on_connect=False)
    except BaseException:
        plain.close()
        raise
    try:
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                await _ready(tls, reading=True)
            except ssl.SSLWantWriteError:
                await _ready(tls, reading=False)
            else:
                return tls
    except (ConnectionError, ssl.SSLEOFError) as exc:
        tls.close()
        raise Retry(say.ENDED_TLS_HANDSHAKE_DOES(broker=broker), cause="tls.not_spoken") from exc
    except BaseException:
        tls.close()
        raise


async def _ready(sock: socket.socket, *, reading: bool) -> None:
    """Returns once the socket can be read from, or written to."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    add, remove = (loop.add_reader, loop.remove_reader) if reading else (loop.add_writer, loop.remove_writer)

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    add(sock, wake)
    try:
        await ready
    finally:
        remove(sock)
