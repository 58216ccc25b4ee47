"""What well typed settings can still have wrong: options that contradict each other or the world."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from agent.config import sentences_checks as say
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
        sizes = say.BYTES_RING_LEAVE_NO(ring_bytes=store.ring_bytes, max_bytes=store.max_bytes)
        yield _finding((*path, "ring_bytes"), say.GIVE_RING_LESS_OR(sizes=sizes))


def check_local(local: LocalSettings, path: Path) -> Iterator[Finding]:
    yield from _full_path(local.socket, (*path, "socket"))
    if len(os.fsencode(local.socket)) > 107:  # sun_path of unix(7), with its closing zero
        yield _finding((*path, "socket"), say.UNIX_SOCKETS_PATH_MOST())


def check_uplink(uplink: UplinkSettings, path: Path) -> Iterator[Finding]:
    yield from _host(uplink.host, (*path, "host"))
    if uplink.tls is None and not uplink.plain_text:
        wanted = say.NEEDS_CA_FILE_OR(label=label((*path, "tls")))
        yield Finding(path, f"{label(path)} {wanted}")
    if uplink.tls is not None and uplink.plain_text:
        both = say.PLAIN_TEXT_TRUE_CONTRADICT(label=label((*path, "tls")))
        yield Finding((*path, "plain_text"), f"{label(path)} {both}")
    if uplink.password_file is not None:
        if uplink.username is None:
            yield _finding((*path, "password_file"), say.PASSWORD_NEEDS_USERNAME_WELL())
        yield from _file(uplink.password_file, (*path, "password_file"), secret=True)
    if uplink.tls is not None:
        yield from _tls(uplink.tls, (*path, "tls"))
    if uplink.enrol is not None:
        yield from _enrol(uplink.enrol, uplink.tls, (*path, "enrol"))


def _enrol(server: str, tls: TlsSettings | None, path: Path) -> Iterator[Finding]:
    """What is renewed must lie where the agent may write, as ``poleagent setup`` puts it."""
    parts = urlsplit(server)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        yield _finding(path, say.CERTIFICATE_RENEWED_OVER_HTTPS())
    files = [tls.cert_file, tls.key_file] if tls is not None else [None]
    identities = [Identity.of_file(file) if file else None for file in files]
    if len({identity.home for identity in identities if identity}) != 1 or None in identities:
        text = say.NEEDS_CERTIFICATE_POLEAGENT_SETUP()
        yield _finding(path, text)


def _tls(tls: TlsSettings, path: Path) -> Iterator[Finding]:
    yield from _file(tls.ca_file, (*path, "ca_file"), secret=False)
    if tls.cert_file is not None:
        yield from _file(tls.cert_file, (*path, "cert_file"), secret=False)
        if tls.key_file is None:
            yield _finding((*path, "cert_file"), say.CERTIFICATE_NEEDS_PRIVATE_KEY())
    if tls.key_file is not None:
        yield from _file(tls.key_file, (*path, "key_file"), secret=True)
        if tls.cert_file is None:
            yield _finding((*path, "key_file"), say.PRIVATE_KEY_NEEDS_CERTIFICATE())


def _host(host: str, path: Path) -> Iterator[Finding]:
    if "@" in host:
        text = say.SECRETS_NOT_STAND_SETTINGS()
        yield _finding(path, text)
    elif "://" in host or "/" in host:
        yield _finding(path, say.EXPECTED_NAME_OR_ADDRESS_3(host=host))
    elif host.count(":") == 1:
        name, _, port = host.partition(":")
        yield _finding(path, say.EXPECTED_NAME_OR_ADDRESS_2(name=name, port=port))
    elif host != host.strip() or " " in host:
        yield _finding(path, say.EXPECTED_NAME_OR_ADDRESS(host=host))


def check_line(given: Iterable[str], line: LineSettings, path: Path) -> Iterator[Finding]:
    """``given`` are the options that stand in the file."""
    if line.port is None and line.tcp is None:
        yield Finding(path, f"{label(path)} {say.NEEDS_PORT_SERIAL_PORT()}")
    elif line.port is not None and line.tcp is not None:
        yield Finding((*path, "tcp"), f"{label(path)} {say.BOTH_PORT_TCP_LINE()}")
    elif line.port is not None:
        yield from _port(line.port, (*path, "port"))
        if line.rfc2217:
            yield _finding((*path, "rfc2217"), say.MEANS_NOTHING_LINE_PORT())
    else:
        yield from _address(line.tcp or "", (*path, "tcp"))
        for name in _SERIAL_ONLY:
            if name in given and not (line.rfc2217 and name != "rs485"):
                yield _finding((*path, name), say.MEANS_NOTHING_LINE_TCP())


def _port(port: str, path: Path) -> Iterator[Finding]:
    if not port.startswith("/"):
        yield _finding(path, say.EXPECTED_PATH_SUCH_DEV(port=port))
    elif _UNSTABLE.fullmatch(port):
        text = say.MAY_ANOTHER_ADAPTER_AFTER(port=port)
        yield Finding(path, f"{option(path)} {text}", warning=True)


def _address(tcp: str, path: Path) -> Iterator[Finding]:
    host, colon, port = tcp.rpartition(":")
    good = colon and host and port.isascii() and port.isdigit() and 1 <= int(port) <= 65535
    if not good or "/" in host or "@" in host:
        yield _finding(path, say.EXPECTED_HOST_PORT_SUCH(tcp=tcp))


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
            yield _finding(path, say.ALREADY_USED_LINE_DEVICES(same=same, owner=owner))


def _full_path(name: str, path: Path) -> Iterator[Finding]:
    if not name.startswith("/"):
        yield _finding(path, say.EXPECTED_FULL_PATH_BEGINS_2(name=name))
    elif name.endswith("/") or os.path.isdir(name):  # noqa: PTH112  one question, asked of a text
        yield _finding(path, say.FOLDER_NAME_FILE(name=name))


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
        yield Finding(path, f"{label(path)} {say.NEEDS_CONDITION_ALL_OR()}")
    for part in ("all", "any"):
        for index, condition in enumerate(getattr(rule, part)):
            place = (*path, part, index)
            if (condition.quantity is None) == (condition.event is None):
                yield _finding(place, say.CONDITION_LOOKS_QUANTITY_OR())
            elif condition.event is None and all(getattr(condition, name) is None for name in _TESTS):
                yield _finding(place, say.SAYS_NOTHING_VALUE_SET(tests=", ".join(_TESTS)))
            elif None not in (condition.above, condition.below) and condition.clear is not None:
                yield _finding((*place, "clear"), say.ABOVE_BELOW_NOT_CLEAR())
