"""Shells, scripts and styles of pages. They hold no data of poles, so that they may be sent to anybody."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from html import escape
from importlib import resources

import msgspec

from ui.texts import LANGUAGES, Texts

TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
NAMES = {"en": "English", "zh": "中文"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
"""Of every answer. Nothing is loaded from anywhere else, and no script stands in a page."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page: its path, its script, its heading, whether it stands in the navigation."""

    path: str
    script: str
    heading: str
    listed: bool = True


def static(*packages: str) -> dict[str, bytes]:
    """The files of ``ui`` and of the packages' folders ``static``, by name."""
    found = {}
    for package in ("ui", *packages):
        for file in resources.files(package).joinpath("static").iterdir():
            if any(file.name.endswith(ending) for ending in TYPES):
                found[file.name] = file.read_bytes()
    return dict(sorted(found.items()))


def kind_of(name: str) -> str:
    """The media type of a static file."""
    return next(kind for ending, kind in TYPES.items() if name.endswith(ending)) + "; charset=utf-8"


def tag_of(body: bytes) -> str:
    """The entity tag of what is sent (RFC 9110, section 8.8.3)."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'


def language_of(chosen: str, accepted: str) -> str:
    """``chosen`` on the page, or else what the browser prefers: its header Accept-Language."""
    if chosen in LANGUAGES:
        return chosen
    for part in accepted.split(","):
        language = part.partition(";")[0].strip().partition("-")[0].lower()
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


def shell(page: Page, pages: Sequence[Page], *, brand: str, texts: Texts, language: str) -> str:
    """The HTML of ``page``; all that differs between poles is filled in by its script."""

    def text(key: str) -> str:
        return escape(texts[key][language])

    links = "".join(
        f'<li><a href="{each.path}"{" aria-current=page" if each is page else ""}>{text(each.heading)}</a></li>'
        for each in pages
        if each.listed
    )
    name = NAMES[other := next(each for each in LANGUAGES if each != language)]
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(page.heading)} – {brand}</title>
<link rel="icon" href="/static/icon.svg"><link rel="stylesheet" href="/static/style.css">
<script type="module" src="/static/shell.js"></script><script type="module" src="/static/{page.script}.js"></script>
</head><body><a class="skip" href="#main">{text("content")}</a>
<header><a class="brand" href="/">{brand}</a><nav aria-label="{brand}"><ul>{links}</ul></nav>
<div class="end"><span id="who"></span>
<button type="button" data-language="{other}" lang="{other}">{name}</button></div></header>
<main id="main" tabindex="-1"><h1>{text(page.heading)}</h1><noscript><p>{text("noscript")}</p></noscript>
<div id="said" aria-live="polite"></div><div id="page"></div></main></body></html>
"""
