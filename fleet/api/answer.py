"""From a request to its answer: rights, parameters, the question, JSON."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from fleet.accounts.looked import note_look
from fleet.accounts.roles import Caller
from fleet.api.routes import ApiProblem, ApiRoute, Question, WebParts
from fleet.api.who import COOKIE, address_of, allowed, session_of
from fleet.errors import FleetError, TooOften, Wrong
from fleet.query.reader import reading

BODY_BYTES = 4 * 1024 * 1024
"""Longest body: a command to 50,000 poles by name."""
log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(parts: WebParts, route: ApiRoute) -> Endpoint:
    """What answers the requests of ``route``."""

    async def answer(request: Request) -> Response:
        try:
            caller = await allowed(parts, request, route)
            args = await _args(request, route)
            return await _answer(parts, route, caller, args, request)
        except FleetError as reason:
            return refusal(reason)

    return answer


def refusal(reason: FleetError) -> Response:
    response = _json(ApiProblem(error=str(reason)), reason.http_status)
    if isinstance(reason, TooOften):
        response.headers["Retry-After"] = str(int(reason.again_s) + 1)
    return response


def arguments(type_: type[msgspec.Struct], given: dict[str, Any]) -> Any:
    """Texts of a path and a query as ``type_``; raises ``Wrong``."""
    try:
        return msgspec.convert(given, type_, strict=False)
    except msgspec.ValidationError as reason:
        raise Wrong(str(reason)) from None


async def _args(request: Request, route: ApiRoute) -> Any:
    if route.method == "GET":
        return arguments(route.asks, dict(request.query_params) | request.path_params)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Wrong("the body must be JSON, and Content-Type must say so: application/json")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            raise Wrong(f"the body is longer than {BODY_BYTES} bytes")
    try:
        return msgspec.json.decode(body or b"{}", type=route.asks)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as reason:
        raise Wrong(f"the body: {reason}") from None


async def _answer(parts: WebParts, route: ApiRoute, caller: Caller, args: Any, request: Request) -> Response:
    with ExitStack() as opened:
        ask = await run_in_threadpool(_question, opened, parts, caller, args, request)
        if route.looks is not None:
            await run_in_threadpool(note_look, ask.db, parts.desk, route.looks(args), caller, ask.now)
        if inspect.iscoroutinefunction(route.do):
            given = await route.do(ask)
        else:
            given = await run_in_threadpool(route.do, ask)
        response = await run_in_threadpool(_json, given)
    if ask.cookie is not None:
        _set_cookie(response, ask.cookie, secure=parts.secure)
    return response


def _question(opened: ExitStack, parts: WebParts, caller: Caller, args: Any, request: Request) -> Question:
    db = opened.enter_context(reading(parts.where, parts.desk.where))
    return Question(
        parts=parts,
        caller=caller,
        args=args,
        db=db,
        address=address_of(request),
        session=session_of(request),
    )


def _set_cookie(response: Response, cookie: str, *, secure: bool) -> None:
    if cookie:
        response.set_cookie(COOKIE, cookie, httponly=True, secure=secure, samesite="strict")
    else:
        response.delete_cookie(COOKIE, httponly=True, secure=secure, samesite="strict")


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, {"Cache-Control": "no-store"}, "application/json")
