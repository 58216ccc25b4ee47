"""Secrets: read when they are needed, from a file or a systemd credential, and never shown."""

from __future__ import annotations

from agent.config import sentences as say
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
        raise ConfigError(say.SECRET_SYSTEMD_CREDENTIAL_SYSTEMD(name=name))
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode()
    except OSError as error:
        raise ConfigError(say.SECRET_CANNOT_READ(path=path, strerror=error.strerror)) from None
    except UnicodeDecodeError:
        raise ConfigError(say.SECRET_NOT_UTF_TEXT(path=path)) from None
    if len(data) > LARGEST:
        raise ConfigError(say.SECRET_MORE_THAN_BYTES(path=path, largest=LARGEST))
    text = text.partition("\n")[0].removesuffix("\r")
    if not text:
        raise ConfigError(say.SECRET_BEGINS_EMPTY_LINE(path=path))
    return Secret(text)
