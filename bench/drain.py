"""How fast a backlog drains: ``python -m bench.drain [--events N]``.

Ours: events in the real store on disk, through the uplink, to a mosquitto on the loopback, until the last row has its
PUBACK. Compared with it: bare paho with QoS 1 and the same number in flight, to the same broker, which has everything
ready in memory: once with the very payloads that the uplink sends (batched and compressed), once with one message per
event, as a program does that publishes what it has. Target: at least 70 % of paho with one message per event; the line
with the ready-made batches says what the store, the envelope and the compression cost on top of the wire.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from agent.config.settings import PoleSettings, StoreSettings, UplinkSettings
from agent.store.store import Store, open_store
from agent.system.clock import SystemClock, always_synced
from agent.uplink.sync import Uplink
from contract.birth import Status
from contract.envelope import OVERHEAD, envelope, pack
from contract.events import Summary, Window
from contract.types import Event, Lane, Row, Stamp
from contract.units import QUANTITIES
from simulator.ports import free_port

POLE = "pole-0017"
IN_FLIGHT = 16
TARGET = 0.70
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DEVICES = {
    "weather": ("temperature", "humidity", "pressure", "wind_speed", "wind_direction"),
    "station": ("pm2_5", "pm10", "noise", "rain", "illuminance"),
    "meter": ("voltage", "current", "active_power", "frequency", "active_energy"),
    "tilt": ("tilt_x", "tilt_y", "vibration", "cabinet_temperature", "water_level"),
}


def summaries(count: int) -> Iterator[Event]:
    """The default profile's events: five quantities of one device over a minute, in digits as sensors give them."""
    noise = random.Random(7)
    names = list(DEVICES)
    for number in range(count):
        device = names[number % 4]
        start = NOON + timedelta(minutes=number // 4)
        windows = tuple(_window(quantity, noise) for quantity in DEVICES[device])
        yield Event.of(device, Stamp(start, float(number)), Summary(duration_s=60.0, windows=windows))


def _window(quantity: str, noise: random.Random) -> Window:
    middle = 10.0 + len(quantity) * 7.3 + noise.gauss(0, 2)
    spread = abs(noise.gauss(0.5, 0.2)) + 0.01
    return Window(
        quantity=quantity,
        unit=QUANTITIES[quantity].unit,
        count=60,
        mean=float(f"{middle:.6g}"),
        min=round(middle - 2 * spread, 1),
        max=round(middle + 2 * spread, 1),
        std=float(f"{spread:.6g}"),
        last=round(middle + noise.gauss(0, spread), 1),
    )


SUBSCRIBER = """
import sys, paho.mqtt.client as paho
client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="listener")
client.on_subscribe = lambda *_: print("subscribed", flush=True)
client.on_connect = lambda *_: client.subscribe("#")
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_forever()
"""
"""Somebody has to be subscribed, in a process of its own: what nobody gets is no delivery."""


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    port = free_port()
    settings = folder / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    program = next(path for path in ("/usr/sbin/mosquitto", "/usr/bin/mosquitto") if Path(path).exists())
    process = subprocess.Popen([program, "-c", settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                subprocess.run(["sleep", "0.05"], check=True)
        with subprocess.Popen([sys.executable, "-c", SUBSCRIBER, str(port)], stdout=subprocess.PIPE) as listener:
            assert listener.stdout is not None
            listener.stdout.readline()
            yield port
            listener.terminate()
    finally:
        process.terminate()
        process.wait()


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def fill(store: Store, count: int) -> None:
    events = list(summaries(count))
    for start in range(0, count, 1000):
        store.put(events[start : start + 1000])
        await store.flush()


async def rows_of(store: Store) -> list[Row]:
    rows: list[Row] = []
    while more := await store.unsent(Lane.SUMMARY, after=rows[-1].seq if rows else 0, max_bytes=1 << 20):
        rows += more
    return rows


def messages_of(rows: list[Row], message_bytes: int) -> list[bytes]:
    """The payloads that the uplink makes of these rows."""
    payloads, batch, size = [], list[Row](), 0
    for row in rows:
        size += len(row.body) + OVERHEAD
        if batch and size > message_bytes:
            payloads.append(pack(POLE, batch).payload)
            batch, size = [], len(row.body) + OVERHEAD
        batch.append(row)
    payloads.append(pack(POLE, batch).payload)
    return payloads


async def ours(store: Store, settings: UplinkSettings, count: int) -> tuple[float, float, Uplink]:
    clock = SystemClock(always_synced)
    uplink = Uplink(settings, PoleSettings(id=POLE), store, clock, birth, {}, jitter=lambda: 0.0)
    began, used = time.perf_counter(), cpu_s()
    task = asyncio.get_running_loop().create_task(uplink.run())
    while uplink.health().events < count:  # noqa: ASYNC110  # the counter is the only witness that a user has, too
        await asyncio.sleep(0.01)
    took, cpu = time.perf_counter() - began, cpu_s() - used
    task.cancel()
    await asyncio.wait([task])
    return took, cpu, uplink


def birth() -> Status:
    return Status(pole=POLE, state="online", at=NOON)


def bare(port: int, payloads: list[bytes]) -> tuple[float, float]:
    """The loop of paho in its own thread, everything handed to it at once; until the last PUBACK."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bare")
    client.max_inflight_messages_set(IN_FLIGHT)
    client.connect("127.0.0.1", port)
    client.loop_start()
    began, used = time.perf_counter(), cpu_s()
    waiting: deque[paho.MQTTMessageInfo] = deque()
    for payload in payloads:
        waiting.append(client.publish(f"sp/v2/{POLE}/summary", payload, 1))
        if len(waiting) > 10_000:  # paho numbers at most 65,535 messages that wait
            waiting.popleft().wait_for_publish()
    for info in waiting:
        info.wait_for_publish()
    took, cpu = time.perf_counter() - began, cpu_s() - used
    client.disconnect()
    client.loop_stop()
    return took, cpu


async def measure(count: int, folder: Path) -> None:
    clock = SystemClock(always_synced)
    with broker(folder) as port:
        settings = UplinkSettings(host="127.0.0.1", port=port, plain_text=True, in_flight=IN_FLIGHT, retry_max_s=1.0)
        async with open_store(StoreSettings(path=str(folder / "pole.db"), ring_bytes=0), clock) as store:
            await fill(store, count)
            rows = await rows_of(store)
            batched = messages_of(rows, settings.message_bytes)
            single = [msgspec.json.encode(envelope(POLE, row)) for row in rows]
            took, cpu, uplink = await ours(store, settings, count)
        health = uplink.health()
        print(f"{count:,} summaries of five quantities, {sum(map(len, single)) / count:.0f} bytes each as an event")
        print(f"{'':34}{'events/s':>10}{'CPU us/event':>14}{'MB sent':>9}{'messages':>10}")
        print(line("ours, from the store on disk", count, (took, cpu), health.payload_bytes, health.messages))
        for name, payloads in (("paho, the same batches ready-made", batched), ("paho, one message per event", single)):
            other, other_cpu = await asyncio.to_thread(bare, port, payloads)
            print(line(name, count, (other, other_cpu), sum(map(len, payloads)), len(payloads)))
            print(f"{'':4}ours / paho = {other / took:.0%}")
        verdict = "met" if other / took >= TARGET else "MISSED"
        print(f"target: ours / paho with one message per event >= {TARGET:.0%}: {verdict}")


def line(name: str, count: int, times: tuple[float, float], size: int, messages: int) -> str:
    took, cpu = times
    return f"{name:34}{count / took:>10,.0f}{cpu / count * 1e6:>14.1f}{size / 1e6:>9.1f}{messages:>10,}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--events", type=int, default=100_000)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        asyncio.run(measure(arguments.parse_args().events, Path(folder)))


if __name__ == "__main__":
    main()
