"""A model looks next to the one that runs, on live frames, before it takes its place: refused where it is far off."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from agent.errors import Retry
from agent.update import sentences as say
from agent.update.bundles import manifest_of, weights_of
from agent.update.fit import ReleaseRefused
from agent.update.judge import Pole
from agent.update.moment import Moments
from contract.health import CameraHealth, PoleStatus, ShadowHealth
from contract.release import ReleaseId, ShadowLimits

Figures = Mapping[str, float]
LOOK_S = 5.0
LEAST = 20
"""Looks, and objects, from which on figures say something: of fewer nothing is refused."""
SOME_MS = 10.0
"""More for a look is too little to be too slow: a hundredth of a core at the one look a second of a quiet street."""
MOST_ENDS = 2
"""Ends of a camera's vision process that are too many: one may be the world's."""
MOST_RESTLESS = 3
"""Shadow runs in which a camera ends that ended before as well; of the last one nothing is concluded, and the trial
judges: the model may be the one that mends it."""
_WHY_NONE = {"no_memory": say.SHADOW_NO_ROOM, "no_model": say.SHADOW_NO_MODEL}
"""Why a camera's candidate has not looked."""
_MOST_CAMERAS = 8
"""Whose figures fit one event."""


class ShadowRun(NamedTuple):
    """What came of it: a sentence, empty where no camera uses the model, and the same in numbers."""

    text: str = ""
    figures: Figures = MappingProxyType({})


class Restless(Retry):
    """A camera's vision process ends with the candidate as it did without it."""


def shadow_run(release: ReleaseId, place: Path, pole: Pole, moments: Moments, *, for_s: float) -> ShadowRun:
    """Let the model in ``place`` look for ``for_s``.

    ReleaseRefused: it is far off, too slow, or ends processes; Restless: a camera ends that ended before as well.
    """
    weights, limits = weights_of(place), manifest_of(place).shadow
    cameras = pole.shadow(release, for_s) if for_s else ()
    if not cameras:
        return ShadowRun()
    until = moments.monotonic() + for_s
    seen: dict[str, ShadowHealth] = {}
    try:
        while moments.monotonic() < until and not _is_over(seen, cameras):
            moments.sleep(min(LOOK_S, max(0.1, until - moments.monotonic())))
            for name, camera in _cameras(pole.status()).items():
                if name in cameras and camera.shadow is not None and _is_of(camera.shadow, weights):
                    seen[name] = camera.shadow
                    _check_ends(name, camera.shadow)
    finally:
        pole.shadow(release, 0.0)
    for name, figures in seen.items():
        _check(name, figures, limits)
    return _summed(seen, cameras)


def agreement(figures: ShadowHealth) -> float:
    """The share of objects that both see, 0 to 1 (Dice's coefficient); 1 where there were none."""
    both = figures.objects + figures.objects_before
    return 2 * figures.agreed / both if both else 1.0


def _check_ends(camera: str, figures: ShadowHealth) -> None:
    if figures.ends >= MOST_ENDS and figures.ends_before:
        raise Restless(say.SHADOW_RESTLESS(camera=camera, ends=figures.ends, before=figures.ends_before))
    if figures.ends >= MOST_ENDS:
        raise ReleaseRefused(say.SHADOW_ENDED(camera=camera, ends=figures.ends))


def _check(camera: str, figures: ShadowHealth, limits: ShadowLimits) -> None:
    if figures.state == "misfit":
        raise ReleaseRefused(say.SHADOW_MISFIT(camera=camera))
    objects = max(figures.objects, figures.objects_before)
    if objects >= LEAST and agreement(figures) < limits.agreement:
        raise ReleaseRefused(
            say.SHADOW_FAR_OFF(
                camera=camera, share=agreement(figures), objects=objects, limit=limits.agreement, looks=figures.looks
            )
        )
    if figures.looks >= LEAST and figures.ms > max(limits.slowdown * figures.ms_before, figures.ms_before + SOME_MS):
        raise ReleaseRefused(
            say.SHADOW_TOO_SLOW(
                camera=camera, ms=figures.ms, before=figures.ms_before, limit=limits.slowdown, looks=figures.looks
            )
        )


def _summed(seen: Mapping[str, ShadowHealth], cameras: tuple[str, ...]) -> ShadowRun:
    parts, numbers = [], {}
    for name in cameras[:_MOST_CAMERAS]:
        each = seen.get(name)
        if each is None or not each.looks:
            parts.append(_WHY_NONE.get(each.state if each else "running", say.SHADOW_NO_LOOK)(camera=name))
            continue
        shared = agreement(each)
        parts.append(
            say.SHADOW_FIGURES(
                camera=name,
                looks=each.looks,
                objects=each.objects,
                objects_before=each.objects_before,
                share=shared,
                score=each.score,
                score_before=each.score_before,
                ms=each.ms,
                ms_before=each.ms_before,
            )
        )
        for key in ("looks", "objects", "objects_before", "score", "score_before", "ms", "ms_before"):
            numbers[f"{name}.{key}"] = float(getattr(each, key))
        numbers[f"{name}.agreement"] = round(shared, 4)
    return ShadowRun("; ".join(parts), numbers)


def _is_of(figures: ShadowHealth, weights: str) -> bool:
    """Whether they speak of the model with these weights: one that cannot be read has none that are known."""
    return figures.model == weights or (figures.state == "no_model" and not figures.model)


def _is_over(seen: Mapping[str, ShadowHealth], cameras: tuple[str, ...]) -> bool:
    return all(name in seen and seen[name].state != "running" for name in cameras)


def _cameras(status: PoleStatus | None) -> dict[str, CameraHealth]:
    return {each.name: each for each in status.cameras} if status else {}
