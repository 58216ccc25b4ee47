"""``polerelease rollout``: a release goes out by evidence."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import msgspec

from contract.plan import GROUPS, Assignment, Plan, Rollout, RolloutState
from contract.release import ReleaseId
from release.cli._common import Commands, add_desk, add_key, desk, key, now, show
from release.cli._platform import add_platform, poles_of, release_of, rollouts_of
from release.errors import ReleaseError
from release.forecasting import figures_of, read_forecast
from release.publishing import plan_of
from release.rollout.showing import planned, shown
from release.rollout.steps import RolloutDesk, new_rollout

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "rollout",
        help="let a release out group by group, as far as the evidence goes",
        description="A rollout is an assignment that grows: poles with a tag, one pole, as many as the evidence "
        "allows, a share, all. Wald's sequential test stops it by itself where too many poles fail (5 % instead of "
        "1 %, errors 1 %). What poles have done comes from the platform's read API; a pole counts only when its own "
        "events prove that it runs the release. The online key signs, and can sign no release.",
    )
    actions = command.add_subparsers(
        title="what to do", metavar="ACTION", required=True, help="plan, start, widen, pause, abort or status"
    )

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")

    _add_plan(action("plan", "show what a rollout would do; changes nothing"))
    _add_start(action("start", "begin a rollout and publish it, or let one that is paused go on"))
    _add_widen(action("widen", "do one step, for a timer or CI: the next batch or group, or a stop"))
    _add_end(action("pause", "have no pole begin any more; poles on trial go on to their verdict"), "paused")
    _add_end(action("abort", "have no pole begin any more, and poles on trial go back"), "aborted")
    status = action("status", "show how rollouts stand")
    add_desk(status)
    _add_release(status, many=True)
    add_platform(status)
    status.set_defaults(do=_status)


def _add_release(command: argparse.ArgumentParser, *, many: bool = False) -> None:
    nargs = {"nargs": "?", "default": ""} if many else {}
    text = "as models/crops/3" + ("; default all rollouts" if many else "")
    command.add_argument("release", metavar="RELEASE", help=text, **nargs)  # type: ignore[arg-type]


def _add_shape(command: argparse.ArgumentParser) -> None:
    _add_release(command)
    command.add_argument("--poles", action="append", metavar="PATTERN", help="ids of poles with * and ?; default all")
    command.add_argument(
        "--group",
        action="append",
        metavar="GROUP",
        help="tag:NAME, pole:ID, one, evidence, a share such as 10%%, or all; give it once for each, in order "
        f"(default {', '.join(GROUPS).replace('%', '%%')})",
    )
    command.add_argument("--hours", metavar="A-B", help="poles begin and switch from hour A to hour B, UTC")
    command.add_argument(
        "--soak",
        default="1h",
        metavar="TIME",
        help="how long after its trial a pole counts, such as 30min (%(default)s)",
    )
    command.add_argument(
        "--batch", type=int, default=50, metavar="N", help="most poles under way at once (%(default)s)"
    )
    command.add_argument(
        "--forecast",
        type=Path,
        metavar="FILE",
        help="what poles foresee, as 'what-if --out' wrote it; the plan keeps it",
    )
    add_platform(command)


def _add_plan(command: argparse.ArgumentParser) -> None:
    _add_shape(command)
    command.set_defaults(do=_plan)


def _add_signed(command: argparse.ArgumentParser) -> None:
    add_desk(command)
    command.add_argument("site", type=Path, metavar="SITE", help="the published folder")


def _add_start(command: argparse.ArgumentParser) -> None:
    _add_signed(command)
    _add_shape(command)
    add_key(command, "the machine that publishes")
    command.set_defaults(do=_start)


def _add_widen(command: argparse.ArgumentParser) -> None:
    _add_signed(command)
    _add_release(command, many=True)
    command.add_argument("--next", action="store_true", help="open the next group, whatever is still awaited")
    add_platform(command)
    add_key(command, "the machine that publishes")
    command.set_defaults(do=_widen)


def _add_end(command: argparse.ArgumentParser, state: RolloutState) -> None:
    _add_signed(command)
    _add_release(command)
    command.add_argument("--why", required=True, metavar="TEXT", help="the reason, which poles and people are shown")
    add_key(command, "the machine that publishes")
    command.set_defaults(do=_end, state=state)


def _shape(options: argparse.Namespace) -> Assignment:
    """ReleaseError: something of it cannot be."""
    begun = now().replace(microsecond=0)
    hours = re.fullmatch(r"(\d{1,2})-(\d{1,2})", options.hours) if options.hours else None
    if options.hours and hours is None:
        raise ReleaseError(f"'{options.hours}' are no hours; write 1-5")
    release = release_of(options.release)
    try:
        draft = Rollout(
            groups=tuple(options.group or GROUPS),
            begun=begun,
            opened=begun,
            hours=(int(hours[1]), int(hours[2])) if hours else None,
            soak_s=_seconds(options.soak),
            batch=options.batch,
            forecast=figures_of(read_forecast(options.forecast), release) if options.forecast else {},
        )
        wanted = new_rollout(release, options.poles or (), draft)
        return msgspec.convert(msgspec.to_builtins(wanted), Assignment)
    except msgspec.ValidationError as exc:
        raise ReleaseError(str(exc)) from exc


def _seconds(text: str) -> int:
    found = re.fullmatch(r"(\d{1,6})(s|min|h|d)", text)
    if found is None:
        raise ReleaseError(f"'{text}' is no time; write 30min, 6h or 2d")
    return int(found[1]) * _UNITS[found[2]]


def _plan(options: argparse.Namespace) -> int:
    wanted = _shape(options)
    show(planned(wanted, poles_of(options, wanted.release), now()))
    return 0


def _desk(options: argparse.Namespace) -> RolloutDesk:
    return RolloutDesk(desk(options), options.site, key(options))


def _start(options: argparse.Namespace) -> int:
    wanted = _shape(options)
    print(f"{wanted.release}: {_desk(options).start(wanted, poles_of(options, wanted.release))}")
    return 0


def _widen(options: argparse.Namespace) -> int:
    place = _desk(options)
    for each in rollouts_of(plan_of(desk(options)), options.release):
        done = place.widen(each.release, lambda of: poles_of(options, of), onward=options.next)
        show([f"{each.release}: {done}"])
    return 0


def _end(options: argparse.Namespace) -> int:
    release = release_of(options.release)
    _desk(options).be(release, options.state, options.why)
    print(f"{release} is {options.state}.")
    if options.state == "aborted" and not _has_another(plan_of(desk(options)), release):
        print("Poles that keep it go on with it: assign what is to run instead.")
    return 0


def _has_another(plan: Plan, release: ReleaseId) -> bool:
    """Whether the plan says what else is to run in the place of an aborted release."""
    name = (release.kind, release.name)
    same = (each for each in plan.assignments if (each.release.kind, each.release.name) == name)
    return any(each.rollout is None or each.rollout.state != "aborted" for each in same)


def _status(options: argparse.Namespace) -> int:
    for each in rollouts_of(plan_of(desk(options)), options.release):
        show(shown(each, poles_of(options, each.release), now()))
    return 0
