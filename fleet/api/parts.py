"""How the parts of the platform are, whichever process they run in, and what of them a person has to know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from contract.words import Sentence, Words
from fleet.broker.run import BrokerHealth
from fleet.incidents.notifier import NotifyHealth
from fleet.lag import IngestHealth
from fleet.query.paging import moment
from fleet.store.database import Database
from fleet.upkeep import UpkeepHealth

SILENT = timedelta(seconds=60)
"""A process says how its parts are every 10 s."""
FORGOTTEN = timedelta(days=7)
"""A part that has said nothing for so long was taken away, but for an ingest that still owns poles."""
STUCK = timedelta(minutes=10)
"""A look for incidents and all that is to be sent take no longer."""
OVERDUE = timedelta(days=1)
"""Segments are packed and deleted every hour."""
_HEALTH: dict[str, Any] = {
    "ingest": IngestHealth,
    "broker": BrokerHealth,
    "notifications": NotifyHealth,
    "upkeep": UpkeepHealth,
}
_ONE = {"notifications", "upkeep"}
"""Parts that run in one process of a platform: of several that said something the newest counts."""
_SILENT = Sentence(
    "it has said nothing since {at}: see whether its process runs and reaches the database",
    "自 {at} 起没有消息：请检查其进程是否运行、能否连接数据库",
)
_NO_BROKER = Sentence("it has no broker, nothing comes in", "未连接消息代理，无法接收数据")
_STUCK = Sentence("it has not looked for incidents since {at}", "自 {at} 起未检查告警事件")
_OVERDUE = Sentence(
    "segments were last packed and deleted at {at}: see whether disk and database answer",
    "上次整理和删除数据段的时间为 {at}：请检查磁盘和数据库是否响应",
)
_AHEAD = Sentence(
    "its clock is ahead, it shows {at}: set the time of its machine", "其时钟超前，显示为 {at}：请校准该机器的时间"
)
_HERE = Sentence("{part}: {text}", "{part}：{text}")
_THERE = Sentence("{part} of cell {cell}: {text}", "单元 {cell} 的{part}：{text}")
_NAMES = {
    "ingest": Sentence("ingest", "接收"),
    "broker": Sentence("broker", "消息代理"),
    "notifications": Sentence("notifications", "通知"),
    "upkeep": Sentence("retention", "数据保留"),
}
_NONE = {
    "ingest": Sentence(
        "no ingest runs: what poles send is not stored (polefleet serve --role ingest)",
        "没有接收进程运行：灯杆发送的数据不会入库（polefleet serve --role ingest）",
    ),
    "notifications": Sentence(
        "nobody is notified, and no pole is found overdue: no process runs with --role jobs",
        "不发送通知，也不检查灯杆是否逾期：没有以 --role jobs 运行的进程",
    ),
}


class PartNow(msgspec.Struct, frozen=True, kw_only=True):
    """A part, the cell that its process writes as (empty: this process), and what it said of itself at ``at``."""

    part: str
    cell: str
    at: datetime
    silent: bool
    health: Any

    @property
    def name(self) -> str:
        return f"{self.part} {self.cell}".strip()


class PartTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """A part that is not well."""

    part: str
    cell: str
    text: Words


def parts_now(db: Database, own: Mapping[str, object], now: datetime) -> tuple[PartNow, ...]:
    """The parts of this process, and those of others as they said last; one that is silent is not up."""
    found = [PartNow(part=part, cell="", at=now, silent=False, health=health) for part, health in own.items()]
    query = (
        "SELECT cell, part, at, body FROM desk.part "
        "WHERE at > ? OR (part = 'ingest' AND cell IN (SELECT cell FROM owner)) ORDER BY part, cell"
    )
    others = [
        _said(part, cell, moment(at), body, now)
        for cell, part, at, body in db.execute(query, ((now - FORGOTTEN).timestamp(),))
        if part in _HEALTH
    ]
    newest = {each.part: each.at for each in sorted(others, key=lambda each: each.at)}
    return (*found, *(each for each in others if each.part not in _ONE or each.at == newest[each.part]))


def _said(part: str, cell: str, at: datetime, body: str, now: datetime) -> PartNow:
    health = msgspec.json.decode(body, type=_HEALTH[part])
    silent = now - at > SILENT
    if silent:
        health.text = _SILENT(at=_short(at))
        if isinstance(health, IngestHealth):
            health.connected = False
        if isinstance(health, BrokerHealth):
            health.state = "down"
    return PartNow(part=part, cell=cell, at=at, silent=silent, health=health)


def troubles(parts: Iterable[PartNow], now: datetime) -> tuple[PartTrouble, ...]:
    """What is not well, the worst first: a part that runs nowhere."""
    known = {each.part for each in parts}
    none = [PartTrouble(part=part, cell="", text=_words(text)) for part, text in _NONE.items() if part not in known]
    return (*none, *(trouble for each in parts for trouble in _trouble(each, now)))


def _trouble(each: PartNow, now: datetime) -> Iterator[PartTrouble]:
    health, text = each.health, None
    if each.silent:
        text = _words(_SILENT, at=_short(each.at))
    elif each.at > now + SILENT:  # it would be silent unnoticed
        text = _words(_AHEAD, at=_short(each.at))
    elif isinstance(health, BrokerHealth):  # while it runs, its text is about what a trial cannot do
        text = _plain(health.text) if health.state == "down" else None
    elif health.text:
        text = _plain(health.text)
    elif isinstance(health, IngestHealth):
        text = None if health.connected else _words(_NO_BROKER)
    elif isinstance(health, NotifyHealth) and health.looked is not None and now - health.looked > STUCK:
        text = _words(_STUCK, at=_short(health.looked))
    elif isinstance(health, UpkeepHealth) and health.done is not None and now - health.done > OVERDUE:
        text = _words(_OVERDUE, at=_short(health.done))
    if text is not None:
        name, whole = _NAMES[each.part], _THERE if each.cell else _HERE
        yield PartTrouble(
            part=each.part,
            cell=each.cell,
            text={
                "en": whole.said("en", part=name.en, cell=each.cell, text=text["en"]),
                "zh": whole.said("zh", part=name.zh, cell=each.cell, text=text["zh"]),
            },
        )


def _words(sentence: Sentence, **words: object) -> Words:
    return {"en": sentence.said("en", **words), "zh": sentence.said("zh", **words)}


def _plain(text: str) -> Words:
    return {"en": text, "zh": text}


def _short(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
