"""What the API changes. Each of these stands in the audit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool

from fleet.accounts.audit import note
from fleet.accounts.roles import Role, Scope
from fleet.api.asked import (
    MOST_POLES,
    AccountChange,
    AccountNamed,
    LinkAsked,
    LinkOwner,
    LinkUsed,
    LogIn,
    MadeCommand,
    MadeToken,
    Me,
    NewAccount,
    NewCommand,
    NewToken,
    OneTime,
    TokenAsked,
)
from fleet.api.routes import ApiRoute, Nothing, Question
from fleet.desk.work import (
    CameraRecord,
    Changed,
    Commented,
    Several,
    Silence,
    SilenceNumber,
    Silencing,
    acknowledge,
    comment,
    end_silence,
    register_camera,
    silence,
)
from fleet.errors import Denied, Wrong
from fleet.query.poles import poles


def _log_in(ask: Question) -> Me:
    accounts, args = ask.parts.accounts, ask.args
    ask.cookie = accounts.log_in(args.name, args.password, now=ask.now, address=ask.address)
    found = accounts.session(ask.cookie, now=ask.now, address=ask.address)
    assert found is not None
    ask.caller = found
    return me(ask)


def _log_out(ask: Question) -> Nothing:
    ask.parts.accounts.log_out(ask.session, by=ask.caller, now=ask.now)
    ask.cookie = ""
    return Nothing()


def _use_link(ask: Question) -> Nothing:
    args = ask.args
    ask.parts.accounts.use_link(args.secret, args.name, args.password, now=ask.now, address=ask.address)
    return Nothing()


def me(ask: Question) -> Me:
    caller = ask.caller
    return Me(name=caller.name, role=caller.role, scopes=tuple(sorted(caller.scopes)), csrf=caller.csrf)


def _link(secret: str) -> OneTime:
    return OneTime(secret=secret, path=f"/enter#{secret}")


def _change_account(ask: Question) -> Nothing:
    args = ask.args
    ask.parts.accounts.change(args.name, role=args.role, disabled=args.disabled, by=ask.caller, now=ask.now)
    return Nothing()


def _make_token(ask: Question) -> MadeToken:
    if not ask.caller.csrf:
        raise Denied("tokens are made by people who are logged in, not with a token")
    args = ask.args
    token, secret = ask.parts.accounts.make_token(args.label, args.scopes, args.days, by=ask.caller, now=ask.now)
    return MadeToken(token=token, secret=secret)


def _revoke(ask: Question) -> Nothing:
    ask.parts.accounts.revoke(ask.args.id, by=ask.caller, now=ask.now)
    return Nothing()


async def _command(ask: Question) -> MadeCommand:
    args: NewCommand = ask.args
    wanted = args.poles or await run_in_threadpool(_found, ask, args)
    if not wanted:
        raise Wrong("this command is for no pole: name poles, or a filter that finds some")
    now, by = ask.now, ask.caller
    expires = now + timedelta(seconds=args.expires_in_s)
    job = await ask.parts.jobs.submit(wanted, args.name, args.args, expires, by.name)
    with ask.parts.desk.change() as own:
        note(own, now, by.name, "command", job, address=by.address, name=args.name, poles=len(wanted))
    return MadeCommand(id=job, poles=len(wanted))


def _found(ask: Question, args: NewCommand) -> tuple[str, ...]:
    if args.filter is None:
        return ()
    found: list[str] = []
    part = msgspec.structs.replace(args.filter, limit=1000, cursor="")
    while len(found) <= MOST_POLES:
        listed = poles(ask.db, part)
        found += [line.pole for line in listed.items]
        if listed.next is None:
            return tuple(found)
        part = msgspec.structs.replace(part, cursor=listed.next)
    raise Wrong(f"the filter finds more than {MOST_POLES} poles")


def _change(path: str, text: str, asks: Any, gives: Any, do: Any, **rights: Any) -> ApiRoute:
    return ApiRoute(method="POST", path=path, text=text, asks=asks, gives=gives, do=do, **rights)


_OPERATOR, _MAINTAINER, _ADMIN = Role.OPERATOR, Role.MAINTAINER, Role.ADMIN
CHANGES: tuple[ApiRoute, ...] = (
    ApiRoute(method="GET", path="/me", text="Who is logged in.", asks=Nothing, gives=Me, do=me),
    _change("/log-in", "Begins a session.", LogIn, Me, _log_in, role=None, scope=Scope.READ),
    _change("/log-out", "Ends the session.", Nothing, Nothing, _log_out, role=Role.VIEWER, scope=Scope.READ),
    _change(
        "/link",
        "Whose one-time link this is.",
        LinkAsked,
        LinkOwner,
        lambda ask: LinkOwner(account=ask.parts.accounts.link_owner(ask.args.secret, ask.now)),
        role=None,
        scope=Scope.READ,
    ),
    _change(
        "/link/use", "Sets a password by a one-time link.", LinkUsed, Nothing, _use_link, role=None, scope=Scope.READ
    ),
    _change(
        "/incidents/acknowledge",
        "Acknowledges incidents, many at once.",
        Several,
        Changed,
        lambda ask: acknowledge(ask.parts.desk, ask.db, ask.args, ask.caller, ask.now),
        role=_OPERATOR,
        scope=Scope.INCIDENTS,
    ),
    _change(
        "/incidents/comment",
        "Adds a comment to an incident.",
        Commented,
        Changed,
        lambda ask: comment(ask.parts.desk, ask.db, ask.args, ask.caller, ask.now),
        role=_OPERATOR,
        scope=Scope.INCIDENTS,
    ),
    _change(
        "/silences",
        "Stops notifications for a while.",
        Silencing,
        Silence,
        lambda ask: silence(ask.parts.desk, ask.args, ask.caller, ask.now),
        role=_OPERATOR,
        scope=Scope.INCIDENTS,
    ),
    _change(
        "/silences/end",
        "Ends a silence before its time.",
        SilenceNumber,
        Changed,
        lambda ask: end_silence(ask.parts.desk, ask.args, ask.caller, ask.now),
        role=_OPERATOR,
        scope=Scope.INCIDENTS,
    ),
    _change(
        "/commands", "Gives poles a command.", NewCommand, MadeCommand, _command, role=_MAINTAINER, scope=Scope.COMMANDS
    ),
    _change(
        "/cameras",
        "Puts a camera on record.",
        CameraRecord,
        Changed,
        lambda ask: register_camera(ask.parts.desk, ask.args, ask.caller, ask.now),
        role=_MAINTAINER,
        scope=Scope.REGISTER,
    ),
    _change(
        "/tokens", "Makes a token for a program.", NewToken, MadeToken, _make_token, role=Role.VIEWER, scope=Scope.READ
    ),
    _change("/tokens/revoke", "Revokes a token.", TokenAsked, Nothing, _revoke, role=Role.VIEWER, scope=Scope.READ),
    _change(
        "/accounts",
        "Makes an account; its owner sets the password by the link.",
        NewAccount,
        OneTime,
        lambda ask: _link(ask.parts.accounts.add(ask.args.name, ask.args.role, by=ask.caller, now=ask.now)),
        role=_ADMIN,
        scope=Scope.ADMIN,
    ),
    _change(
        "/accounts/link",
        "Makes a new one-time link for an account.",
        AccountNamed,
        OneTime,
        lambda ask: _link(ask.parts.accounts.renew(ask.args.name, by=ask.caller, now=ask.now)),
        role=_ADMIN,
        scope=Scope.ADMIN,
    ),
    _change(
        "/accounts/change",
        "Changes role or access.",
        AccountChange,
        Nothing,
        _change_account,
        role=_ADMIN,
        scope=Scope.ADMIN,
    ),
)
