"""A virtual city: the same seed gives the same one, and whatever fails, every event that was numbered arrives once."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
import pytest

from contract.birth import Status
from contract.commands import Command, Reply
from contract.receive import Receiver, decode
from contract.watermark import Watermark
from fleet.register.places import read_places
from simulator.city.city import City, CitySent, Rates
from simulator.city.fields import QUANTITIES, ZONE_S, means
from simulator.city.plan import CityPole, plan, register_csv
from simulator.city.storms import KINDS, StormKind, draw

BEGIN = 1_795_000_200
HOUR = 3600


class Receiving:
    """The other end: takes what comes, and confirms it unless ``deaf``."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.receivers: dict[str, Receiver] = {}
        self.status: dict[str, Status] = {}
        self.deaf = False
        self.now = BEGIN

    def take(self, sent: Iterable[CitySent]) -> None:
        for pole, leaf, payload in sent:
            if leaf == "status":
                self.status[pole] = msgspec.json.decode(payload, type=Status)
                continue
            receiver = self.receivers.setdefault(pole, Receiver(pole))
            receiver.take(payload)
            for mark in receiver.watermarks():
                if not self.deaf:
                    self.city.confirmed(pole, mark, self.now)

    def run(self, seconds: int) -> None:
        for now in range(self.now + 10, self.now + seconds + 1, 10):
            self.now = now
            self.take(self.city.step(now))


def received(poles: int, seed: int = 3, **rates: float) -> Receiving:
    return Receiving(City(plan(poles, seed), seed, BEGIN, tick_s=10, rates=Rates(**rates)))  # type: ignore[arg-type]


def test_the_same_seed_is_the_same_city() -> None:
    def first(seed: int) -> list[CitySent]:
        city = City(plan(40, seed), seed, BEGIN, tick_s=10)
        return [sent for now in range(BEGIN, BEGIN + 200, 10) for sent in city.step(now)]

    assert first(3) == first(3)
    assert first(3) != first(4)


def test_the_platform_takes_the_register_of_the_city() -> None:
    poles = plan(500, 3)
    places = read_places(register_csv(poles))
    assert len({pole.name for pole in poles}) == len(places) == 500
    assert all(place.street and place.district and place.feeder and place.cell for place in places)
    assert {place.cell[0] for place in places} == {"T", "S"}


def test_values_follow_day_and_traffic() -> None:
    quiet, busy = (msgspec.structs.replace(plan(1, 3)[0], busy=each) for each in (0.0, 1.0))
    names = [quantity.name for quantity in QUANTITIES]

    def at(pole: CityPole, hour: float, what: str) -> float:
        monday = datetime(2026, 11, 23, tzinfo=UTC).timestamp() - ZONE_S  # midnight in the city
        return means(pole, int(monday + hour * HOUR))[names.index(what)]

    assert at(busy, 8.3, "noise") > at(busy, 3, "noise") + 10
    assert at(busy, 8.3, "pm2_5") > at(quiet, 8.3, "pm2_5") + 10
    assert at(quiet, 14, "temperature") > at(quiet, 4, "temperature") + 3


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_arrives_once_whatever_the_storm(kind: StormKind) -> None:
    there = received(160, 1)
    there.run(600)
    storm = draw(kind, there.city.places, random.Random(5))
    there.take(there.city.begin(storm, there.now))
    there.run(1800)
    away = kind in {"feeder", "tower", "switch"}
    names = [there.city.places[number].name for number in storm.hit]
    assert all(there.status[name].state == ("offline" if away else "online") for name in names)
    there.take(there.city.end(storm, there.now))
    there.run(1800)
    for pole in there.city.poles:
        if not (pole.powered and pole.linked):
            continue
        receiver = there.receivers[pole.place.name]
        assert {epoch: receiver.count(epoch) for epoch in pole.numbered} == pole.numbered
        assert (receiver.duplicates, receiver.conflicted, pole.waiting) == (0, 0, 0)


def test_a_city_too_small_for_a_storm_of_some_kind_has_those_of_the_others() -> None:
    there = received(5, 1, storms_an_hour=60)
    there.run(HOUR)
    assert {storm.kind for storm in there.city.storms} <= {"settings", "model"}
    assert there.city.storms


def test_a_platform_that_confirms_nothing_gets_probes_with_the_same_content_and_then_all_the_rest() -> None:
    there = received(30)
    there.run(300)
    there.deaf = True
    there.run(1200)
    receivers = there.receivers.values()
    came = sum(sum(map(receiver.count, receiver.epochs())) for receiver in receivers)
    assert sum(pole.waiting for pole in there.city.poles) > 30 * 15
    assert came < 30 * 15, "the rest waits on the poles"
    there.deaf = False
    there.run(1200)
    assert sum(receiver.duplicates for receiver in receivers) > 20
    assert sum(receiver.conflicted for receiver in receivers) == 0
    assert sum(pole.waiting for pole in there.city.poles if pole.linked) == 0


def test_a_pole_sends_again_what_it_is_asked_for() -> None:
    there = received(3)
    there.run(600)
    pole = there.city.poles[0]
    ((epoch, last),) = pole.numbered.items()
    args = msgspec.Raw(msgspec.json.encode({"epoch": epoch, "ranges": [[2, 4], [last, last + 1000]]}))
    asked = Command(id="a", name="resend", expires=there.status[pole.place.name].at, args=args)
    answer = there.city.command(pole.place.name, msgspec.json.encode(asked), there.now)
    assert answer is not None
    assert msgspec.json.decode(answer[2], type=Reply).ok
    came = [each for sent in pole.send(there.now) for each in decode(sent[1])]
    assert {event.seq for event in came} == {2, 3, 4, last}
    other = msgspec.json.encode(msgspec.structs.replace(asked, name="restart", args=msgspec.Raw(b"{}")))
    refused = there.city.command(pole.place.name, other, there.now)
    assert refused is not None
    assert not msgspec.json.decode(refused[2], type=Reply).ok


def test_a_watermark_of_another_epoch_confirms_nothing() -> None:
    there = received(3)
    there.deaf = True
    there.run(300)
    pole = there.city.poles[0]
    before = pole.waiting
    mark = Watermark(epoch="feed", ranges=((1, 1000),))
    there.city.confirmed(pole.place.name, msgspec.json.encode(mark), there.now)
    assert pole.waiting == before > 0
