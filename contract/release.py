"""A release: what a maintainer publishes and a pole takes, and the manifest of a bundle. Who is to run it says a plan.

A release is a model, a revision of settings, or a version of the agent. It travels as one file, the bundle
(``contract.bundle``), whose ``manifest.json`` is a ``Manifest``. Who may make one is said by the signatures of the
repository (TUF), never by the bundle itself.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

ReleaseKind = Literal["model", "settings", "software"]
ROLES: dict[ReleaseKind, str] = {"model": "models", "settings": "settings", "software": "software"}
"""Kind -> the role whose signatures it needs, and the first part of its path in the repository."""
FIRST_NUMBER, LAST_NUMBER = 1, 10**9
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
ReleaseName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
FileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+~-]{0,126}$")]
Number = Annotated[int, Meta(ge=FIRST_NUMBER, le=LAST_NUMBER)]
_ID = re.compile(r"(models|settings|software)/([a-z0-9][a-z0-9_-]{0,62})/([1-9][0-9]{0,8})")


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A misspelt field is an error, not a default."""


class ReleaseId(Strict, frozen=True, kw_only=True):
    """Which release: kind, name, and a number that grows with each release of that name."""

    kind: ReleaseKind
    name: ReleaseName
    number: Number

    def __str__(self) -> str:
        return f"{ROLES[self.kind]}/{self.name}/{self.number}"

    @property
    def path(self) -> str:
        """Of its bundle in the repository."""
        return f"{self}.zip"

    @classmethod
    def parse(cls, text: str) -> ReleaseId:
        """``models/crops/3`` -> the release. ValueError: it names none."""
        match = _ID.fullmatch(text)
        if match is None:
            raise ValueError(
                f"'{text}' names no release; write it as models/crops/3, settings/street/12 or software/..."
            )
        kind = next(kind for kind, role in ROLES.items() if role == match[1])
        return cls(kind=kind, name=match[2], number=int(match[3]))


class BundleFile(Strict, frozen=True, kw_only=True):
    """One file of a bundle, as it is when unpacked."""

    size: Annotated[int, Meta(ge=0, description="in bytes")]
    sha256: Sha256


class Needs(Strict, frozen=True, kw_only=True):
    """What the pole must have. Nothing said: any pole will do."""

    machines: Annotated[
        tuple[Annotated[str, Meta(max_length=32)], ...],
        Meta(max_length=16, description="as `uname -m` says: aarch64, x86_64, armv7l"),
    ] = ()
    agent: Annotated[
        str, Meta(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4}){0,3}$", description="oldest version of the agent that can use it")
    ] = "0"
    memory_mib: Annotated[int, Meta(ge=0, le=1 << 20, description="memory of the box")] = 0


class Limits(Strict, frozen=True, kw_only=True):
    """What the trial of golden samples may take on the slowest pole."""

    memory_mib: Annotated[int, Meta(ge=16, le=4096)] = 256
    seconds: Annotated[float, Meta(gt=0, le=600)] = 60.0


class ShadowLimits(Strict, frozen=True, kw_only=True):
    """How far the model may be from the one that runs, on live frames. A model that sees other things says so here.

    The defaults are judgement, looked at on two street videos next to the shipped classifier: the same model shares
    all objects, one with two labels exchanged 0 and 6 %, a detector of another kind (yolox-nano) 44 and 54 % at 24 to
    314 times the time.
    """

    agreement: Annotated[float, Meta(ge=0, le=1, description="least share of objects that both see")] = 0.5
    slowdown: Annotated[float, Meta(ge=1, le=1000, description="most that a look takes, in looks of the other")] = 3.0


class Golden(Strict, frozen=True, kw_only=True):
    """One sample: the input tensor as raw bytes, and the outputs one after the other as little-endian float32."""

    input: FileName
    output: FileName
    tolerance: Annotated[float, Meta(ge=0, le=1e6, description="largest difference of any output that is allowed")]


class Manifest(Strict, frozen=True, kw_only=True):
    """All that a bundle says of itself."""

    format: Literal[1] = 1
    release: ReleaseId
    licence: Annotated[str, Meta(min_length=1, max_length=200)]
    about: Annotated[str, Meta(max_length=1000, description="one or two sentences for people")] = ""
    needs: Needs = Needs()
    limits: Limits = Limits()
    shadow: ShadowLimits = ShadowLimits()
    golden: Annotated[tuple[Golden, ...], Meta(max_length=64)] = ()
    training: Annotated[
        dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=1000)]],
        Meta(max_length=64, description="data, code and figures that the release was made with"),
    ] = {}
    files: Annotated[dict[FileName, BundleFile], Meta(min_length=1, max_length=64)]
