"""The status as a technician reads it on a small terminal: 80 columns, one block a subject, what to do below it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

import msgspec

from agent.status import sentences as say
from agent.status.advice import Advice, advice
from agent.status.rows import StatusRow, box_row, clock_row, link_rows, queue_rows
from agent.status.words import pad, width, wrapped
from contract.health import DeviceHealth, LastValue, LineHealth, PoleStatus
from contract.types import Quality
from contract.words import Language, Sentence, measured, span

_GREEN, _YELLOW, _RED = 32, 33, 31
_FINE, _BROKEN = {"up", "ok", "set"}, {"down", "blocked", "frozen", "crashed", "refused", "no_signal"}
_ARROW = "  -> "
OLD_S = 10.0
"""What a device says at one time comes within seconds; a value that is older than its newest by more has not come
again."""


class Terminal(msgspec.Struct, frozen=True, kw_only=True):
    """What the terminal can do, and what its user reads. With ``rows`` the table is cut to fit, problems first."""

    columns: int = 80
    rows: int | None = None
    colours: bool = False
    ascii_only: bool = False
    language: Language = "en"


def table(status: PoleStatus, look: Terminal) -> str:
    """The whole status, with a line end after each line."""
    whole = _Table(status, look)
    lines = _rows(whole.lines())
    if look.rows is not None and len(lines) >= look.rows:
        lines = _fitted([*_rows(whole.problems()), *lines[2:]], look)
    return "\n".join((*lines, ""))


def _rows(blocks: Iterable[str]) -> list[str]:
    return [row.rstrip() for block in blocks for row in block.split("\n")]


def _fitted(lines: list[str], look: Terminal) -> list[str]:
    """The first of ``lines`` and how many there are more: together, with the cursor's own, the terminal's rows."""
    shown = max((look.rows or 0) - 2, 1)
    return [*lines[:shown], say.MORE_ROWS.said(look.language, count=len(lines) - shown)]


class _Table:
    """The blocks of one table; each yields its lines."""

    def __init__(self, status: PoleStatus, look: Terminal) -> None:
        self._status = status
        self._look = look
        self._columns = max(look.columns, 80)
        self._todo = advice(status, look.language)
        self._name = min(16, max((width(name) for name in self._names()), default=0)) + 1

    def _names(self) -> Iterable[str]:
        yield self._said(say.DEVICES)
        yield from (device.name for device in self._status.devices)
        yield from (line.name for line in self._status.lines)
        yield from (camera.name for camera in self._status.cameras)

    def lines(self) -> Iterator[str]:
        status = self._status
        yield self._title()
        yield self._verdict()
        yield from self._todos("agent", "settings")
        yield ""
        if status.episodes:
            yield self._bold(self._said(say.OPEN))
            yield from self._todos("open")
            yield ""
        yield from self._devices()
        yield from self._lines()
        yield from self._cameras()
        yield from self._link()
        yield from self._queue()
        yield from self._box()

    def problems(self) -> Iterator[str]:
        """Title, verdict and everything that wants a hand, each with its subject."""
        yield self._title()
        yield self._verdict()
        for todo in self._todo:
            yield from self._wrapped(
                Advice(
                    todo.about, say.SEVERE.said(self._look.language, severity=self._subject(todo.about), text=todo.text)
                )
            )

    def _title(self) -> str:
        status = self._status
        return self._edges(
            self._said(say.POLE, pole=status.pole) + (f"  {status.name}" if status.name else ""),
            self._said(say.RUNNING, version=status.version, span=span(status.uptime_s)),
        )

    def _verdict(self) -> str:
        count = len(self._todo)
        if not count:
            return self._coloured(self._said(say.WELL), _GREEN)
        return self._coloured(self._said(say.ONE_THING if count == 1 else say.THINGS, count=count), _YELLOW)

    def _devices(self) -> Iterator[str]:
        if not self._status.devices:
            yield f"{self._bold(self._said(say.DEVICES))}  {self._said(say.NO_DEVICES)}"
            yield ""
            return
        yield self._head((say.DEVICES, self._name), (say.STATE, 8), (say.LAST, 9), (say.ERRORS, 7), (say.VALUES, 0))
        for device in self._status.devices:
            yield from self._device(device)
            yield from self._todos(f"device {device.name}")
        yield ""

    def _device(self, device: DeviceHealth) -> Iterator[str]:
        newest_s = min((value.age_s for value in device.last), default=None)
        newest = self._said(say.NEVER) if newest_s is None else span(newest_s)
        left = (
            f"{pad(device.name, self._name)} {self._state(device.state)} {pad(newest, 9)} {device.error_share:5.0%}   "
        )
        values = [self._value(last, older=last.age_s - (newest_s or 0.0) > OLD_S) for last in device.last]
        start = self._name + 28
        rows = list(_packed(values, self._columns - start)) or [""]
        yield left + rows[0]
        yield from (" " * start + row for row in rows[1:])

    def _value(self, last: LastValue, *, older: bool) -> str:
        marks = [] if last.quality is Quality.GOOD else [self._quality(last.quality)]
        marks += [self._said(say.OLD, span=span(last.age_s))] if older else []
        mark = f" ({self._said(say.COMMA).join(marks)})" if marks else ""
        return f"{last.quantity} {measured(last.value, last.unit, ascii_only=self._look.ascii_only)}{mark}"

    def _lines(self) -> Iterator[str]:
        if not self._status.lines:
            return
        yield self._head((say.LINES, self._name), (say.STATE, 8), (say.IN_USE, 7), (say.PLANNED, 8), (say.PORT, 0))
        for line in self._status.lines:
            yield self._line(line)
            yield from self._todos(f"line {line.name}")
        yield ""

    def _line(self, line: LineHealth) -> str:
        port = pad(line.port, self._columns - self._name - 28).rstrip()
        planned = f"{line.planned:4.0%}" if line.planned else ""
        return f"{pad(line.name, self._name)} {self._state(line.state)} {line.load:4.0%}    {planned:7}  {port}"

    def _cameras(self) -> Iterator[str]:
        if not self._status.cameras:
            return
        yield self._head((say.CAMERAS, self._name), (say.STATE, 8), (say.FRAMES, 0))
        for camera in self._status.cameras:
            seen = self._said(say.SEES, rate=camera.frames_per_s, tracks=camera.tracks) if camera.size else ""
            where = pad(camera.source, self._columns - self._name - 36).rstrip()
            yield f"{pad(camera.name, self._name)} {self._state(camera.state)} {pad(seen, 22)}  {where}"
            yield from self._todos(f"camera {camera.name}")
        yield ""

    def _link(self) -> Iterator[str]:
        yield from self._named(say.LINK_ROW, link_rows(self._status, self._look.language))
        if self._status.uplink is not None:
            yield from self._todos("link")

    def _queue(self) -> Iterator[str]:
        yield from self._named(say.QUEUE, queue_rows(self._status, self._look.language))
        yield from self._todos("queue")

    def _box(self) -> Iterator[str]:
        yield from self._named(say.CLOCK_ROW, [clock_row(self._status, self._look.language)])
        yield from self._todos("clock")
        yield from self._named(say.BOX_ROW, [box_row(self._status, self._look.language)])
        yield from self._todos("disk")

    def _named(self, name: Sentence, rows: Iterable[StatusRow]) -> Iterator[str]:
        for number, row in enumerate(rows):
            state = self._state(row.state) if row.state else " " * 8
            yield self._row("" if number else self._said(name), state, row.text)

    def _row(self, name: str, state: str, text: str) -> str:
        first, *more = self._broken(text, self._columns - self._name - 10) or [""]
        left = " " * (self._name + 10)
        return "\n".join((f"{self._bold(pad(name, self._name))} {state} {first}", *(left + row for row in more)))

    def _todos(self, *about: str) -> Iterator[str]:
        for todo in self._todo:
            if todo.about in about:
                yield from self._wrapped(todo)

    def _wrapped(self, todo: Advice) -> Iterator[str]:
        rows = self._broken(todo.text, self._columns - len(_ARROW))
        for mark, row in zip([_ARROW] + [" " * len(_ARROW)] * (len(rows) - 1), rows, strict=True):
            yield self._coloured(mark + row, 33)

    def _edges(self, left: str, right: str) -> str:
        room = self._columns - width(right) - 2
        return f"{self._bold(pad(left, room))}  {right}"

    def _said(self, sentence: Sentence, **words: object) -> str:
        return sentence.said(self._look.language, **words)

    def _head(self, *columns: tuple[Sentence, int]) -> str:
        return self._bold(" ".join(pad(self._said(row), room or width(self._said(row))) for row, room in columns))

    def _subject(self, about: str) -> str:
        kind, _, name = about.partition(" ")
        return f"{self._said(say.ABOUT[kind])} {name}".rstrip()

    def _quality(self, quality: Quality) -> str:
        return self._said(say.QUALITIES[quality]).upper()

    def _broken(self, text: str, columns: int) -> list[str]:
        if self._look.language == "en":
            return textwrap.wrap(text, columns, break_on_hyphens=False)
        return wrapped(text, columns)

    def _state(self, state: str) -> str:
        text = self._said(say.STATES.get(state, Sentence(state, state)))
        colour = _GREEN if state in _FINE else _RED if state in _BROKEN else _YELLOW
        return self._coloured(pad(text, 8), colour)

    def _bold(self, text: str) -> str:
        return self._coloured(text, 1)

    def _coloured(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._look.colours else text


def _packed(pieces: Iterable[str], columns: int) -> Iterator[str]:
    """Pieces side by side, as many per row as fit; a piece is never broken, only cut."""
    row = ""
    for piece in pieces:
        if row and width(row) + 2 + width(piece) > columns:
            yield row
            row = ""
        row += ("  " if row else "") + (piece if width(piece) <= columns else pad(piece, columns))
    if row:
        yield row
