"""The page on the pole in a real browser over HTTPS: each page, both languages, a phone, the keyboard, axe-core."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import os
import tomllib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import pytest

from agent.web.pages import PAGES
from contract.requests import BackgroundArgs, BackgroundResult, ReadingsArgs, ReadingsResult
from contract.types import Reading, Stamp
from contract.units import Unit
from tests.fleet.chromium import Browser, Tab, axe, chromium, installed, violations
from tests.status.canned import NOW
from tests.vision.stage import street
from tests.web.served import Served, served
from tests.web.test_aim import CAMERA

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(installed() is None, reason="chromium is missing: `make test-long` installs it"),
]
SIZES = {"phone": (390, 844, True), "desk": (1280, 800, False)}
SHOTS = os.environ.get("POLEAGENT_SCREENSHOTS")
"""A folder for screenshots; none are kept without it."""

Story = Callable[[Served, Browser], Awaitable[None]]


async def readings(args: ReadingsArgs, _: str) -> ReadingsResult:
    """Ten minutes of one a second."""
    return ReadingsResult(
        readings=tuple(
            Reading(
                device=args.device or "roof",
                quantity=args.quantity or "temperature",
                value=round(23 + math.sin(second / 60) + 0.1 * math.sin(second), 2),
                unit=Unit.CELSIUS,
                at=Stamp(NOW - timedelta(seconds=600 - second), 1000.0 + second),
            )
            for second in range(args.last)
            if not 200 < second < 260
        )
    )


async def background(_: BackgroundArgs, __: str) -> BackgroundResult:
    """A street without anybody, as the vision process makes it."""
    size = (320, 180)
    data = cv2.imencode(".jpg", cv2.resize(street(width=640, height=360), size, interpolation=cv2.INTER_AREA))[1]
    return BackgroundResult(width=size[0], height=size[1], jpeg=base64.b64encode(data.tobytes()).decode())


def tell(folder: Path, story: Story) -> None:
    async def whole() -> None:
        answers: dict[str, Any] = {"readings": readings, "background": background}
        async with served(folder, more=CAMERA, **answers) as page, chromium(folder / "profile") as browser:
            await story(page, browser)

    asyncio.run(whole())


async def visitor(browser: Browser, language: str = "en") -> Tab:
    """A tab of somebody who has compared the fingerprint and gone on."""
    tab = await browser.tab(language)
    await tab.call("Security.setIgnoreCertificateErrors", ignore=True)
    return tab


async def enter(tab: Tab, page: Served) -> None:
    """By keyboard alone."""
    await tab.open(f"{page.origin}/enter")
    await tab.until("document.activeElement.tagName == 'INPUT'")
    await tab.type(page.codes[-1])
    await tab.press("Enter")
    await tab.until("location.pathname == '/' && document.body?.dataset.ready && document.querySelector('tbody tr')")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_page_is_whole_in_each_size_and_axe_finds_nothing(tmp_path: Path, language: str) -> None:
    script = axe()

    async def story(page: Served, browser: Browser) -> None:
        tab = await visitor(browser, language)
        for size, (width, height, phone) in SIZES.items():
            await tab.size(width, height, phone=phone)
            await tab.open(f"{page.origin}/enter")
            await look(tab, f"enter {language} {size}", width)
            if size == "phone":
                await enter(tab, page)
            for each in PAGES:
                await tab.open(page.origin + each.path)
                if each.script == "doctor":
                    await tab.eval("document.querySelector('button.main').click()")
                    await tab.until("document.querySelector('.parts li, .mark.good')")
                if each.script == "aim":
                    await tab.eval("document.querySelector('main button').click()")
                    await tab.until("document.querySelector('svg image')")
                await look(tab, f"{each.script} {language} {size}", width)
        await tab.size(390, 844, phone=True, dark=True)
        await tab.open(f"{page.origin}/devices")
        await look(tab, f"devices {language} dark", 390)

    async def look(tab: Tab, name: str, width: int) -> None:
        await tab.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if SHOTS:
            await asyncio.sleep(0.5)
            await tab.screenshot(Path(SHOTS) / f"web-{name.replace(' ', '-')}.webp")
        assert tab.log == [], name
        text = await tab.eval("document.body.innerText")
        assert "[object" not in text, name
        assert "undefined" not in text, name
        assert await tab.eval("document.documentElement.scrollWidth") <= width, f"{name} is wider than its window"
        assert await violations(tab, script) == [], name

    tell(tmp_path, story)


def test_a_wrong_code_a_stranger_and_a_page_that_closes_are_said(tmp_path: Path) -> None:
    async def story(page: Served, browser: Browser) -> None:
        tab = await visitor(browser)
        await tab.call("Page.navigate", url=f"{page.origin}/events")
        await tab.until("location.pathname == '/enter' && document.activeElement.tagName == 'INPUT'")
        await tab.type("0000 000x")
        await tab.press("Enter")
        await tab.until("document.querySelector('[role=alert]')?.innerText.includes('not the code')")
        await tab.type(page.codes[-1])
        await tab.press("Enter")
        await tab.until("location.pathname == '/events' && document.querySelector('tbody tr')")
        assert "start" in await tab.eval("document.querySelector('tbody').innerText")
        await tab.open(f"{page.origin}/")
        await tab.call(
            "Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0
        )
        await tab.until("document.querySelector('[role=alert]')?.innerText.includes('does not answer')")
        assert await tab.eval("document.getElementById('page').classList.contains('stale')")

    tell(tmp_path, story)


def test_the_values_are_reached_and_the_chart_is_changed_by_keyboard(tmp_path: Path) -> None:
    async def story(page: Served, browser: Browser) -> None:
        tab = await visitor(browser)
        await tab.size(390, 844, phone=True)
        await enter(tab, page)
        await tab.until("document.querySelector('select') && document.querySelector('[role=status]').innerText")
        for _ in range(30):
            await tab.press("Tab")
            if await tab.eval("document.activeElement.tagName == 'SELECT'"):
                break
        assert await tab.eval("document.activeElement.tagName") == "SELECT"
        await tab.press("ArrowDown")
        await tab.until("location.search.includes('show=')")

    tell(tmp_path, story)


def test_a_line_is_drawn_by_touch_and_by_keyboard_applied_and_taken_back(tmp_path: Path) -> None:
    press = "[...document.querySelectorAll('button')].find((each) => each.textContent == '{}').click()"

    async def story(page: Served, browser: Browser) -> None:
        tab = await visitor(browser)
        await tab.size(390, 844, phone=True)
        await enter(tab, page)
        await tab.open(f"{page.origin}/aim")
        before = page.settings.read_text(encoding="utf-8")
        box = json.loads(await tab.eval("JSON.stringify(document.querySelector('svg').getBoundingClientRect())"))
        await tab.eval(press.format("Add a line"))
        for x, y in ((0.25, 0.5), (0.75, 0.5)):
            spot = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
            await tab.call("Input.dispatchMouseEvent", type="mousePressed", button="left", clickCount=1, **spot)
            await tab.call("Input.dispatchMouseEvent", type="mouseReleased", button="left", clickCount=1, **spot)
        number = "[...document.querySelectorAll('fieldset:last-of-type input[type=number]')].at(-1)"
        await tab.eval(f"{number}.focus(), {number}.select()")
        await tab.type("0.8")
        await tab.press("Tab")
        await tab.eval(press.format("Check and apply"))
        await tab.until("document.getElementById('said').innerText.includes('in force')")
        drawn = tomllib.loads(page.settings.read_text(encoding="utf-8"))["camera"]["gate"]["line"]["line-1"]
        assert drawn["a"] == pytest.approx([320, 360], abs=8)
        assert drawn["b"] == pytest.approx([960, 576], abs=8)
        await tab.eval(press.format("Take the last change back"))
        await tab.until("document.getElementById('said').innerText.includes('before')")
        assert page.settings.read_text(encoding="utf-8") == before

    tell(tmp_path, story)
