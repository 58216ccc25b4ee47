"""Drivers for these tests: one polled with a table of registers, one that talks by itself, one without a period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from agent.api import QUANTITIES, Codec, ConfigError, Driver, Item, Meta, Options, Quantity, Stamp


class Silent(Codec):
    """A codec that asks ``question`` and never understands an answer."""

    def __init__(self, question: bytes) -> None:
        self._question = question

    def ask(self, step: int) -> bytes:
        return b"" if step else self._question

    def feed(self, _data: bytes, _now: Stamp) -> Sequence[Item]:
        return ()

    @property
    def waiting(self) -> bool:
        return False


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    address: Annotated[int, Meta(ge=0, le=65535, description="register address")]
    quantity: Annotated[str, Meta(description="what it holds")]
    type: Annotated[Literal["int16", "uint16", "float32"], Meta(description="number type")] = "uint16"
    scale: Annotated[float, Meta(description="value per count")] = 1.0
    bits: Annotated[tuple[int, int] | None, Meta(description="first and last bit", examples=[[0, 3]])] = None


class WeatherOptions(Options, frozen=True, kw_only=True):
    unit: Annotated[int, Meta(ge=1, le=247, description="Modbus address of the station")] = 1
    offset_c: Annotated[float, Meta(ge=-10, le=10, description="correction of the temperature")] = 0.0
    heated: Annotated[bool, Meta(description="whether the rain gauge has a heater")] = False
    registers: Annotated[
        Annotated[tuple[Register, ...], Meta(max_length=100)], Meta(description="more registers to read")
    ] = ()


def _weather_quantities(options: WeatherOptions) -> tuple[Quantity, ...]:
    names = ["temperature", "humidity", "pressure", *(register.quantity for register in options.registers)]
    for name in names:
        if name not in QUANTITIES:
            raise ConfigError(f"registers: '{name}' is no quantity")
    return tuple(QUANTITIES[name] for name in names)


def _weather_check(options: WeatherOptions) -> list[str]:
    seen: dict[int, int] = {}
    wrong = []
    for index, register in enumerate(options.registers):
        if seen.setdefault(register.address, index) != index:
            wrong.append(f"registers[{index}].address: {register.address} stands twice")
    return wrong


WEATHER = Driver(
    name="weather",
    summary="a weather station over Modbus RTU",
    options=WeatherOptions,
    codec=lambda _name, options: Silent(bytes([options.unit, 3])),
    quantities=_weather_quantities,
    sample={"unit": 1},
    check=_weather_check,
    every_s=1.0,
    gap=True,
)


class GnssOptions(Options, frozen=True, kw_only=True):
    talker: Annotated[str, Meta(pattern="^[A-Z]{2}$", description="two capital letters, such as GP")] = "GP"


GNSS = Driver(
    name="gnss",
    summary="a receiver that talks by itself",
    options=GnssOptions,
    codec=lambda _name, _options: Silent(b""),
    quantities=lambda _: (QUANTITIES["latitude"], QUANTITIES["longitude"]),
)


class AskedOptions(Options, frozen=True, kw_only=True):
    command: Annotated[str, Meta(min_length=1, description="what to send", examples=["READ"])]


ASKED = Driver(
    name="asked",
    summary="answers when asked, as often as one likes",
    options=AskedOptions,
    codec=lambda _name, options: Silent(options.command.encode()),
    quantities=lambda _: (QUANTITIES["distance"],),
    sample={"command": "READ"},
)

DRIVERS = {driver.name: driver for driver in (WEATHER, GNSS, ASKED)}
