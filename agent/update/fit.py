"""Whether a release can run on this pole: what the box must have, and what a model says of its golden samples."""

from __future__ import annotations

import os
import platform
import re
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

from agent import VERSION
from agent.acquire.registry import find_drivers
from agent.config.load import check, load
from agent.config.problem import SettingsError
from agent.errors import AgentError, ConfigError, Retry
from agent.models.describe import VISION, describe, read_model
from agent.system.child import command
from agent.update import sentences as say
from contract.release import Manifest, Needs

_RUNTIMES = ("ai_edge_litert", "tflite_runtime")
MOST_SLOW = 3
"""Runs in which golden samples take too long before the release is refused: one may have met a busy box."""
_SLACK_S = 60.0
"""To start a Python and load a runtime on a busy box, in addition to the seconds of the manifest."""


class ReleaseRefused(AgentError):
    """This release cannot run here; it is not tried again."""


class TooSlow(Retry):
    """The golden samples took longer than the release says: it, or a box that was busy."""


def check_needs(needs: Needs) -> None:
    """ReleaseRefused: the box or the agent is another than the release needs."""
    machine = platform.machine()
    if needs.machines and machine not in needs.machines:
        raise ReleaseRefused(say.BOX(machines=", ".join(needs.machines), machine=machine))
    if _version(VERSION) < _version(needs.agent):
        raise ReleaseRefused(say.NEEDS_VERSION_AGENT(agent=needs.agent, version=VERSION))
    have = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    if have < needs.memory_mib:
        raise ReleaseRefused(say.NEEDS_BOX_MIB_MEMORY(memory_mib=needs.memory_mib, have=have))


def check_model(folder: Path) -> None:
    """ReleaseRefused: the model's description does not fit its file, or there is nothing here that could run it."""
    if not any(map(find_spec, _RUNTIMES)):
        raise ReleaseRefused(say.NO_LITERT_RUNTIME_INSTALLED())
    try:
        about = describe(folder, (*VISION, "series")).about
        if about.task in VISION:
            read_model(folder)
    except ConfigError as exc:
        raise ReleaseRefused(str(exc)) from exc


def try_golden(folder: Path, manifest: Manifest) -> None:
    """Run the golden samples in a child with limits.

    ReleaseRefused: one does not fit, or the child died; TooSlow: they did not end in time.
    """
    limits = manifest.limits
    run = command("agent.models.golden", str(folder))
    try:
        done = subprocess.run(
            run, capture_output=True, stdin=subprocess.DEVNULL, timeout=limits.seconds + _SLACK_S, check=False
        )
    except subprocess.TimeoutExpired as exc:
        raise TooSlow(say.GOLDEN_SAMPLES_TOOK_MORE(seconds=limits.seconds)) from exc
    judge(done.returncode, done.stderr)


def judge(status: int, said: bytes) -> None:
    """ReleaseRefused: what the child of the golden samples ended with, below 0 a signal, and what it said last."""
    if status < 0:
        raise ReleaseRefused(say.GOLDEN_SAMPLES_ENDED_INTERPRETER(name=signal.Signals(-status).name))
    if status:
        lines = said.decode("utf-8", "replace").strip().splitlines()
        raise ReleaseRefused(say.GOLDEN_SAMPLES(what=lines[-1][:300] if lines else "no reason given"))


def check_settings(settings: Path, *, uplink: bool) -> None:
    """ReleaseRefused: the settings with this revision in them have a problem; called when it lies in its slot.

    ``uplink``: without it they named a platform. A release that takes it away would be the last that anybody sends.
    """
    problems = [problem for problem in check(settings, find_drivers()) if not problem.warning]
    if problems:
        raise ReleaseRefused(say.SETTINGS_PROBLEMS(problems=len(problems), problems_2=problems[0]))
    if uplink and not names_platform(settings):
        raise ReleaseRefused(say.SETTINGS_REMOVE_UPLINK())


def names_platform(settings: Path) -> bool:
    """Whether the settings have an [uplink]; not where they do not load."""
    try:
        return load(settings, find_drivers()).uplink is not None
    except SettingsError:
        return False


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:4])
