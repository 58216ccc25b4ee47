"""A broker that wants the pole's memory: what it sends is bounded before it is read; measured in its own process."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from agent.uplink.mqtt.framing import BadFrame, Framing
from tests.uplink.fake_broker import fake_broker

ROOT = Path(__file__).resolve().parent.parent.parent
MOST_MIB = 64
GREETINGS = {
    "one message of 256 MB": b"\x30\xff\xff\xff\x7f\x00\x01a" + bytes(1_000_000),
    "messages of QoS 2 that are never ended": b"".join(
        b"\x34\x88\x80\x01\x00\x01a" + number.to_bytes(2) + bytes(16_379) for number in range(1, 2_000)
    ),
    "many small messages, and no byte is read": b"\x32\x06\x00\x01a\x00\x01x" * 2_000_000,
    "an endless header": b"\x30" + b"\xff" * 1_000_000,
    "a CONNACK of 100 MB": b"\x20\x80\xc2\xd7\x2f\x00\x00" + bytes(1_000_000),
}
POLE = """
import asyncio, sys
from pathlib import Path
from tests.uplink.support import MemoryStore, running, uplink_settings

async def live():
    store = MemoryStore()
    store.add(5)
    async with running(store, uplink_settings(int(sys.argv[1]), ack_timeout_s=1.0, protocol=sys.argv[2])) as pole:
        before = peak()
        async with asyncio.timeout(120):
            while pole.uplink.health().state != "down":
                await asyncio.sleep(0.05)
        await asyncio.sleep(1.0)
        print(before, peak(), pole.uplink.health().text)

def peak():  # ru_maxrss begins with that of the parent
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024

asyncio.run(live())
"""


@pytest.mark.fault(
    "a hostile broker sends what fills the memory", "the agent stays below 64 MiB and reports the broker"
)
@pytest.mark.parametrize("version", ["5", "3.1.1"])
@pytest.mark.parametrize("greeting", GREETINGS.values(), ids=GREETINGS)
def test_no_broker_fills_the_memory(greeting: bytes, version: str) -> None:
    async def story() -> tuple[int, int]:
        async with fake_broker() as broker:
            broker.greeting = greeting
            if greeting.startswith(b"\x20"):
                broker.connack = lambda _level: b""
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", POLE, str(broker.port), version, cwd=ROOT, stdout=subprocess.PIPE
            )
            out, _ = await process.communicate()
        before, peak, *_ = out.split()
        return int(before), int(peak)

    before, peak = asyncio.run(story())
    assert peak - before <= 12, "MiB"
    assert peak <= MOST_MIB


def test_frames_are_the_same_in_pieces_of_any_size() -> None:
    frames = b"\x20\x03\x00\x00\x00" + b"\x32\x80\x02" + bytes(256) + b"\xd0\x00"
    for size in (1, 3, 1000):
        framing = Framing(300)
        for start in range(0, len(frames), size):
            framing.feed(frames[start : start + size])
        framing.feed(b"\x30\xad")
        with pytest.raises(BadFrame, match="more than 300 bytes"):
            framing.feed(b"\x02")
