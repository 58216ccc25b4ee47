"""A headless Chromium over its debugging pipe (Chrome DevTools Protocol): no driver, no socket, no port."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

PATIENCE_S = 120.0
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
)


class Tab:
    """One page. ``log`` has what the page reported: errors, refused resources, exceptions."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.log: list[str] = []

    async def call(self, method: str, **params: Any) -> Any:
        return await self._browser.call(method, params, self._session)

    async def open(self, url: str) -> None:
        """Until the page has filled itself."""
        await self.call("Page.navigate", url=url)
        address = json.dumps(url.partition("#")[0].partition("?")[0])
        await self.until(f"location.href.startsWith({address}) && document.body?.dataset.ready")

    async def eval(self, script: str) -> Any:
        found = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"].get("exception", found["exceptionDetails"]))
        return found["result"].get("value")

    async def until(self, condition: str) -> None:
        """Waits until the expression is true in the page, over navigations."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(AssertionError, BrowserError):
                    if await self.eval(f"Boolean({condition})"):
                        return
                await asyncio.sleep(0.05)

    async def press(self, key: str, code: str = "", modifiers: int = 0) -> None:
        numbers = {"Tab": 9, "Enter": 13, " ": 32, "ArrowLeft": 37, "ArrowRight": 39, "ArrowDown": 40}
        base = {"key": key, "code": code or key, "windowsVirtualKeyCode": numbers.get(key, 0), "modifiers": modifiers}
        text = {"Enter": "\r", " ": " "}.get(key, key if len(key) == 1 else "")
        await self.call("Input.dispatchKeyEvent", type="keyDown", **base, **({"text": text} if text else {}))
        await self.call("Input.dispatchKeyEvent", type="keyUp", **base)

    async def type(self, text: str) -> None:
        await self.call("Input.insertText", text=text)

    async def size(self, width: int, height: int, *, phone: bool = False, dark: bool = False) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        await self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )

    async def screenshot(self, path: Path) -> None:
        """What the window shows, in its CSS pixels and the format of the path's suffix: png, webp."""
        width, height, dense = await self.eval("[innerWidth, innerHeight, devicePixelRatio]")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1 / dense}
        found = await self.call("Page.captureScreenshot", format=path.suffix[1:], clip=clip)
        path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(found["data"]))


class BrowserError(Exception):
    """The browser refused a call."""


class Browser:
    """Made by ``chromium``."""

    def __init__(self, writer: Any, reader: asyncio.StreamReader) -> None:
        self._writer = writer
        self._reader = reader
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._tabs: dict[str, Tab] = {}

    async def call(self, method: str, params: dict[str, Any], session: str = "") -> Any:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        future = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        os.write(self._writer, json.dumps(message).encode() + b"\0")
        async with asyncio.timeout(PATIENCE_S):
            return await future

    async def tab(self, language: str = "en") -> Tab:
        context = await self.call("Target.createBrowserContext", {})
        made = await self.call(
            "Target.createTarget", {"url": "about:blank", "browserContextId": context["browserContextId"]}
        )
        found = await self.call("Target.attachToTarget", {"targetId": made["targetId"], "flatten": True})
        tab = Tab(self, found["sessionId"])
        self._tabs[found["sessionId"]] = tab
        for domain in ("Page", "Runtime", "Log", "Network"):
            await tab.call(f"{domain}.enable")
        await tab.call("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
        return tab

    async def listen(self) -> None:
        while True:
            try:
                message = json.loads((await self._reader.readuntil(b"\0"))[:-1])
            except asyncio.IncompleteReadError:
                return
            if "id" in message:
                future = self._waiting.pop(message["id"])
                if future.done():
                    continue
                if "error" in message:
                    future.set_exception(BrowserError(message["error"]["message"]))
                else:
                    future.set_result(message["result"])
            elif message.get("sessionId") in self._tabs:
                self._note(self._tabs[message["sessionId"]], message)

    def _note(self, tab: Tab, message: dict[str, Any]) -> None:
        params = message["params"]
        if message["method"] == "Log.entryAdded" and params["entry"]["level"] in {"error", "warning"}:
            tab.log.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif message["method"] == "Runtime.exceptionThrown":
            tab.log.append(json.dumps(params["exceptionDetails"])[:500])
        elif message["method"] == "Runtime.consoleAPICalled" and params["type"] in {"error", "warning"}:
            tab.log.append(str(params["args"]))


def installed() -> str | None:
    return shutil.which("chromium")


def axe() -> str:
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core is missing: `make test-long` installs it")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


async def violations(tab: Tab, script: str) -> list[Any]:
    await tab.eval(f"{script}\n;0")
    found = await tab.eval(
        "axe.run(document, {resultTypes: ['violations']}).then(({violations}) => JSON.stringify(violations.map("
        "(each) => [each.id, each.nodes.map((node) => node.html.slice(0, 200))])))"
    )
    return list(json.loads(found))


@contextlib.asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Browser]:
    """A browser with a profile of its own in ``folder``; it is gone at the end."""
    ours, its_in = os.pipe(), os.pipe()
    program = installed()
    assert program is not None
    arguments = [program, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
    # the protocol is on descriptors 3 (to the browser) and 4 (from it)
    shell = f'exec 3<&{its_in[0]} 4>&{ours[1]}; exec "$@"'
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", shell, "bash", *arguments),
        pass_fds=(its_in[0], ours[1]),
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    os.close(its_in[0])
    os.close(ours[1])
    reader = asyncio.StreamReader(limit=256 * 1024 * 1024)
    pipe = os.fdopen(ours[0], "rb")
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    browser = Browser(its_in[1], reader)
    listening = loop.create_task(browser.listen())
    try:
        yield browser
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        transport.close()
        os.close(its_in[1])
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
