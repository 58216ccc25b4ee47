"""``[update]``: where releases come from, and what taking them may cost."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.config import sentences_options as about
from agent.config.table import MIB, Table
from contract.plan import Tag


class UpdateSettings(Table, frozen=True, kw_only=True):
    """Releases of models, settings and the agent (docs/maintainer.md). Without `source` nothing is fetched."""

    source: Annotated[
        Annotated[str, Meta(pattern=r"^(https?://[^\s@]+|/.*)$", extra={"form": about.HTTP_HTTPS_OR_FULL()})] | None,
        Meta(
            description=about.ADDRESS_PUBLISHED_FOLDER_OR(),
            examples=["https://releases.example.org/poles"],
        ),
    ] = None
    root_file: Annotated[
        str,
        Meta(
            pattern=r"^/",
            description=about.MAINTAINERS_FIRST_ROOT_JSON(),
            extra={"form": about.FULL_PATH()},
        ),
    ] = "/etc/poleagent/root.json"
    tags: Annotated[
        tuple[Tag, ...],
        Meta(max_length=32, description=about.TAGS_ROLLOUTS_BEGIN_WITH(), examples=[["lab"]]),
    ] = ()
    hours: Annotated[
        tuple[Annotated[int, Meta(ge=0, le=23)], Annotated[int, Meta(ge=0, le=24)]] | None,
        Meta(
            description=about.FIRST_LAST_HOUR_EXCLUSIVE(),
            examples=[[1, 5]],
        ),
    ] = None
    bytes_per_s: Annotated[int, Meta(ge=0, description=about.PACE_DOWNLOAD_FAST_GOES())] = 0
    month_bytes: Annotated[int, Meta(ge=0, description=about.MOBILE_DATA_UPDATES_MONTH())] = 0
    keep_free_bytes: Annotated[int, Meta(ge=0, description=about.ROOM_DISK_UPDATE_LEAVES())] = 64 * MIB
    shadow_s: Annotated[
        float,
        Meta(
            ge=0,
            le=86400,
            description=about.HOW_LONG_MODEL_LOOKS(),
        ),
    ] = 300.0
    trial_s: Annotated[
        float,
        Meta(ge=10, le=86400, description=about.HOW_LONG_RELEASE_RUNS()),
    ] = 600.0
