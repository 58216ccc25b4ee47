"""A pole set up from a phone: the page Setup in a real browser, with simulated lines, in both languages."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.acquire.registry import find_drivers
from agent.config.load import load
from simulator.pole import reference_pole
from simulator.wire import running
from tests.fleet.chromium import Tab, axe, chromium, installed, violations
from tests.web.served import served
from tests.web.test_page_in_browser import SHOTS, enter, visitor

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(installed() is None, reason="chromium is missing: `make test-long` installs it"),
]
WIDTH = 390


async def look(tab: Tab, name: str, script: str) -> None:
    await tab.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    if SHOTS:
        await tab.screenshot(Path(SHOTS) / f"setup-{name}.webp")
    assert tab.log == [], name
    assert "undefined" not in await tab.eval("document.body.innerText"), name
    assert await tab.eval("document.documentElement.scrollWidth") <= WIDTH, f"{name} is wider than its window"
    assert await violations(tab, script) == [], name


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.timeout(1200)
def test_a_pole_is_set_up_on_a_phone(tmp_path: Path, language: str) -> None:
    script = axe()

    async def story() -> None:
        wires = reference_pole(tmp_path)
        ports = ",".join(str(tmp_path / name) for name in wires)
        async with (
            served(tmp_path) as page,
            chromium(tmp_path / "profile") as browser,
            running(*wires.values()),
        ):
            tab = await visitor(browser, language)
            await tab.size(WIDTH, 844, phone=True)
            await enter(tab, page)
            await tab.open(f"{page.origin}/setup")
            await tab.until("document.querySelectorAll('form input').length == 2")
            await look(tab, f"begin-{language}", script)
            await tab.eval(f"document.querySelectorAll('form input')[1].value = {ports!r}")
            await tab.eval("document.querySelector('form button.main').click()")
            await tab.until("document.querySelector('form textarea')")
            await look(tab, f"link-{language}", script)
            await tab.eval("document.querySelector('form button.main').click()")
            await tab.until("document.querySelector('progress') || document.querySelector('fieldset')")
            await look(tab, f"scan-{language}", script)
            await tab.until("document.querySelectorAll('fieldset').length == 6")
            await tab.eval("document.querySelectorAll('fieldset')[0].querySelectorAll('input')[1].value = 'roof'")
            await tab.eval("document.querySelectorAll('fieldset')[1].querySelectorAll('input')[0].click()")
            await look(tab, f"finds-{language}", script)
            await tab.eval("document.querySelector('form button.main').click()")
            await tab.until("document.querySelector('pre')?.innerText.includes('conf.d/line-')")
            await look(tab, f"written-{language}", script)
            settings = await asyncio.to_thread(load, page.settings, find_drivers())
            assert len(settings.devices) == 5
            assert "roof" in settings.devices

    asyncio.run(story())
