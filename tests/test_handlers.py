"""What the agent answers: names that nobody has, a line whose trouble is known, and what earlier runs left."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.acquire.registry import find_drivers
from agent.config.settings import Device, DeviceSettings, LineSettings, PoleSettings, Settings
from agent.errors import AgentError
from agent.handlers import Handlers
from agent.status.recent import Recent
from agent.system.clock import SystemClock
from contract.events import Start
from contract.health import LineHealth
from contract.requests import DeviceArgs, EventsArgs, ReadingsArgs
from contract.types import Event, Lane, Row, Stamp
from tests.status.canned import NOW

AT = Stamp(NOW, 1000.0)
DOWN = LineHealth(name="a", port="/dev/ttyS9", state="down", text="/dev/ttyS9 is not there. Plug the adapter in.")


class Nothing:
    """A store without a reading."""

    async def readings(self, _: object) -> list[Any]:
        return []


class Line:
    """A line that is down, and on which a device would wait for ever."""

    def health(self) -> LineHealth:
        return DOWN

    async def once(self, _: str) -> Any:
        await asyncio.Event().wait()


def handlers() -> tuple[Handlers, Recent]:
    drivers = find_drivers()
    device = Device(name="gnss", common=DeviceSettings(driver="nmea", line="a"), options=drivers["nmea"].options())
    settings = Settings(
        pole=PoleSettings(id="p"), lines={"a": LineSettings(port="/dev/ttyS9")}, devices={"gnss": device}
    )
    recent = Recent()
    agent: Any = SimpleNamespace(
        path=Path("/nowhere.toml"),
        settings=settings,
        store=Nothing(),
        flow=SimpleNamespace(recent=recent, relearn=lambda _: 2),
        lines={"a": Line()},
        cameras={},
        drivers=drivers,
    )
    return Handlers(agent, SystemClock()), recent


@pytest.mark.fault("readings or events are asked for under a name that nobody has", "an error names what there is")
@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (ReadingsArgs(device="roof"), "there is no device 'roof'; there is gnss"),
        (ReadingsArgs(quantity="temprature"), "there is no quantity of any device 'temprature'; there is "),
        (ReadingsArgs(device="gnss", quantity="rain"), "there is no quantity of gnss 'rain'; there is "),
        (EventsArgs(kind="gaps"), "there is no kind of event 'gaps'; there is acceptance, alert, "),
        (EventsArgs(source="roof"), "there is no source of events 'roof'; there is agent, gnss"),
    ],
)
def test_a_name_that_nobody_has_is_an_error(args: ReadingsArgs | EventsArgs, sentence: str) -> None:
    made, _ = handlers()
    ask = made.readings(args, "") if isinstance(args, ReadingsArgs) else made.events(args, "")
    with pytest.raises(AgentError) as refused:
        asyncio.run(ask)
    assert str(refused.value).startswith(sentence)


def test_a_name_that_is_there_and_has_measured_nothing_yet_is_no_error() -> None:
    made, _ = handlers()
    assert asyncio.run(made.readings(ReadingsArgs(device="gnss", quantity="latitude"), "")).readings == ()
    assert asyncio.run(made.events(EventsArgs(source="gnss", kind="gap"), "")).events == ()


@pytest.mark.fault("a device on a line that is down is asked for", "the known reason comes at once")
def test_a_device_on_a_line_that_is_down_is_answered_at_once() -> None:
    made, _ = handlers()
    with pytest.raises(AgentError, match=r"gnss cannot be asked: /dev/ttyS9 is not there. Plug the adapter in"):
        asyncio.run(asyncio.wait_for(made.device(DeviceArgs(device="gnss"), ""), 5))


def test_a_device_is_learned_anew_also_while_its_line_is_down() -> None:
    made, _ = handlers()
    answer = asyncio.run(made.device(DeviceArgs(device="gnss", action="relearn"), ""))
    assert answer.ok
    assert answer.text == "what is usual for gnss is learned anew from here on; 2 open episodes ended"


@pytest.mark.fault("the agent was started anew", "events of earlier runs are still listed")
def test_events_of_earlier_runs_stand_before_those_of_this_one() -> None:
    made, recent = handlers()
    body = b'{"version":"0.1.0","boot":"b","clean":true}'
    recent.earlier([Row(epoch="e", seq=7, lane=Lane.EVENT, kind="start", source="agent", at=AT, body=body)])
    recent.add([Event.of("agent", AT, Start(version="0.2.0", boot="c", clean=False))])
    answer = asyncio.run(made.events(EventsArgs(kind="start"), ""))
    assert [bytes(line.body)[:20] for line in answer.events] == [b'{"version":"0.1.0","', b'{"version":"0.2.0","']
    assert answer.cursor == 2
