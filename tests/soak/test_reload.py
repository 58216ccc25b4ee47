"""New settings while the pole works: what did not change loses nothing, wrong ones change nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from demo.rig import Rig
from tests.soak.stories import assert_whole, more_reads, tell, until, up


def test_a_reload_costs_no_reading_of_what_did_not_change(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.daemon.start()
        await more_reads(rig)
        text = rig.settings.read_text()
        changed = text.replace('[device.tilt]\ndriver = "modbus_rtu"', '[device.lean]\ndriver = "modbus_rtu"')
        rig.settings.write_text(changed.replace("window_s = 5.0", "window_s = 2.0"))
        answer = await rig.daemon.reload()
        assert answer.problems == ()
        assert "device tilt removed" in answer.applied
        assert "device lean added" in answer.applied
        await more_reads(rig, 20)
        names = {device.name for device in (await rig.daemon.status()).devices}
        assert "lean" in names
        assert "tilt" not in names
        await until(lambda: rig.platform.kinds["settings_change"] == 1)

    assert_whole(tell(tmp_path, story))


def test_wrong_settings_change_nothing_and_are_reported(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.daemon.start()
        revision = (await rig.daemon.status()).revision
        text = rig.settings.read_text()
        rig.settings.write_text(text + "\n[device.roof]\ndriver = 'modbus_rt'\n")
        answer = await rig.daemon.reload()
        assert answer.applied == ()
        assert any("modbus_rtu" in problem for problem in answer.problems)
        await more_reads(rig)
        status = await rig.daemon.status()
        assert status.revision == revision
        assert status.problems == answer.problems
        await until(lambda: rig.platform.kinds["settings_change"] == 1)

    assert_whole(tell(tmp_path, story))


def test_the_uplink_moves_to_another_broker_without_a_loss(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.daemon.start()
        await more_reads(rig)
        text = rig.settings.read_text()
        rig.settings.write_text(
            text.replace("keepalive_s = 5", "keepalive_s = 6\nack_timeout_s = 3.0").replace("ack_timeout_s = 2.0\n", "")
        )
        answer = await rig.daemon.reload()
        assert "uplink.keepalive_s changed" in answer.applied
        await more_reads(rig, 20)
        status = await rig.daemon.status()
        assert status.uplink is not None
        assert status.uplink.connects == 1

    assert_whole(tell(tmp_path, story))


@pytest.mark.fault(
    "the settings of the link change while nobody is subscribed", "what the old link reported ends, once"
)
def test_what_a_link_reported_that_is_replaced_is_over(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        text = rig.settings.read_text()
        rig.settings.write_text(text.replace("keepalive_s = 5", 'keepalive_s = 5\nprefix = "elsewhere"'))
        await rig.daemon.start()
        await unheard(rig)
        rig.settings.write_text(text)
        assert (await rig.daemon.reload()).problems == ()
        await up(rig)
        await until(lambda: rig.platform.kinds["uplink_state"] >= 2)
        assert [one.kind for one in (await rig.daemon.status()).episodes] == []

    assert_whole(tell(tmp_path, story))


async def unheard(rig: Rig) -> None:
    async with asyncio.timeout(120):
        while not any(one.kind == "uplink_state" for one in (await rig.daemon.status()).episodes):
            await asyncio.sleep(0.1)


def test_a_reload_that_is_asked_for_while_another_is_under_way_waits_for_it(tmp_path: Path) -> None:
    """The offline message to a broker behind a dead link takes a second, and in it the settings change once more."""

    async def story(rig: Rig) -> None:
        await rig.daemon.start()
        await up(rig)
        text = rig.settings.read_text()
        await rig.link.set("black hole")
        async with asyncio.TaskGroup() as group:
            for keepalive_s in (6, 7, 8):
                rig.settings.write_text(text.replace("keepalive_s = 5", f"keepalive_s = {keepalive_s}"))
                answer = group.create_task(rig.daemon.reload())
                await asyncio.sleep(0.2)
        assert answer.result().problems == ()
        await rig.link.set("up")
        await up(rig)

    assert_whole(tell(tmp_path, story))


def test_a_stop_ends_a_reload_that_comes_in_its_midst(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.daemon.start()
        await up(rig)
        text = rig.settings.read_text()
        await rig.link.set("black hole")  # the offline message takes a second
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            stopping = group.create_task(rig.daemon.stop())
            await asyncio.sleep(0.2)
            rig.settings.write_text(text + f'\n[line.more]\nport = "{tmp_path}/more"\n')
            os.kill(rig.daemon.pid, signal.SIGHUP)
        assert stopping.result() == 0
        assert time.monotonic() - began < 5.0
        rig.settings.write_text(text)
        await rig.link.set("up")

    assert_whole(tell(tmp_path, story))


@pytest.mark.long
def test_a_reload_that_cuts_the_platform_off_is_taken_back_by_itself(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.daemon.start()
        await up(rig)
        text = rig.settings.read_text()
        rig.settings.write_text(text.replace(f"port = {rig.link.port}", "port = 1\ntrial_s = 3.0"))
        answer = await rig.daemon.reload()
        assert answer.problems == ()
        await until(lambda: rig.platform.kinds["settings_change"] == 2)
        status = await rig.daemon.status()
        assert status.uplink is not None
        assert status.uplink.state == "up"
        assert "was not reached" in status.problems[0]
        await more_reads(rig)
        await rig.daemon.kill()
        await rig.daemon.start()
        await more_reads(rig)
        rig.settings.write_text(text)
        assert (await rig.daemon.reload()).problems == ()
        assert (await rig.daemon.status()).problems == ()

    assert_whole(tell(tmp_path, story), kills=1)
