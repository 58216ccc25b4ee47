"""What well typed settings of a camera can still have wrong, and when a camera may look at a street at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from agent.config import sentences_checks as say
from agent.config.address import CURE, SLOT, is_address, parse, trouble_of
from agent.config.files import trouble
from agent.config.models import check_model
from agent.config.problem import Finding, Path, label, option
from agent.config.scene import CameraSettings, EvidenceSettings, Gauge, SceneSettings, Zone

_QUERY_PASSWORD = re.compile(r"(pas|pw|psw|secret|token|auth|key)\w*[=:](?!\{password\})[^&;/]", re.IGNORECASE)
AGENT = "agent"
"""The source of the agent's own events."""
_KNOWN = ("person", "vehicle", "two_wheeler")
_WANTED = {"purpose": say.PURPOSE_OF(), "signage": say.SIGNAGE_OF()}


def why_not(name: str, settings: CameraSettings) -> str:
    """Why this camera may not start, as a sentence; empty when it may.

    Cameras in public places need a purpose and a conspicuous sign: PIPL (China) article 26; GDPR articles 5(1)(b), 13.
    """
    missing = [option for option in _WANTED if len(getattr(settings, option).strip()) < 4]
    if not missing:
        return ""
    return say.CAMERA_DOES_NOT_START(
        name=name,
        missing=say.NEITHER(one=missing[0], other=missing[1]) if len(missing) > 1 else missing[0],
        what=say.BOTH(one=_WANTED[missing[0]], other=_WANTED[missing[1]]) if len(missing) > 1 else _WANTED[missing[0]],
    )


def check_camera(camera: CameraSettings, path: Path) -> Iterator[Finding]:
    """``path``: ``camera``, and its name."""
    refused = why_not(str(path[-1]), camera)
    if refused:
        yield Finding(path, refused, warning=True)
    yield from _source(camera, (*path, "source"))
    if camera.password_file is not None:
        wrong = trouble(camera.password_file, secret=True)
        if wrong:
            yield _finding((*path, "password_file"), wrong)
    yield from check_model(camera.model, (*path, "model"))
    yield from check_scene(camera, path)
    if camera.evidence is not None:
        yield from _evidence(camera.evidence, (*path, "evidence"))


def _source(camera: CameraSettings, path: Path) -> Iterator[Finding]:
    """Nothing of an address is repeated here: it may hold a password in any place."""
    source = camera.source
    wrong = trouble_of(source)
    if wrong:
        yield _finding(path, wrong)
        return
    if re.match(r"^/dev/video\d", source):
        text = say.MAY_ANOTHER_CAMERA_AFTER(source=source)
        yield Finding(path, f"{option(path)} {text}", warning=True)
    if not is_address(source):
        return
    address = parse(source)
    slot = SLOT in address.target
    if address.password:
        text = say.PASSWORD_STANDS_SETTINGS_NEXT(cure=CURE)
        yield Finding(path, f"{option(path)} {text}", warning=True)
    if _QUERY_PASSWORD.search(address.target):
        text = say.PASSWORD_SEEMS_STAND_ADDRESS(slot=SLOT)
        yield Finding(path, f"{option(path)} {text}", warning=True)
    if slot and camera.password_file is None:
        yield _finding(path, say.STANDS_ADDRESS_NO_PASSWORD(slot=SLOT))
    if camera.password_file is not None and not address.user and not slot:
        text = say.NOTHING_ADDRESS_USES_PASSWORD(slot=SLOT)
        yield Finding(path, f"{option(path)} {text}", warning=True)


def check_sources(devices: Iterable[str], cameras: Mapping[str, CameraSettings]) -> Iterator[Finding]:
    """Names under which the events of two would come, and cameras that look at the same stream."""
    owners = {AGENT: say.THE_AGENT()}
    for kind, names in (("device", devices), ("camera", cameras)):
        for name in names:
            if name in owners:
                text = say.NAME_ALREADY_USED(name=name, owner=owners[name])
                yield Finding((kind, name), f"{label((kind, name))} {text}", warning=True)
            owners.setdefault(name, label((kind, name)))
    streams: dict[tuple[str, ...], str] = {}
    for name, camera in cameras.items():
        owner = streams.setdefault(_stream(camera.source), name)
        if owner != name:
            path = ("camera", name, "source")
            yield Finding(path, f"{option(path)} {say.SAME_STREAM(owner=label(('camera', owner)))}", warning=True)


