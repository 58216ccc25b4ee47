"""The platform's web application: API, export, live stream, pages; made of its parts, run by any ASGI server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleet.accounts import roles
from fleet.accounts.looked import note_look
from fleet.api.answer import Endpoint, arguments, endpoint, refusal
from fleet.api.live import Live
from fleet.api.metrics import metrics_route
from fleet.api.openapi import ROUTES, text
from fleet.api.routes import ROOT, WebParts
from fleet.api.tiles import tile_route
from fleet.api.who import may
from fleet.errors import FleetError, NoSuch
from fleet.export.table import TABLES, lines
from fleet.pages import serve as pages
from fleet.query.reader import reading
from ui.pages import HEADERS

TLS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}


def build_web(parts: WebParts, more: Sequence[BaseRoute] = ()) -> Starlette:
    """The application; ``more`` are routes of other parts of the platform, which check their callers themselves."""
    routes: list[BaseRoute] = [
        Route(ROOT + route.path, endpoint(parts, route), methods=[route.method]) for route in ROUTES
    ]
    routes += [
        Route(f"{ROOT}/live", _live(parts)),
        Route(f"{ROOT}/export/{{table}}.csv", _export(parts)),
        Route(f"{ROOT}/openapi.json", _document),
        Route("/healthz", _alive),
        metrics_route(parts),
    ]
    if parts.tiles is not None:
        routes.append(tile_route(parts, parts.tiles))
    headers = HEADERS | (TLS_HEADERS if parts.secure else {})
    middleware = [Middleware(_Headers, headers=headers), Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)]
    return Starlette(routes=[*routes, *more, *pages.routes(virtual=parts.virtual)], middleware=middleware)


class _Headers:
    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def _live(parts: WebParts) -> Endpoint:
    live = Live(parts.where, parts.desk.where)

    async def stream(request: Request) -> Response:
        try:
            await may(parts, request, roles.Role.VIEWER, roles.Scope.READ)
        except FleetError as reason:
            return refusal(reason)
        events = live.events(request.headers.get("last-event-id", ""))
        return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    return stream


def _export(parts: WebParts) -> Endpoint:
    def written(name: str, asked: Any, caller: roles.Caller) -> Iterator[str]:
        with reading(parts.where, parts.desk.where) as db:
            if name in {"events", "series"}:
                note_look(db, parts.desk, (asked.pole, asked.source), caller, parts.now())
            yield from lines(db, name, asked, parts.now())

    async def export(request: Request) -> Response:
        name = request.path_params["table"]
        try:
            caller = await may(parts, request, roles.Role.VIEWER, roles.Scope.READ)
            if name not in TABLES:
                raise NoSuch(f"there is no table {name[:40]}: choose one of {', '.join(TABLES)}")
            body = written(name, arguments(TABLES[name], dict(request.query_params)), caller)
            first = await run_in_threadpool(next, body, "")  # what is wrong with the question shows here
        except FleetError as reason:
            return refusal(reason)
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
        return StreamingResponse(chain((first,), body), media_type="text/csv; charset=utf-8", headers=headers)

    return export


async def _document(_: Request) -> Response:
    return Response(text(), media_type="application/json")


async def _alive(_: Request) -> Response:
    return Response("ok\n", media_type="text/plain")
