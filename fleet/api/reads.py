"""The questions of the API."""

from __future__ import annotations

from typing import Any

from contract.commands import Face, commands_of
from contract.diagnosis import Diagnosis
from contract.envelope import Envelope
from contract.standing import PoleSaid
from fleet.accounts.audit import AuditAsked, AuditLine, entries
from fleet.accounts.book import AccountLine, TokenLine
from fleet.accounts.roles import Role, Scope
from fleet.api.diagnosis import DiagnosisAsked, diagnosis
from fleet.api.parts import PartTrouble, parts_now, troubles
from fleet.api.routes import ApiRoute, Nothing, Question
from fleet.desk.work import Silence, silences
from fleet.incidents.causes import LikelyCause, causes
from fleet.query.cameras import CameraLine, CamerasAsked, cameras
from fleet.query.completeness import CompletenessAsked, PoleDays, completeness
from fleet.query.events import EventsAsked, events
from fleet.query.incidents import IncidentAsked, IncidentLine, IncidentsAsked, IncidentWhole, incident, incidents
from fleet.query.jobs import JobAsked, JobLine, JobPole, JobsAsked, job_poles, jobs
from fleet.query.one import PoleAsked, PoleWhole, pole
from fleet.query.paging import Listed
from fleet.query.places import Names, Places, names, placed
from fleet.query.platform_health import StoreFigures, figures
from fleet.query.poles import PoleLine, PolesAsked, Summing, poles, summing
from fleet.query.rollouts import ReleaseAsked, Rollouts, poles_said, rollouts
from fleet.query.values import Course, CourseAsked, course


def _read(path: str, text: str, asks: Any, gives: Any, do: Any, **fields: Any) -> ApiRoute:
    return ApiRoute(method="GET", path=path, text=text, asks=asks, gives=gives, do=do, **fields)


def _health(ask: Question) -> dict[str, Any]:
    found = {each.name: each.health for each in parts_now(ask.db, ask.parts.health(), ask.now)}
    return found | {"store": figures(ask.db)}


def _troubles(ask: Question) -> tuple[PartTrouble, ...]:
    return troubles(parts_now(ask.db, ask.parts.health(), ask.now), ask.now)


def _commands(_: Question) -> dict[str, str]:
    return {name: row.text for name, row in sorted(commands_of(Face.MQTT).items())}


def _map(ask: Question) -> Places:
    tiles = ask.parts.tiles
    return placed(ask.db) if tiles is None else placed(ask.db, tiles.crs, tiles.zooms, tiles.credit)


def _names(ask: Question) -> Names:
    return names(ask.db) if ask.parts.tiles is None else names(ask.db, ask.parts.tiles.crs)


def _completeness(ask: Question) -> Listed[PoleDays]:
    found, seals = completeness(ask.db, ask.args), ask.parts.seals
    return found if seals is None else seals.with_states(found)


def _source(asked: Any) -> tuple[str, str]:
    return asked.pole, asked.source


def _rollouts(ask: Question) -> Rollouts:
    if ask.parts.releases is None:
        return rollouts(ask.db, None, "", "", ask.now)
    plan, trouble = ask.parts.releases.read()
    return rollouts(ask.db, plan, ask.parts.releases.address, trouble, ask.now)


READS: tuple[ApiRoute, ...] = (
    _read("/summary", "How many poles there are of each mark.", Nothing, Summing, lambda ask: summing(ask.db)),
    _read("/poles", "Poles by id.", PolesAsked, Listed[PoleLine], lambda ask: poles(ask.db, ask.args)),
    _read(
        "/poles/{pole}",
        "All of one pole.",
        PoleAsked,
        PoleWhole,
        lambda ask: pole(ask.db, ask.args),
        looks=lambda asked: (asked.pole, ""),
    ),
    _read(
        "/poles/{pole}/series",
        "One quantity in hours or days.",
        CourseAsked,
        Course,
        lambda ask: course(ask.db, ask.args),
        looks=_source,
    ),
    _read(
        "/poles/{pole}/events",
        "Events of the archive as the pole sent them.",
        EventsAsked,
        Listed[Envelope],
        lambda ask: events(ask.db, ask.args),
        looks=_source,
    ),
    _read("/map", "Where the poles stand, as columns.", Nothing, Places, _map),
    _read("/map/names", "Their ids, in the same order.", Nothing, Names, _names),
    _read(
        "/incidents",
        "Incidents, the newest first.",
        IncidentsAsked,
        Listed[IncidentLine],
        lambda ask: incidents(ask.db, ask.args, ask.now),
    ),
    _read(
        "/incidents/one",
        "One incident with its comments.",
        IncidentAsked,
        IncidentWhole,
        lambda ask: incident(ask.db, ask.args, ask.now),
        looks=_source,
    ),
    _read(
        "/incidents/causes",
        "What open incidents have in common.",
        Nothing,
        tuple[LikelyCause, ...],
        lambda ask: causes(ask.db),
    ),
    _read(
        "/silences",
        "Silences that hold.",
        Nothing,
        tuple[Silence, ...],
        lambda ask: silences(ask.parts.desk, ask.now),
    ),
    _read(
        "/completeness",
        "Pole x day, and whether all is there.",
        CompletenessAsked,
        Listed[PoleDays],
        _completeness,
    ),
    _read(
        "/cameras", "The register of cameras.", CamerasAsked, Listed[CameraLine], lambda ask: cameras(ask.db, ask.args)
    ),
    _read("/commands", "Commands, the newest first.", JobsAsked, Listed[JobLine], lambda ask: jobs(ask.db, ask.args)),
    _read("/commands/names", "What a pole can be asked.", Nothing, dict[str, str], _commands),
    _read(
        "/commands/{id}",
        "One command at its poles.",
        JobAsked,
        Listed[JobPole],
        lambda ask: job_poles(ask.db, ask.args),
    ),
    _read(
        "/diagnosis",
        "What the QR code of a pole's doctor says.",
        DiagnosisAsked,
        Diagnosis,
        lambda ask: diagnosis(ask.args),
    ),
    _read("/rollouts", "How the rollouts of the published plan stand.", Nothing, Rollouts, _rollouts),
    _read(
        "/rollouts/poles",
        "What each pole has said of one release.",
        ReleaseAsked,
        Listed[PoleSaid],
        lambda ask: poles_said(ask.db, ask.args),
    ),
    _read("/health", "The platform's own health.", Nothing, dict[str, Any], _health),
    _read("/health/troubles", "Parts of the platform that are not well.", Nothing, tuple[PartTrouble, ...], _troubles),
    _read("/health/store", "What the store holds.", Nothing, StoreFigures, lambda ask: figures(ask.db)),
    _read(
        "/tokens",
        "Tokens of programs: one's own, an administrator's are all.",
        Nothing,
        tuple[TokenLine, ...],
        lambda ask: ask.parts.accounts.tokens(ask.caller),
    ),
    _read(
        "/accounts",
        "All accounts.",
        Nothing,
        tuple[AccountLine, ...],
        lambda ask: ask.parts.accounts.accounts(),
        role=Role.ADMIN,
        scope=Scope.ADMIN,
    ),
    _read(
        "/audit",
        "What was done by whom, the newest first.",
        AuditAsked,
        Listed[AuditLine],
        lambda ask: entries(ask.parts.desk, ask.args),
        role=Role.ADMIN,
        scope=Scope.ADMIN,
    ),
)
