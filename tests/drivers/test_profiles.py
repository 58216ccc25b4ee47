"""Each profile against an emulated slave: registers as the maker's manual has them, and the values that they mean."""

from __future__ import annotations

import struct
from typing import Any

import msgspec
import pytest

from agent.api import Fault, Item, Reading, Value
from drivers._modbus import ModbusOptions, blocks
from drivers._profile import load_profile, profile_names
from drivers._registers import Register
from drivers.modbus_rtu import DRIVER
from tests.drivers.slave import Slave, a_round

Table = dict[int, int]


def at(address: int, *words: int) -> Table:
    return dict(enumerate(words, address))


def single(address: int, value: float, *, low_first: bool = False) -> Table:
    words = struct.unpack(">HH", struct.pack(">f", value))
    return at(address, *(words[::-1] if low_first else words))


def long(address: int, value: int, *, low_first: bool = False) -> Table:
    words = ((value >> 16) & 0xFFFF, value & 0xFFFF)
    return at(address, *(words[::-1] if low_first else words))


def low(address: int, value: int) -> Table:
    return long(address, value, low_first=True)


def singles(values: dict[int, float]) -> Table:
    return {place: word for address, value in values.items() for place, word in single(address, value).items()}


def merged(*tables: Table) -> Table:
    return {address: word for table in tables for address, word in table.items()}


RECORDED_ADL3000 = (
    0x0958, 0x0954, 0x095B, 0x0059, 0x009B, 0x0077, 0x009A, 0x0113, 0x00E7, 0x0295, 0x000E, 0xFF9C,
    0x003F, 0xFFEA, 0x00D6, 0x0174, 0x011F, 0x0369, 0x0048, 0x0049, 0x0050, 0x0063, 0x01F4,
)  # fmt: skip
"""What an ADL3000 answered for 0x61 to 0x77."""

