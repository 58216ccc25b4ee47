"""Secrets: read when they are needed, from a file or a systemd credential, and never shown."""

from __future__ import annotations

from agent.config.files import path_of, trouble
from agent.errors import ConfigError

LARGEST = 64 * 1024


class Secret(str):
    """A text that a log line or a traceback does not show by accident."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def read_secret(name: str) -> Secret:
    """The first line of the file or of ``credential:NAME``; ConfigError says why it cannot be read."""
    wrong = trouble(name, secret=True)
    if wrong:
        raise ConfigError(f"secret: {wrong}")
    path = path_of(name)
    if path is None:
        raise ConfigError(f"secret: {name} is a systemd credential, and systemd gave this process none")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode()
    except OSError as error:
        raise ConfigError(f"secret: {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"secret: {path} is not UTF-8 text") from None
    if len(data) > LARGEST:
        raise ConfigError(f"secret: {path} has more than {LARGEST} bytes; is it the right file?")
    text = text.partition("\n")[0].removesuffix("\r")
    if not text:
        raise ConfigError(f"secret: {path} begins with an empty line")
    return Secret(text)
