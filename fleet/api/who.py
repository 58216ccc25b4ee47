"""Who asks, and whether he may: sessions by cookie, programs by token."""

from __future__ import annotations

import hmac

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request

from fleet.accounts.roles import Caller, Role, Scope
from fleet.api.routes import ApiRoute, WebParts
from fleet.errors import Denied, Stranger

COOKIE = "polefleet"
NOBODY = Caller(name="", role=Role.VIEWER, scopes=frozenset())


def session_of(request: HTTPConnection) -> str:
    return request.cookies.get(COOKIE, "")


def address_of(request: HTTPConnection) -> str:
    return request.client.host if request.client is not None else ""


async def caller_of(parts: WebParts, request: HTTPConnection) -> Caller | None:
    """None where nobody is logged in; raises ``Stranger`` for a token that is no good."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    address = address_of(request)
    if kind:
        found = None
        if kind.lower() == "bearer":
            found = await run_in_threadpool(parts.accounts.program, secret.strip(), now=parts.now(), address=address)
        if found is None:
            raise Stranger("this token is unknown, has expired or was revoked")
        return found
    session = session_of(request)
    if not session:
        return None
    return await run_in_threadpool(parts.accounts.session, session, now=parts.now(), address=address)


async def allowed(parts: WebParts, request: Request, route: ApiRoute) -> Caller:
    """Who may ask this route now; raises ``Stranger`` or ``Denied``."""
    if route.role is None:
        return NOBODY
    caller = await may(parts, request, route.role, route.scope)
    if route.method != "GET" and caller.csrf and not _same(request.headers.get("x-csrf", ""), caller.csrf):
        raise Denied("the header X-CSRF is not the one of this session: load the page again")
    return caller


async def may(parts: WebParts, request: HTTPConnection, role: Role, scope: Scope) -> Caller:
    caller = await caller_of(parts, request)
    if caller is None:
        raise Stranger("log in first")
    if not caller.role.covers(role):
        raise Denied(f"this needs the role {role}, and {caller.name} is {caller.role}")
    if scope not in caller.scopes:
        raise Denied(f"this token may not be used for {scope}")
    return caller


def _same(given: str, kept: str) -> bool:
    return hmac.compare_digest(given.encode(), kept.encode())
