"""A model that meets something else than before is found by its profiles; one that does not is left alone."""

from __future__ import annotations

import math
import random
import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.events import Profile
from contract.model import HISTOGRAMS, MOST_SHARE, GoldenProfile
from release.cli import main
from release.drift import LARGE, LOOK_AT, Drift, Watched, drawn, drift, golden_of, ranked, watched
from release.packing import pack, put
from tests.release.desks import NOW, model_folder, new_desk

MODEL = "0123456789ab"
DAY = timedelta(days=1)
SEEDS = range(4)
Scene = dict[str, float]
USUAL: Scene = {"light": 1.0, "sure": 0.72, "vehicles": 0.3, "height": 0.12}
SHIFTS: dict[str, tuple[Scene, set[str]]] = {
    "a camera that no longer sees by night": ({"light": 0.25}, {"brightness"}),
    "a dirty lens": ({"sure": 0.5, "height": 0.16}, {"scores", "sizes"}),
    "another model": ({"vehicles": 0.8}, {"classes"}),
    "a camera that was turned to a far street": ({"height": 0.03}, {"sizes"}),
}


def hour(at: datetime, scene: Scene, rng: random.Random) -> Profile:
    """An hour of a street: more people by day, and days that differ."""
    day = 0.5 - 0.5 * math.cos(math.tau * at.hour / 24)
    weather = rng.gauss(1.0, 0.1)
    objects = int(rng.gauss(10 + 60 * day, 4) * max(0.3, weather))
    bins: dict[str, list[int]] = {part: [0] * (4 if part == "classes" else 8) for part in HISTOGRAMS}
    for _ in range(max(0, objects)):
        score = min(0.999, max(0.0, rng.gauss(scene["sure"], 0.13)))
        height = math.exp(rng.gauss(math.log(scene["height"]), 0.5))
        bins["scores"][int(score * 8)] += 1
        bins["sizes"][min(7, max(0, 8 + math.floor(math.log2(min(height, 0.99)))))] += 1
        bins["classes"][1 if rng.random() < scene["vehicles"] else 0] += 1
    for _ in range(30):
        light = (30 + 120 * day) * weather * scene["light"] + rng.gauss(0, 4)
        bins["brightness"][min(7, max(0, int(light / 32)))] += 1
    shares: dict[str, Any] = {
        part: tuple(round(MOST_SHARE * count / max(1, sum(row))) for count in row) for part, row in bins.items()
    }
    return Profile(model=MODEL, duration_s=3600.0, looks=3600, objects=max(0, objects), **shares)


def days(count: float, scene: Scene, rng: random.Random, start: datetime = NOW) -> list[tuple[datetime, Profile]]:
    moments = [start + timedelta(hours=each) for each in range(round(24 * count))]
    return [(at, hour(at, scene, rng)) for at in moments]


def weeks(seed: int, before: int, after: int, shift: Scene) -> Watched:
    """Days of a street as it was, then some of ``shift``; each has its own weather."""
    rng, profiles = random.Random(seed), list[tuple[datetime, Profile]]()
    for day in range(before + after):
        scene = USUAL | (shift if day >= before else {})
        scene = scene | {"light": scene["light"] * max(0.3, rng.gauss(1.0, 0.2))}
        profiles += days(1, scene, rng, NOW + day * DAY)
    return Watched("p1", "gate", MODEL, profiles)


def found(seed: int, shift: Scene) -> Drift:
    """Ten days of a street as it was, then three of ``shift``."""
    said = drift(weeks(seed, 10, 3, shift), {}, 3 * DAY)
    assert isinstance(said, Drift)
    return said


@pytest.mark.fault("a camera is dark, dirty or turned, or a model sees other things", "drift names it, by its profiles")
@pytest.mark.parametrize("name", SHIFTS)
def test_a_shift_is_found_and_named(name: str) -> None:
    shift, parts = SHIFTS[name]
    rows = [found(seed, shift) for seed in SEEDS]
    assert min(row.distance for row in rows) >= LARGE, name
    assert {row.histogram for row in rows} <= parts
    assert all(row.against == f"itself from {NOW:%Y-%m-%d} on" for row in rows)


def test_a_street_as_it_was_is_left_alone() -> None:
    distances = [found(seed, {}).distance for seed in range(10)]
    assert max(distances) < LARGE
    assert sum(distance >= LOOK_AT for distance in distances) <= 1, "the weather is no drift"


