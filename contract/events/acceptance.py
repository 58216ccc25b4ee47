"""What a pole was found to be when it was set up: one report, signed with the pole's key."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from contract.events.kind import Kind
from contract.types import Body
from contract.words import Words, both

MOST_ITEMS = 200
ItemState = Literal["passed", "failed", "open"]


class AcceptanceItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was looked at. ``open``: it could not be judged, or needs a person's eye."""

    name: Annotated[str, Meta(max_length=100, description="for machines: device.roof, link.delivered")]
    state: ItemState
    text: Annotated[Words, Meta(description="what should be true, by language: en, zh")]
    reading: Annotated[str, Meta(max_length=500, description="what was seen that proves it")] = ""
    todo: Annotated[Words, Meta(description="what to do where it did not pass, by language")] = {}


class AcceptedCamera(msgspec.Struct, frozen=True, kw_only=True):
    """A camera as the register of cameras has it."""

    name: str
    purpose: str
    signage: str


class AcceptanceReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, when, on which pole. Its JSON, byte by byte, is what the signature is over."""

    pole: str
    name: str = ""
    at: Annotated[datetime, Meta(tz=True)]
    synced: Annotated[bool, Meta(description="whether the pole's clock had been set")]
    by: Annotated[str, Meta(description="who set the pole up, as they said")] = ""
    version: str
    revision: Annotated[str, Meta(description="of the settings")]
    items: Annotated[tuple[AcceptanceItem, ...], Meta(max_length=MOST_ITEMS)]
    cameras: tuple[AcceptedCamera, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        return tuple(item.name for item in self.items if item.state == "failed")


class Acceptance(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The report of a setup. ``report`` is the JSON of an ``AcceptanceReport`` as a text."""

    kind: ClassVar[str] = "acceptance"
    passed: bool
    failed: Annotated[tuple[str, ...], Meta(description="names of the items that did not pass")] = ()
    report: Annotated[str, Meta(max_length=262144)]
    signature: Annotated[
        str,
        Meta(
            max_length=512,
            description="base64 of the ECDSA signature (SHA-256, DER) over report (UTF-8) by the key of the pole's "
            "certificate; empty of a pole without one",
        ),
    ] = ""


def _said(body: Acceptance) -> Words:
    if body.passed:
        return both("the pole is accepted", "灯杆验收通过")
    names = ", ".join(body.failed)
    return both(f"the pole is not accepted yet: {names}", f"灯杆尚未通过验收：{names}")


KINDS = (
    Kind(
        body=Acceptance,
        says=_said,
        severity="info",
        examples=(
            Acceptance(passed=True, report='{"pole":"SZ-0042"}', signature="MEUCIQ=="),
            Acceptance(passed=False, failed=("device.roof",), report='{"pole":"SZ-0042"}'),
        ),
    ),
)
