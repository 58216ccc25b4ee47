"""The routes by which a pole gets its certificate: no session, bounded, one sentence for each refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from contract.enrol import CA, CLAIM, ENROL_BYTES, RENEW, ClaimAnswer, ClaimRequest, Refusal, RenewRequest
from fleet.enrol.desk import EnrolDesk
from fleet.register.claims import EnrolRefused

M = TypeVar("M")


def routes(desk: EnrolDesk) -> list[Route]:
    """``POST`` of the two messages of ``contract.enrol``, and the CA's certificate."""

    async def claim(request: Request) -> Response:
        return await _answer(request, ClaimRequest, desk.claim)

    async def renew(request: Request) -> Response:
        return await _answer(request, RenewRequest, desk.renew)

    async def ca(_: Request) -> Response:
        return PlainTextResponse(desk.ca, media_type="application/x-pem-file")

    return [Route(CLAIM, claim, methods=["POST"]), Route(RENEW, renew, methods=["POST"]), Route(CA, ca)]


async def _answer(request: Request, type_: type[M], do: Callable[[M], Awaitable[ClaimAnswer]]) -> Response:
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > ENROL_BYTES:
                return _json(Refusal(error=f"a request has at most {ENROL_BYTES} bytes"), 413)
        return _json(await do(msgspec.json.decode(body, type=type_)), 200)
    except ClientDisconnect:
        return Response(status_code=400)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as reason:
        return _json(Refusal(error=f"this is no {type_.__name__}: {reason}"), 400)
    except EnrolRefused as reason:
        return _json(Refusal(error=str(reason)), 403)


def _json(value: msgspec.Struct, status: int) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