def _stream(source: str) -> tuple[str, ...]:
    """What two addresses of one stream have in common: all but the user."""
    if trouble_of(source) or not is_address(source):
        return (source,)
    address = parse(source)
    return address.host, str(address.port), address.target


def check_scene(scene: SceneSettings, path: Path) -> Iterator[Finding]:
    """``path``: where the scene stands, ``()`` for a file of its own."""
    if scene.frame_size is not None and min(scene.frame_size) < 1:
        yield _finding((*path, "frame_size"), say.EXPECTED_WIDTH_HEIGHT_FRAME())
        return
    for name, line in scene.line.items():
        yield from _labels(line.labels, (*path, "line", name, "labels"))
        if line.a == line.b:
            yield _finding((*path, "line", name), say.ENDS_SAME_POINT())
    for name, zone in scene.zone.items():
        yield from _zone(zone, (*path, "zone", name))
    for name, gauge in scene.gauge.items():
        yield from _gauge(gauge, (*path, "gauge", name))
    yield from _outside(scene, path)


def _zone(zone: Zone, path: Path) -> Iterator[Finding]:
    yield from _labels(zone.labels, (*path, "labels"))
    if not _area(zone.points):
        yield _finding((*path, "points"), say.NOTHING_INSIDE_CORNERS_LIE())
    if zone.way == (0, 0):
        yield _finding((*path, "way"), say.NO_DIRECTION())


def _gauge(gauge: Gauge, path: Path) -> Iterator[Finding]:
    heights = [mark[2] for mark in gauge.marks]
    if heights != sorted(set(heights)):
        yield _finding((*path, "marks"), say.EXPECTED_HEIGHTS_GROW_LOWEST())
    if len({mark[:2] for mark in gauge.marks}) < len(gauge.marks):
        yield _finding((*path, "marks"), say.TWO_MARKS_LIE_SAME())
    if gauge.flood_m <= gauge.wet_m:
        yield _finding((*path, "flood_m"), say.EXPECTED_MORE_THAN_WET(wet_m=gauge.wet_m))


def _outside(scene: SceneSettings, path: Path) -> Iterator[Finding]:
    """Points that are not in the frame."""
    width, height = scene.frame_size or (1, 1)
    spots: list[tuple[Path, tuple[float, ...]]] = []
    for name, line in scene.line.items():
        spots += [((*path, "line", name, "a"), line.a), ((*path, "line", name, "b"), line.b)]
    for name, zone in scene.zone.items():
        spots += [((*path, "zone", name, "points"), point) for point in zone.points]
    for name, gauge in scene.gauge.items():
        spots += [((*path, "gauge", name, "marks"), mark[:2]) for mark in gauge.marks]
    size = f"{width} x {height}" + ("" if scene.frame_size else say.SET_FRAME_SIZE_USE())
    for place, (x, y) in spots:
        if not (0 <= x <= width and 0 <= y <= height):
            yield _finding(place, f"the point [{x:g}, {y:g}] lies outside of a frame of {size}")


def _labels(labels: tuple[str, ...], path: Path) -> Iterator[Finding]:
    for each in labels:
        if each not in _KNOWN:
            yield _finding(path, say.EXPECTED_FOUND(known=", ".join(_KNOWN), each=each))


def _evidence(evidence: EvidenceSettings, path: Path) -> Iterator[Finding]:
    wrong = trouble(evidence.key_file, secret=False)
    if wrong:
        yield _finding((*path, "key_file"), wrong)
    if not evidence.folder.startswith("/"):
        yield _finding((*path, "folder"), say.EXPECTED_FULL_PATH_BEGINS(folder=evidence.folder))


def _finding(path: Path, text: str) -> Finding:
    named = len(path) > 1 and path[-2] in ("line", "zone", "gauge")
    return Finding(path, f"{label(path) if named else option(path)} {text}")


def _area(corners: Sequence[tuple[float, float]]) -> float:
    """Twice the area of a polygon, signed."""
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True))
