"""Ends what is connected under the name of a pole: the broker keeps one connection by each name, the newest."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

import aiomqtt

from fleet.pki import Authority, write
from fleet.session import TlsFiles, tls_context

log = logging.getLogger(__name__)


async def end_connection(authority: Authority, pole: str, address: str, port: int) -> None:
    """Takes the place of what is connected as ``pole``, and leaves it; a certificate that is revoked stays out."""
    cert, key = authority.momentary(pole)
    with TemporaryDirectory() as folder:
        files = TlsFiles(ca=authority.file, cert=Path(folder, "pem"), key=Path(folder, "key"))
        write(files.cert, cert)
        write(files.key, key)
        context = tls_context(files)
    client = aiomqtt.Client(
        address, port, identifier=pole, tls_context=context, clean_session=True, protocol=aiomqtt.ProtocolVersion.V311
    )
    try:
        async with client:
            pass
    except (aiomqtt.MqttError, OSError) as reason:
        log.warning("a connection of %s that may be open cannot be ended: %s; restart the broker", pole, reason)
