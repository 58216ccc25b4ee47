"""``polerelease assign``: which poles run a release."""

from __future__ import annotations

import argparse

import msgspec

from contract.plan import Assignment
from contract.release import ReleaseId
from release.cli._common import Commands, add_desk, add_key, desk, key
from release.errors import ReleaseError
from release.publishing import assign, plan_of, withdraw


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "assign",
        help="say which poles run a release",
        description="Assigns a release on the desk to poles, by patterns of their ids and a share of these. Poles "
        "see it after the next publish.",
    )
    add_desk(command)
    command.add_argument("release", metavar="RELEASE", help="models/NAME/N, settings/NAME/N or software/NAME/N")
    command.add_argument("--poles", action="append", metavar="PATTERN", help="ids of poles with * and ?; default all")
    command.add_argument(
        "--share", type=float, default=1.0, metavar="S", help="share of these poles, 0 to 1 (%(default)s)"
    )
    command.add_argument("--withdraw", action="store_true", help="take the release out of the plan")
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")
    add_key(command, "the machine that publishes")
    command.set_defaults(do=_assign)


def _assign(options: argparse.Namespace) -> int:
    place, signer = desk(options), key(options)
    try:
        release = ReleaseId.parse(options.release)
        draft = Assignment(release=release, poles=tuple(options.poles or ("*",)), share=options.share)
        wanted = msgspec.convert(msgspec.to_builtins(draft), Assignment)
    except ValueError as exc:  # msgspec's ValidationError is one
        raise ReleaseError(str(exc)) from exc
    if not options.dry_run:
        if options.withdraw:
            withdraw(place, release, signer)
        else:
            assign(place, wanted, signer)
    for each in plan_of(place).assignments:
        print(f"{each.release}: {each.share:.0%} of {', '.join(each.poles)}")
    return 0
