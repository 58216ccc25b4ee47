"""The power goes twice in one outage: the card shows what a commit is worth, and the platform gets all of it."""

from __future__ import annotations

from pathlib import Path

from demo.rig import Rig
from tests.card import card, needs_root
from tests.soak.stories import assert_whole, more_reads, tell, until

pytestmark = needs_root


def test_two_power_cuts_in_one_outage_lose_no_committed_event(tmp_path: Path) -> None:
    with card(tmp_path) as disk:

        async def story(rig: Rig) -> None:
            rig.state = disk.folder
            rig.write_settings()
            await rig.daemon.start()
            await until(lambda: bool(rig.platform.kinds["samples"]))
            await rig.link.set("black hole")
            for _ in range(2):
                await more_reads(rig, 20)
                committed = (await rig.daemon.status()).store
                disk.cut()
                await rig.daemon.kill()
                disk.replug()
                await rig.daemon.start()
                found = (await rig.daemon.status()).store
                assert found.epoch != committed.epoch, "every start begins an epoch"
                assert found.next_seq >= committed.next_seq, "what was committed before the cut is on the card"
            await rig.link.set("up")
            await more_reads(rig, 10)

        assert_whole(tell(tmp_path, story), kills=2)
