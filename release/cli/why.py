"""``polerelease why``: why a pole has a release, or has it not."""

from __future__ import annotations

import argparse

from release.cli._common import Commands, add_desk, desk, now, show
from release.cli._platform import add_platform, poles_of, rollouts_of
from release.errors import ReleaseError
from release.publishing import plan_of
from release.rollout.why import why


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "why",
        help="say why a pole has a release, or has it not",
        description="Says in one sentence for each rollout of the plan whether the pole has the release, and why, by "
        "the plan and by what the pole itself has said.",
    )
    add_desk(command)
    command.add_argument("pole", metavar="POLE", help="the pole's id")
    command.add_argument("--release", default="", metavar="RELEASE", help="only this one, as models/crops/3")
    add_platform(command)
    command.set_defaults(do=_why)


def _why(options: argparse.Namespace) -> int:
    for each in rollouts_of(plan_of(desk(options)), options.release):
        said = next((said for said in poles_of(options, each.release) if said.pole == options.pole), None)
        if said is None:
            raise ReleaseError(f"the platform knows no pole {options.pole}")
        show([why(said, each, now())])
    return 0
