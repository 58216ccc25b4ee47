"""One virtual pole: its books, its outbox and what it sends, by the contract and with the agent's own resending.

The outbox keeps numbers only: what an event said is made again from its number, so that a pole without a link for a
day takes some 36 bytes an event.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from agent.config.uplink import UplinkSettings
from agent.uplink.delivery.awaiting import Awaiting
from contract.birth import DeviceAbout, Status
from contract.commands import Command, Reply
from contract.envelope import LANES, OVERHEAD, pack
from contract.events import DeviceState, NewEpoch, Summary
from contract.requests import ResendArgs
from contract.types import CONTRACT, Body, Key, Lane, Row, Stamp
from contract.watermark import read_watermark
from simulator.city.fields import QUANTITIES, windows
from simulator.city.plan import CityPole

MESSAGE_BYTES: int = next(one.default for one in msgspec.structs.fields(UplinkSettings) if one.name == "message_bytes")
MESSAGES_AT_ONCE = 4
"""Of a backlog, in one turn."""
EPOCHS = 4
"""That a pole can send again."""
SOURCE = "roof"
REVISION, MODELS = "0b5e1f27aa10", {"crops": "77c01d2be4f9"}
"""What runs on all poles as long as no release says otherwise."""
_ABOUT = (DeviceAbout(name=SOURCE, driver="weather", line="a", quantities={one.name: one.unit for one in QUANTITIES}),)

Sent = tuple[str, bytes]
"""The last part of a topic, and the payload."""


class Books:
    """One epoch. ``window`` is that of its first summary; ``others`` are its events that are no summaries."""

    __slots__ = ("epoch", "next", "numbers", "others", "to_send", "window")

    def __init__(self, epoch: str, window: int) -> None:
        self.epoch = epoch
        self.window = window
        self.next = 1
        self.numbers: list[int] = []
        self.others: list[tuple[float, str, Body]] = []
        self.to_send: list[int] = []

    def number(self) -> int:
        self.next += 1
        self.to_send.append(self.next - 1)
        return self.next - 1

    def note(self, at: float, source: str, body: Body) -> None:
        self.numbers.append(self.number())
        self.others.append((at, source, body))

    def other(self, seq: int) -> tuple[float, str, Body] | None:
        at = bisect_left(self.numbers, seq)
        return self.others[at] if at < len(self.numbers) and self.numbers[at] == seq else None

    @property
    def next_window(self) -> int:
        return self.window_of(self.next) + 1

    def window_of(self, seq: int) -> int:
        return self.window + seq - 1 - bisect_left(self.numbers, seq)

    def down(self, seq: int) -> bool:
        """Whether the device was down when ``seq`` was given."""
        for _, _, body in reversed(self.others[: bisect_left(self.numbers, seq)]):
            if isinstance(body, DeviceState):
                return body.state == "down"
        return False


class VirtualPole:
    """``window_s``: length of a summary; ``phase_s``: when after a multiple of it one begins. Times since 1970."""

    __slots__ = (
        "_awaiting",
        "_books",
        "_phase_s",
        "_seed",
        "_window_s",
        "linked",
        "models",
        "number",
        "place",
        "powered",
        "revision",
    )

    def __init__(self, place: CityPole, number: int, *, window_s: int, phase_s: int, seed: int) -> None:
        self.place = place
        self.number = number
        self.powered = False
        self.linked = True
        self.revision = REVISION
        self.models = MODELS if place.camera else {}
        self._window_s, self._phase_s = window_s, phase_s
        self._seed = seed
        self._books: list[Books] = []
        self._awaiting = Awaiting()

    def start(self, at: float) -> None:
        """Power is there: a new epoch begins."""
        before = self._books[-1] if self._books else None
        epoch = f"{(self._seed * 0x9E3779B1 + self.number * 2_654_435_761 + int(at)) & 0xFFFFFFFF:08x}"
        self.powered = True
        self._books = [*self._books[1 - EPOCHS :], Books(epoch, int((at - self._phase_s) // self._window_s))]
        begun = NewEpoch(
            previous=before.epoch if before else None,
            previous_next_seq=before.next if before else None,
            complete=before is None,
            reason="start",
            carried=0,
        )
        self._books[-1].note(at, "agent", begun)

    def cut(self) -> None:
        """Power is gone; what was not confirmed is on the disk."""
        self.powered = False
        for books in self._books:
            waiting = [seq for epoch, seq in self._awaiting.keys if epoch == books.epoch]
            books.to_send = sorted({*waiting, *books.to_send})
        self._awaiting = Awaiting()

    def note(self, at: float, body: Body, source: str = SOURCE) -> None:
        """Something happens; a pole without power sees nothing."""
        if self.powered:
            self._books[-1].note(at, source, body)

    def summarise(self, now: float) -> bool:
        """A window is over; whether there was power all the time."""
        if not self.powered or self._books[-1].next_window * self._window_s + self._phase_s > now:
            return False
        self._books[-1].number()
        return True

    def run(self, what: str, release: str) -> None:
        """Other settings or another model; those of before where ``what`` is empty."""
        self.revision = release if what == "settings" else REVISION
        if self.place.camera:
            self.models = {"crops": release} if what == "model" else MODELS

    def send(self, now: float) -> Iterator[Sent]:
        """What goes out now: alarms, events, the newest summary, then backlog; and again what nobody confirmed.

        A platform that confirms nothing gets alarms and probes only.
        """
        if not (self.powered and self.linked):
            return
        silent = self._awaiting.silent(now)
        self._again(self._awaiting.overdue(now))
        for books in reversed(self._books):
            if books.to_send:
                yield from self._send(books, now, silent=silent)
        if silent and (probe := self._awaiting.probe(now)) is not None:
            _, (epoch, seq) = probe
            yield from self._packed([self._row(b, seq) for b in self._books if b.epoch == epoch], now)

    def _send(self, books: Books, now: float, *, silent: bool) -> Iterator[Sent]:
        rows = {seq: self._row(books, seq) for seq in books.to_send if books.other(seq) is not None}
        for lane in (Lane.ALARM,) if silent else (Lane.ALARM, Lane.EVENT):
            sent = {seq: row for seq, row in rows.items() if row.lane is lane}
            yield from self._packed(list(sent.values()), now)
            books.to_send = [seq for seq in books.to_send if seq not in sent]
        if silent or not books.to_send:
            return
        summaries = books.to_send
        live = self._row(books, summaries[-1])
        yield from self._packed([live], now)
        most = max(1, MESSAGE_BYTES // (len(live.body) + OVERHEAD))
        end = min(len(summaries) - 1, MESSAGES_AT_ONCE * most)
        for start in range(0, end, most):
            yield from self._packed([self._row(books, seq) for seq in summaries[start : min(end, start + most)]], now)
        books.to_send = summaries[end:-1]

    def _packed(self, rows: Sequence[Row], now: float) -> Iterator[Sent]:
        if rows:
            message = pack(self.place.name, rows)
            self._awaiting.sent(rows, len(message.payload), now)
            yield LANES[rows[0].lane], message.payload

    def _again(self, keys: Sequence[Key]) -> None:
        for epoch, seq in keys:
            for books in self._books:
                if books.epoch == epoch and seq not in books.to_send:
                    insort(books.to_send, seq)

    def _row(self, books: Books, seq: int) -> Row:
        other = books.other(seq)
        if other is None:
            at = books.window_of(seq) * self._window_s + self._phase_s
            found = () if books.down(seq) else tuple(windows(self.place, self.number, at))
            source, body = SOURCE, Summary(duration_s=float(self._window_s), windows=found)
        else:
            at, source, body = other  # type: ignore[assignment]
        lane = Lane.ALARM if getattr(body, "severity", "") == "alarm" else body.lane
        return Row(
            epoch=books.epoch,
            seq=seq,
            lane=lane,
            kind=body.kind,
            source=source,
            at=Stamp(datetime.fromtimestamp(at, UTC), float(at)),
            body=msgspec.json.encode(body),
        )

    def status(self, now: float) -> Sent:
        books = self._books[-1]
        unsent = [*books.to_send[:1], *(seq for epoch, seq in self._awaiting.keys if epoch == books.epoch)]
        said = Status(
            pole=self.place.name,
            state="online",
            at=datetime.fromtimestamp(now, UTC),
            version="twin",
            epoch=books.epoch,
            next_seq=books.next,
            oldest_unsent=min(unsent, default=None),
            revision=self.revision,
            models=self.models,
            clock="synced",
            contract=CONTRACT,
            devices=_ABOUT,
            cameras=("gate",) if self.place.camera else (),
            commands=("resend",),
        )
        return "status", msgspec.json.encode(said)

    def will(self, since: float) -> Sent:
        """What the broker says once it has lost the pole."""
        at = datetime.fromtimestamp(since, UTC)
        return "status", msgspec.json.encode(Status(pole=self.place.name, state="offline", reason="lost", at=at))

    def confirmed(self, payload: bytes, now: float) -> None:
        """A watermark came."""
        if self.powered and self.linked:
            self._awaiting.confirmed(read_watermark(payload), now)

    def command(self, payload: bytes, now: float) -> Sent | None:
        """A virtual pole sends again what it is asked for, and says that it can do nothing else."""
        if not (self.powered and self.linked):
            return None
        asked = msgspec.json.decode(payload, type=Command)
        error = None if asked.name == "resend" else "this is a virtual pole: it can be asked for `resend` only"
        if error is None:
            args = msgspec.json.decode(asked.args, type=ResendArgs)
            last = {books.epoch: books.next for books in self._books}.get(args.epoch, 0)
            self._again([(args.epoch, seq) for one, end in args.ranges for seq in range(one, min(end + 1, last))])
        at = datetime.fromtimestamp(now, UTC)
        return "reply", msgspec.json.encode(Reply(id=asked.id, ok=error is None, at=at, clock="synced", error=error))

    @property
    def waiting(self) -> int:
        """Events that are not confirmed."""
        return len(self._awaiting) + sum(len(books.to_send) for books in self._books)

    @property
    def numbered(self) -> dict[str, int]:
        """How many events there are by epoch, of the newest ones."""
        return {books.epoch: books.next - 1 for books in self._books}
