"""The agent's drivers against emulated field devices, well and ill; on the PC and on a Cortex-M3."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contract.events import DeviceState
from contract.types import Event, Reading
from simulator.firmware import Emulated, Machine
from tests.firmware.reading import Listener, device, sick

PINNED: dict[str, tuple[dict[int, int], dict[str, Any]]] = {
    "weather_six": ({500: 31, 505: -52, 509: 1013, 513: 127}, {"wind_speed": 3.1, "temperature": -5.2, "rain": 12.7}),
    "pm_noise": ({506: 612, 507: 23, 508: 41}, {"noise": 61.2, "pm2_5": 23, "pm10": 41}),
    "ultrasonic_level": ({0: 3150, 1: -20}, {"distance": 3.15, "water_level": -0.02}),
    "radar_level": ({0: 2500, 2: -125, 5: -5}, {"distance": 2.5, "water_level": -0.125, "temperature": -0.5}),
    "tilt_dual": ({0: 12, 1: -27}, {"tilt_x": 0.12, "tilt_y": -0.27}),
    "pzem_004t": ({0: 2281, 1: 70000, 5: 1234567}, {"voltage": 228.1, "current": 70.0, "active_energy": 1234.567}),
    "lamp_controller": ({1: 80, 6: 8123456, 8: 2}, {"dimming": 80, "active_energy": 81234.56, "burning_time": 7200.0}),
}
SICK = {  # what the console is sent -> what the technician reads
    "silent": "no_answer",
    "slow 2500": "no_answer",
    "crc": "bad_frame",
    "address": "wrong_device",
    "exception 6": "exception",
    "reset 0 1": "bad_frame",
    "pause 400": "bad_frame",
}


@pytest.mark.parametrize("kind", PINNED)
def test_every_modbus_device_is_read_by_its_profile(kind: str, host: Machine) -> None:
    registers, expected = PINNED[kind]
    pins = [f"set 0 {address} {value}" for address, value in registers.items()]
    with Emulated("field_devices", f"add {kind} 17", *pins, machine=host) as line:
        listener = Listener(line.port, device("x", "modbus_rtu", unit=17, profile=kind))
        listener.until(lambda: listener.count("x") > 0)
        _, _, writes = line.stat(0)
    values = listener.values("x")
    assert {name: values[name] for name in expected} == pytest.approx(expected)
    assert writes == 0


@pytest.mark.parametrize("fault", SICK)
def test_a_sick_device_is_reported_by_its_code_and_the_next_one_never_notices(fault: str, machine: Machine) -> None:
    with Emulated("field_devices", "add tilt_dual 1", "add pm_noise 4", machine=machine) as line:
        line.say(f"fault 0 {fault}")
        listener = Listener(
            line.port,
            sick("sick", "modbus_rtu", unit=1, profile="tilt_dual"),
            device("well", "modbus_rtu", unit=4, profile="pm_noise"),
        )
        listener.until(lambda: SICK[fault] in listener.codes("sick") and listener.count("well") >= 6)
        assert not listener.codes("well")
        line.say("fault 0 none")
        before = listener.count("sick")
        listener.until(lambda: listener.count("sick") > before)


def test_a_babbling_device_is_survived(host: Machine) -> None:
    with Emulated("field_devices", "add tilt_dual 1", "add pm_noise 4", machine=host) as line:
        line.say("fault 0 babble")
        well = device("well", "modbus_rtu", unit=4, profile="pm_noise")
        listener = Listener(line.port, sick("sick", "modbus_rtu", unit=1, profile="tilt_dual"), well)
        listener.until(lambda: listener.codes("sick"))
        line.say("fault 0 none")
        before = listener.count("well")
        listener.until(lambda: listener.count("sick") and listener.count("well") > before, 60.0)


def test_a_brown_out_passes_and_is_reported(host: Machine) -> None:
    with Emulated("field_devices", "add tilt_dual 1", machine=host) as line:
        line.say("fault 0 brownout 1500")
        listener = Listener(line.port, sick("sick", "modbus_rtu", unit=1, profile="tilt_dual"))
        listener.until(lambda: listener.codes("sick"))
        before = listener.count("sick")
        listener.until(lambda: listener.count("sick") > before + 10)


def test_a_dead_device_goes_down_and_comes_back_once(host: Machine) -> None:
    with Emulated("field_devices", "add tilt_dual 1", machine=host) as line:
        listener = Listener(line.port, sick("x", "modbus_rtu", unit=1, profile="tilt_dual"))
        listener.until(lambda: listener.count("x"))
        line.say("fault 0 silent")
        listener.until(lambda: "down" in _states(listener))
        line.say("fault 0 none")
        listener.until(lambda: _states(listener)[-1] == "up")
    assert _states(listener) == ["up", "down", "up"]


def _states(listener: Listener) -> list[str]:
    return [
        item.body.state for item in listener.items if isinstance(item, Event) and isinstance(item.body, DeviceState)
    ]


def test_a_meter_is_asked_for_its_address_and_then_read(machine: Machine) -> None:
    pins = [f"set 0 {0x02010100} 2205", f"set 0 {0x02030000} -9612"]
    with Emulated("field_devices", "line 2400 E", "add dlt645 202611230", *pins, machine=machine) as line:
        listener = Listener(line.port, device("meter", "dlt645"), baud=2400, parity="even")
        listener.until(lambda: len(listener.values("meter")) == 4)
    values = listener.values("meter")
    assert values["active_energy"] == 1234.56
    assert values["voltage_a"] == 220.5
    assert values["active_power"] == -961.2


@pytest.mark.parametrize("fault", ["silent", "crc", "address", "exception"])
def test_a_sick_meter_is_reported_by_its_code(fault: str, host: Machine) -> None:
    with Emulated("field_devices", "add dlt645 77", machine=host) as line:
        line.say(f"fault 0 {fault}")
        listener = Listener(line.port, sick("meter", "dlt645", address="77"))
        listener.until(lambda: (SICK.get(fault) or SICK["exception 6"]) in listener.codes("meter"))


def test_a_receiver_is_read_and_loses_its_fix(machine: Machine) -> None:
    with Emulated("field_devices", "add gnss", machine=machine) as line:
        listener = Listener(line.port, device("gnss", "nmea"))
        listener.until(lambda: "latitude" in listener.values("gnss"))
        assert listener.values("gnss")["latitude"] == pytest.approx(22.54321, abs=1e-4)
        line.say("set 0 0 0")
        listener.until(lambda: "not_available" in listener.codes("gnss"))


def test_a_damaged_sentence_is_a_fault(host: Machine) -> None:
    with Emulated("field_devices", "add gnss", machine=host) as line:
        line.say("fault 0 crc")
        listener = Listener(line.port, device("gnss", "nmea"))
        listener.until(lambda: "bad_frame" in listener.codes("gnss"))
    assert listener.codes("gnss") <= {"bad_frame", "out_of_range"}, "the emulated receiver stands at a day of its own"


def test_a_gauge_that_sends_text_is_read_by_its_pattern(machine: Machine) -> None:
    pattern = "D=(?P<distance>[0-9]+[.][0-9]+)m L=(?P<water_level>-?[0-9]+[.][0-9]+)m"
    with Emulated("field_devices", "add radar_ascii", "set 0 0 1234", machine=machine) as line:
        listener = Listener(line.port, device("radar", "ascii_line", pattern=pattern))
        listener.until(lambda: listener.count("radar") >= 4)
    assert listener.values("radar") == {"distance": 1.234, "water_level": 2.766}


def test_a_dust_monitor_is_read(host: Machine) -> None:
    with Emulated("field_devices", "add hj212", "set 0 0 231", machine=host) as line:
        listener = Listener(line.port, device("dust", "hj212"))
        listener.until(lambda: listener.count("dust") >= 4)
    assert listener.values("dust")["pm2_5"] == 23.1


def test_our_board_can_misbehave_too(host: Machine) -> None:
    with Emulated("field_devices", "add board", machine=host) as line:
        listener = Listener(line.port, device("board", "pole_board"), baud=9600)
        listener.until(lambda: listener.count("board"))
        line.say("fault 0 crc 0 2")
        listener.until(lambda: listener.codes("board"))
        assert listener.codes("board") & {"bad_frame", "lost_frames"}


def test_a_one_off_read_goes_before_all_others_and_tells_its_own_items(host: Machine) -> None:
    slow = device("slow", "modbus_rtu", every_s=60.0, unit=4, profile="pm_noise")
    with Emulated("field_devices", "add tilt_dual 1", "add pm_noise 4", machine=host) as line:
        listener = Listener(line.port, device("busy", "modbus_rtu", every_s=0.001, unit=1, profile="tilt_dual"), slow)
        listener.until(lambda: listener.count("slow") and listener.count("busy") > 10)

        async def ask() -> list[str]:
            async with asyncio.TaskGroup() as group:
                task = group.create_task(listener.line.run(lambda _: None))
                await asyncio.sleep(0.3)
                before = line.stat(1)[0]
                async with asyncio.timeout(120):
                    items = await listener.line.once("slow")
                assert line.stat(1)[0] == before + 1
                task.cancel()
            return [item.quantity for item in items if isinstance(item, Reading)]

        assert asyncio.run(ask()) == ["noise", "pm2_5", "pm10"]


def test_damaged_answers_of_one_device_lead_to_its_cable(host: Machine) -> None:
    with Emulated("field_devices", "add tilt_dual 1", "add pm_noise 4", machine=host) as line:
        listener = Listener(
            line.port,
            device("far", "modbus_rtu", every_s=0.01, unit=1, profile="tilt_dual"),
            device("near", "modbus_rtu", every_s=0.01, unit=4, profile="pm_noise"),
        )
        listener.until(lambda: listener.count("far") > 20)
        for damage in range(3):
            line.say("fault 0 crc 0 1")
            listener.until(lambda damage=damage: listener.line.devices()[0].damaged > damage)
        listener.until(lambda: listener.line.devices()[1].asked > 60)
        health = listener.line.health()
    assert health.text.startswith("answers are damaged (far ")
    assert health.text.endswith("those of near are not. Check the cable, the plug and the shield at far.")
    assert health.state == "up"
