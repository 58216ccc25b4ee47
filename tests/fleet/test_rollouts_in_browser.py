"""The page of rollouts in a real browser: both languages, a desk and a phone, axe-core, the strict policy."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from contract.events import UpdateStep
from contract.plan import Assignment, Plan, Rollout
from contract.release import ReleaseId
from fleet.releases import PublishedPlan
from fleet.store.messages import Inbox
from release.publishing import publish, put_plan
from tests.fleet.chromium import axe, chromium, installed, violations
from tests.fleet.poles import event
from tests.fleet.site import NOW, open_site
from tests.fleet.test_browser import SIZES, enter, serving
from tests.release.desks import key, new_desk

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(installed() is None, reason="chromium is missing: `make test-long` installs it"),
]
CROPS = ReleaseId(kind="model", name="crops", number=3)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_rollout_that_was_stopped_is_shown_with_its_reason(tmp_path: Path, language: str) -> None:
    desk = new_desk(tmp_path / "desk")
    why = "stopped by the evidence: 3 of 3 poles failed"
    rollout = Rollout(begun=NOW, opened=NOW, state="paused", why=why, group=1)
    put_plan(desk, Plan(assignments=(Assignment(release=CROPS, rollout=rollout),)), key("online"))
    publish(desk, tmp_path / "published", key("online"), lambda _: None)
    failed = UpdateStep(number=1, release=str(CROPS), stage="roll_back", outcome="done", text="<b>a camera is down</b>")

    async def story() -> None:
        with open_site(tmp_path) as site:
            site.parts = msgspec.structs.replace(site.parts, releases=PublishedPlan(str(tmp_path / "published")))
            site.store.commit([Inbox("p1", msgspec.json.encode(event("p1", 900, failed)), NOW)])
            async with serving(site) as address, chromium(tmp_path / "profile") as browser:
                tab = await browser.tab(language)
                await enter(tab, address)
                for width, height, phone in SIZES.values():
                    await tab.size(width, height, phone=phone)
                    await tab.open(f"{address}/rollouts")
                    await tab.until("document.body?.dataset.ready")
                    text = await tab.eval("document.body.innerText")
                    for shown in (why, "<b>a camera is down</b>", "models/crops/3", "▸ evidence", "1.609"):
                        assert shown in text
                    assert "undefined" not in text
                    assert tab.log == []
                    assert await tab.eval("document.documentElement.scrollWidth") <= width
                    assert await violations(tab, axe()) == []
                await tab.eval("document.querySelector('section.card button').click()")
                await tab.until("document.body.innerText.includes('roll_back done')")
                assert await violations(tab, axe()) == []
                assert await tab.eval("document.documentElement.scrollWidth") <= width

    asyncio.run(story())
