"""``[update]``: where releases come from, and what taking them may cost."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.config.table import MIB, Table


class UpdateSettings(Table, frozen=True, kw_only=True):
    """Releases of models, settings and the agent (docs/maintainer.md). Without `source` nothing is fetched."""

    source: Annotated[
        Annotated[str, Meta(pattern=r"^(https?://[^\s@]+|/.*)$", extra={"form": "http://, https:// or a full path"})]
        | None,
        Meta(
            description="address of the published folder, or a folder on this box. Nothing is trusted because of where "
            "it is from: the signatures count",
            examples=["https://releases.example.org/poles"],
        ),
    ] = None
    root_file: Annotated[
        str,
        Meta(
            pattern=r"^/",
            description="the maintainers' first root.json, which says whose signatures count",
            extra={"form": "a full path"},
        ),
    ] = "/etc/poleagent/root.json"
    hours: Annotated[
        tuple[Annotated[int, Meta(ge=0, le=23)], Annotated[int, Meta(ge=0, le=24)]] | None,
        Meta(
            description="first and last hour (exclusive, UTC) in which bundles are fetched. Default: always",
            examples=[[1, 5]],
        ),
    ] = None
    bytes_per_s: Annotated[int, Meta(ge=0, description="pace of a download; 0 = as fast as it goes")] = 0
    month_bytes: Annotated[int, Meta(ge=0, description="mobile data for updates in a month of UTC; 0 = no bound")] = 0
    keep_free_bytes: Annotated[
        int, Meta(ge=0, description="room on the disk that an update leaves to the agent, in bytes")
    ] = 64 * MIB
    shadow_s: Annotated[
        float,
        Meta(
            ge=0,
            le=86400,
            description="how long a model looks next to the one that runs, on live frames, before it takes its place; "
            "0 = not at all",
        ),
    ] = 300.0
    trial_s: Annotated[
        float,
        Meta(ge=10, le=86400, description="how long a release runs on trial before it is kept or taken back"),
    ] = 600.0
