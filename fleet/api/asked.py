"""What the API's changes ask and give."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from fleet.accounts.book import TokenLine
from fleet.accounts.roles import Role, Scope
from fleet.query.poles import PoleId, PolesAsked

MOST_POLES = 50_000
AccountName = Annotated[str, Meta(min_length=1, max_length=63)]
Password = Annotated[str, Meta(max_length=1000)]
Secret = Annotated[str, Meta(max_length=100)]


class LogIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Name and password."""

    name: AccountName
    password: Password


class LinkAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The secret of a one-time link."""

    secret: Secret


class LinkUsed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A password for the link's account; ``name`` is read where the link makes the first administrator."""

    secret: Secret
    password: Password
    name: Annotated[str, Meta(max_length=63)] = ""


class LinkOwner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose link it is; null: it makes the first administrator."""

    account: str | None


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who is logged in. ``csrf`` goes into the header X-CSRF of every change that a page makes."""

    name: str
    role: Role
    scopes: tuple[Scope, ...]
    csrf: str = ""


class NewAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account to be made."""

    name: AccountName
    role: Role


class AccountChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another role of an account, or whether it is disabled; null leaves each as it is."""

    name: AccountName
    role: Role | None = None
    disabled: bool | None = None


class AccountNamed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account."""

    name: AccountName


class OneTime(msgspec.Struct, frozen=True, kw_only=True):
    """Shown this once. Of an account the link is ``/enter#SECRET`` under the platform's address."""

    secret: str
    path: str = ""


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to be made."""

    label: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=len(Scope))] = (Scope.READ,)
    days: Annotated[int, Meta(ge=1, le=366)] = 90


class MadeToken(msgspec.Struct, frozen=True, kw_only=True):
    """The token; ``secret`` is shown this once."""

    token: TokenLine
    secret: str


class TokenAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One token."""

    id: Annotated[str, Meta(max_length=64)]


class NewCommand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command to ``poles``, or to all that ``filter`` finds; it waits for each pole until it expires."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    args: Annotated[dict[str, Any], Meta(max_length=100)] = {}
    poles: Annotated[tuple[PoleId, ...], Meta(max_length=MOST_POLES)] = ()
    filter: PolesAsked | None = None
    expires_in_s: Annotated[int, Meta(ge=10, le=30 * 86_400)] = 3600


class MadeCommand(msgspec.Struct, frozen=True, kw_only=True):
    """The command's id, and to how many poles it goes."""

    id: str
    poles: int
