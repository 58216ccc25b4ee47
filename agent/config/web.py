"""Settings of the page on the pole: where it can be reached while it runs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.config import sentences_options as about
from agent.config.table import Table


class WebSettings(Table, frozen=True, kw_only=True):
    """Where the page of `poleagent web` is reached; it runs only when started, and for a limited time."""

    interface: Annotated[
        str,
        Meta(
            pattern=r"^(?!0\.0\.0\.0$|::$)[A-Za-z0-9:._-]{1,45}$",
            description=about.NETWORK_INTERFACE_SUCH_ONE(),
            extra={"form": about.NAME_ONE_INTERFACE_OR()},
        ),
    ] = "lo"
    port: Annotated[int, Meta(ge=1024, le=65535, description=about.TCP_PORT())] = 8443
