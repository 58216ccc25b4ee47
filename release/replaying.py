"""A release on recorded data: what the agent would have reported with it, compared with what it reports without.

``poleagent replay`` runs as a child, so it is the agent's own analysis and nothing of it lives here.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from contract.bundle import BundleError, open_bundle
from release.child import agent_command
from release.errors import ReleaseError

_EVENT = re.compile(r'"kind":\s*"([a-z_]+)"')
REPLAY_S = 3600.0


class Comparison:
    """Events by kind without and with the release."""

    def __init__(self, before: Counter[str], after: Counter[str]) -> None:
        self.before, self.after = before, after

    @property
    def lines(self) -> list[str]:
        """One line a kind: ``crossing: 12 instead of 14``."""
        kinds = sorted(set(self.before) | set(self.after))
        return [
            f"{kind}: {self.after[kind]}"
            + (f" instead of {self.before[kind]}" if self.after[kind] != self.before[kind] else ", as before")
            for kind in kinds
        ] or ["nothing is reported, as before"]


def unpacked(bundle: Path, folder: Path) -> str:
    """The files of a bundle in ``folder``; its kind. ReleaseError: it is no bundle."""
    try:
        with open_bundle(bundle) as opened:
            for name in opened.manifest.files:
                (folder / name).write_bytes(opened.read(name))
            return opened.manifest.release.kind
    except BundleError as exc:
        raise ReleaseError(f"{bundle}: {exc}") from exc


def replay_video(bundle: Path, videos: Sequence[Path], scene: Path) -> Comparison:
    """A model on videos, with the scene's own model and with the one of the bundle. ReleaseError: it is no model."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "model"
        model.mkdir()
        if unpacked(bundle, model) != "model":
            raise ReleaseError(f"{bundle} is no model; videos are for models")
        text = scene.read_text(encoding="utf-8")
        other = re.sub(r"(?m)^model\s*=.*$", "", text)
        (folder / "scene.toml").write_text(f"model = {json.dumps(str(model))}\n{other}", encoding="utf-8")
        return Comparison(
            *(
                _all(["--video", str(video), "--scene", str(which), "--jsonl"] for video in videos)
                for which in (scene, folder / "scene.toml")
            )
        )


def replay_series(bundle: Path, series: Sequence[Path], settings: Path) -> Comparison:
    """Settings on recorded series: those of a pole alone, and with the release under them as on the pole."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        slot = folder / "slots/settings/replayed"  # as agent.system.slots lays them out next to the store
        (slot / "1").mkdir(parents=True)
        (slot / "current").symlink_to("1")
        if unpacked(bundle, slot / "1") != "settings":
            raise ReleaseError(f"{bundle} holds no settings; recorded series are for settings")
        both = []
        for state in (folder / "none", folder):
            page = folder / f"{state.name}.toml"
            page.write_text(_with_store(settings.read_text(encoding="utf-8"), state / "pole.db"), encoding="utf-8")
            both.append(_all(["--readings", str(each), "--settings", str(page), "--jsonl"] for each in series))
        return Comparison(*both)


def _with_store(text: str, path: Path) -> str:
    """Settings whose store, and so whose releases, lie elsewhere."""
    line = f"path = {json.dumps(str(path))}"
    if not re.search(r"(?m)^\[store\]", text):
        return f"{text}\n[store]\n{line}\n"
    head, _, rest = text.partition("[store]")
    inside, bracket, after = rest.partition("\n[")
    return f"{head}[store]\n{line}\n" + re.sub(r"(?m)^\s*path\s*=.*$", "", inside) + bracket + after


def _all(runs: Iterable[list[str]]) -> Counter[str]:
    return sum(map(_events, runs), Counter[str]())


def _events(words: list[str]) -> Counter[str]:
    """Events of one replay by kind."""
    run = agent_command("agent.cli", "replay", *words)
    try:
        done = subprocess.run(run, capture_output=True, text=True, timeout=REPLAY_S, check=False)
    except subprocess.TimeoutExpired as exc:
        raise ReleaseError(f"the replay took more than {REPLAY_S:.0f} s") from exc
    if done.returncode:
        raise ReleaseError(f"the replay failed: {done.stderr.strip()[-500:]}")
    return Counter(_EVENT.findall(done.stdout))
