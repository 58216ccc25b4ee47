"""``polerelease drift``: which poles and models meet something else than the model was made for."""

from __future__ import annotations

import argparse
import tomllib
from datetime import timedelta
from pathlib import Path

from contract.bundle import BundleError, open_bundle
from contract.model import GoldenProfile
from release.cli._common import Commands, now, number
from release.cli._platform import add_platform
from release.drift import Drift, drift, golden_of, ranked, watched
from release.errors import ReleaseError
from release.forecasting import body_of
from release.platform import PlatformApi, read_token


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "drift",
        help="rank poles and models by how far they have drifted",
        description="Compares the hourly profiles of cameras (histograms of scores, classes, sizes and brightness; no "
        "images) with the golden profile of their model, or, where its bundle has none, with the first seven days of "
        "--days in which the model was there (the line says from when), and ranks poles and models by the population "
        "stability index: from 0.1 on a change to look at, from 0.25 on a large one.",
    )
    command.add_argument(
        "--on", nargs="+", metavar="POLES", required=True, help="ids, 'all', or filters such as district=Futian"
    )
    add_platform(command)
    command.add_argument("--desk", type=Path, metavar="DESK", help="desk whose bundles hold golden profiles")
    command.add_argument(
        "--days",
        type=number,
        default=30.0,
        metavar="N",
        help="to look back (%(default)g); without a golden profile, what changed before is not seen",
    )
    command.add_argument(
        "--recent", type=number, default=3.0, metavar="N", help="newest days that are compared (%(default)g)"
    )
    command.set_defaults(do=_drift)


def _drift(options: argparse.Namespace) -> int:
    platform = PlatformApi(options.platform, read_token(options.token_file), options.ca)
    until = now()
    poles = _poles(platform, options.on)
    golden = _golden(options.desk) if options.desk else {}
    found: list[Drift] = []
    for each in watched(platform, poles, until - timedelta(days=options.days), until):
        said = drift(each, golden, timedelta(days=options.recent))
        if isinstance(said, Drift):
            found.append(said)
        else:
            print(said)
    for line in ranked(found):
        print("".join(mark if mark.isprintable() else "?" for mark in line))
    if not found:
        raise ReleaseError("no camera of these poles has sent enough profiles: they come once an hour")
    return 0


def _poles(platform: PlatformApi, on: list[str]) -> list[str]:
    body = body_of(on)
    named = body.get("poles")
    if isinstance(named, list):
        return named
    filters = body["filter"]
    assert isinstance(filters, dict)
    return [line["pole"] for line in platform.items("/poles", **filters)]


def _golden(desk: Path) -> dict[str, GoldenProfile]:
    """Of every bundle of a model that has one."""
    found = {}
    for path in sorted((desk / "targets/models").glob("*/*.zip")):
        try:
            with open_bundle(path) as bundle:
                if "model.toml" in bundle.manifest.files:
                    one = golden_of(tomllib.loads(bundle.read("model.toml").decode()))
                    if one is not None:
                        found[one[0]] = one[1]
        except (BundleError, ValueError) as exc:
            raise ReleaseError(f"{path}: {exc}") from exc
    return found
