"""Who is notified of incidents, and how: notify.toml in the platform's folder.

.. code-block:: toml

    [[channel]]
    name = "duty"
    severity = "alarm"
    [channel.email]
    host = "mail.city.example"
    from = "poles@city.example"
    to = ["duty@city.example"]
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fleet.errors import FleetError

FILE = "notify.toml"
Short = Annotated[str, Meta(min_length=1, max_length=200)]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of notify.toml."""


class Email(_Strict, frozen=True, kw_only=True):
    """SMTP, with TLS unless ``tls`` is none. The password stands in a file of its own."""

    host: Short
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_file: Path | None = None
    sender: Annotated[str, Meta(min_length=3, max_length=200)] = msgspec.field(name="from")
    to: Annotated[tuple[Short, ...], Meta(min_length=1, max_length=50)]


class Webhook(_Strict, frozen=True, kw_only=True):
    """A POST of JSON. With a secret, X-Polefleet-Signature has the HMAC-SHA256 of the body in hexadecimal digits."""

    url: Annotated[str, Meta(pattern=r"^https?://", max_length=2000)]
    secret_file: Path | None = None


class Program(_Strict, frozen=True, kw_only=True):
    """A program of the user's with its arguments; it gets the JSON on its standard input."""

    run: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1, max_length=100)]


class NotifyChannel(_Strict, frozen=True, kw_only=True):
    """One way to one group of people; exactly one of ``email``, ``webhook`` and ``program``.

    Empty lists match everything. ``per_hour`` bounds its messages; what comes faster is put together.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    severity: Literal["info", "warning", "alarm"] = "alarm"
    kinds: tuple[Short, ...] = ()
    districts: tuple[Short, ...] = ()
    language: Literal["en", "zh"] = "en"
    per_hour: Annotated[int, Meta(ge=1, le=3600)] = 30
    email: Email | None = None
    webhook: Webhook | None = None
    program: Program | None = None

    @property
    def way(self) -> Email | Webhook | Program:
        (found,) = (way for way in (self.email, self.webhook, self.program) if way is not None)
        return found


class NotifySettings(_Strict, frozen=True, kw_only=True):
    """All of notify.toml."""

    channel: Annotated[tuple[NotifyChannel, ...], Meta(max_length=50)] = ()


def load(folder: Path) -> NotifySettings:
    """The channels of ``folder``; none where there is no file. Raises ``FleetError`` with what is wrong and where."""
    path = folder / FILE
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=NotifySettings)
    except FileNotFoundError:
        return NotifySettings()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as reason:
        raise FleetError(f"{path}: {reason}") from None
    names = [channel.name for channel in found.channel]
    for channel in found.channel:
        if sum(way is not None for way in (channel.email, channel.webhook, channel.program)) != 1:
            raise FleetError(f"{path}: channel {channel.name} needs one of email, webhook and program")
        if names.count(channel.name) > 1:
            raise FleetError(f"{path}: there are two channels {channel.name}")
    return found
