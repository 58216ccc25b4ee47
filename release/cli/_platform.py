"""What commands that ask the platform share."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from contract.plan import Assignment, Plan
from contract.release import ReleaseId
from contract.standing import PoleSaid
from release.errors import ReleaseError
from release.platform import PlatformApi, read_token


def add_platform(command: argparse.ArgumentParser, kind: str = "a token to read") -> None:
    command.add_argument("--platform", required=True, metavar="URL", help="address of the platform")
    command.add_argument(
        "--token-file", type=Path, required=True, metavar="FILE", help=f"file whose first line is {kind}"
    )
    command.add_argument("--ca", type=Path, metavar="FILE", help="CA of the platform, if not one of the system's")


def poles_of(options: argparse.Namespace, release: ReleaseId) -> list[PoleSaid]:
    """What each pole has said of the release, by the platform. ReleaseError: it cannot be had."""
    platform = PlatformApi(options.platform, read_token(options.token_file), options.ca)
    try:
        return msgspec.convert(list(platform.items("/rollouts/poles", release=str(release))), list[PoleSaid])
    except msgspec.ValidationError as exc:
        raise ReleaseError(f"{options.platform} answers what this version does not know: {exc}") from exc


def release_of(text: str) -> ReleaseId:
    try:
        return ReleaseId.parse(text)
    except ValueError as exc:
        raise ReleaseError(str(exc)) from exc


def rollouts_of(plan: Plan, name: str) -> list[Assignment]:
    """The rollouts of a plan, or the one of the release ``name``. ReleaseError: there is none."""
    found = [each for each in plan.assignments if each.rollout is not None and name in ("", str(each.release))]
    if not found:
        raise ReleaseError(f"the plan has no rollout of {name}" if name else "the plan has no rollout")
    return found
