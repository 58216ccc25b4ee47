"""``python -m demo.release``: a model from the folder of a maintainer to a running pole, and two that do not stay.

The real tools: ``polerelease`` with the keys of two people, the real daemon with a camera, ``poleagent update``.
Exit status 1 where one of the steps ends otherwise than it should.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

import release.cli
from agent.errors import AgentError
from agent.models.describe import describe, shipped_folder
from agent.system.child import command
from contract.events import InForce
from contract.health import PoleStatus
from demo.rig import Rig, open_rig

PASS_PHRASE = "the pass phrase of a demonstration"
WAIT_S = 120.0
_UPDATE = """
[update]
source = "{site}"
root_file = "{root}"
keep_free_bytes = 0
shadow_s = 10.0
trial_s = 15.0
"""


class Maintainers:
    """Two people and a machine that publishes, each with a key."""

    def __init__(self, folder: Path) -> None:
        self.desk, self.site, self._keys = folder / "desk", folder / "site", folder / "keys"
        self._words = folder / "words"
        self._words.touch(0o600)
        self._words.write_text(PASS_PHRASE, encoding="utf-8")
        people = [word for person in ("anna", "bo", "carl") for word in ("--person", person)]
        self._do("init", str(self.desk), "--keys", str(self._keys), *people)

    def release(self, folder: Path, name: str) -> None:
        """Packed, signed by two, assigned to all poles, published."""
        _run("pack", str(self.desk), str(folder))
        for person in ("anna", "bo"):
            self._do("sign", str(self.desk), "--key", str(self._keys / f"{person}.pem"))
        self._online("assign", name)
        self._online("publish", str(self.site))

    def _online(self, what: str, on: str) -> None:
        self._do(what, str(self.desk), on, "--key", str(self._keys / "online.pem"))

    def _do(self, *words: str) -> None:
        _run(*words, "--pass-file", str(self._words))


def _run(*words: str) -> None:
    print(f"\n$ polerelease {' '.join(Path(word).name if '/' in word[:1] else word for word in words)}")
    if release.cli.main(words):
        raise AgentError(f"polerelease {words[0]} failed")


def packed_again(folder: Path) -> Path:
    """The shipped classifier as a folder to release: three drawn inputs, whose outputs `pack` computes."""
    shutil.copytree(shipped_folder(), folder)
    (folder / "release.toml").write_text(
        'kind = "model"\nname = "crops"\nlicence = "MIT"\nabout = "The shipped classifier, packed again."\n'
        '[training]\nrecipe = "models/train_crops.py"\n',
        encoding="utf-8",
    )
    for shade in (0, 128, 255):
        rows = [bytes([(shade + row * column) % 256]) * 3 for row in range(48) for column in range(48)]
        (folder / f"golden-{shade}.in").write_bytes(b"".join(rows))
    return folder


def with_wrong_outputs(folder: Path) -> Path:
    """A model that says something else than its maintainers expected of it."""
    packed_again(folder)
    for path in folder.glob("golden-*.in"):
        path.with_suffix(".out").write_bytes(b"\0\0\x80\x3f" * 4)
    return folder


def that_blinds_the_camera(folder: Path) -> Path:
    """A model whose samples fit, and whose description no camera can work with."""
    packed_again(folder)
    page = folder / "model.toml"
    page.write_text(page.read_text(encoding="utf-8").replace("size = [48, 48]", "size = [64, 64]"), encoding="utf-8")
    return folder


async def story(folder: Path) -> None:
    """All of it; AgentError where a step ends otherwise than it should."""
    maintainers = Maintainers(folder)
    maintainers.release(packed_again(folder / "crops-1"), "models/crops/1")
    async with open_rig(folder / "pole", camera=True) as rig:
        options = _UPDATE.format(site=maintainers.site, root=maintainers.desk / "metadata/root.json")
        with rig.settings.open("a", encoding="utf-8") as file:
            file.write(options)
        await rig.daemon.start()
        await _until(rig, lambda status: any(camera.state == "ok" for camera in status.cameras), "a camera that sees")
        await _update(rig, "models/crops/1 is kept", lambda said: "model crops: release 1 runs" in said)
        await _until(rig, lambda status: any("slots/models/crops/1" in name for name in status.models), "release 1")
        await _until(rig, lambda _: _proves(rig), "the pole's own word that its camera has loaded release 1")
        print("\nThe pole says itself, in its numbered stream, that its camera has loaded these weights.")
        maintainers.release(with_wrong_outputs(folder / "crops-2"), "models/crops/2")
        await _update(rig, "models/crops/2 is refused", lambda said: "models/crops/2 was refused" in said)
        maintainers.release(that_blinds_the_camera(folder / "crops-3"), "models/crops/3")
        await _update(
            rig, "models/crops/3 is refused", lambda said: "models/crops/3 was refused: camera street" in said
        )
        await _until(rig, lambda status: any("slots/models/crops/1" in name for name in status.models), "release 1")
        await _until(rig, lambda status: any(camera.state == "ok" for camera in status.cameras), "a camera that sees")
        steps = rig.platform.kinds
        await _until(rig, lambda _: steps["update_step"] >= 12, "the steps at the platform")
        print(f"\nThe platform has received {steps['update_step']} steps of updates, and the camera sees as before.")


def _proves(rig: Rig) -> bool:
    """Whether an `in_force` that has come names the weights of the shipped classifier, from releases of its name."""
    weights = describe(shipped_folder(), ("classify",)).about.sha256
    found = [event for event in rig.platform.newest if event.type.split(".")[1] == InForce.kind]
    said = [msgspec.json.decode(event.data, type=InForce) for event in found]
    return any(weights in each.weights.values() and "crops" in each.slots.values() for each in said)


async def _update(rig: Rig, wanted: str, fits: Callable[[str], bool]) -> None:
    words = ("update", "--settings", str(rig.settings))
    print("\n$ poleagent update")
    child = await asyncio.create_subprocess_exec(
        *command("agent.cli", *words), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said = (await child.communicate())[0].decode("utf-8", "replace")
    print(said, end="")
    if child.returncode or not fits(said):
        raise AgentError(f"expected: {wanted}")


async def _until(rig: Rig, holds: Callable[[PoleStatus], bool], what: str) -> None:
    try:
        async with asyncio.timeout(WAIT_S):
            while True:
                if holds(await rig.daemon.status()):
                    return
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AgentError(f"waited in vain for {what}") from None


def main() -> int:
    """The whole story in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="poles-") as folder:
        (Path(folder) / "pole").mkdir()
        try:
            asyncio.run(story(Path(folder)))
        except* AgentError as reasons:
            reason: BaseException = reasons
            while isinstance(reason, BaseExceptionGroup):
                reason = reason.exceptions[0]
            print(f"\nIt did not go as it should: {reason}", file=sys.stderr)
            return_code = 1
        else:
            return_code = 0
    return return_code


if __name__ == "__main__":
    sys.exit(main())
