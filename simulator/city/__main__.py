"""``python -m simulator.city SETTINGS``: the child of ``polefleet twin``; SETTINGS are ``TwinSettings`` as JSON."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import msgspec

from fleet import app
from fleet.app import ServeSettings, Serving
from fleet.cli._command import ending
from fleet.errors import FleetError
from fleet.folder import MARK
from simulator.city.city import City, Rates
from simulator.city.feed import TICK_S, CityClock, CityIngest
from simulator.city.plan import plan
from simulator.city.sockets import CitySockets, real_now
from simulator.ports import free_port


class TwinSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``folder`` empty: one that goes when the twin ends. ``hours`` of past are made up; ``real`` poles use sockets."""

    poles: int
    seed: int
    hours: float
    speed: float
    window_s: int
    storms_an_hour: float
    real: int
    folder: str
    web_port: int


def run(settings: TwinSettings) -> int:
    os.umask(0o077)
    with ExitStack() as opened:
        root = Path(settings.folder or opened.enter_context(tempfile.TemporaryDirectory(prefix="polefleet-twin-")))
        try:
            if root.is_dir() and any(root.iterdir()) and not (root / MARK).is_file():
                raise FleetError(f"{root} is the folder of a platform with real poles: give the twin one of its own")
            root.mkdir(parents=True, exist_ok=True)
            (root / MARK).touch()
        except OSError as reason:
            raise FleetError(
                f"{root} cannot be used: {reason.strerror}; choose another folder with --folder"
            ) from reason
        until = int(real_now().timestamp()) // TICK_S * TICK_S
        begin = until - max(settings.window_s, int(settings.hours * 3600))
        clock = CityClock(begin, settings.speed)
        rates = Rates(storms_an_hour=settings.storms_an_hour)
        places = plan(settings.poles, settings.seed)
        city = City(places, settings.seed ^ begin, begin, window_s=settings.window_s, tick_s=TICK_S, rates=rates)
        serve = ServeSettings(folder=root, web_port=settings.web_port, mqtt_port=free_port())
        sockets = CitySockets(city, settings.real, serve, clock.now)
        ingest = partial(CityIngest, city=city, clock=clock, begin=begin, until=until, sockets=sockets)
        return app.run(app.serve(serve, clock.now, partial(_say, settings), ingest))


def _say(settings: TwinSettings, running: Serving) -> None:
    rows = [f"a city of {settings.poles} virtual poles, seed {settings.seed}", f"  pages   {running.pages}"]
    if running.first:
        rows.append(f"  open {running.first} once: you are the administrator")
    sys.stdout.write("\n".join([*rows, ""]))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(ending(lambda: run(msgspec.json.decode(sys.argv[1], type=TwinSettings))))
