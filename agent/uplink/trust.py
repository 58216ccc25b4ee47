"""Watching over the certificates of the link: what is found goes to the status, and a change is an event."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Never

from agent.config.files import path_of
from agent.config.settings import TlsSettings, UplinkSettings
from agent.system.certificates import examine, of_broker
from agent.system.clock import Clock
from contract.events import CertificateState
from contract.health import CertificateHealth
from contract.types import Body, Stamp

log = logging.getLogger(__name__)

EVERY_S = 3600.0
"""Files that were renewed, and dates that have come, are noticed within so long; a reload looks at once."""


def examined(tls: TlsSettings | None, now: Stamp) -> tuple[CertificateHealth, ...]:
    """The certificates that the settings name; none where a credential of systemd is not there (a shell)."""
    ca = path_of(tls.ca_file) if tls is not None else None
    if tls is None or ca is None:
        return ()
    return examine(ca, _path(tls.cert_file), _path(tls.key_file), now)


def _path(name: str | None) -> Path | None:
    return None if name is None else path_of(name)


def files_of(settings: UplinkSettings) -> tuple[Path, ...]:
    """The files without which the link does not come about: password, certificates, key."""
    tls = settings.tls
    names = [settings.password_file, *((tls.ca_file, tls.cert_file, tls.key_file) if tls else ())]
    return tuple(path for path in map(_path, names) if path is not None)


def stamps(files: Iterable[Path]) -> list[tuple[int, int] | None]:
    """Size and time of change of each; another value is another file."""
    found: list[tuple[int, int] | None] = []
    for file in files:
        try:
            about = file.stat()
        except OSError:
            found.append(None)
        else:
            found.append((about.st_size, about.st_mtime_ns))
    return found


class CertificateWatch:
    """``health`` is what was found last. ``settings`` gives the TLS settings in force, ``report`` takes each change."""

    def __init__(
        self, settings: Callable[[], TlsSettings | None], report: Callable[[Body], None], clock: Clock
    ) -> None:
        self._settings = settings
        self._report = report
        self._clock = clock
        self._found: tuple[CertificateHealth, ...] = ()
        self._broker: tuple[str, Mapping[str, Any]] | None = None
        self._reported: dict[str, tuple[str, str]] = {}

    def health(self) -> tuple[CertificateHealth, ...]:
        return self._found

    def presented(self, broker: str, about: Mapping[str, Any]) -> None:
        """What the broker presented when the link came up; it is looked at as the files are."""
        known, self._broker = self._broker, (broker, about)
        if known != self._broker:
            self.look()

    def look(self) -> None:
        """Now; blocks for a few file reads and one handshake in memory."""
        tls, now = self._settings(), self._clock.now()
        self._found = examined(tls, now)
        if tls is not None and self._broker is not None:
            self._found += (of_broker(*self._broker, now),)
        for one in self._found:
            before = self._reported.get(one.role, ("ok", one.file))
            self._reported[one.role] = (one.state, one.file)
            if before != self._reported[one.role] and (before[0], one.state) != ("ok", "ok"):
                body = CertificateState(role=one.role, state=one.state, not_after=one.not_after, text=one.text)
                log.log(
                    logging.INFO if one.state == "ok" else logging.WARNING,
                    "%s",
                    one.text or f"{one.file or one.role} is good",
                )
                self._report(body)

    async def run(self) -> Never:
        while True:
            self.look()
            await self._clock.sleep(EVERY_S)
