"""``polerelease what-if``: what a release would have changed, by the poles' own readings."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import timedelta
from pathlib import Path

from contract.release import ReleaseId
from contract.what_if import Forecast
from release.cli._common import Commands, now, number, show
from release.cli._platform import add_platform
from release.errors import ReleaseError
from release.forecasting import Asking, body_of, happened, lines, read_forecast, save_forecast
from release.platform import PlatformApi, read_token


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "what-if",
        help="have poles try a release on their own readings",
        description="Asks poles, through the platform, to put their ring of raw readings through a published release "
        "and through what is in force, and shows the difference: alarms, sensor faults, bytes, for each pole and "
        "together. Nothing of it runs on a pole afterwards. A pole fetches the release itself and checks its "
        "signatures; it need not be assigned. Poles that could not are named with their reasons.",
    )
    command.add_argument("release", metavar="RELEASE", help="as settings/street/12 or models/bridge/3")
    command.add_argument(
        "--on", nargs="+", metavar="POLES", default=[], help="ids, 'all', or filters such as district=Futian feeder=F1"
    )
    add_platform(command, "a token for commands")
    command.add_argument("--hours", type=number, metavar="N", help="only the newest N hours of each ring")
    command.add_argument(
        "--wait-min",
        type=number,
        default=60.0,
        metavar="N",
        help="how long to wait for poles, in minutes (%(default)g)",
    )
    command.add_argument("--out", type=Path, metavar="FILE", help="write the forecast, for the plan of a rollout")
    command.add_argument(
        "--happened",
        type=Path,
        metavar="FILE",
        help="instead of asking: compare this forecast with the alarms that the platform received in the last --days",
    )
    command.add_argument("--days", type=number, default=1.0, metavar="N", help="of --happened, at most 7 (%(default)g)")
    command.set_defaults(do=_what_if)


def _what_if(options: argparse.Namespace) -> int:
    try:
        release = ReleaseId.parse(options.release)
    except ValueError as reason:
        raise ReleaseError(str(reason)) from reason
    if release.kind == "software":
        raise ReleaseError(f"{release} is a version of the agent; poles try settings and models of series")
    platform = PlatformApi(options.platform, read_token(options.token_file), options.ca)
    if options.happened is not None:
        forecast = read_forecast(options.happened)
        if forecast.release != str(release):
            raise ReleaseError(f"{options.happened} is a forecast of {forecast.release}")
        show(happened(forecast, platform, now() - timedelta(days=options.days), now()))
        return 0
    asked = now()
    asking = Asking(platform, release, hours=options.hours, moments=time.monotonic, sleep=_sleep)
    poles = asking.run(body_of(options.on), options.wait_min * 60, _progress)
    forecast = Forecast(release=str(release), asked=asked, poles=poles)
    show(lines(forecast))
    if options.out is not None:
        save_forecast(options.out, forecast)
    return 0 if any(each.result is not None for each in poles) else 1


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)


def _sleep(seconds: float) -> None:
    time.sleep(seconds)  # noqa: TID251 - a person waits here, and nothing else
