"""Accounts, sessions, tokens and one-time links."""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from fleet.accounts.audit import note
from fleet.accounts.roles import Caller, Role, Scope
from fleet.accounts.secrets import hashed, matches, new_secret, seal
from fleet.desk.file import DeskFile
from fleet.errors import Denied, NoSuch, Stranger, TooOften, Wrong
from fleet.query.paging import moment
from fleet.store.database import Database

SESSION_IDLE = timedelta(hours=12)
SESSION_LONGEST = timedelta(days=7)
LINK = timedelta(hours=24)
TOKEN_LONGEST = timedelta(days=366)
TRIES = 5
TRIES_WITHIN = timedelta(minutes=15)
"""After so many failures under one name, or ten times as many from one address, a log-in waits."""
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_SEEN_S = 60.0


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """One account as a list shows it."""

    name: str
    role: Role
    created: datetime
    disabled: datetime | None = None
    ready: Annotated[bool, Meta(description="its one-time link was used")] = True


class TokenLine(msgspec.Struct, frozen=True, kw_only=True):
    """One token of a program; the secret itself is not kept."""

    id: str
    account: str
    label: str
    scopes: tuple[Scope, ...]
    created: datetime
    expires: datetime
    revoked: datetime | None = None


class Accounts:
    """Any thread may use it. Every change stands in the audit, in the same transaction."""

    def __init__(self, desk: DeskFile) -> None:
        self._desk = desk

    def first_link(self, now: datetime) -> str | None:
        """The secret of the link that makes the first administrator; None where there is an administrator."""
        with self._desk.change() as db:
            there = db.execute("SELECT 1 FROM account WHERE role = 'admin' AND password IS NOT NULL").fetchone()
            if there:
                return None
            db.execute("DELETE FROM link WHERE account IS NULL")
            return _link(db, None, now)

    def use_link(self, secret: str, name: str, password: str, *, now: datetime, address: str) -> None:
        """Sets the password of the link's account, or makes the first administrator ``name``; ends the link."""
        with self._desk.change() as db:
            link = _good_link(db, secret, now)
            account = link["account"] or checked_name(name)
            kept = seal(account, password)
            db.execute("DELETE FROM link WHERE hash = ?", (link["hash"],))
            if link["account"] is None:
                db.execute(
                    "INSERT INTO account VALUES (?, 'admin', ?, ?, NULL) ON CONFLICT (name) DO UPDATE SET "
                    "role = 'admin', password = excluded.password, created = excluded.created, disabled = NULL",
                    (account, kept, _s(now)),
                )
            db.execute("UPDATE account SET password = ? WHERE name = ?", (kept, account))
            db.execute("DELETE FROM session WHERE account = ?", (account,))
            note(db, now, account, "password", account, first=link["account"] is None, address=address)

    def link_owner(self, secret: str, now: datetime) -> str | None:
        """The account of a good link; None: it makes the first administrator. Raises ``Stranger``."""
        with self._desk.change() as db:
            owner: str | None = _good_link(db, secret, now)["account"]
            return owner

    def add(self, name: str, role: Role, *, by: Caller, now: datetime) -> str:
        """The secret of the one-time link by which the owner of the new account sets its password."""
        checked_name(name)
        with self._desk.change() as db:
            if db.execute("SELECT 1 FROM account WHERE name = ?", (name,)).fetchone():
                raise Wrong(f"there is an account {name} already")
            db.execute("INSERT INTO account VALUES (?, ?, NULL, ?, NULL)", (name, role.value, _s(now)))
            note(db, now, by.name, "account added", name, role=role.value, address=by.address)
            return _link(db, name, now)

    def renew(self, name: str, *, by: Caller, now: datetime) -> str:
        """A new one-time link for an account whose owner has lost the password."""
        with self._desk.change() as db:
            _account(db, name)
            note(db, now, by.name, "link made", name, address=by.address)
            return _link(db, name, now)

    def change(self, name: str, *, role: Role | None, disabled: bool | None, by: Caller, now: datetime) -> None:
        """Another role, or no access any more: its sessions end at once and its tokens are of no use.

        What is None stays.
        """
        with self._desk.change() as db:
            old = _account(db, name)
            new = role or Role(old["role"])
            if name == by.name and (disabled or new is not Role.ADMIN):
                raise Denied("nobody can take away his own rights: ask another administrator")
            ended = old["disabled"] if disabled is None else _s(now) if disabled else None
            db.execute("UPDATE account SET role = ?, disabled = ? WHERE name = ?", (new.value, ended, name))
            if disabled:
                db.execute("DELETE FROM session WHERE account = ?", (name,))
            shut = ended is not None
            note(db, now, by.name, "account changed", name, role=new.value, disabled=shut, address=by.address)

    def accounts(self) -> tuple[AccountLine, ...]:
        with self._desk.change() as db:
            rows = db.execute("SELECT * FROM account ORDER BY name").fetchall()
        return tuple(
            AccountLine(
                name=row["name"],
                role=Role(row["role"]),
                created=moment(row["created"]),
                disabled=None if row["disabled"] is None else moment(row["disabled"]),
                ready=row["password"] is not None,
            )
            for row in rows
        )

    def log_in(self, name: str, password: str, *, now: datetime, address: str) -> str:
        """The secret of a new session; raises ``Stranger``, or ``TooOften`` without looking at the password."""
        keys = (f"name {name[:63]}", f"from {address}")
        with self._desk.change() as db:
            _check_tries(db, keys, now)
            # counted before the password is looked at: many at once count too
            tries = [
                db.execute("INSERT INTO attempt (key, at) VALUES (?, ?) RETURNING number", (key, _s(now))).fetchone()[0]
                for key in keys
            ]
            row = db.execute("SELECT password FROM account WHERE name = ? AND disabled IS NULL", (name,)).fetchone()
        good = matches(row["password"] if row else None, password)
        with self._desk.change() as db:
            if not good:
                note(db, now, name[:63], "log-in refused", name[:63], address=address)
            else:
                db.execute("DELETE FROM attempt WHERE key = ? OR number = ?", (keys[0], tries[1]))
                secret = new_secret()
                db.execute(
                    "INSERT INTO session VALUES (?, ?, ?, ?, ?)", (hashed(secret), name, new_secret(), _s(now), _s(now))
                )
                note(db, now, name, "log-in", name, address=address)
                return secret
        raise Stranger("name and password do not fit")

    def session(self, secret: str, *, now: datetime, address: str) -> Caller | None:
        """Who has logged in with this session; None where it is over."""
        with self._desk.change() as db:
            query = (
                "SELECT hash, account, csrf, session.created, seen, role FROM session JOIN account ON name = account "
                "WHERE hash = ? AND disabled IS NULL"
            )
            row = db.execute(query, (hashed(secret),)).fetchone()
            if row is None:
                return None
            at = _s(now)
            if at > row["seen"] + SESSION_IDLE.total_seconds() or at > row["created"] + SESSION_LONGEST.total_seconds():
                db.execute("DELETE FROM session WHERE hash = ?", (row["hash"],))
                return None
            if at > row["seen"] + _SEEN_S:
                db.execute("UPDATE session SET seen = ? WHERE hash = ?", (at, row["hash"]))
        return Caller(name=row["account"], role=Role(row["role"]), csrf=row["csrf"], address=address)

    def log_out(self, secret: str, *, by: Caller, now: datetime) -> None:
        with self._desk.change() as db:
            db.execute("DELETE FROM session WHERE hash = ?", (hashed(secret),))
            note(db, now, by.name, "log-out", by.name, address=by.address)

    def make_token(
        self, label: str, scopes: Iterable[Scope], days: int, *, by: Caller, now: datetime
    ) -> tuple[TokenLine, str]:
        """A token with no more rights than its maker, and its secret, which is shown this once."""
        wanted = sorted(set(scopes))
        if not wanted or not set(wanted) <= by.scopes:
            raise Denied("a token needs scopes, and can have no more than its maker")
        expires = now + min(timedelta(days=days), TOKEN_LONGEST)
        secret, name = new_secret(), secrets.token_hex(4)
        with self._desk.change() as db:
            db.execute(
                "INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                (name, hashed(secret), by.name, label, msgspec.json.encode(wanted).decode(), _s(now), _s(expires)),
            )
            note(db, now, by.name, "token made", name, label=label, scopes=wanted, address=by.address)
            row = db.execute("SELECT * FROM token WHERE id = ?", (name,)).fetchone()
        return _token(row), secret

    def tokens(self, by: Caller) -> tuple[TokenLine, ...]:
        """An administrator's are all."""
        everyone = by.role is Role.ADMIN
        with self._desk.change() as db:
            rows = db.execute("SELECT * FROM token WHERE ? OR account = ? ORDER BY created, id", (everyone, by.name))
            return tuple(map(_token, rows.fetchall()))

    def revoke(self, name: str, *, by: Caller, now: datetime) -> None:
        with self._desk.change() as db:
            row = db.execute("SELECT account FROM token WHERE id = ?", (name,)).fetchone()
            if row is None or (row["account"] != by.name and by.role is not Role.ADMIN):
                raise NoSuch(f"there is no token {name}")
            db.execute("UPDATE token SET revoked = coalesce(revoked, ?) WHERE id = ?", (_s(now), name))
            note(db, now, by.name, "token revoked", name, address=by.address)

    def program(self, secret: str, *, now: datetime, address: str) -> Caller | None:
        """Whose program has this token; None where it has expired, was revoked, or its owner may no more."""
        with self._desk.change() as db:
            query = (
                "SELECT id, account, scopes, role FROM token JOIN account ON name = account "
                "WHERE hash = ? AND expires > ? AND revoked IS NULL AND disabled IS NULL"
            )
            row = db.execute(query, (hashed(secret), _s(now))).fetchone()
        if row is None:
            return None
        scopes = frozenset(msgspec.json.decode(row["scopes"], type=list[Scope]))
        return Caller(name=f"{row['account']}", role=Role(row["role"]), scopes=scopes, address=address)


