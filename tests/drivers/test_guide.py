"""The example of docs/drivers.md does what the page says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from agent.api import Codec, Driver, Fault, Options, Reading
from drivers._profile import ModbusProfile
from tests.docs_check import ROOT
from tests.drivers.cases import NOW

GUIDE = (ROOT / "docs" / "drivers.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found
    return found[1]


def test_the_driver_of_the_guide_works() -> None:
    scope: dict[str, Any] = {}
    exec(compile(block("python"), "docs/drivers.md", "exec"), scope)
    driver = scope["DRIVER"]
    assert isinstance(driver, Driver)
    codec: Codec = driver.codec("x", Options())
    assert codec.ask(0) == b"?"
    items = [item for byte in b"noise L0123\r" for item in codec.feed(bytes((byte,)), NOW)]
    assert [item.value for item in items if isinstance(item, Reading)] == [0.123]
    assert codec.ask(1) == b""
    codec.ask(0)
    (item,) = codec.feed(b"", NOW)
    assert isinstance(item, Fault)


def test_the_profile_of_the_guide_is_one() -> None:
    assert msgspec.convert(tomllib.loads(block("toml")), ModbusProfile).registers[0].quantity == "rain"


def test_every_driver_has_a_place_for_its_cases() -> None:
    folders = {path.name for path in Path(__file__).parent.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert {path.stem for path in (ROOT / "drivers").glob("[a-z]*.py")} <= folders
