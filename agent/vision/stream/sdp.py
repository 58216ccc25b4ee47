"""What a camera says it sends (SDP, RFC 8866): the one video of it that can be decoded."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from agent.vision import sentences_stream as say

_STATIC = {26: "JPEG", 32: "MPV", 33: "MP2T"}
"""Payload types without a row of their own (RFC 3551)."""
DECODED = {"H264": "h264", "H265": "hevc", "HEVC": "hevc", "MP4V-ES": "mpeg4", "JPEG": "mjpeg"}
"""The encoding's name in SDP: the decoder's."""


class NoVideo(ValueError):
    """Nothing that can be decoded is offered; the text says what is."""


class Video(NamedTuple):
    """``control``: where it is set up, absolute or relative. ``parameters``: sets for the decoder."""

    encoding: str
    payload_type: int
    control: str
    parameters: tuple[bytes, ...]
    config: bytes
    numbered: bool

    @property
    def decoder(self) -> str:
        return DECODED[self.encoding]


@dataclass(slots=True)
class _Media:
    kind: str
    types: list[int]
    attributes: list[str] = field(default_factory=list)

    def attribute(self, name: str) -> str:
        return next((line[len(name) + 1 :].strip() for line in self.attributes if line.startswith(f"{name}:")), "")

    def encoding(self, number: int) -> str:
        for line in self.attributes:
            found = re.match(r"rtpmap: *(\d+) +([^/ ]+)", line)
            if found and int(found[1]) == number:
                return found[2].upper()
        return _STATIC.get(number, "")

    def format(self, number: int) -> dict[str, str]:
        for line in self.attributes:
            found = re.match(r"fmtp: *(\d+) *(.*)", line)
            if found and int(found[1]) == number:
                pairs = (part.partition("=") for part in found[2].split(";"))
                return {name.strip().lower(): value.strip() for name, _, value in pairs}
        return {}


def session_control(text: str) -> str:
    """The control attribute before the first medium."""
    head = re.split(r"^m=", text, maxsplit=1, flags=re.MULTILINE)[0]
    found = re.search(r"^a=control: *(\S+)", head, re.MULTILINE)
    return found[1] if found else ""


def pick_video(text: str) -> Video:
    """The first video that can be decoded; audio and metadata are not asked for. NoVideo: there is none."""
    seen: list[str] = []
    for media in _media(text):
        if media.kind != "video":
            continue
        for number in media.types:
            name = media.encoding(number)
            if name in DECODED:
                return _video(name, number, media)
            seen.append(re.sub(r"[^\w.+-]", "", name)[:20] or say.PAYLOAD_TYPE(number=number))
    if seen:
        raise NoVideo(say.SENDS_CANNOT_DECODED_CHOOSE(seen=" and ".join(seen)))
    raise NoVideo(say.DESCRIBES_NO_VIDEO_PATH())


def _media(text: str) -> list[_Media]:
    found: list[_Media] = []
    for line in text.replace("\r", "\n").split("\n"):
        if line.startswith("m="):
            words = line[2:].split()
            types = [int(word) for word in words[3:] if word.isdecimal() and int(word) < 128]
            found.append(_Media(words[0] if words else "", types))
        elif line.startswith("a=") and found:
            found[-1].attributes.append(line[2:])
    return found


def _video(name: str, number: int, media: _Media) -> Video:
    given = media.format(number)
    names = ("sprop-parameter-sets",) if name == "H264" else ("sprop-vps", "sprop-sps", "sprop-pps")
    parameters = tuple(unit for each in names for part in given.get(each, "").split(",") if (unit := _base64(part)))
    try:
        config = bytes.fromhex(given.get("config", ""))
    except ValueError:
        config = b""
    numbered = given.get("sprop-max-don-diff", "0") not in ("0", "")
    return Video(name, number, media.attribute("control"), parameters, config, numbered)


def _base64(text: str) -> bytes:
    text = text.strip().rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def joined(base: str, control: str) -> str:
    """As cameras mean it, which is not RFC 3986: a relative control is appended, behind the query as well."""
    if not control or control == "*":
        return base
    if absolute(control):
        return control
    return f"{base}{'' if base.endswith('/') else '/'}{control.removeprefix('/')}"


def absolute(control: str) -> bool:
    return control.lower().startswith(("rtsp://", "rtsps://"))
