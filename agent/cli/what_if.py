"""``poleagent what-if``: a candidate over the pole's own ring of raw readings, compared with what is in force."""

from __future__ import annotations

import argparse
import os
import resource
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from agent.cli import _sentences as say
from agent.cli import _sentences_what_if as about
from agent.cli._ask import add_question, connect, show, show_json
from agent.cli._command import FAILED, OK, Commands
from agent.cli._numbers import number
from agent.cli._owner import become_owner, updating
from agent.errors import AgentError, ConfigError
from agent.system.resident import data_bytes
from agent.system.slots import Slots, state_folder
from contract.release import ReleaseId
from contract.requests import RingArgs, RingResult
from contract.what_if import MOST_KEPT_NAMED, WhatIfCounts, WhatIfResult

if TYPE_CHECKING:
    from agent.config.settings import Settings

MEMORY_BYTES = 160 << 20
"""In addition to what a started Python holds."""
MOST_CPU_S, MOST_S = 240, 3600
"""After which the process ends, whatever it does."""


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_question(commands, "what-if", about.WHAT_IF(), about.WHAT_IF_WHOLE())
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("release", nargs="?", metavar="RELEASE", help=about.WHAT_IF_RELEASE())
    what.add_argument("--file", type=Path, metavar="FILE", help=about.WHAT_IF_FILE())
    command.add_argument("--hours", type=number(0.01, 24 * 366), metavar="N", help=about.WHAT_IF_HOURS())
    command.add_argument("--json", action="store_true", help=about.WHAT_IF_JSON())
    command.set_defaults(do=_what_if)


def _what_if(options: argparse.Namespace) -> int:
    _limit()
    name = options.release or options.file.name
    try:
        found = _tried(options, name)
    except AgentError as reason:
        if not options.json:
            raise
        found = WhatIfResult(release=name, state="refused", text=str(reason)[:1000])
    if options.json:
        show_json(msgspec.json.encode(found))
    else:
        show("\n".join(lines(found)) + "\n")
    return OK if found.state == "done" else FAILED


def _limit() -> None:
    """Last in the queue, and within bounds: the pole goes on measuring."""
    os.nice(19)
    data = data_bytes() + MEMORY_BYTES
    for which, most in ((resource.RLIMIT_DATA, data), (resource.RLIMIT_CPU, MOST_CPU_S), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(which)[1]  # which stays: the trial of golden samples has limits of its own
        resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    signal.alarm(MOST_S)


def _tried(options: argparse.Namespace, name: str) -> WhatIfResult:
    from agent.update.candidate import both_settings  # noqa: PLC0415 - `--help` needs none of it
    from agent.update.compared import Side, Undone  # noqa: PLC0415
    from agent.update.ringrun import RingRun  # noqa: PLC0415

    with _laid_out(options) as slots:
        before, after = both_settings(options.settings, slots)
        with connect(options) as client:

            def ring(ids: tuple[int, ...]) -> RingResult:
                return msgspec.json.decode(client.ask("ring", RingArgs(ids=ids)), type=RingResult)

            def sides(learned: bytes) -> tuple[Side, Side]:
                return Side(before, learned, _ask_model), Side(after, learned, _ask_model)

            found = RingRun(ring, sides, Undone(before)).run(name, options.hours)
        kept = tuple(each for each in after.kept if each not in before.kept)[:MOST_KEPT_NAMED]
        return msgspec.structs.replace(found, kept=kept)


@contextmanager
def _laid_out(options: argparse.Namespace) -> Iterator[Slots]:
    """The pole's releases with the candidate among them, in a folder of their own."""
    from agent.update.candidate import laid_out, laid_out_file, release_of  # noqa: PLC0415

    state = state_folder(options.settings)
    slots = Slots(state)
    if options.file is None:
        release = _release(options.release)
        become_owner(state)
        with laid_out(_fetched(release, options, state), release, slots) as other:
            yield other
    elif options.file.suffix == ".zip":
        with laid_out(options.file, release_of(options.file), slots) as other:
            yield other
    else:
        with laid_out_file(options.file, slots) as other:
            yield other


def _release(text: str) -> ReleaseId:
    try:
        return ReleaseId.parse(text)
    except ValueError as reason:
        raise ConfigError(str(reason)) from reason


def _fetched(release: ReleaseId, options: argparse.Namespace, state: Path) -> Path:
    """The bundle from the pole's source of releases; what it cost counts in the month of updates."""
    from agent.acquire.registry import find_drivers  # noqa: PLC0415 - `--help` needs none of it
    from agent.config.load import load  # noqa: PLC0415
    from agent.update.candidate import HOME, CandidateDownload  # noqa: PLC0415
    from agent.update.moment import SystemMoments  # noqa: PLC0415
    from agent.update.record import read_record, save_record  # noqa: PLC0415
    from agent.update.source import open_source  # noqa: PLC0415

    settings: Settings = load(options.settings, find_drivers())
    if settings.update.source is None:
        raise ConfigError(say.UPDATE_NO_SOURCE_ADDRESS())
    moments = SystemMoments(always=settings.clock.trust == "always")
    home, updates = state / HOME, state / "update"
    with updating(updates, home):
        page = updates / "record.json"
        source = open_source(settings.update.source, moments)
        download = CandidateDownload(home, Path(settings.update.root_file), source, moments)
        try:
            return download.fetch(release, settings, read_record(page))
        finally:
            with suppress(OSError):
                save_record(page, read_record(page).with_bytes(moments.now().utc, download.received))


def _ask_model(folder: Path, windows: Sequence[Sequence[float]]) -> list[list[float]]:
    from agent.analysis.model import ask_worker_now  # noqa: PLC0415 - only where a pole uses a model of series

    return ask_worker_now(folder, windows)


def lines(found: WhatIfResult) -> Iterator[str]:
    """For people: what was looked at, then each figure of both sides."""
    if found.before is None or found.after is None:
        yield found.text
        return
    assert found.since is not None
    assert found.until is not None
    yield about.WHAT_IF_LOOKED(
        readings=found.readings, hours=found.hours, share=found.share, since=found.since, until=found.until
    )
    yield from compared(found.before, found.after)
    for kept in found.kept:
        yield about.WHAT_IF_KEPT(kept=kept)


def compared(before: WhatIfCounts, after: WhatIfCounts) -> Iterator[str]:
    """A line for each figure: ``3 alarms instead of 212``."""
    for name, word in (
        ("alarms", about.WHAT_IF_ALARMS),
        ("sensor_faults", about.WHAT_IF_FAULTS),
        ("events", about.WHAT_IF_EVENTS),
        ("bytes", about.WHAT_IF_BYTES),
    ):
        yield word(after=getattr(after, name), before=getattr(before, name))
    for kind in sorted(before.kinds.keys() | after.kinds.keys()):
        was, now = before.kinds.get(kind, 0), after.kinds.get(kind, 0)
        if was != now:
            yield f"  {kind}: {was} -> {now}"