def checked_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise Wrong(f"{name[:40]!r} cannot be a name: use 1 to 63 small letters, digits, dots and hyphens")
    return name


def _s(now: datetime) -> float:
    return now.timestamp()


def _link(db: Database, account: str | None, now: datetime) -> str:
    secret = new_secret()
    db.execute("DELETE FROM link WHERE account = ? OR expires < ?", (account, _s(now)))
    db.execute("INSERT INTO link VALUES (?, ?, ?)", (hashed(secret), account, _s(now + LINK)))
    return secret


def _good_link(db: Database, secret: str, now: datetime) -> Any:
    query = "SELECT hash, account FROM link WHERE hash = ? AND expires > ?"
    found: Any | None = db.execute(query, (hashed(secret), _s(now))).fetchone()
    if found is None:
        raise Stranger("this link was used, or is too old: ask for a new one")
    return found


def _account(db: Database, name: str) -> Any:
    found: Any | None = db.execute("SELECT * FROM account WHERE name = ?", (name,)).fetchone()
    if found is None:
        raise NoSuch(f"there is no account {name[:40]}")
    return found


def _check_tries(db: Database, keys: tuple[str, str], now: datetime) -> None:
    since = _s(now - TRIES_WITHIN)
    db.execute("DELETE FROM attempt WHERE at < ?", (since,))
    for key, most in zip(keys, (TRIES, 10 * TRIES), strict=True):
        count, oldest = db.execute("SELECT count(*), min(at) FROM attempt WHERE key = ?", (key,)).fetchone()
        if count >= most:
            again_s = oldest - since
            raise TooOften(f"too many log-ins failed: try again in {math.ceil(again_s / 60)} minutes", again_s)


def _token(row: Any) -> TokenLine:
    return TokenLine(
        id=row["id"],
        account=row["account"],
        label=row["label"],
        scopes=msgspec.json.decode(row["scopes"], type=tuple[Scope, ...]),
        created=moment(row["created"]),
        expires=moment(row["expires"]),
        revoked=None if row["revoked"] is None else moment(row["revoked"]),
    )
