"""``poleagent update``: takes releases that maintainers have signed; ``poleagent update status`` says how it stands."""

from __future__ import annotations

import argparse
from pathlib import Path

from agent.acquire.registry import find_drivers
from agent.cli import _sentences as say
from agent.cli import _sentences_help as about
from agent.cli._ask import show, socket_path
from agent.cli._command import OK, Commands, add_settings
from agent.cli._language import out
from agent.cli._owner import become_owner, updating
from agent.config.load import load
from agent.config.settings import Settings
from agent.errors import ConfigError
from agent.status.words import local
from agent.system.slots import Slots, state_folder
from contract.release import ROLES


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "update",
        help=about.TAKE_SIGNED_RELEASES_MODELS(),
        description=about.FETCHES_WHAT_MAINTAINERS_SIGNED(),
    )
    command.add_argument(
        "what", nargs="?", choices=("run", "status", "retry", "accept"), default="run", help=about.WHAT_DEFAULT_RUN()
    )
    command.add_argument("--from", dest="source", metavar="FOLDER", help=about.STICKS_FOLDER_INSTEAD_UPDATE())
    command.add_argument("--socket", metavar="PATH", help=about.AGENTS_CONTROL_SOCKET_IF())
    add_settings(command)
    command.set_defaults(do=_update)


def _update(options: argparse.Namespace) -> int:
    if options.what == "status":
        show(_status(state_folder(options.settings)))
        return OK
    settings = load(options.settings, find_drivers())
    if options.what == "accept":
        return _accept(settings)
    source = options.source or settings.update.source
    if options.source:
        source = str(Path(options.source).resolve())
    if source is None:
        raise ConfigError(say.UPDATE_NO_SOURCE_ADDRESS())
    state = Path(settings.store.path).parent
    become_owner(state)
    with updating(state / "update"):
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
    out(_status(state), end="")
    return OK


def _accept(settings: Settings) -> int:
    from agent.update.install import accept  # noqa: PLC0415
    from agent.update.moment import SystemMoments  # noqa: PLC0415

    moments = SystemMoments(always=settings.clock.trust == "always")
    home = Path(settings.store.path).parent / "update"
    accepted = accept(settings.pole.id, Path(settings.update.root_file), home, moments, tags=settings.update.tags)
    out(say.ACCEPTED(accepted=accepted) if accepted else say.NOTHING_INSTALLED())
    return OK


def _status(state: Path) -> str:
    """How it stands, for a person."""
    from agent.update.record import read_record  # noqa: PLC0415 - other commands need none of it

    slots, record = Slots(state), read_record(state / "update" / "record.json")
    lines: list[str] = []
    for kind in ROLES:
        lines += [
            say.RELEASE_RUNS(kind=kind, name=name, kind_2=slots.current(kind, name)) for name in slots.names(kind)
        ]
    trial = slots.trial()
    if trial is not None and not trial.failed:
        lines.append(say.TRIAL_BEFORE(release=trial.release, what=trial.before or say.NONE()))
    if record.job is not None:
        lines.append(say.JOB(release=record.job.release, stage=record.job.stage))
    if record.shadow:
        lines.append(say.SHADOW(text=record.shadow))
    lines += [say.REFUSED(release=release, why=why) for release, why in record.refused.items()]
    if record.waits:
        lines.append(say.WAITING(why=record.waits))
    checked = say.LAST_LOOKED(checked=local(record.checked)) if record.checked else say.NEVER_LOOKED_YET()
    lines.append(say.TROUBLE(checked=checked, trouble=record.trouble) if record.trouble else checked)
    return "\n".join(lines) + "\n"
