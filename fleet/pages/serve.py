"""The shells, scripts and styles. They hold no data of poles, so that they may be sent to anybody."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from html import escape
from importlib import resources

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fleet.pages.texts import LANGUAGES, TEXTS, module

_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
NAMES = {"en": "English", "zh": "中文"}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page: its path, its script, its heading, whether it stands in the navigation."""

    path: str
    script: str
    heading: str
    listed: bool = True


PAGES: tuple[Page, ...] = (
    Page(path="/", script="city", heading="city"),
    Page(path="/incidents", script="incidents", heading="incidents"),
    Page(path="/completeness", script="completeness", heading="completeness"),
    Page(path="/commands", script="commands", heading="commands"),
    Page(path="/cameras", script="cameras", heading="cameras"),
    Page(path="/health", script="health", heading="health"),
    Page(path="/poles/{pole}", script="pole", heading="pole", listed=False),
    Page(path="/account", script="account", heading="account", listed=False),
    Page(path="/enter", script="enter", heading="enter", listed=False),
)


def routes() -> list[BaseRoute]:
    found: list[BaseRoute] = [Route(page.path, _page(page)) for page in PAGES]
    found += [Route(f"/static/{name}", _file(name, body)) for name, body in static().items()]
    return [*found, Route("/static/texts.js", _texts), Route("/favicon.ico", _file("icon.svg", static()["icon.svg"]))]


def static() -> dict[str, bytes]:
    """The files of ``ui`` and of the pages, by name."""
    found = {}
    for package in ("ui", "fleet.pages"):
        for file in resources.files(package).joinpath("static").iterdir():
            if any(file.name.endswith(ending) for ending in _TYPES):
                found[file.name] = file.read_bytes()
    return dict(sorted(found.items()))


def language_of(request: Request) -> str:
    """The one chosen on the page, or else what the browser prefers."""
    chosen = request.cookies.get("language", "")
    if chosen in LANGUAGES:
        return chosen
    for part in request.headers.get("accept-language", "").split(","):
        language = part.partition(";")[0].strip().partition("-")[0].lower()
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


def shell(page: Page, language: str) -> str:
    """The HTML of ``page``; all that differs between poles is filled in by its script."""

    def text(key: str) -> str:
        return escape(TEXTS[key][language])

    links = "".join(
        f'<li><a href="{each.path}"{" aria-current=page" if each is page else ""}>{text(each.heading)}</a></li>'
        for each in PAGES
        if each.listed
    )
    name = NAMES[other := next(each for each in LANGUAGES if each != language)]
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(page.heading)} – polefleet</title>
<link rel="icon" href="/static/icon.svg"><link rel="stylesheet" href="/static/style.css">
<script type="module" src="/static/shell.js"></script><script type="module" src="/static/{page.script}.js"></script>
</head><body><a class="skip" href="#main">{text("content")}</a>
<header><a class="brand" href="/">polefleet</a><nav aria-label="polefleet"><ul>{links}</ul></nav>
<div class="end"><span id="who"></span>
<button type="button" data-language="{other}" lang="{other}">{name}</button></div></header>
<main id="main" tabindex="-1"><h1>{text(page.heading)}</h1><noscript><p>{text("noscript")}</p></noscript>
<div id="said" aria-live="polite"></div><div id="page"></div></main></body></html>
"""


def _page(page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        headers = {"Vary": "Cookie, Accept-Language"}
        return _cached(request, shell(page, language_of(request)).encode(), "text/html; charset=utf-8", headers)

    return answer


def _file(name: str, body: bytes) -> Callable[[Request], Awaitable[Response]]:
    kind = next(kind for ending, kind in _TYPES.items() if name.endswith(ending))

    async def answer(request: Request) -> Response:
        return _cached(request, body, f"{kind}; charset=utf-8", {})

    return answer


async def _texts(request: Request) -> Response:
    headers = {"Vary": "Cookie, Accept-Language"}
    return _cached(request, module(language_of(request)).encode(), "text/javascript; charset=utf-8", headers)


def _cached(request: Request, body: bytes, kind: str, headers: dict[str, str]) -> Response:
    """The browser keeps it, and asks each time whether it is still the same."""
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = headers | {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=kind)
