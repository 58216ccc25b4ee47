"""What-ifs that are asked for from afar: one at a time, and each answer is of the question that was asked."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from agent.errors import AgentError
from agent.trying import WhatIfRuns
from contract.requests import WhatIfArgs
from contract.what_if import WhatIfResult


def test_one_run_at_a_time_and_the_answer_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    said = msgspec.json.encode(WhatIfResult(release="settings/street/1", state="refused", text="not today"))
    script = f"import sys; sys.stdin.read(); sys.stdout.buffer.write({said!r})"
    monkeypatch.setattr("agent.trying.command", lambda *_: [sys.executable, "-c", script])

    async def story() -> None:
        runs = WhatIfRuns(Path("/nowhere.toml"))
        args = WhatIfArgs(release="settings/street/1")
        assert (await runs.answer(args)).state == "running"
        with pytest.raises(AgentError, match="settings/street/1 is being tried"):
            await runs.answer(WhatIfArgs(release="settings/street/2"))
        assert runs._running is not None
        await runs._running[1].wait()
        for _ in range(2):
            assert (await runs.answer(args)).text == "not today"
        assert (await runs.answer(WhatIfArgs(release="settings/street/1", again=True))).state == "running"
        await runs._running[1].wait()
        assert (await runs.answer(args)).text == "not today"

    asyncio.run(story())


@pytest.mark.fault("a pole has an answer of other hours, or of long ago", "it does not answer the question of now")
def test_an_answer_is_of_the_question_that_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def begun(*words: str) -> list[str]:
        hours = words[words.index("--hours") + 1] if "--hours" in words else "all"
        starts.append(hours)
        said = msgspec.json.encode(WhatIfResult(release=words[-1], state="refused", text=f"{hours} {len(starts)}"))
        return [sys.executable, "-c", f"import sys; sys.stdout.buffer.write({said!r})"]

    starts: list[str] = []
    monkeypatch.setattr("agent.trying.command", begun)
    whole = WhatIfArgs(release="settings/street/1")
    six = replace(whole, hours=6.0)

    async def story() -> None:
        runs = WhatIfRuns(Path("/nowhere.toml"))

        async def text(args: WhatIfArgs) -> str:
            if runs._running is not None:
                await runs._running[1].wait()
            return (await runs.answer(args)).text

        assert await text(six) == ""
        assert (await runs.answer(replace(whole, again=True))).state == "running"
        assert await text(whole) == "", "the whole ring is begun"
        assert [await text(whole), await text(six)] == ["all 2", "6 1"]
        assert await text(replace(six, again=True)) == ""
        assert (await runs.answer(replace(whole, again=True))).state == "running"
        assert await text(whole) == "", "the answer of before is gone, though another run was in its way"
        assert [await text(six), await text(whole)] == ["6 3", "all 4"]
        assert starts == ["6", "all", "6", "all"]

    asyncio.run(story())


@pytest.mark.fault("the process of a what-if dies", "the answer says so; the daemon goes on")
def test_a_run_that_dies_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.trying.command", lambda *_: ["/bin/sh", "-c", "kill -9 $$"])

    async def story() -> None:
        runs = WhatIfRuns(Path("/nowhere.toml"))
        args = WhatIfArgs(release="settings/street/1")
        await runs.answer(args)
        assert runs._running is not None
        await runs._running[1].wait()
        found = await runs.answer(args)
        assert (found.state, "code -9" in found.text) == ("refused", True)

    asyncio.run(story())