CASES: dict[str, tuple[dict[str, Table], dict[str, Value]]] = {
    "acrel_adl3000": (
        {"holding": merged(long(0, 1234567), at(0x61, *RECORDED_ADL3000))},
        {
            "active_energy": 12345.67, "voltage_a": 239.2, "voltage_b": 238.8, "voltage_c": 239.5, "current_a": 0.89,
            "current_b": 1.55, "current_c": 1.19, "active_power": 661, "reactive_power": -22, "apparent_power": 873,
            "power_factor": 0.99, "frequency": 50.0,
        },
    ),
    "acrel_adw300": (
        {
            "holding": merged(
                at(20, 2301, 2302, 2303), at(26, 512, 513, 514), long(36, -1500), long(62, 99), long(64, 7)
            )
        },
        {
            "voltage_a": 230.1, "voltage_b": 230.2, "voltage_c": 230.3, "current_a": 5.12, "current_b": 5.13,
            "current_c": 5.14, "active_power": -1500, "active_energy": 0.99, "active_energy_reverse": 0.07,
        },
    ),
    "apc_smart_ups": (
        {
            "holding": merged(
                long(128, 3725), at(130, 51200, 872), at(135, 3520, 3328), at(140, 64), at(142, 14720), at(144, 6400),
                at(151, 14784),
            )
        },
        {
            "runtime": 3725, "battery_charge": 100.0, "battery_voltage": 27.25, "battery_temperature": 27.5,
            "load": 13.0, "current": 2.0, "voltage": 230.0, "frequency": 50.0, "input_voltage": 231.0,
        },
    ),
    "dds238": (
        {"holding": merged(long(0, 54321), long(8, 12), at(0x0C, 2305, 432, 0xFF38, 55, 987, 5001))},
        {
            "active_energy": 543.21, "active_energy_reverse": 0.12, "voltage": 230.5, "current": 4.32,
            "active_power": -200, "reactive_power": 55, "power_factor": 0.987, "frequency": 50.01,
        },
    ),
    "ddsu666": (
        {
            "input": singles({
                0x2000: 230.2, 0x2002: 1.26, 0x2004: -0.1963, 0x2006: 0.0922, 0x200A: 0.91, 0x200E: 50.0,
                0x4000: 478.492, 0x400A: 6.216,
            })
        },
        {
            "voltage": 230.2, "current": 1.26, "active_power": -196.3, "reactive_power": 92.2, "power_factor": 0.91,
            "frequency": 50.0, "active_energy": 478.492, "active_energy_reverse": 6.216,
        },
    ),
    "dtsu666": (
        {
            "holding": merged(
                at(6, 10, 20),
                singles({
                    0x2006: 2300.0, 0x2008: 2310.0, 0x200A: 2320.0, 0x200C: 1675.0, 0x200E: 0.0, 0x2010: 500.0,
                    0x2012: 3850.0, 0x201A: -10.0, 0x202A: 950.0, 0x2044: 5002.0, 0x101E: 12.5, 0x1028: 0.5,
                }),
            )
        },
        {
            "voltage_a": 230.0, "voltage_b": 231.0, "voltage_c": 232.0, "current_a": 33.5, "current_b": 0.0,
            "current_c": 10.0, "active_power": 7700.0, "reactive_power": -20.0, "power_factor": 0.95,
            "frequency": 50.02, "active_energy": 250.0, "active_energy_reverse": 10.0,
        },
    ),
    "ecowitt_wn90lp": (
        {"holding": at(0x165, 1234, 35, 623, 61, 42, 77, 351, 128, 10132)},
        {
            "illuminance": 12340, "uv_index": 3.5, "temperature": 22.3, "humidity": 61, "wind_speed": 4.2,
            "wind_gust": 7.7, "wind_direction": 351, "rain": 12.8, "pressure": 1013.2,
        },
    ),
    "epever_tracer": (
        {
            "input": merged(
                at(0x3100, 1850, 210), low(0x3102, 3885), at(0x3104, 1324), at(0x310C, 1322, 150), low(0x310E, 1983),
                at(0x3110, 0xFE0C, 2650), at(0x311A, 87), at(0x3200, 0x0012, 0x000B), low(0x331B, -125),
            ),
            "discrete": at(0x200C, 1),
        },
        {
            "pv_voltage": 18.5, "pv_current": 2.1, "pv_power": 38.85, "battery_voltage": 13.24, "load_voltage": 13.22,
            "load_current": 1.5, "load_power": 19.83, "battery_temperature": -5.0, "temperature": 26.5,
            "battery_charge": 87, "battery_state": "under voltage", "charging": "boost", "charger_fault": 1,
            "battery_current": -1.25, "night": 1,
        },
    ),
    "gavazzi_em340": (
        {
            "input": merged(
                low(0x00, 2301), low(0x02, 2302), low(0x04, 2303), low(0x0C, 5120), low(0x0E, -5130), low(0x10, 0),
                low(0x28, -12345), at(0x31, 0xFC18), at(0x33, 500), low(0x34, 98765), low(0x4E, 43),
            )
        },
        {
            "voltage_a": 230.1, "voltage_b": 230.2, "voltage_c": 230.3, "current_a": 5.12, "current_b": -5.13,
            "current_c": 0.0, "active_power": -1234.5, "power_factor": -1.0, "frequency": 50.0,
            "active_energy": 9876.5, "active_energy_reverse": 4.3,
        },
    ),
    "lamp_controller": (
        {"holding": at(0, 1, 80, 2301, 435, 1000, 98, 0, 12345, 0, 4321, 0xFFF6, 12)},
        {
            "lamp": "on", "dimming": 80, "voltage": 230.1, "lamp_current": 0.435, "active_power": 100.0,
            "power_factor": 0.98, "active_energy": 123.45, "burning_time": 15555600, "temperature": -1.0,
            "leakage_current": 1.2,
        },
    ),
    "orno_we514": (
        {
            "holding": merged(
                at(0x130, 5000, 23012), long(0x139, 1234), long(0x140, -250), long(0x148, 31), long(0x150, 252),
                at(0x158, 992), long(0xA000, 123456),
            )
        },
        {
            "frequency": 50.0, "voltage": 230.12, "current": 1.234, "active_power": -250, "reactive_power": 31,
            "apparent_power": 252, "power_factor": 0.992, "active_energy": 1234.56,
        },
    ),
    "pm_noise": ({"holding": at(506, 553, 18, 41)}, {"noise": 55.3, "pm2_5": 18, "pm10": 41}),
    "pzem_004t": (
        {"input": at(0, 2245, 108, 0, 242, 0, 6205, 0, 500, 100, 0)},
        {
            "voltage": 224.5, "current": 0.108, "active_power": 24.2, "active_energy": 6.205, "frequency": 50.0,
            "power_factor": 1.0, "alarm": "off",
        },
    ),
    "pzem_017": (
        {"input": at(0, 1328, 512, 6799, 0, 1234, 1, 0, 0xFFFF)},
        {
            "dc_voltage": 13.28, "dc_current": 5.12, "active_power": 679.9, "active_energy": 66.77,
            "alarm_high": "off", "alarm_low": "on",
        },
    ),
    "qdy30a_level": ({"holding": at(2, 1, 1, 2345)}, {"water_level": 2.345}),
    "radar_level": (
        {"input": merged(single(0, 2.345), single(2, 1.655), at(4, 78, 0xFFF1))},
        {"distance": 2.345, "water_level": 1.655, "echo_strength": 78, "temperature": -1.5},
    ),
    "renke_wind_direction": ({"holding": at(0, 7, 315)}, {"wind_direction": 315}),
    "renke_wind_speed": ({"holding": at(0, 125)}, {"wind_speed": 12.5}),
    "rika_rk900": (
        {"holding": at(0, 523, 270, 0xFF9C, 655, 10132)},
        {"wind_speed": 5.23, "wind_direction": 270, "temperature": -10.0, "humidity": 65.5, "pressure": 1013.2},
    ),
    "schneider_iem3000": (
        {
            "holding": merged(
                singles({
                    0x0BB7: 5.5, 0x0BB9: 5.25, 0x0BBB: 5.125, 0x0BD3: 230.5, 0x0BD5: 231.5, 0x0BD7: 232.5,
                    0x0BF3: 3.75, 0x0BFB: -0.5, 0x0C03: 3.875, 0x0C0B: 1.0625, 0x0C25: 50.0,
                }),
                at(0x0C83, 0, 0, 0x0001, 0x86A5),
            )
        },
        {
            "current_a": 5.5, "current_b": 5.25, "current_c": 5.125, "voltage_a": 230.5, "voltage_b": 231.5,
            "voltage_c": 232.5, "active_power": 3750.0, "reactive_power": -500.0, "apparent_power": 3875.0,
            "power_factor": 0.9375, "frequency": 50.0, "active_energy": 100.005,
        },
    ),
    "schneider_pm5340": (
        {
            "holding": singles({
                2999: 5.5, 3001: 5.25, 3003: 5.125, 3027: 230.5, 3029: 231.5, 3031: 232.5, 3059: 3.75, 3067: -0.5,
                3075: 3.875, 3083: -1.0625, 3109: 50.0, 2699: 725304.5,
            })
        },
        {
            "current_a": 5.5, "current_b": 5.25, "current_c": 5.125, "voltage_a": 230.5, "voltage_b": 231.5,
            "voltage_c": 232.5, "active_power": 3750.0, "reactive_power": -500.0, "apparent_power": 3875.0,
            "power_factor": -0.9375, "frequency": 50.0, "active_energy": 725304.5,
        },
    ),
    "sdm120": (
        {"input": singles({0: 230.5, 6: 1.5, 12: 345.0, 18: 350.0, 24: -12.5, 30: 0.984375, 70: 50.0, 342: 123.5})},
        {
            "voltage": 230.5, "current": 1.5, "active_power": 345.0, "apparent_power": 350.0, "reactive_power": -12.5,
            "power_factor": 0.984375, "frequency": 50.0, "active_energy": 123.5,
        },
    ),
    "sdm630": (
        {
            "input": singles({
                0: 230.5, 2: 231.5, 4: 232.5, 6: 1.5, 8: 2.5, 10: 3.5, 52: 1725.0, 56: 1750.0, 60: -12.5,
                62: 0.984375, 70: 50.0, 72: 123.5, 74: 1.25,
            })
        },
        {
            "voltage_a": 230.5, "voltage_b": 231.5, "voltage_c": 232.5, "current_a": 1.5, "current_b": 2.5,
            "current_c": 3.5, "active_power": 1725.0, "apparent_power": 1750.0, "reactive_power": -12.5,
            "power_factor": 0.984375, "frequency": 50.0, "active_energy": 123.5, "active_energy_reverse": 1.25,
        },
    ),
    "sensecap_one": (
        {
            "input": merged(
                long(0, -2510), long(2, 65432), long(4, 101325000), long(6, 391680), long(12, 359000), long(16, 7700),
                long(18, 4200),
            )
        },
        {
            "temperature": -2.51, "humidity": 65.432, "pressure": 1013.25, "illuminance": 391.68,
            "wind_direction": 359.0, "wind_gust": 7.7, "wind_speed": 4.2,
        },
    ),
    "sunspec_103": (
        {
            "holding": merged(
                at(40071, 1234), at(40075, 0xFFFE), at(40079, 2301, 2302, 2303, 0xFFFF, 5120, 0, 5001, 0xFFFE),
                long(40093, 123456), at(40095, 1), at(40100, 531, 1), at(40107, 4),
            )
        },
        {
            "current": 12.34, "voltage_a": 230.1, "voltage_b": 230.2, "voltage_c": 230.3, "active_power": 5120,
            "frequency": 50.01, "active_energy": 1234.56, "dc_power": 5310, "state": "producing",
        },
    ),
    "temperature_8": (
        {"holding": at(0, 215, 0, 0xFF97, 1, 2, 3, 4, 5)},
        {
            "temperature_1": 21.5, "temperature_2": 0.0, "temperature_3": -10.5, "temperature_4": 0.1,
            "temperature_5": 0.2, "temperature_6": 0.3, "temperature_7": 0.4, "temperature_8": 0.5,
        },
    ),
    "tilt_dual": ({"holding": at(0, 123, 0xFF85)}, {"tilt_x": 1.23, "tilt_y": -1.23}),
    "tuf_2000m": (
        {
            "holding": merged(
                single(0, 12.5, low_first=True), single(4, 0.75, low_first=True), low(8, 123456), low(12, 7), at(91, 78)
            )
        },
        {"flow": 12.5, "flow_speed": 0.75, "volume": 123456, "volume_reverse": 7, "signal_quality": 78},
    ),
    "ultrasonic_level": ({"holding": at(0, 2345, 0xFFF6)}, {"distance": 2.345, "water_level": -0.01}),
    "victron_evcs": (
        {"holding": merged(at(5001, 0x5148, 0x3030, 0x3030, 0x5A44, 0x3046, 0x4E00), at(5015, 2))},
        {"serial": "HQ0000DZF0N", "status": "charging"},
    ),
    "victron_solar": (
        {"holding": merged(at(771, 1324, 0xFFF6), at(775, 5, 3650), at(784, 12), at(789, 1355))},
        {
            "battery_voltage": 13.24, "battery_current": -1.0, "charging": "float", "pv_voltage": 36.5,
            "energy_today": 1.2, "pv_power": 135.5,
        },
    ),
    "victron_system": (
        {"holding": merged(at(840, 532, 0xFFCE, 0xFEF6, 87, 2), at(850, 412))},
        {
            "battery_voltage": 53.2, "battery_current": -5.0, "battery_power": -266, "battery_charge": 87,
            "battery_state": "discharging", "pv_power": 412,
        },
    ),
    "waveshare_io8": (
        {"discrete": at(0, 1, 0, 0, 1, 0, 0, 0, 1), "coil": at(0, 0, 1, 0, 0, 0, 0, 0, 0)},
        {
            "input_1": 1, "input_2": 0, "input_3": 0, "input_4": 1, "input_5": 0, "input_6": 0, "input_7": 0,
            "input_8": 1, "output_1": 0, "output_2": 1, "output_3": 0, "output_4": 0, "output_5": 0, "output_6": 0,
            "output_7": 0, "output_8": 0,
        },
    ),
    "weather_six": (
        {"holding": merged(at(500, 37), at(503, 214, 605, 0xFFF6), at(509, 1013), at(513, 25))},
        {
            "wind_speed": 3.7, "wind_direction": 214, "humidity": 60.5, "temperature": -1.0, "pressure": 1013,
            "rain": 2.5,
        },
    ),
    "xy_md02": ({"input": at(1, 0xFFCE, 655)}, {"cabinet_temperature": -5.0, "humidity": 65.5}),
}  # fmt: skip


