"""Options of HJ 212 monitors: what their factor codes mean, and in which unit. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from agent.api import QUANTITIES, Annotated, Meta, Options, Unit
from drivers import _sentences as say
from drivers import _sentences_options as about
from drivers._hj212 import FactorRow, factor_table

PRESSURE = {"kPa": 10.0, "hPa": 1.0, "Pa": 0.01, "mmHg": 1.333224}


class Mapped(Options, frozen=True, kw_only=True):
    """What a code of the monitor means."""

    quantity: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,62}$", description=about.WHAT_MEASURES())]
    scale: Annotated[float, Meta(description=about.VALUE_NUMBER_SCALE())] = 1.0
    unit: Annotated[Unit | None, Meta(description=about.UCUM_UNIT_VALUE_DEFAULT())] = None


class Hj212Options(Options, frozen=True, kw_only=True):
    """A monitor that is alone on its line needs none."""

    mn: Annotated[
        Annotated[str, Meta(max_length=24)] | None,
        Meta(description=about.TAKE_PACKETS_MONITOR_MN(), examples=["010000A8900016F000169DC0"]),
    ] = None
    answer: Annotated[bool, Meta(description=about.ANSWER_PACKETS_WANT())] = True
    dust_scale: Annotated[float, Meta(gt=0, description=about.MONITORS_TELL_DUST_MG())] = 1.0
    pressure_unit: Annotated[Literal["kPa", "hPa", "Pa", "mmHg"], Meta(description=about.AIR_PRESSURE_REPORTED())] = (
        "kPa"
    )
    utc_offset_h: Annotated[float, Meta(ge=-12, le=14, description=about.HOW_FAR_MONITORS_CLOCK())] = 8.0
    factors: Annotated[Mapping[str, Mapped], Meta(description=about.WHAT_FURTHER_CODES_MEAN())] = msgspec.field(
        default_factory=dict
    )


def factors_of(options: Hj212Options) -> dict[str, FactorRow]:
    """The factors of a monitor with these options, by their code in small letters."""
    table = factor_table()
    for code, factor in table.items():
        if code.startswith("a34"):
            table[code] = msgspec.structs.replace(factor, scale=options.dust_scale)
        elif factor.quantity == "pressure":
            table[code] = msgspec.structs.replace(factor, scale=PRESSURE[options.pressure_unit])
    limits = {factor.quantity: factor for factor in table.values()}
    for code, row in options.factors.items():
        like = limits.get(row.quantity, FactorRow(quantity=row.quantity))
        table[code.lower()] = msgspec.structs.replace(like, scale=row.scale, unit=row.unit or like.unit)
    return table


def check(options: Hj212Options) -> list[str]:
    """What is wrong with the factors, one sentence each."""
    found = []
    for code, row in options.factors.items():
        if not row.scale:
            found.append(say.FACTORS_SCALE_NOTHING_LEFT(code=code))
        known = QUANTITIES.get(row.quantity)
        if known and row.unit not in {None, known.unit}:
            found.append(say.FACTORS_UNIT_REPORTED_CONVERT(code=code, quantity=row.quantity, value=known.unit.value))
        if not known and row.unit is None and row.quantity not in {each.quantity for each in factor_table().values()}:
            found.append(say.FACTORS_UNIT_NO_STANDARD(code=code, quantity=row.quantity))
    return found
