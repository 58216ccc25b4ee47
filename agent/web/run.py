"""One run of the page: from the settings to the end of its time."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

from agent.acquire.registry import find_drivers
from agent.config.load import load
from agent.config.problem import SettingsError
from agent.config.uplink import TlsSettings
from agent.config.web import WebSettings
from agent.system.clock import Clock
from agent.web import sentences as say
from agent.web.app import WebApp
from agent.web.ask import DaemonDoor
from agent.web.certificate import server_tls
from agent.web.door import LogIns
from agent.web.http import serve
from agent.web.keeper import keeping
from agent.web.listen import listen
from agent.web.questions import Parts
from contract.words import span


async def run(
    settings: Path,
    socket: str,
    seconds: float,
    clock: Clock,
    tell: Callable[[str], None],
    *,
    step_down: Callable[[], None] = lambda: None,
) -> None:
    """Open for ``seconds``, or until SIGTERM or SIGINT. ``tell`` has what the terminal shows.

    ``step_down`` gives rights away that answering needs no more: another process keeps those that writing needs.

    ConfigError, SetupError: it cannot be opened, and why.
    """
    web, tls = _settings(settings, tell)
    with listen(web) as listener, keeping(settings) as keeper:
        serving = asyncio.current_task()
        assert serving is not None
        for number in (signal.SIGTERM, signal.SIGINT):  # before anything is shown: who reads the code may end it
            asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
        address = str(listener.getsockname()[0])
        context, fingerprint, own = server_tls(tls, (address,))
        step_down()
        shown = "localhost" if address == "127.0.0.1" else f"[{address}]" if ":" in address else address
        tell(say.OPEN_AT(span=span(seconds), address=f"https://{shown}:{listener.getsockname()[1]}/"))
        if shown == "localhost":
            tell(say.LOOPBACK(port=web.port))
        tell((say.OWN_CERTIFICATE if own else say.MADE_CERTIFICATE)())
        tell(f"  {fingerprint[:47]}\n  {fingerprint[48:]}")
        tell(say.COMPARE())
        log_ins = LogIns(clock.monotonic, lambda code: tell(say.CODE(code=code)))
        parts = Parts(DaemonDoor(socket), settings, socket, keeper)
        app = WebApp(parts, log_ins, (address,))
        try:
            async with asyncio.timeout(seconds):
                await serve(listener, context, app.handle)
        except (TimeoutError, asyncio.CancelledError):
            tell(say.OVER())
        finally:
            await parts.set_up.close()


def _settings(path: Path, tell: Callable[[str], None]) -> tuple[WebSettings, TlsSettings | None]:
    """Where to listen and what to show; where settings are wrong the page is needed most, so this box may look."""
    try:
        settings = load(path, find_drivers())
    except SettingsError:
        tell(say.NO_SETTINGS(file=path))
        return WebSettings(), None
    return settings.web, settings.uplink.tls if settings.uplink else None