def test_the_golden_profile_of_the_bundle_comes_first() -> None:
    made = drawn(weeks(1, 7, 0, {}).profiles)
    shares: dict[str, Any] = {
        part: tuple(round(MOST_SHARE * share) for share in made[part].shares) for part in HISTOGRAMS
    }
    golden = {MODEL: GoldenProfile(looks=80_000, objects=2000, **shares)}
    always_dark = weeks(2, 0, 10, {"light": 0.25})
    alone, compared = drift(always_dark, {}, 3 * DAY), drift(always_dark, golden, 3 * DAY)
    assert isinstance(alone, Drift)
    assert isinstance(compared, Drift)
    assert alone.distance < LARGE, "its first days were as dark"
    assert (compared.against, compared.histogram) == ("its golden profile", "brightness")
    assert compared.distance > LARGE


def test_of_too_little_nothing_is_said() -> None:
    rng = random.Random(1)
    few = Watched("p1", "gate", MODEL, days(0.5, USUAL, rng))
    assert drift(few, {}, DAY) == f"p1 gate {MODEL}: too little was seen to compare (itself from {NOW:%Y-%m-%d} on)"


def test_poles_and_models_are_ranked_with_an_example() -> None:
    rows = [found(1, {}), found(2, SHIFTS["a dirty lens"][0])._replace(pole="p2")]
    shown = list(ranked(rows))
    assert shown[0].startswith("!!")
    assert "p2 gate, model 0123456789ab: scores " in shown[0]
    assert " % instead of " in shown[0]
    assert "(compared with itself from 2026-" in shown[0], "days before those that were asked for are not spoken of"
    assert shown[1].startswith("  ")
    assert shown[2].endswith("2 cameras, 1 of them far off")


class FakeEvents:
    """A platform that answers with events of at most seven days."""

    def __init__(self, profiles: Sequence[tuple[datetime, Profile]]) -> None:
        self.profiles = profiles

    def post(self, path: str, body: dict[str, object]) -> Any:
        raise AssertionError

    def items(self, path: str, **params: object) -> Iterator[Any]:
        since, until = (datetime.fromisoformat(str(params[name])) for name in ("since", "until"))
        assert until - since <= 7 * DAY
        yield {"source": "p1/gate", "time": NOW.isoformat(), "data": {"nonsense": 1}}
        for at, body in self.profiles:
            if since <= at < until:
                yield {"source": "p1/gate", "time": at.isoformat(), "data": msgspec.to_builtins(body)}


def test_profiles_are_asked_for_in_pieces_and_what_is_none_is_left_out() -> None:
    profiles = days(10, USUAL, random.Random(3))
    (each,) = watched(FakeEvents(profiles), ["p1"], NOW - DAY, NOW + 20 * DAY)
    assert (each.pole, each.camera, each.model) == ("p1", "gate", MODEL)
    assert list(each.profiles) == profiles


def test_a_golden_profile_travels_in_the_models_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = model_folder(tmp_path / "crops")
    table = (
        "[profile]\nlooks = 9000\nobjects = 4000\nscores = [0, 0, 0, 10, 30, 60, 90, 65]\nclasses = [160, 70, 25, 0]\n"
        "sizes = [0, 3, 21, 101, 98, 30, 2, 0]\nbrightness = [0, 0, 25, 120, 100, 10, 0, 0]\n"
    )
    page = folder / "model.toml"
    page.write_text(page.read_text(encoding="utf-8") + table, encoding="utf-8")
    short, golden = golden_of(tomllib.loads(page.read_text(encoding="utf-8"))) or ("", None)
    assert golden is not None
    assert golden_of({"sha256": "x"}) is None
    desk = new_desk(tmp_path / "desk")
    put(desk, *pack(folder, desk, None))
    profiles = [(at, msgspec.structs.replace(body, model=short)) for at, body in days(2, USUAL, random.Random(1))]
    token = tmp_path / "token"
    token.write_text("good\n", encoding="utf-8")
    made: Callable[..., FakeEvents] = lambda *_: FakeEvents(profiles)  # noqa: E731
    monkeypatch.setattr("release.cli.drift.PlatformApi", made)
    monkeypatch.setattr("release.cli.drift.now", lambda: NOW + 2 * DAY)
    words = ["drift", "--on", "p1", "--platform", "https://x.example", "--token-file", str(token)]
    assert main([*words, "--desk", str(desk.folder), "--days", "7"]) == 0
    assert "compared with its golden profile" in capsys.readouterr().out
    del profiles[25:]
    assert main([*words, "--days", "7"]) == 1
    said = capsys.readouterr()
    assert "too little was seen" in said.out
    assert "no camera of these poles has sent enough profiles" in said.err
