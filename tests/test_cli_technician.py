"""docs/technician.md says what the agent does: its settings check, its commands exist, its examples are real."""

from __future__ import annotations

import os
import re
import shlex
import time
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from agent import cli
from agent.acquire.registry import find_drivers
from agent.config.load import check
from agent.setup.answers import read_answers
from agent.status.lines import event_line
from agent.status.table import Terminal, table
from contract.events import DeviceState, Start
from contract.health import DeviceHealth, LineHealth, StoreHealth, UplinkHealth
from contract.requests import EventLine
from contract.types import FaultCode, Stamp
from tests.status.canned import LEVEL, NOW, TROUBLED

PAGE = Path(__file__).resolve().parent.parent / "docs" / "technician.md"
TEXT = PAGE.read_text(encoding="utf-8")
_BLOCK = re.MULTILINE | re.DOTALL


@contextmanager
def shenzhen() -> Iterator[None]:
    """The box of the page keeps the time of Shenzhen."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "CST-8"
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def page() -> str:
    """The page with what the commands print on the pole of tests/status/canned.py."""
    with shenzhen():
        shown = iter([table(TROUBLED, Terminal()), events()])
        return re.sub(r"^(```text\n).*?^```$", lambda _: f"```text\n{next(shown)}```", TEXT, flags=_BLOCK)


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", TEXT, _BLOCK)


def events() -> str:
    """What `poleagent events` prints on a pole whose level gauge does not answer."""
    down = DeviceState(state="down", code=FaultCode.NO_ANSWER, text=LEVEL.advice)
    bodies = (
        ("agent", Start(version="0.1.0", boot="b", clean=True)),
        ("roof", DeviceState(state="up", text="unit 1 (roof) answers")),
        ("level", down),
    )
    lines = [
        EventLine(
            cursor=number,
            at=Stamp(NOW.replace(second=number), 1.0),
            lane="event",
            kind=body.kind,
            source=source,
            body=msgspec.Raw(msgspec.json.encode(body)),
        )
        for number, (source, body) in enumerate(bodies)
    ]
    return "".join(event_line(line) + "\n" for line in lines)


def test_its_settings_are_right_but_for_files_that_lie_on_the_pole(tmp_path: Path) -> None:
    (tmp_path / "poleagent.toml").write_text("\n".join(blocks("toml")), encoding="utf-8")
    problems = check(tmp_path / "poleagent.toml", find_drivers())
    assert [str(one) for one in problems if "/etc/poleagent/" not in str(one)] == []


def test_its_answers_are_what_the_setup_reads(tmp_path: Path) -> None:
    (text,) = blocks("toml answers")
    (tmp_path / "pole.toml").write_text(text, encoding="utf-8")
    answers, cameras = read_answers(tmp_path / "pole.toml")
    assert answers.rename == {"weather_six_1": "roof", "unit_9": ""}
    assert list(cameras) == ["gate"]


def test_its_commands_exist() -> None:
    typed = [line.removeprefix("sudo ") for block in blocks("sh") for line in block.splitlines()]
    inline = [code.removeprefix("sudo ") for code in re.findall(r"`([^`\n]+)`", TEXT)]
    commands = [line for line in typed + inline if re.match(r"poleagent [a-z]+( |$)", line) and "is not" not in line]
    assert len(commands) > 10
    for command in commands:
        assert cli.parser().parse_args(shlex.split(command)[1:])


def test_its_examples_are_what_the_commands_print() -> None:
    assert page() == TEXT
    assert len(blocks("text")) == 2


def test_every_state_that_can_be_shown_is_explained() -> None:
    for health in (DeviceHealth, LineHealth, StoreHealth, UplinkHealth):
        for state in typing.get_args(typing.get_type_hints(health)["state"]):
            shown = {"down": "DOWN", "blocked": "BLOCKED", "connecting": "wait"}.get(state, state)
            assert f"`{shown}`" in TEXT, shown


def test_its_links_lead_somewhere() -> None:
    heads = re.findall("^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        file, _, anchor = target.partition("#")
        assert not file or (PAGE.parent / file).is_file(), target
        assert not anchor or anchor in anchors, target
