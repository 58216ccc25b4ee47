"""A part of the platform that is not well is seen on every page, and no longer once it is over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fleet.lag import IngestHealth
from tests.fleet.chromium import Browser, installed
from tests.fleet.site import NOW, Site, say
from tests.fleet.test_browser import PATHS, SHOTS, enter, tell

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(installed() is None, reason="chromium is missing: `make test-long` installs it"),
]
SEEN = "document.querySelector('[role=status]').innerText"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "ingest of cell b: it has said nothing since"), ("zh", "单元 b 的接收：自 ")],
)
def test_an_ingest_that_says_nothing_is_on_every_page(tmp_path: Path, language: str, words: str) -> None:
    async def story(site: Site, browser: Browser, address: str) -> None:
        tab = await browser.tab(language)
        await enter(tab, address)
        assert await tab.eval(SEEN) == ""
        say(site, NOW - timedelta(minutes=5), b={"ingest": IngestHealth(connected=True)})
        for name, path in PATHS.items():
            if name != "enter":
                await tab.open(address + path)
                assert words in await tab.eval(SEEN), name
                assert await tab.eval("document.documentElement.scrollWidth") <= 1280, name
        if SHOTS:
            await tab.size(390, 844, phone=True)
            await tab.open(address)
            await tab.screenshot(Path(SHOTS) / f"troubles-{language}-phone.png")
        with site.parts.desk.change() as db:
            db.execute("DELETE FROM part")
        await tab.open(address)
        assert await tab.eval(SEEN) == ""

    tell(tmp_path, story)
