"""What is answered to whom: the host is checked first, then the session, then what is asked."""

from __future__ import annotations

import logging
import socket
from typing import cast

import msgspec

from agent.errors import AgentError
from agent.spoken import spoken
from agent.web import pages
from agent.web import sentences as say
from agent.web.door import LogIns, TooManyTries, cookie, token_in
from agent.web.http import WebAnswer, WebRequest
from agent.web.questions import POSTS, QUESTIONS, Parts
from contract.words import Language, Sentence
from ui.pages import HEADERS

log = logging.getLogger(__name__)
API = "/api"


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the log-in sends."""

    code: str


class NotServed(Exception):
    """A request that is answered with ``status`` and a sentence."""

    def __init__(self, status: int, sentence: Sentence, **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.sentence = sentence
        self.headers = headers
        self.words: dict[str, object] = {}

    def of(self, **words: object) -> NotServed:
        """With what the sentence speaks of."""
        self.words = words
        return self


class WebApp:
    """``handle`` answers everything and never raises."""

    def __init__(self, parts: Parts, log_ins: LogIns, addresses: tuple[str, ...]) -> None:
        """``addresses``: those that the page listens on."""
        self._parts = parts
        self._log_ins = log_ins
        name = socket.gethostname().lower()
        self._hosts = {*addresses, "localhost", "127.0.0.1", "::1", name, f"{name}.local"}

    async def handle(self, asked: WebRequest) -> WebAnswer:
        language = cast("Language", pages.language(asked))
        try:
            answer = await self._answer(asked, language)
        except NotServed as reason:
            answer = _said(reason.status, reason.sentence.said(language, **reason.words))
            answer = msgspec.structs.replace(answer, headers=reason.headers)
        except AgentError as reason:
            answer = _said(503 if reason.exit_status > 1 else 409, spoken(str(reason), language))
        except Exception:
            log.exception("web: %s %s", asked.method, asked.path[:100])
            answer = _said(500, say.FAILED.said(language))
        return msgspec.structs.replace(answer, headers={"Cache-Control": "no-store", **HEADERS, **answer.headers})

    async def _answer(self, asked: WebRequest, language: Language) -> WebAnswer:
        if not self._host(asked):  # another site's name that leads here (DNS rebinding)
            raise NotServed(421, say.NOT_FROM_HERE)
        if asked.method not in {"GET", "HEAD", "POST"}:
            raise NotServed(405, say.NOTHING_THERE, Allow="GET, HEAD, POST")
        if asked.method == "POST" and not _from_here(asked):
            raise NotServed(403, say.NOT_FROM_HERE)
        if asked.path.startswith(f"{API}/"):
            return await self._api(asked, asked.path.removeprefix(f"{API}/"), language)
        found = pages.page(asked) if asked.method != "POST" else None
        if found is None:
            raise NotServed(404, say.NOTHING_THERE)
        return found

    async def _api(self, asked: WebRequest, name: str, language: Language) -> WebAnswer:
        post = asked.method == "POST"
        try:
            if post and name == "enter":
                return self._enter(msgspec.json.decode(asked.body, type=Code).code)
            token = token_in(asked.headers.get("cookie", ""))
            if not self._log_ins.knows(token):
                raise NotServed(401, say.LOG_IN_FIRST)
            if post and name == "leave":
                self._log_ins.leave(token)
                return WebAnswer(body=b"{}", headers={"Set-Cookie": cookie("")})
            question = (POSTS if post else QUESTIONS).get(name)
            if question is None:
                raise NotServed(404, say.NOTHING_THERE)
            found = await question(self._parts, asked, language)
            return found if isinstance(found, WebAnswer) else WebAnswer(body=msgspec.json.encode(found))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as reason:
            raise NotServed(400, say.NOT_UNDERSTOOD).of(why=str(reason)[:200]) from reason

    def _enter(self, code: str) -> WebAnswer:
        try:
            token = self._log_ins.enter(code[:64])
        except TooManyTries as reason:
            seconds = int(reason.wait_s) + 1
            raise NotServed(429, say.TOO_MANY, **{"Retry-After": str(seconds)}).of(seconds=seconds) from reason
        if token is None:
            log.warning("web: a wrong log-in code was typed")
            raise NotServed(403, say.WRONG_CODE)
        return WebAnswer(body=b"{}", headers={"Set-Cookie": cookie(token)})

    def _host(self, asked: WebRequest) -> bool:
        host = asked.headers.get("host", "").lower()
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        return name in self._hosts


def _from_here(asked: WebRequest) -> bool:
    """A page of this origin alone may change anything; browsers send Origin with each POST."""
    same = asked.headers.get("origin", "").lower() == f"https://{asked.headers.get('host', '').lower()}"
    return same and asked.headers.get("content-type", "").partition(";")[0] == "application/json"


def _said(status: int, text: str) -> WebAnswer:
    return WebAnswer(status=status, body=msgspec.json.encode({"error": text}))
