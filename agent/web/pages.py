"""The shells, scripts and texts of the page, for anybody who reaches it; they hold nothing of the pole."""

from __future__ import annotations

from agent.web.http import WebAnswer, WebRequest
from ui.pages import Page, kind_of, language_of, shell, static, tag_of
from ui.texts import module, read_texts

PACKAGE = "agent.web"
BRAND = "poleagent"
TEXTS = read_texts(PACKAGE)
FILES = static(PACKAGE)
PAGES: tuple[Page, ...] = (
    Page(path="/", script="live", heading="live"),
    Page(path="/devices", script="devices", heading="devices"),
    Page(path="/link", script="link", heading="link"),
    Page(path="/events", script="events", heading="events"),
    Page(path="/doctor", script="doctor", heading="doctor"),
    Page(path="/aim", script="aim", heading="aim"),
    Page(path="/setup", script="setup", heading="setup"),
    Page(path="/enter", script="enter", heading="enter", listed=False),
)
_PATHS = {page.path: page for page in PAGES}


def language(asked: WebRequest) -> str:
    chosen = next(
        (part.partition("=")[2] for part in asked.headers.get("cookie", "").split("; ") if part[:9] == "language="), ""
    )
    return language_of(chosen, asked.headers.get("accept-language", ""))


def page(asked: WebRequest) -> WebAnswer | None:
    """The shell, script, style or icon at the address; None: there is none."""
    if asked.path in _PATHS:
        body = shell(_PATHS[asked.path], PAGES, brand=BRAND, texts=TEXTS, language=language(asked))
        return _cached(asked, body.encode(), "text/html; charset=utf-8")
    if asked.path == "/static/texts.js":
        return _cached(asked, module(TEXTS, language(asked)).encode(), kind_of("texts.js"))
    name = "icon.svg" if asked.path == "/favicon.ico" else asked.path.removeprefix("/static/")
    if name in FILES and asked.path != f"/{name}":
        return _cached(asked, FILES[name], kind_of(name))
    return None


def _cached(asked: WebRequest, body: bytes, kind: str) -> WebAnswer:
    """The browser keeps it, and asks each time whether it is still the same."""
    headers = {"ETag": tag_of(body), "Cache-Control": "no-cache", "Vary": "Cookie, Accept-Language"}
    if asked.headers.get("if-none-match") == headers["ETag"]:
        return WebAnswer(status=304, headers=headers)
    return WebAnswer(body=body, kind=kind, headers=headers)
