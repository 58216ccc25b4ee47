"""Which ports are scanned, and how finds are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.acquire.listen import LineFinding
from agent.acquire.scan import Result, Scan
from agent.config.settings import LineSettings
from agent.setup import find, flow
from agent.setup.find import LineFind, free_ports, line_names, proposed, scan_ports
from tests.setup.test_mistakes import Box, box

__all__ = ["box"]  # a fixture


def test_the_console_and_ports_without_a_chip_and_those_of_the_settings_are_not_scanned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [f"/dev/ttyS{number}" for number in range(4)]
    monkeypatch.setattr(find, "ports_there", lambda: there)
    (tmp_path / "console").mkdir()
    (tmp_path / "console" / "active").write_text("tty0 ttyS0\n")
    for name, kind in (("ttyS1", "0"), ("ttyS2", "4")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "type").write_text(f"{kind}\n")
    assert free_ports(["/dev/ttyS3"], None, tmp_path) == ["/dev/ttyS2"]
    assert free_ports([], ["/dev/ttyS1"], tmp_path) == ["/dev/ttyS1"], "what was asked for is scanned"


def test_a_device_that_cannot_be_read_is_named_next_to_the_others_of_its_line(box: Box) -> None:
    async def run(_: Scan) -> Result:
        there = LineFinding(driver="modbus_rtu", options={"unit": 9, "profile": "pm_noise"})
        return Result(line=LineSettings(port="/dev/ttyS9"), devices=(there,), hints=("damaged answers from unit 3.",))

    box.monkeypatch.setattr(flow, "scan_ports", scan_ports)
    box.monkeypatch.setattr(Scan, "run", run)
    code, said = box.setup("--offline", "--port", "/dev/ttyS9", lines=("",))
    assert code == 0, said
    assert "/dev/ttyS9: damaged answers from unit 3. Put that right" in box.out
    assert "pm_noise_9" in box.out


def test_every_find_has_a_name_of_its_own() -> None:
    devices = (
        LineFinding(driver="modbus_rtu", options={"unit": 1, "profile": "weather_six"}),
        LineFinding(driver="dlt645", options={"address": "000012345678"}),
    )
    one = LineFind(port="/dev/a", result=Result(line=LineSettings(port="/dev/a"), devices=devices))
    finds = proposed([("a", one), ("b", one)], ["/dev/v4l/x", "/dev/v4l/y"], {"weather_six_1-2"})
    assert [each.name for each in finds] == [
        "weather_six_1",
        "dlt645_000012345678",
        "weather_six_1-3",
        "dlt645_000012345678-2",
        "camera",
        "camera-2",
    ]
    assert line_names(3, ["a", "c"]) == ["b", "d", "e"]


def test_what_is_said_and_asked_is_chinese_where_chinese_is_read(box: Box) -> None:
    box.monkeypatch.setattr(flow, "cameras", lambda _: ["/dev/v4l/by-id/usb-x-video-index0"])
    code, said = box.setup("--lang", "zh", lines=("", "9 x", "", "用于统计车流量", "灯杆上"))
    assert code == 0, said
    for line in box.out.strip().splitlines():
        assert any("\u4e00" <= mark <= "\u9fff" for mark in line) or line.startswith("    1"), line
    for question in box.asked:
        assert any("\u4e00" <= mark <= "\u9fff" for mark in question), question
    code, said = box.setup("--lang", "zh", "--claim", "hello")
    assert "认领链接无效" in said
