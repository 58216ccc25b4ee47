"""The pages in a real browser: each page, both languages, a phone, the keyboard, axe-core, 45,000 poles."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import uvicorn

from contract.causes import CAUSES
from contract.diagnosis import Diagnosis, named
from contract.diagnosis_code import code
from contract.events import Acceptance
from contract.events.acceptance import AcceptanceReport, AcceptedCamera
from fleet.api.routes import MapTiles
from fleet.api.tiles import find_tiles
from fleet.api.web import build_web
from fleet.pages.serve import PAGES
from fleet.store.messages import Inbox
from tests.fleet.chromium import Browser, Tab, axe, chromium, installed, violations
from tests.fleet.poles import event, message
from tests.fleet.site import NOW, PASSWORD, Site, open_site
from tests.fleet.streets import build

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(installed() is None, reason="chromium is missing: `make test-long` installs it"),
]
PATHS = {page.script: page.path.replace("{pole}", "p2") for page in PAGES}
SIZES = {"desk": (1280, 800, False), "phone": (390, 844, True)}
SHOTS = os.environ.get("POLEFLEET_SCREENSHOTS")
"""A folder for screenshots; none are kept without it."""

Story = Callable[[Site, Browser, str], Awaitable[None]]


def tell(folder: Path, story: Story, tiles: MapTiles | None = None) -> None:
    """``story(site, browser, address)`` with the site served over HTTP."""

    async def run() -> None:
        with open_site(folder, tiles=tiles) as site:
            async with serving(site) as address, chromium(folder / "profile") as browser:  # the browser ends first
                await story(site, browser, address)

    asyncio.run(run())


@contextlib.asynccontextmanager
async def serving(site: Site) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(build_web(site.parts), log_level="critical", lifespan="off"))
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    task = asyncio.get_running_loop().create_task(server.serve([listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        await task
        listening.close()


async def enter(tab: Tab, address: str) -> None:
    """Logs in by keyboard alone."""
    await tab.open(f"{address}/enter")
    await tab.until("document.activeElement.tagName == 'INPUT'")
    await tab.type("root")
    await tab.press("Tab")
    await tab.type(PASSWORD)
    await tab.press("Enter")
    await tab.until("location.pathname == '/' && document.body?.dataset.ready")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_page_is_whole_in_each_size_and_axe_finds_nothing(tmp_path: Path, language: str) -> None:
    script = axe()

    async def story(site: Site, browser: Browser, address: str) -> None:
        build(tmp_path, 3000)
        site.post("/commands", name="ping", poles=["p1"])
        tab = await browser.tab(language)
        for size, (width, height, phone) in SIZES.items():
            await tab.size(width, height, phone=phone)
            await tab.open(f"{address}/enter")
            if size == "desk":
                await look(tab, script, f"enter {language} {size}", width)
                await enter(tab, address)
            for name, path in PATHS.items():
                await tab.open(address + path)
                await look(tab, script, f"{name} {language} {size}", width)
        await tab.size(1280, 800, dark=True)
        for name in ("city", "incidents", "pole"):
            await tab.open(address + PATHS[name])
            await look(tab, script, f"{name} {language} dark", 1280)

    async def look(tab: Tab, script: str, name: str, width: int) -> None:
        await tab.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if SHOTS:
            await asyncio.sleep(0.5)
            await tab.screenshot(Path(SHOTS) / f"{name.replace(' ', '-')}.png")
        assert tab.log == [], name
        text = await tab.eval("document.body.innerText")
        assert "[object" not in text, name
        assert "undefined" not in text, name
        assert await tab.eval("document.documentElement.scrollWidth") <= width, f"{name} is wider than its window"
        assert await violations(tab, script) == [], name

    tell(tmp_path, story)


def test_everything_is_reached_by_keyboard(tmp_path: Path) -> None:
    async def story(site: Site, browser: Browser, address: str) -> None:
        tab = await browser.tab()
        await tab.size(1280, 800)
        await enter(tab, address)
        await tab.open(f"{address}/incidents")
        await tab.press("Tab")
        assert await tab.eval("document.activeElement.className") == "skip"
        await tab.press("Enter")
        await tab.until("document.activeElement.id == 'main'")
        for _ in range(60):
            await tab.press("Tab")
            if await tab.eval("document.activeElement.textContent == 'Pole'"):
                break
        await tab.press("Enter")
        assert await tab.eval("document.activeElement.closest('th').ariaSort") == "ascending"
        order = "[...document.querySelectorAll('tbody tr td:nth-child(4)')].map((cell) => cell.innerText).join()"
        assert await tab.eval(order) == "p1,p2,p3"
        for _ in range(60):
            await tab.press("Tab")
            if await tab.eval("document.activeElement.type == 'checkbox'"):
                break
        await tab.press(" ", "Space")
        await tab.eval("document.querySelector('button.main').focus()")
        await tab.press("Enter")
        await tab.until("document.getElementById('said').innerText.includes('1 acknowledged')")
        assert [item["by"] for item in site.get("/incidents", pole="p1")["items"]] == ["root"]
        await tab.open(f"{address}/")
        await tab.eval("document.querySelector('canvas').focus()")
        await tab.press("+")
        await tab.press("ArrowLeft")
        await tab.until("location.search.includes('at=')")

    tell(tmp_path, story)


def test_an_incident_is_commented_and_silenced_and_the_silence_ended(tmp_path: Path) -> None:
    press = "[...document.querySelectorAll('button')].find((each) => each.textContent == '{}').click()"

    async def story(site: Site, browser: Browser, address: str) -> None:
        site.moved = datetime.now(UTC) - NOW  # noqa: TID251  the browser has its own clock
        site.log_in()
        tab = await browser.tab()
        await enter(tab, address)
        await tab.open(f"{address}/incidents?pole=p2&open=true")
        await tab.eval(press.format("Details"))
        await tab.until("document.querySelector('textarea')")
        await tab.eval("document.querySelector('textarea').value = 'a van is on its way'")
        await tab.eval(press.format("Add"))
        await tab.until("document.body.innerText.includes('root: a van is on its way')")
        await tab.eval("document.querySelector('input[maxlength=\"2000\"]').value = 'works'")
        await tab.eval(press.format("Silence"))
        await tab.until("document.body.innerText.includes('Silences')")
        assert [each["why"] for each in site.get("/silences")] == ["works"]
        await tab.eval(press.format("End now"))
        await tab.until("!document.body.innerText.includes('Silences')")

    tell(tmp_path, story)


def test_the_register_of_cameras_takes_what_the_acceptance_says(tmp_path: Path) -> None:
    async def story(site: Site, browser: Browser, address: str) -> None:
        camera = AcceptedCamera(name="roof", purpose="counts cyclists", signage="at 2 m, both sides")
        report = AcceptanceReport(
            pole="p1", at=NOW, synced=True, version="1", revision="r", items=(), cameras=(camera,)
        )
        body = Acceptance(passed=True, report=msgspec.json.encode(report).decode())
        site.store.commit([Inbox("p1", msgspec.json.encode([event("p1", 900, body)]), NOW)])
        tab = await browser.tab()
        await enter(tab, address)
        await tab.open(f"{address}/cameras")
        await tab.eval("document.querySelector('button[aria-label=\"Change: p1 roof\"]').click()")
        await tab.until("document.querySelector('section.card input')")
        shown = "[...document.querySelectorAll('section.card input')].map((each) => each.value).join('|')"
        assert await tab.eval(shown) == "counts cyclists|at 2 m, both sides||0"

    tell(tmp_path, story)


READER = """window.BarcodeDetector = class {
    static async getSupportedFormats() { return ["qr_code"]; }
    async detect(image) { return image.width === 2 ? [{ rawValue: "CODE" }] : []; }
};"""
"""Stands in for the reader of codes that a phone's browser has: it reads photos that are two pixels wide."""
PHOTO = """(async (width) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height: 2 });
    canvas.getContext("2d").fillRect(0, 0, 1, 1);
    const files = new DataTransfer();
    files.items.add(new File([await new Promise((done) => canvas.toBlob(done))], "photo.png"));
    const input = document.querySelector("input[type=file]");
    input.files = files.files;
    input.dispatchEvent(new Event("change"));
})"""


