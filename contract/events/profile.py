"""What a camera's model is given and what it says of it, as histograms of an hour: drift shows, and nobody does."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from contract.events.camera import Number, Seconds
from contract.events.kind import Kind
from contract.model import MOST_SHARE, ClassShares, Shares
from contract.types import Body, Lane
from contract.words import Words, both


class Profile(Body, frozen=True, kw_only=True):
    """An hour of one camera's model; the event's time is the hour's end. Shares are parts of 255, in equal steps where
    nothing else is said.

    One look a second is counted, whatever the model is asked besides. Compared with the profile of another time or
    place it says that the model meets something else than it was made for; it holds no place, no time and no image.
    """

    kind: ClassVar[str] = "profile"
    lane: ClassVar[Lane] = Lane.SUMMARY
    model: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{12}$", description="of the SHA-256 of its weights")]
    duration_s: Seconds
    looks: Annotated[Number, msgspec.Meta(description="seconds in which a frame was seen")]
    objects: Annotated[Number, msgspec.Meta(description="detections in these looks")]
    scores: Annotated[Shares, msgspec.Meta(description="of detections, 0 to 1")]
    classes: Annotated[ClassShares, msgspec.Meta(description="person, vehicle, two_wheeler, other")]
    sizes: Annotated[
        Shares, msgspec.Meta(description="height of a detection in the frame's: up to 1/128, 1/64 ... 1/2, and more")
    ]
    brightness: Annotated[Shares, msgspec.Meta(description="mean of a frame, black to white")]


def _profile(body: Profile) -> Words:
    sure = sum(body.scores[4:]) / MOST_SHARE
    return both(
        f"model {body.model}: {body.objects} detections in {body.looks} looks, {sure:.0%} above half a score",
        f"模型 {body.model}：{body.looks} 次观察中检出 {body.objects} 个，其中 {sure:.0%} 得分过半",
    )


KINDS = (
    Kind(
        body=Profile,
        says=_profile,
        severity="info",
        examples=(
            Profile(
                model="0123456789ab",
                duration_s=3600.0,
                looks=3590,
                objects=412,
                scores=(0, 0, 0, 12, 31, 58, 90, 64),
                classes=(160, 70, 25, 0),
                sizes=(0, 3, 21, 101, 98, 30, 2, 0),
                brightness=(0, 0, 25, 120, 100, 10, 0, 0),
            ),
        ),
    ),
)
