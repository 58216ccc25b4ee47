"""The acceptance reports that lie on the pole: the newest one as a page to print, in any language."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.errors import AgentError
from agent.setup import sentences_acceptance as say
from agent.setup.page import page
from agent.system.slots import state_folder
from contract.events.acceptance import Acceptance, AcceptanceReport
from contract.words import Language

FOLDER = "acceptance"
"""Next to the store."""


def newest_report(settings: Path) -> Path | None:
    """Its file. AgentError: this user may not look."""
    folder = state_folder(settings) / FOLDER
    try:
        return max((path for path in folder.iterdir() if path.suffix == ".json"), default=None)
    except FileNotFoundError:
        return None
    except OSError as reason:
        raise AgentError(say.REPORT_UNREADABLE(file=folder, why=reason.strerror)) from reason


def newest_page(settings: Path, language: Language) -> str:
    """HTML, as it stands. AgentError: there is no report, or it cannot be read."""
    file = newest_report(settings)
    if file is None:
        raise AgentError(say.NO_REPORT(folder=state_folder(settings) / FOLDER))
    try:
        body = msgspec.json.decode(file.read_bytes(), type=Acceptance)
        return page(msgspec.json.decode(body.report, type=AcceptanceReport), body.signature, language)
    except OSError as reason:
        raise AgentError(say.REPORT_UNREADABLE(file=file, why=reason.strerror)) from reason
    except msgspec.MsgspecError as reason:
        raise AgentError(say.REPORT_UNREADABLE(file=file, why=reason)) from reason
