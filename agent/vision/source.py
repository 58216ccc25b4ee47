"""Opens a camera's source (USB device, address or file), and says in a technician's words why it does not open."""

from __future__ import annotations

import time
from collections.abc import Callable

from agent.config.address import Address, BadAddress, is_address, parse, shown, trouble_of
from agent.errors import ConfigError, Retry
from agent.vision.stream.container import Container, open_file
from agent.vision.stream.door import Door, OwnDoor
from agent.vision.stream.live import Stream, StreamLimits, open_network, open_usb


class Source:
    """What a camera's settings name, and the door through which it is opened."""

    def __init__(self, source: str, password: str = "", door: Door | None = None) -> None:
        """ConfigError: it is no source."""
        self.shown = shown(source)
        self.where = where(source, password)
        self._door = door or OwnDoor(self.where)

    @property
    def live(self) -> bool:
        """Whether it goes on by itself, unlike a file, which can be read at any speed."""
        return isinstance(self.where, Address) or self.where.startswith("/dev/")

    def stream(self, limits: StreamLimits, now: Callable[[], float] = time.monotonic) -> Stream:
        """A live source. NotThere, StreamRefused, Ended: it does not open, and why; nothing secret is in it."""
        try:
            if isinstance(self.where, Address):
                return open_network(self.where, self._door, limits, now)
            return open_usb(self.where, self._door.path(), limits, now)
        except Retry as exc:
            raise self.placed(exc) from exc

    def file(self, limits: StreamLimits) -> Container:
        """A file. NotThere, Ended: it does not open, and why."""
        try:
            return open_file(self._door.path(), limits.memory_mib)
        except Retry as exc:
            raise self.placed(exc) from exc

    def placed(self, exc: Retry) -> Retry:
        """The same trouble, with the place it came from."""
        text = str(exc)
        return type(exc)(text if self.shown in text else f"{text}: {self.shown}")


def where(source: str, password: str = "") -> Address | str:
    """An address with its password, or a path. ConfigError: it is neither; nothing of it is in the text."""
    if is_address(source):
        try:
            address = parse(source)
        except BadAddress as exc:
            raise ConfigError(f"source: {exc}") from exc
        return address.with_password(password) if password else address
    path = source.removeprefix("file://")
    if "://" in path:
        raise ConfigError(f"source: {trouble_of(source)}")
    return path