def test_a_diagnosis_is_shown_that_was_pasted_or_photographed(tmp_path: Path) -> None:
    cause = named(min(CAUSES), "no byte in 30 s", "line a")
    found = Diagnosis(pole="p1", version="1.2", at=NOW, synced=True, seconds=1, causes=(cause,))

    async def story(site: Site, browser: Browser, address: str) -> None:
        tab = await browser.tab("zh")
        await enter(tab, address)
        await tab.open(f"{address}/diagnosis")
        assert await tab.eval("document.querySelector('input[type=file]')") is None, "no button where it cannot work"
        await tab.eval("document.querySelector('textarea').focus()")
        await tab.type(f" {code(found)} ")
        await tab.eval("document.querySelector('button.main').click()")
        await tab.until("document.querySelector('ol')")
        text = await tab.eval("document.querySelector('section').innerText")
        for part in ("p1", "1.2", "line a", "no byte in 30 s", cause.text["zh"], cause.todo["zh"]):
            assert part in text
        await tab.call("Page.addScriptToEvaluateOnNewDocument", source=READER.replace("CODE", code(found)))
        await tab.open(f"{address}/diagnosis?again")
        await tab.eval(f"{PHOTO}(1)")
        await tab.until("document.getElementById('said').innerText.includes('未找到诊断二维码')")
        await tab.eval(f"{PHOTO}(2)")
        await tab.until("document.querySelector('ol')")
        await tab.eval("document.querySelector('textarea').value = 'POLE1.X'")
        await tab.eval("document.querySelector('button.main').click()")
        await tab.until("document.getElementById('said').innerText.includes('no diagnosis')")

    tell(tmp_path, story)


