"""``poleagent update``: takes releases that maintainers have signed; ``poleagent update status`` says how it stands."""

from __future__ import annotations

import argparse
import fcntl
from pathlib import Path

from agent.acquire.registry import find_drivers
from agent.cli._ask import show, socket_path
from agent.cli._command import OK, Commands, add_settings
from agent.config.load import load
from agent.config.settings import Settings
from agent.errors import ConfigError, Retry
from agent.status.words import local
from agent.system.slots import Slots, state_folder
from contract.release import ROLES


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "update",
        help="take signed releases of models, settings and the agent",
        description="Fetches what maintainers have signed and assigned to this pole, tries it, and keeps it or goes "
        "back to what ran before. A timer starts it; by hand it does the same at once. 'status' shows how it stands, "
        "'retry' has refused releases tried once more; 'accept' is for the unit that installs the agent's own package.",
    )
    command.add_argument(
        "what", nargs="?", choices=("run", "status", "retry", "accept"), default="run", help="what to do; default run"
    )
    command.add_argument("--from", dest="source", metavar="FOLDER", help="a stick's folder instead of [update] source")
    command.add_argument("--socket", metavar="PATH", help="the agent's control socket, if not that of the settings")
    add_settings(command)
    command.set_defaults(do=_update)


def _update(options: argparse.Namespace) -> int:
    if options.what == "status":
        show(_status(state_folder(options.settings)))
        return OK
    settings = load(options.settings, find_drivers())
    source = options.source or settings.update.source
    if options.source:
        source = str(Path(options.source).resolve())
    if source is None:
        raise ConfigError("[update] has no 'source', the address of the folder that the maintainers publish")
    state = Path(settings.store.path).parent
    if options.what == "accept":
        return _accept(settings, source, state)
    home = state / "update"
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise Retry("another 'poleagent update' is at work; 'poleagent update status' says at what") from exc
        return _run(options, settings, source, state)


def _run(options: argparse.Namespace, settings: Settings, source: str, state: Path) -> int:
    from agent.update.moment import SystemMoments  # noqa: PLC0415
    from agent.update.running import RunningAgent  # noqa: PLC0415 - `status` needs none of it
    from agent.update.source import open_source  # noqa: PLC0415
    from agent.update.updater import Updater  # noqa: PLC0415

    moments = SystemMoments(always=settings.clock.trust == "always")
    updater = Updater(
        pole_id=settings.pole.id,
        settings=options.settings,
        state=state,
        options=settings.update,
        source=open_source(source, moments),
        pole=RunningAgent(socket_path(options)),
        moments=moments,
    )
    if options.what == "retry":
        updater.forgive()
    updater.run()
    print(_status(state), end="")
    return OK


def _accept(settings: Settings, source: str, state: Path) -> int:
    from agent.update.install import accept  # noqa: PLC0415
    from agent.update.moment import SystemMoments  # noqa: PLC0415
    from agent.update.source import open_source  # noqa: PLC0415

    moments = SystemMoments(always=settings.clock.trust == "always")
    asked = open_source(source, moments)
    accepted = accept(settings.pole.id, Path(settings.update.root_file), state / "update", asked, moments)
    print(f"{accepted} is accepted" if accepted else "nothing is to be installed")
    return OK


def _status(state: Path) -> str:
    """How it stands, for a person."""
    from agent.update.record import read_record  # noqa: PLC0415 - other commands need none of it

    slots, record = Slots(state), read_record(state / "update" / "record.json")
    lines: list[str] = []
    for kind in ROLES:
        lines += [f"{kind} {name}: release {slots.current(kind, name)} runs" for name in slots.names(kind)]
    trial = slots.trial()
    if trial is not None and not trial.failed:
        lines.append(f"{trial.release} is on trial; before it: {trial.before or 'none'}")
    if record.job is not None:
        lines.append(f"{record.job.release}: {record.job.stage}")
    lines += [f"{release} was refused: {why}" for release, why in record.refused.items()]
    checked = f"last looked {local(record.checked)}" if record.checked else "never looked yet"
    lines.append(f"{checked}" + (f"; {record.trouble}" if record.trouble else ""))
    return "\n".join(lines) + "\n"
