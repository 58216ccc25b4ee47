"""The setup from one end to the other: claim, finds, settings. Nothing is written before all is known and checked."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from agent.acquire.fragment import fragment
from agent.api import Driver
from agent.config.scene import CameraSettings
from agent.config.settings import UplinkSettings
from agent.setup import sentences as say
from agent.setup import sentences_steps as words
from agent.setup.answers import Answers
from agent.setup.asking import Asker
from agent.setup.claim import Claimed, claim, held, link_of, link_on_stick, take, uplink_of, writing
from agent.setup.files import Present, SettingsFiles, pole_file
from agent.setup.find import Find, LineFind, about, cameras, free_ports, line_names, proposed, scan_ports
from agent.setup.onvif import NetworkCamera, is_source, search
from agent.setup.owner import as_owner, make_state_folder
from agent.setup.text import head, table
from agent.system.clock import Clock
from agent.system.identity import CERT, Identity
from agent.system.interfaces import local_networks
from agent.system.slots import state_folder
from contract.enrol import POLE_ID

LEAST_MIB = 16
"""Room on the disk below which nothing is begun."""
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class SetupJob(msgspec.Struct, frozen=True, kw_only=True):
    """What a setup is given. ``camera_tables``: cameras of the answers as they stand there."""

    settings: Path
    answers: Answers
    camera_tables: dict[str, Any] = {}
    drivers: dict[str, Driver]


class SetupOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was done: the files that were written, and which pole this is."""

    pole: str
    written: tuple[Path, ...]
    claimed: bool


