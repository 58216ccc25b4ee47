"""What well typed settings can still have wrong: options that contradict each other or the world."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from agent.config.files import trouble
from agent.config.problem import Finding, Path, label, option
from agent.config.settings import LineSettings, LocalSettings, RuleSettings, StoreSettings, TlsSettings, UplinkSettings
from agent.system.identity import Identity
from contract.enrol import LOOPBACK

_SERIAL_ONLY = ("baud", "data_bits", "parity", "stop_bits", "echo", "rs485")
_UNSTABLE = re.compile(r"/dev/tty(USB|ACM)\d+")


def check_store(store: StoreSettings, path: Path) -> Iterator[Finding]:
    yield from _full_path(store.path, (*path, "path"))
    if store.ring_bytes >= store.max_bytes:
        sizes = f"{store.ring_bytes} bytes of ring leave no room in max_bytes = {store.max_bytes}"
        yield _finding((*path, "ring_bytes"), f"{sizes}; give the ring less, or 0 for none")


def check_local(local: LocalSettings, path: Path) -> Iterator[Finding]:
    yield from _full_path(local.socket, (*path, "socket"))
    if len(os.fsencode(local.socket)) > 107:  # sun_path of unix(7), with its closing zero
        yield _finding((*path, "socket"), "a unix socket's path has at most 107 bytes")


def check_uplink(uplink: UplinkSettings, path: Path) -> Iterator[Finding]:
    yield from _host(uplink.host, (*path, "host"))
    if uplink.tls is None and not uplink.plain_text:
        wanted = f"needs {label((*path, 'tls'))} with ca_file, or plain_text = true on a wire that is trusted"
        yield Finding(path, f"{label(path)} {wanted}")
    if uplink.tls is not None and uplink.plain_text:
        both = f"plain_text = true and {label((*path, 'tls'))} contradict each other; take one away"
        yield Finding((*path, "plain_text"), f"{label(path)} {both}")
    if uplink.password_file is not None:
        if uplink.username is None:
            yield _finding((*path, "password_file"), "a password needs a 'username' as well")
        yield from _file(uplink.password_file, (*path, "password_file"), secret=True)
    if uplink.tls is not None:
        yield from _tls(uplink.tls, (*path, "tls"))
    if uplink.enrol is not None:
        yield from _enrol(uplink.enrol, uplink.tls, (*path, "enrol"))


def _enrol(server: str, tls: TlsSettings | None, path: Path) -> Iterator[Finding]:
    """What is renewed must lie where the agent may write, as ``poleagent setup`` puts it."""
    parts = urlsplit(server)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        yield _finding(path, "a certificate is renewed over https; plain http is for the loopback only")
    files = [tls.cert_file, tls.key_file] if tls is not None else [None]
    identities = [Identity.of_file(file) if file else None for file in files]
    if len({identity.home for identity in identities if identity}) != 1 or None in identities:
        text = "needs the certificate that 'poleagent setup' has fetched; run it, or take this option away"
        yield _finding(path, text)


def _tls(tls: TlsSettings, path: Path) -> Iterator[Finding]:
    yield from _file(tls.ca_file, (*path, "ca_file"), secret=False)
    if tls.cert_file is not None:
        yield from _file(tls.cert_file, (*path, "cert_file"), secret=False)
        if tls.key_file is None:
            yield _finding((*path, "cert_file"), "a certificate needs its private key: set 'key_file' too")
    if tls.key_file is not None:
        yield from _file(tls.key_file, (*path, "key_file"), secret=True)
        if tls.cert_file is None:
            yield _finding((*path, "key_file"), "a private key needs its certificate: set 'cert_file' too")


def _host(host: str, path: Path) -> Iterator[Finding]:
    if "@" in host:
        text = "secrets do not stand in settings: write the host alone, and use 'username' and 'password_file'"
        yield _finding(path, text)
    elif "://" in host or "/" in host:
        yield _finding(path, f'expected a name or an address alone, found "{host}"; write it without scheme and path')
    elif host.count(":") == 1:
        name, _, port = host.partition(":")
        yield _finding(path, f'expected a name or an address alone; write host = "{name}" and port = {port}')
    elif host != host.strip() or " " in host:
        yield _finding(path, f'expected a name or an address without blanks, found "{host}"')


def check_line(given: Iterable[str], line: LineSettings, path: Path) -> Iterator[Finding]:
    """``given`` are the options that stand in the file."""
    if line.port is None and line.tcp is None:
        yield Finding(path, f"{label(path)} needs 'port' (a serial port) or 'tcp' (HOST:PORT)")
    elif line.port is not None and line.tcp is not None:
        yield Finding((*path, "tcp"), f"{label(path)} has both 'port' and 'tcp'; a line is one or the other: keep one")
    elif line.port is not None:
        yield from _port(line.port, (*path, "port"))
        if line.rfc2217:
            yield _finding((*path, "rfc2217"), "means nothing on a line with 'port'; take it away")
    else:
        yield from _address(line.tcp or "", (*path, "tcp"))
        for name in _SERIAL_ONLY:
            if name in given and not (line.rfc2217 and name != "rs485"):
                yield _finding((*path, name), "means nothing on a line with 'tcp'; take it away")


def _port(port: str, path: Path) -> Iterator[Finding]:
    if not port.startswith("/"):
        yield _finding(path, f'expected a path such as /dev/serial/by-id/usb-..., found "{port}"')
    elif _UNSTABLE.fullmatch(port):
        text = f"{port} may be another adapter after a restart; use its name under /dev/serial/by-id or by-path"
        yield Finding(path, f"{option(path)} {text}", warning=True)


def _address(tcp: str, path: Path) -> Iterator[Finding]:
    host, colon, port = tcp.rpartition(":")
    good = colon and host and port.isascii() and port.isdigit() and 1 <= int(port) <= 65535
    if not good or "/" in host or "@" in host:
        yield _finding(path, f'expected HOST:PORT such as 192.168.1.7:502, found "{tcp}"')


def check_ports(lines: Mapping[str, LineSettings]) -> Iterator[Finding]:
    """Two lines that would open the same port, under whatever names."""
    owners: dict[str, str] = {}
    for name, line in lines.items():
        place = os.path.realpath(line.port) if line.port else line.tcp
        if place is None:
            continue
        owner = owners.setdefault(place, name)
        if owner != name:
            path = ("line", name, "port" if line.port else "tcp")
            same = line.port or line.tcp
            yield _finding(path, f"{same} is already used by [line.{owner}]; devices on one wire share one line")


def _full_path(name: str, path: Path) -> Iterator[Finding]:
    if not name.startswith("/"):
        yield _finding(path, f'expected a full path that begins with "/", found "{name}"')
    elif name.endswith("/") or os.path.isdir(name):  # noqa: PTH112  one question, asked of a text
        yield _finding(path, f"{name} is a folder; name a file in it")


def _file(name: str, path: Path, *, secret: bool) -> Iterator[Finding]:
    wrong = trouble(name, secret=secret)
    if wrong:
        open_to_all = secret and not trouble(name, secret=False)
        cause = "settings.secret_open" if open_to_all else "settings.file"
        yield Finding(path, f"{option(path)} {wrong}", cause=cause)


def _finding(path: Path, text: str) -> Finding:
    return Finding(path, f"{option(path)} {text}")


_TESTS = ("above", "below", "equals", "rise", "fall", "change")


def check_rule(rule: RuleSettings, path: Path) -> Iterator[Finding]:
    """Conditions that can never hold, or always do."""
    if rule.enabled and not rule.all and not rule.any:
        yield Finding(
            path, f"{label(path)} needs a condition: all = [{{ quantity = ..., above = ... }}], or any = [...]"
        )
    for part in ("all", "any"):
        for index, condition in enumerate(getattr(rule, part)):
            place = (*path, part, index)
            if (condition.quantity is None) == (condition.event is None):
                yield _finding(place, "a condition looks at a 'quantity' or at an 'event': set one of them")
            elif condition.event is None and all(getattr(condition, name) is None for name in _TESTS):
                yield _finding(place, f"it says nothing of the value; set one of {', '.join(_TESTS)}")
            elif None not in (condition.above, condition.below) and condition.clear is not None:
                yield _finding((*place, "clear"), "with 'above' and 'below' it is not clear which one it belongs to")