def test_a_change_is_seen_without_loading_again(tmp_path: Path) -> None:
    async def story(site: Site, browser: Browser, address: str) -> None:
        tab = await browser.tab()
        await enter(tab, address)
        counts = "document.querySelector('.counts').innerText"
        await tab.until(f"{counts}.includes('well 0')")
        await tab.eval("window.same = true")
        await asyncio.sleep(1)  # the stream is open
        silent = message("p4", [1])
        await asyncio.to_thread(site.store.commit, [Inbox("p4", silent, NOW)])
        await tab.until(f"{counts}.includes('well 1')")
        assert await tab.eval("window.same") is True

    tell(tmp_path, story)


def test_a_stranger_is_sent_to_the_door_and_back(tmp_path: Path) -> None:
    async def story(site: Site, browser: Browser, address: str) -> None:
        tab = await browser.tab()
        await tab.call("Page.navigate", url=f"{address}/poles/p1")
        await tab.until("location.pathname == '/enter' && document.activeElement.tagName == 'INPUT'")
        await tab.type("root")
        await tab.press("Tab")
        await tab.type(PASSWORD)
        await tab.press("Enter")
        await tab.until("location.pathname == '/poles/p1' && document.body?.dataset.ready")
        assert await tab.eval("document.querySelector('h1').innerText") == "p1 – North gate"

    tell(tmp_path, story)


def png(colour: bytes) -> bytes:
    """A tile of one colour (RGB) with a darker frame."""
    rows = b"".join(
        b"\0" + b"".join(bytes(each // 2 for each in colour) if 0 in {x, y} else colour for x in range(256))
        for y in range(256)
    )

    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    head = (256).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_a_base_map_lies_below_the_poles(tmp_path: Path) -> None:
    green = png(b"\xc8\xe6\xc9")
    for x, y in itertools.product(range(830, 842), range(440, 452)):  # around the poles, at zoom 10
        file = tmp_path / "tiles" / "10" / str(x) / f"{y}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(green)

    async def story(site: Site, browser: Browser, address: str) -> None:
        build(tmp_path, 3000)
        tab = await browser.tab()
        await tab.size(1280, 800)
        await enter(tab, address)
        pixels = (
            "(() => { const c = document.querySelector('canvas'); const d = c.getContext('2d').getImageData(0, 0, "
            "c.width, c.height).data; let [green, red] = [0, 0]; for (let i = 0; i < d.length; i += 4) "
            "{ if (d[i] === 200 && d[i + 1] === 230 && d[i + 2] === 201) green += 1; else if (d[i] > d[i + 1] + 60) "
            "red += 1; } return [green / (c.width * c.height), red]; })()"
        )
        await tab.until(f"{pixels}[0] > 0.5")
        assert (await tab.eval(pixels))[1] > 0, "alarms are drawn above it"
        assert "© the city" in await tab.eval("document.body.innerText")
        assert [line for line in tab.log if "readback" not in line] == []  # the readback is this test's
        if SHOTS:
            await tab.screenshot(Path(SHOTS) / "tiles.png")

    tell(tmp_path, story, find_tiles(tmp_path / "tiles", "gcj02", "© the city"))


def test_45000_poles_move_without_a_gpu(tmp_path: Path) -> None:
    """Prints how long the first view takes, and frames per second while the map is moved; the bound only says that it
    moves at all on a busy machine.
    """

    async def story(site: Site, browser: Browser, address: str) -> None:
        build(tmp_path, 45_000)
        tab = await browser.tab()
        await tab.size(1280, 800)
        await enter(tab, address)
        begun = time.process_time()
        await tab.open(f"{address}/")
        drawn_ms = await tab.eval("performance.getEntriesByName(`${location.origin}/api/v1/map`)[0].responseEnd")
        print(f"all poles are there {drawn_ms / 1000:.1f} s after the click; ", end="")
        print(f"the server's CPU of the view {time.process_time() - begun:.2f} s")
        await tab.eval(MOVE)
        drawn, seconds, frame_ms = json.loads(await tab.eval("move(120)"))
        rate = drawn / seconds
        print(f"{drawn} frames in {seconds:.2f} s: {rate:.1f} frames/s; {frame_ms:.1f} ms from the move to its frame")
        assert rate >= 3

    tell(tmp_path, story)


MOVE = """
window.move = (frames) => new Promise((done) => {
  const canvas = document.querySelector('canvas');
  const send = (type, x) =>
    canvas.dispatchEvent(new PointerEvent(type, {pointerId: 1, clientX: x, clientY: 300, bubbles: true}));
  canvas.setPointerCapture = () => {};
  send('pointerdown', 600);
  const begun = performance.now();
  let count = 0, script = 0, x = 600;
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...all) { count += 1; return put.apply(this, all); };
  const next = () => {
    const at = performance.now();
    x += count % 2 ? 7 : -5;
    send('pointermove', x);
    requestAnimationFrame(() => {
      script += performance.now() - at;
      if (count < frames) next();
      else done(JSON.stringify([count, (performance.now() - begun) / 1000, script / count]));
    });
  };
  next();
});
"""