class Setup:
    """One setup of the pole with the settings file ``job.settings``. Raises ``SetupError``."""

    def __init__(self, job: SetupJob, asker: Asker, clock: Clock, tell: Callable[[str, str, int, int], None]) -> None:
        self._job = job
        self._asker = asker
        self._clock = clock
        self._tell = tell
        self._files = SettingsFiles(job.settings)
        self._state = state_folder(job.settings)
        self._identity = Identity(self._state / "identity")

    def run(self) -> SetupOutcome:
        _able(self._job.settings.parent)
        _able(self._state)
        present = self._files.present()
        claimed = self._claim(present)
        pole = self._pole(present, claimed)
        changes = self._changes(present, claimed, pole)
        self._files.check(changes, self._job.drivers)
        wanted = {path: text for path, text in changes.items() if self._may(path, text)}
        link = self._uplink_file
        refused = link in changes and link not in wanted and self._files.differs(link, changes[link])
        if claimed is not None and not refused:
            with as_owner(self._state):
                take(claimed, self._identity)
        self._files.commit(wanted)
        for path in wanted:
            self._asker.say(words.WRITTEN(file=path))
        if not wanted:
            self._asker.say(words.NOTHING_NEW())
        return SetupOutcome(pole=pole["id"], written=tuple(wanted), claimed=claimed is not None)

    def _claim(self, present: Present) -> Claimed | None:
        answers = self._job.answers
        if answers.offline:
            return None
        if answers.stick is not None:
            link = link_on_stick(Path(answers.stick) if answers.stick else None)
        elif answers.claim is not None:
            link = link_of(answers.claim)
        elif (there := self._begun(present)) is not None:
            self._asker.say(words.CLAIMED_BEFORE(pole=there.answer.pole))
            self._fits(there.answer.pole, present)
            return there
        elif present.uplink_in:  # by a claim, or somebody wrote it, with certificates or a password of another kind
            if self._identity.file(CERT).exists():
                self._asker.say(words.CLAIMED_BEFORE(pole=present.section("pole").get("id", "")))
            return None
        else:
            said = self._asker.text(words.ASK_LINK())
            if not said and not self._asker.attended:
                raise say.SetupError(say.NOT_SAID)
            if not said:
                return None
            link = link_of(said)
        self._fits(link.pole, present)
        if self._linked_elsewhere(present):
            raise say.SetupError(say.UPLINK_ELSEWHERE, place=present.uplink_in)
        with writing(self._state):
            make_state_folder(self._state)
        with as_owner(self._state):
            claimed = claim(link, self._identity, self._clock.now())
        self._asker.say(words.CLAIMED(pole=link.pole, server=link.server))
        return claimed

    def _begun(self, present: Present) -> Claimed | None:
        """A claim that a setup before this one has not brought to its end; None: there is none."""
        with as_owner(self._state):
            there = None if self._linked_elsewhere(present) else held(self._identity)
        ended = present.uplink_in and not present.untouched
        return None if there is None or (ended and not there.digest) else there

    def _fits(self, pole: str, present: Present) -> None:
        there = present.section("pole").get("id")
        if not present.untouched and there != pole:
            raise say.SetupError(say.OTHER_ID, there=there, pole=pole, file=self._job.settings)

    def _linked_elsewhere(self, present: Present) -> bool:
        return bool(present.uplink_in) and not present.uplink_in.startswith(str(self._uplink_file))

    @property
    def _uplink_file(self) -> Path:
        return self._files.more / "uplink.toml"

    def _pole(self, present: Present, claimed: Claimed | None) -> dict[str, Any]:
        """``[pole]`` of a new main file; what the platform says goes before what the answers say."""
        if not present.untouched:
            return present.section("pole")
        values: dict[str, Any] = {}
        if self._job.answers.pole is not None:
            values = msgspec.structs.asdict(self._job.answers.pole)
        if claimed is not None:
            one = claimed.answer
            given = {"id": one.pole, "name": one.name, "latitude": one.latitude, "longitude": one.longitude}
            values |= {name: value for name, value in given.items() if value not in (None, "")}
        if not values:
            values = {"id": self._asker.text(words.ASK_POLE())}
        if not values["id"]:
            raise say.SetupError(say.NOT_SAID)
        if not re.fullmatch(POLE_ID, values["id"]):
            raise say.SetupError(say.BAD_POLE, id=values["id"])
        return values

    def _changes(self, present: Present, claimed: Claimed | None, pole: dict[str, Any]) -> dict[Path, str]:
        """Every file that the setup would have otherwise than it is."""
        now = self._clock.now().utc
        changes = {}
        if present.untouched:
            changes[self._job.settings] = pole_file(pole, self._job.drivers)
        if claimed is not None:
            text = head("The link to the platform", now)
            changes[self._uplink_file] = text + table("uplink", UplinkSettings, uplink_of(claimed, self._identity))
        lines, finds = self._finds(present)
        for name, line in lines:
            assert line.result is not None
            named = [find.name for find in finds if find.line == name]
            if any(named):
                text = head(f"The line at {line.port}", now) + fragment(line.result, name, named)
                changes[self._files.more / f"line-{name}.toml"] = text
        tables = self._cameras(present, [find for find in finds if find.source and find.name])
        if tables:
            parts = [table(f"camera.{name}", CameraSettings, values) for name, values in tables.items()]
            changes[self._files.more / "cameras.toml"] = head("The cameras", now) + "\n".join(parts)
        return {path: text for path, text in changes.items() if self._files.text(path) != text}

    def _may(self, path: Path, text: str) -> bool:
        """Whether ``path`` may become ``text``: what is there and differs is never replaced without asking."""
        if not self._files.text(path) or path == self._job.settings:  # which is the sample, or not there
            return True
        if not self._files.differs(path, text):
            return False
        if self._asker.yes(words.ASK_REPLACE(file=path)):
            return True
        self._asker.say(words.KEPT(file=path))
        return False

    def _finds(self, present: Present) -> tuple[list[tuple[str, LineFind]], list[Find]]:
        """The lines with something on them under their names, and every find under its own."""
        ports = free_ports(present.values("line", "port"), self._job.answers.ports)
        if not ports:
            self._asker.say(words.NO_PORTS())
        with ThreadPoolExecutor(1) as aside:  # the network answers while the lines are scanned
            searching = aside.submit(search, local_networks())
            scanned = scan_ports(ports, self._job.drivers, self._clock, self._tell) if ports else []
            answered = searching.result()
        for one in scanned:
            if one.result is None and (one.why or self._job.answers.ports is not None):
                self._asker.say(words.NOTHING_ON(port=one.port, why=one.why))
            elif one.why:
                self._asker.say(words.NOT_ALL_ON(port=one.port, why=one.why))
        there = [one for one in scanned if one.result is not None]
        lines = list(zip(line_names(len(there), present.names("line")), there, strict=True))
        known = [*present.values("camera", "source"), *(each.source for each in self._job.answers.camera.values())]
        taken = {*present.names("device"), *present.names("camera"), *self._job.answers.camera}
        finds = proposed(lines, [*cameras(known), *self._network(answered, known)], taken)
        if not finds:
            if not present.names("device") and not self._job.answers.camera:
                self._asker.say(words.FOUND_NOTHING())
            return lines, finds
        self._list(lines, finds)
        return lines, self._confirmed(finds, taken)

    def _network(self, answered: list[NetworkCamera], known: list[str]) -> list[str]:
        """The sources that a person says of the network cameras which answer."""
        hosts = {urlsplit(source).hostname for source in known if "://" in source}
        sources = []
        for camera in answered:
            if camera.address in hosts:
                continue
            self._asker.say(words.NETWORK_CAMERA(address=camera.address, name=camera.name))
            while said := self._asker.text(words.ASK_RTSP(address=camera.address)):
                if is_source(said):
                    sources.append(said)
                    break
                self._asker.say(words.BAD_RTSP(text=said[:200]))
        return sources

    def _list(self, lines: list[tuple[str, LineFind]], finds: list[Find]) -> None:
        self._asker.say(words.FOUND())
        ports = dict(lines)
        for number, find in enumerate(finds, 1):
            result = ports.pop(find.line).result if find.line in ports else None
            if result is not None and result.line is not None:
                one = result.line
                self._asker.say(words.LINE_FOUND(port=one.port, baud=one.baud, parity=one.parity))
            self._asker.say(f"  {number:>3}  {find.name:24} {about(find)[:200]}")

    def _confirmed(self, finds: list[Find], taken: set[str]) -> list[Find]:
        """Each find under the name that it is to have; asks until the answer can be used."""
        renamed = [
            msgspec.structs.replace(find, name=self._job.answers.rename.get(find.name, find.name)) for find in finds
        ]
        while True:
            said = self._asker.edits(renamed)
            try:
                return edited(renamed, said, taken)
            except say.SetupError as reason:
                if not said:  # nobody is there who could say it better
                    raise
                self._asker.say(str(reason))

    def _cameras(self, present: Present, finds: list[Find]) -> dict[str, dict[str, Any]]:
        tables = {name: dict(each) for name, each in self._job.camera_tables.items()}
        tables = {name: each for name, each in tables.items() if name not in present.names("camera")}
        for find in finds:
            purpose = self._asker.text(words.ASK_PURPOSE(name=find.name, source=find.source))
            signage = self._asker.text(words.ASK_SIGN()) if purpose else ""
            tables[find.name] = {"source": find.source, "purpose": purpose, "signage": signage}
        if tables:  # those of an earlier setup stand in the same file
            there = present.section("camera") if (self._files.more / "cameras.toml").exists() else {}
            tables = {**there, **tables}
        return tables