def options(name: str) -> ModbusOptions:
    return msgspec.convert({"profile": name}, ModbusOptions)


def values(items: list[Item]) -> dict[str, Value]:
    assert not [item for item in items if isinstance(item, Fault)], items
    return {item.quantity: item.value for item in items if isinstance(item, Reading)}


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_reads_its_device(name: str) -> None:
    tables, wanted = CASES[name]
    reported = values(a_round(DRIVER.codec("x", options(name)), Slave(tables)))
    assert reported == wanted
    assert {row.name for row in DRIVER.quantities(options(name))} == set(wanted)


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_asks_for_no_more_than_its_device_gives_at_once(name: str) -> None:
    profile = load_profile(name)
    assert all(block.count <= profile.max_registers for block in blocks("x", options(name)))


@pytest.mark.parametrize("name", profile_names())
def test_a_code_of_the_maker_is_no_value(name: str) -> None:
    """Each code that a row lists, put into its registers: the row and all that is made with it are faults."""
    tables, _ = CASES[name]
    profile = load_profile(name)
    for row in profile.registers:
        if not row.missing:
            continue
        slave = Slave({key: dict(registers) for key, registers in tables.items()})
        slave.tables[row.function] |= words(row, row.missing[0])
        lost = {row.quantity} | {each.quantity for each in profile.registers if row.quantity in each.needs}
        for item in a_round(DRIVER.codec("x", options(name)), slave):
            named = set(item.quantities) if isinstance(item, Fault) else {item.quantity}
            assert isinstance(item, Fault) == bool(named & lost), (row.quantity, item)


def words(row: Register, code: Any) -> Table:
    data = (int(code) % (1 << 16 * row.words)).to_bytes(row.words * 2, "big")
    found = [int.from_bytes(data[place : place + 2], "big") for place in range(0, len(data), 2)]
    return at(row.address, *(found[::-1] if row.order in {"cdab", "dcba"} else found))


def test_there_are_profiles_for_what_poles_carry() -> None:
    assert len(profile_names()) >= 25
    assert set(CASES) == set(profile_names())


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_says_where_its_map_comes_from(name: str) -> None:
    assert load_profile(name).summary
    assert load_profile(name).source
