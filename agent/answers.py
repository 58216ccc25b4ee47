"""Answers to commands that are put together of several parts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from agent.acquire.line import Line
from agent.errors import AgentError
from agent.sentences import NO_DIAGNOSIS
from agent.system.child import command
from contract.diagnosis import Diagnosis
from contract.health import DeviceResult
from contract.types import Fault, Item, Reading

DIAGNOSE_S = 28.0
"""The doctor takes 20 s at most, and a busy box some to start it."""
DIAGNOSIS_BYTES = 200 * 1024


async def diagnosis(settings: Path) -> Diagnosis:
    """What ``poleagent doctor`` says, in a process of its own: a dying card that holds a check holds nothing else.

    AgentError: it gave no answer.
    """
    child = await asyncio.create_subprocess_exec(
        *command("agent.cli", "doctor", "--json", "--settings", str(settings)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=DIAGNOSIS_BYTES,
    )
    assert child.stdout is not None
    try:
        async with asyncio.timeout(DIAGNOSE_S):
            return msgspec.json.decode(await child.stdout.readuntil(b"\n"), type=Diagnosis)
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, msgspec.DecodeError) as reason:
        raise AgentError(NO_DIAGNOSIS(seconds=DIAGNOSE_S)) from reason
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


def no_such(what: str, name: str, known: Iterable[str]) -> str:
    return f"there is no {what} {name!r}; there is {', '.join(sorted(known)) or 'none at all'}"


def device_result(items: Iterable[Item], raw: Mapping[str, bytes]) -> DeviceResult:
    """One round of a device as an answer."""
    readings = tuple(item for item in items if isinstance(item, Reading))
    faults = tuple(item for item in items if isinstance(item, Fault))
    return DeviceResult(
        ok=bool(readings),
        text="; ".join(dict.fromkeys(fault.text for fault in faults)),
        readings=readings,
        faults=faults,
        raw={quantity: data.hex() for quantity, data in raw.items()},
    )


def why_silent(line: Line, device: str) -> str:
    """What is known of why a device is silent, to end a sentence with."""
    known = next((each.advice for each in line.devices() if each.name == device and each.advice), line.health().text)
    return f": {known}" if known else ""
