"""``polefleet twin``: the platform over a made-up city, for training and trials. Its city runs in a child."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec

import msgspec

from fleet.cli._command import Commands
from fleet.errors import FleetError

MOST_POLES = 200_000


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "twin",
        help="run the platform over a made-up city",
        description="Serves the pages of a city of virtual poles on this machine alone, until it is stopped: for "
        "training, trials and load. The poles speak as real ones do, their sensors follow weather and traffic, and "
        "feeders, cell towers, switches and bad releases fail. It never mixes with real poles: its folder is its own.",
    )
    numbers: tuple[tuple[str, Callable[[str], float], float, str], ...] = (
        ("poles", _whole(1, MOST_POLES), 5000, "poles of the city (%(default)s)"),
        ("seed", _whole(0, 2**31), 1, "the same seed makes the same city (%(default)s)"),
        ("hours", _number(0, 720), 0, "of a past that is made up first (%(default)s)"),
        ("speed", _number(0.1, 3600), 1, "the city's clock runs so many times as fast as the real one (%(default)s)"),
        ("window-s", _whole(10, 3600), 60, "length of a pole's summaries, in seconds (%(default)s)"),
        ("storms-an-hour", _number(0, 60), 4, "causes that hit many poles at once (%(default)s)"),
        ("real", _whole(0, MOST_POLES), 0, "so many of the poles use real connections with certificates (%(default)s)"),
        ("web-port", _whole(0, 65535), 8080, "of the pages (%(default)s)"),
    )
    for name, type_, default, text in numbers:
        command.add_argument(f"--{name}", type=type_, default=default, metavar="N", help=text)
    command.add_argument(
        "--folder", default="", metavar="DIR", help="keep the twin's files here; without it they go when it ends"
    )
    command.set_defaults(do=_twin)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return whole


def _number(least: float, most: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {least:g} to {most:g}")
        return value

    return number


def _twin(options: argparse.Namespace) -> int:
    if find_spec("simulator") is None:
        raise FleetError("the twin is not part of this package: run it from the source (pip install '.[fleet]')")
    settings = {name: value for name, value in vars(options).items() if name != "do"}
    # isolated: what is installed runs, and not a folder of that name where one stands
    command = [sys.executable, "-I", "-m", "simulator.city", msgspec.json.encode(settings).decode()]
    with subprocess.Popen(command) as child:
        for how in (signal.SIGINT, signal.SIGTERM):
            signal.signal(how, lambda number, _: child.send_signal(number))
        return child.wait()