def edited(finds: list[Find], said: str, taken: set[str]) -> list[Find]:
    """``finds`` after ``2 roof, -3``: the second is called roof, the third is left out. Raises ``SetupError``."""
    found = list(finds)
    for part in filter(None, map(str.strip, said.replace("，", ",").split(","))):
        word, _, name = part.lstrip("-").strip().partition(" ")
        if not word.isascii() or not word.isdigit() or not 1 <= int(word) <= len(found):
            raise say.SetupError(say.NO_FIND, number=word, count=len(found))
        name = "" if part.startswith("-") else name.strip()
        if not part.startswith("-") and not NAME.fullmatch(name):
            raise say.SetupError(say.BAD_NAME, name=name)
        found[int(word) - 1] = msgspec.structs.replace(found[int(word) - 1], name=name)
    names = [find.name for find in found if find.name]
    for name in names:
        if names.count(name) > 1 or name in taken:
            raise say.SetupError(say.NAME_TWICE, name=name)
    return found


def _able(folder: Path) -> None:
    """Whether files can be made in ``folder`` at all; found before the claim is used. Raises ``SetupError``."""
    there = folder
    while not there.exists():
        there = there.parent
    if not os.access(there, os.W_OK | os.X_OK):
        raise say.SetupError(say.NO_RIGHTS, file=folder)
    free = shutil.disk_usage(there).free >> 20
    if free < LEAST_MIB:
        raise say.SetupError(say.LITTLE_ROOM, free=free, folder=there, least=LEAST_MIB)
