"""The three ways out: e-mail, webhook, a program of the user's. Each raises ``OSError`` where it did not work."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import http.client
import smtplib
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec

from contract.events.kind import ended
from fleet.incidents.channels import Email, NotifyChannel, Program, Webhook
from fleet.incidents.notices import Notice

PATIENCE_S = 30.0


async def send(channel: NotifyChannel, notices: Sequence[Notice]) -> None:
    """One message with all of ``notices``; raises ``OSError`` with the reason."""
    way = channel.way
    if isinstance(way, Program):
        await _run(way, _body(channel, notices))
    elif isinstance(way, Webhook):
        await asyncio.to_thread(_post, way, _body(channel, notices))
    else:
        await asyncio.to_thread(_mail, way, channel, notices)


def _body(channel: NotifyChannel, notices: Sequence[Notice]) -> bytes:
    return msgspec.json.encode({"channel": channel.name, "notices": list(notices)})


def sentence(notice: Notice, language: str) -> str:
    """One line for people."""
    line = notice.incident
    words = line.text.get(language) or line.text.get("en") or f"{line.kind} {line.type}"
    place = ", ".join(filter(None, (line.street, line.district)))
    colon = {"en": ": ", "zh": "："}[language]
    why = ended(line.reason)[language]
    said = notice.phase != "end" or words.startswith(why + colon) or words.endswith(colon + why)
    over = "" if said else why + colon
    return f"{line.begin:%Y-%m-%d %H:%M:%SZ} {line.pole}{f' ({place})' if place else ''} {line.source}: {over}{words}"


def subject(notices: Sequence[Notice], language: str) -> str:
    line = notices[0].incident
    if len(notices) == 1:
        return sentence(notices[0], language).partition(" ")[2][:150]
    return {"en": f"{len(notices)} incidents, {line.pole} and others", "zh": f"{len(notices)} 条告警，{line.pole} 等"}[
        language
    ]


def _mail(way: Email, channel: NotifyChannel, notices: Sequence[Notice]) -> None:
    message = EmailMessage()
    message["Subject"] = " ".join(f"[polefleet] {subject(notices, channel.language)}".split())
    message["From"] = way.sender
    message["To"] = ", ".join(way.to)
    message.set_content("\n".join(sentence(notice, channel.language) for notice in notices) + "\n")
    context = ssl.create_default_context()
    try:
        with _server(way, context) as server:
            if way.tls == "starttls":
                server.starttls(context=context)
            if way.user is not None:
                server.login(way.user, _secret(way.password_file))
            server.send_message(message)
    except smtplib.SMTPException as reason:
        raise OSError(f"{way.host}: {reason}") from reason


def _server(way: Email, context: ssl.SSLContext) -> smtplib.SMTP:
    if way.tls == "tls":
        return smtplib.SMTP_SSL(way.host, way.port, timeout=PATIENCE_S, context=context)
    return smtplib.SMTP(way.host, way.port, timeout=PATIENCE_S)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """A webhook is where the settings say; a redirect is a failure."""


def _post(way: Webhook, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "User-Agent": "polefleet"}
    if way.secret_file is not None:
        secret = _secret(way.secret_file).encode()
        headers["X-Polefleet-Signature"] = hmac.new(secret, body, hashlib.sha256).hexdigest()
    host = "its webhook"  # said for the address, which may have a key
    try:
        host = urllib.parse.urlsplit(way.url).hostname or host
        request = urllib.request.Request(way.url, body, headers)  # noqa: S310  the settings allow http and https only
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=PATIENCE_S) as answer:
            answer.read(1024)
    except urllib.error.HTTPError as reason:
        reason.close()
        raise OSError(f"{host} answered {reason.code}") from None
    except (http.client.HTTPException, ValueError) as reason:  # their texts quote the address
        raise OSError(f"{host}: {type(reason).__name__}; check the address of the webhook") from None


async def _run(way: Program, body: bytes) -> None:
    process = await asyncio.create_subprocess_exec(
        *way.run, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, errors = await process.communicate(body)
    except TimeoutError:
        raise OSError(f"{way.run[0]} takes longer than {PATIENCE_S:.0f} s") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        first = errors.decode(errors="replace").strip().partition("\n")[0]
        raise OSError(f"{way.run[0]} ended with {process.returncode}: {first[:200]}")


def _secret(path: Path | None) -> str:
    return "" if path is None else path.read_text(encoding="utf-8").strip()
