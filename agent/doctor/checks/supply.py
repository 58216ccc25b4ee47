"""Supply and heat, where the kernel says something of them."""

from __future__ import annotations

from agent.doctor import sentences_checks as say
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand

HOT_C = 85.0
"""Industrial processors are made for 85 degrees Celsius; a Raspberry Pi slows down from 80 on, and fully at 85."""


async def look(pole: PoleAtHand, tell: Tell) -> str:
    box = pole.box
    found = False
    for alarm in box.paths("sys/class/hwmon/hwmon*/in0_lcrit_alarm"):
        found = True
        if box.read(alarm) == "1":
            tell(
                "box.undervoltage", say.ALARM_SET(sensor=alarm.parent.name, name=box.read(alarm.parent / "name")), "box"
            )
    for zone in box.paths("sys/class/thermal/thermal_zone*/temp"):
        value = box.read(zone)
        found = True
        if value.lstrip("-").isdecimal() and int(value) / 1000 > HOT_C:
            tell("box.hot", say.TOO_HOT(zone=zone.parent.name, celsius=int(value) / 1000, limit=HOT_C), "box")
    return "" if found else say.NO_SENSORS()
