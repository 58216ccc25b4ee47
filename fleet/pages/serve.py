"""The platform's shells, scripts and styles as routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fleet.pages.texts import TEXTS
from ui.pages import Page, kind_of, language_of, shell, static, tag_of
from ui.texts import module

BRAND = "polefleet"
PAGES: tuple[Page, ...] = (
    Page(path="/", script="city", heading="city"),
    Page(path="/incidents", script="incidents", heading="incidents"),
    Page(path="/completeness", script="completeness", heading="completeness"),
    Page(path="/commands", script="commands", heading="commands"),
    Page(path="/cameras", script="cameras", heading="cameras"),
    Page(path="/diagnosis", script="diagnosis", heading="diagnosis"),
    Page(path="/rollouts", script="rollouts", heading="rollouts"),
    Page(path="/health", script="health", heading="health"),
    Page(path="/poles/{pole}", script="pole", heading="pole", listed=False),
    Page(path="/account", script="account", heading="account", listed=False),
    Page(path="/enter", script="enter", heading="enter", listed=False),
)
FILES = static("fleet.pages")


def routes(*, virtual: bool = False) -> list[BaseRoute]:
    """``virtual``: each page says above all that the city is made up."""
    found: list[BaseRoute] = [Route(page.path, _page(page, virtual=virtual)) for page in PAGES]
    found += [Route(f"/static/{name}", _file(name)) for name in FILES]
    return [*found, Route("/static/texts.js", _texts), Route("/favicon.ico", _file("icon.svg"))]


def _page(page: Page, *, virtual: bool) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        language = _language(request)
        brand = f"{BRAND} – {TEXTS['virtual_city'][language]}" if virtual else BRAND
        body = shell(page, PAGES, brand=brand, texts=TEXTS, language=language)
        return _cached(request, body.encode(), "text/html; charset=utf-8", varies=True)

    return answer


def _file(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return _cached(request, FILES[name], kind_of(name), varies=False)

    return answer


async def _texts(request: Request) -> Response:
    return _cached(request, module(TEXTS, _language(request)).encode(), kind_of("texts.js"), varies=True)


def _language(request: Request) -> str:
    return language_of(request.cookies.get("language", ""), request.headers.get("accept-language", ""))


def _cached(request: Request, body: bytes, kind: str, *, varies: bool) -> Response:
    """The browser keeps it, and asks each time whether it is still the same."""
    headers = {"ETag": tag_of(body), "Cache-Control": "no-cache"}
    if varies:
        headers["Vary"] = "Cookie, Accept-Language"
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=kind)
