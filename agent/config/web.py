"""Settings of the page on the pole: where it can be reached while it runs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.config.table import Table


class WebSettings(Table, frozen=True, kw_only=True):
    """Where the page of `poleagent web` is reached; it runs only when started, and for a limited time."""

    interface: Annotated[
        str,
        Meta(
            pattern=r"^(?!0\.0\.0\.0$|::$)[A-Za-z0-9:._-]{1,45}$",
            description="network interface, such as the one that a phone is plugged into, or an address of this box; "
            "'lo': this box alone, for instance through an SSH tunnel. Never all interfaces at once",
            extra={"form": "the name of one interface or one address, not 0.0.0.0 or ::"},
        ),
    ] = "lo"
    port: Annotated[int, Meta(ge=1024, le=65535, description="TCP port")] = 8443
