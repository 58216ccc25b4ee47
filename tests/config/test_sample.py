"""The sample and the schema are made from the types, and hold what they promise."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import jsonschema
import msgspec
import pytest

from agent.acquire.registry import find_drivers
from agent.api import Driver
from agent.config.load import check, load
from agent.config.reference import reference
from agent.config.rows import rows
from agent.config.sample import sample
from agent.config.schema import schema_text
from agent.config.settings import SECTIONS, DeviceSettings, LineSettings
from agent.config.table import Table
from tests.config.fakes import DRIVERS
from tests.config.test_good import GOOD

REAL = find_drivers()
SETS = pytest.mark.parametrize("drivers", [DRIVERS, REAL], ids=["fakes", "real"])


def _uncommented(text: str) -> str:
    return re.sub(r"(?m)^#(?=[a-z\[])", "", text)


@SETS
def test_the_sample_loads_as_it_is(tmp_path: Path, drivers: Mapping[str, Driver]) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text(sample(drivers), encoding="utf-8")
    assert check(file, drivers) == ()
    assert load(file, drivers).pole.id == "pole-0001"


@SETS
def test_the_sample_loads_with_every_option_set(tmp_path: Path, drivers: Mapping[str, Driver]) -> None:
    (tmp_path / "current").mkdir()  # 'enrol' goes with certificates that lie as the setup puts them
    names = ("ca.pem", "current/pole.pem", "current/pole.key", "mqtt.password", "camera.password", "evidence.pem")
    for name in names:
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o600)
    file = tmp_path / "poleagent.toml"
    text = _uncommented(sample(drivers)).replace("/etc/poleagent/pole.", "/etc/poleagent/current/pole.")
    text = text.replace("/etc/poleagent", str(tmp_path)).replace("/var/lib/poleagent/models", f"{tmp_path}/models")
    (tmp_path / "models" / "weather").mkdir(parents=True)
    (tmp_path / "models" / "weather" / "model.toml").touch()
    file.write_text(text, encoding="utf-8")
    assert "\n".join(map(str, check(file, drivers))) == ""
    settings = load(file, drivers)
    assert set(drivers) == {device.common.driver for device in settings.devices.values()}


def test_the_sample_in_chinese_says_the_same() -> None:
    own = {line for line in sample(REAL).splitlines() if not line.startswith("# ")}
    chinese = sample(REAL, "zh").splitlines()
    assert own == {line for line in chinese if not line.startswith("# ")}
    said = re.sub(r"'[^']*'|`[^`]*`|\"[^\"]*\"", "", "\n".join(line for line in chinese if line.startswith("# ")))
    assert re.findall(r"[a-z]{2,} [a-z]{2,}.*", said) == []


@SETS
def test_every_option_stands_in_the_sample(drivers: Mapping[str, Driver]) -> None:
    text = sample(drivers)
    kinds: list[type] = [
        *SECTIONS.values(),
        LineSettings,
        DeviceSettings,
        *(driver.options for driver in drivers.values()),
    ]
    flat = re.sub(r"\n# +", " ", text)
    for kind in kinds:
        for row in rows(kind):
            assert row.about, f"{kind.__name__}.{row.name} has no description"
            assert row.about in flat
            assert re.search(rf"(?m)^#?(\[.*)?\b{row.name}\b", text), row.name


def kinds_of_settings(base: type[Table] = Table) -> Iterator[type[Table]]:
    for kind in base.__subclasses__():
        if kind.__module__.startswith("agent.config."):
            yield kind
        yield from kinds_of_settings(kind)


@pytest.mark.parametrize("kind", sorted(kinds_of_settings(), key=str))
def test_every_type_of_settings_is_in_the_sample(kind: type[Table]) -> None:
    flat = re.sub(r"\n# +", " ", sample(REAL))
    for row in rows(kind):
        assert row.about in flat, f"{kind.__name__}.{row.name}"
        assert re.search(rf"\b{row.name}\b", flat), row.name


def test_every_option_stands_in_the_reference() -> None:
    text = reference()
    kinds: list[type] = [*SECTIONS.values(), LineSettings, DeviceSettings]
    for kind in kinds:
        for row in rows(kind):
            assert f"`{row.name}`" in text or f".{row.name}]`" in text


@SETS
def test_the_schema_takes_what_the_loader_takes(drivers: Mapping[str, Driver]) -> None:
    schema = json.loads(schema_text(drivers))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    validator.validate(tomllib.loads(sample(drivers)))
    validator.validate(tomllib.loads(_uncommented(sample(drivers))))


def test_the_schema_refuses_what_the_loader_refuses() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema_text(DRIVERS)))
    validator.validate(tomllib.loads(GOOD))
    for old, new in (("unit = 3", "unit = 300"), ("unit = 3", "unti = 3"), ('"change"', '"chance"'), ('"mast"', "1")):
        assert not validator.is_valid(tomllib.loads(GOOD.replace(old, new, 1))), new


@SETS
def test_no_driver_has_an_option_that_every_device_has(drivers: Mapping[str, Driver]) -> None:
    common = {field.name for field in msgspec.structs.fields(DeviceSettings)}
    for driver in drivers.values():
        assert not common & {field.name for field in msgspec.structs.fields(driver.options)}
