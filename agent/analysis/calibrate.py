"""A device's own corrections: offsets are added, and a value outside its plausible range is marked bad."""

from __future__ import annotations

import math
from collections.abc import Mapping

from msgspec.structs import replace

from agent.analysis import sentences as say
from agent.config.settings import DeviceSettings
from contract.types import BAD, Fault, FaultCode, Item, Reading

_Row = tuple[float, float, float]  # offset, lowest, highest


class Calibration:
    """Applies ``offsets`` first, then ``limits``, both in the unit of the reading. A label passes as it is.

    A value that is no finite number (a driver's slip) becomes a fault, so that nothing behind has to ask.
    """

    def __init__(self, devices: Mapping[str, DeviceSettings]) -> None:
        self._rows: dict[str, dict[str, _Row]] = {}
        self.update(devices)

    def update(self, devices: Mapping[str, DeviceSettings]) -> None:
        self._rows = {
            name: {
                quantity: (
                    settings.offsets.get(quantity, 0.0),
                    *settings.limits.get(quantity, (-math.inf, math.inf)),
                )
                for quantity in settings.offsets.keys() | settings.limits.keys()
            }
            for name, settings in devices.items()
            if settings.offsets or settings.limits
        }

    def apply(self, item: Item) -> Item:
        if not isinstance(item, Reading) or isinstance(item.value, str):
            return item
        value = item.value
        if not -math.inf < value < math.inf:
            return Fault(
                device=item.device,
                code=FaultCode.OUT_OF_RANGE,
                text=say.NO_NUMBER(quantity=item.quantity, device=item.device, value=value),
                at=item.at,
                quantities=(item.quantity,),
            )
        rows = self._rows.get(item.device)
        row = None if rows is None else rows.get(item.quantity)
        if row is None:
            return item
        offset, lowest, highest = row
        if offset:
            value += offset
        quality = item.quality if lowest <= value <= highest else BAD
        if not offset and quality is item.quality:
            return item
        return replace(item, value=value, quality=quality)
