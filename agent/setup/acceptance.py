"""The acceptance as it happens: wait for the pole to settle, judge, sign, hand the report to the daemon, keep it."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from agent.config.settings import Settings
from agent.control.client import Client
from agent.doctor.run import diagnose
from agent.errors import AgentError
from agent.setup import sentences_acceptance as say
from agent.setup.accept import report, settled
from agent.setup.asking import Asker
from agent.setup.claim import writing
from agent.setup.kept import FOLDER
from agent.setup.key import sign
from agent.setup.owner import as_owner
from agent.setup.page import page
from agent.spoken import spoken
from agent.system.identity import CERT, KEY, Identity
from agent.system.slots import save, state_folder
from contract.events.acceptance import Acceptance, AcceptanceReport
from contract.health import PoleStatus
from contract.requests import AcceptanceArgs, AcceptanceResult
from contract.words import Language

SETTLE_S = 60.0
"""How long the pole may take to show all devices and to have its first event confirmed."""
CONFIRM_S = 60.0
LOOK_S = 0.2


class AcceptanceJob(msgspec.Struct, frozen=True, kw_only=True):
    """Of which pole, over which socket, by whom; in which language the page is."""

    path: Path
    settings: Settings
    socket: str
    by: str = ""
    language: Language = "en"
    settle_s: float = SETTLE_S
    confirm_s: float = CONFIRM_S


def accept(job: AcceptanceJob, asker: Asker) -> AcceptanceReport:
    """The report, signed, sent, and kept next to the store as JSON and as a page. Raises ``AgentError``."""
    asker.say(say.WAITING())
    link = _status(job.socket).uplink
    status = _settled(job)
    diagnosis = asyncio.run(diagnose(job.path, socket=job.socket))
    state = state_folder(job.path)
    identity = Identity(state / "identity")
    before, claimed = link.connects if link else 0, identity.file(CERT).exists()
    found = report(status, job.settings, diagnosis, job.by, connects_before=before, claimed=claimed)
    with as_owner(state):
        body = signed(found, identity)
    began = time.monotonic()
    with Client(job.socket) as client:
        placed = msgspec.json.decode(
            client.ask("acceptance", AcceptanceArgs(body=body), wait_s=30.0), type=AcceptanceResult
        )
    printed = keep(found, body, state / FOLDER, job.language)
    confirmed = job.settings.uplink is not None and _confirmed(job, placed)
    for line in shown(found, job.language):
        asker.say(line)
    if job.settings.uplink is not None:
        seconds = time.monotonic() - began
        asker.say(say.ON_PLATFORM(seconds=seconds) if confirmed else say.NOT_ON_PLATFORM())
    asker.say(say.PRINTED(file=printed))
    return found


def shown(found: AcceptanceReport, language: Language) -> Iterator[str]:
    """What did not pass, with what to do, and the verdict, each as a line for a person."""
    for item in found.items:
        if item.state == "passed":
            continue
        text = item.text[language].rstrip(".。")
        colon = ": " if language == "en" else "："
        reading = f"{colon}{spoken(item.reading, language)}" if item.reading else ""
        yield f"  {'✗' if item.state == 'failed' else '○'} {text}{reading}"
        if todo := item.todo.get(language):
            yield f"    -> {todo}"
    count = len(found.failed)
    verdict = say.ACCEPTED if not count else say.NOT_ACCEPTED_ONE if count == 1 else say.NOT_ACCEPTED
    yield verdict(pole=found.pole, count=count)


def signed(found: AcceptanceReport, identity: Identity) -> Acceptance:
    """The event with the report; a pole that was not claimed has no key to sign with."""
    text = msgspec.json.encode(found)
    key = identity.file(KEY)
    signature = base64.b64encode(sign(key, text)).decode() if key.exists() else ""
    return Acceptance(passed=not found.failed, failed=found.failed, report=text.decode(), signature=signature)


def keep(found: AcceptanceReport, body: Acceptance, folder: Path, language: Language) -> Path:
    """Puts report and page into ``folder``; the page's file. The newest of each day's minute stays."""
    name = f"{found.at:%Y-%m-%dT%H%M}"
    files = {
        folder / f"{name}.json": msgspec.json.encode(body),
        folder / f"{name}.html": page(found, body.signature, language).encode(),
    }
    with as_owner(folder.parent), writing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, data in files.items():
            save(path, data)
            path.chmod(0o600)
    return folder / f"{name}.html"


def _settled(job: AcceptanceJob) -> PoleStatus:
    until = time.monotonic() + job.settle_s
    while True:
        status = _status(job.socket)
        if settled(status, job.settings) or time.monotonic() > until:
            return status
        time.sleep(LOOK_S)  # noqa: TID251 - a person waits here, and nothing else


def _confirmed(job: AcceptanceJob, placed: AcceptanceResult) -> bool:
    """Whether the platform has confirmed all up to the report."""
    until = time.monotonic() + job.confirm_s
    while time.monotonic() < until:
        try:
            store = _status(job.socket).store
        except AgentError:
            return False
        oldest = [lane.oldest_seq for lane in store.lanes.values() if lane.oldest_seq is not None]
        if (
            store.epoch == placed.epoch
            and min(oldest, default=placed.next_seq) >= placed.next_seq
            and not store.waiting
        ):
            return True
        time.sleep(LOOK_S)  # noqa: TID251 - a person waits here, and nothing else
    return False


def _status(socket: str) -> PoleStatus:
    with Client(socket) as client:
        return msgspec.json.decode(client.ask("status"), type=PoleStatus)
