"""The broker of one plan, with the ways in which it and the way to it can be wrong."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiomqtt

from simulator.ports import free_port
from tests.doctor.certs import City
from tests.doctor.plan import Broker
from tests.uplink.fake_broker import FakeBroker
from tests.uplink.support import mosquitto


@contextlib.asynccontextmanager
async def broker(plan: Broker, folder: Path, city: City, pole: str) -> AsyncIterator[int]:
    """The port that the pole is given."""
    async with contextlib.AsyncExitStack() as stack:
        if plan.kind == "none":
            port = free_port()
        elif plan.kind == "scripted":
            port = await stack.enter_async_context(_scripted(plan))
        else:
            port = await stack.enter_async_context(_mosquitto(plan, folder, city))
            if plan.twin:
                await stack.enter_async_context(_twin(plan, port, city, pole))
        if plan.delay_s:
            port = await stack.enter_async_context(_slow(port, plan.delay_s))
        if plan.filter:
            stack.enter_context(_filtered(port, plan.filter))
        yield port


def _mosquitto(plan: Broker, folder: Path, city: City) -> contextlib.AbstractAsyncContextManager[int]:
    lines = []
    if plan.tls:
        cert, key = city.server[plan.server]
        lines += [f"cafile {city.ca}", f"certfile {cert}", f"keyfile {key}"]
        lines += ["require_certificate true"] if plan.wants_client else []
    if plan.password:
        file = folder / "passwords"
        subprocess.run(["mosquitto_passwd", "-c", "-b", str(file), "pole", plan.password], check=True)
        lines.append(f"password_file {file}")
    if plan.acl:
        file = folder / "acl"
        file.write_text(plan.acl, encoding="utf-8")
        file.chmod(0o600)
        lines.append(f"acl_file {file}")
    more = "\n".join(lines)
    return mosquitto(folder, more, anonymous=not plan.password, subscribed=plan.subscribed and not plan.password)


@contextlib.asynccontextmanager
async def _scripted(plan: Broker) -> AsyncIterator[int]:
    if plan.silent:
        server = await asyncio.start_server(_mute, "127.0.0.1", 0)
    else:
        fake = FakeBroker()
        if plan.connack:
            fake.connack = lambda level: (
                bytes((0x20, 3, 0, plan.connack, 0))
                if level == 5
                else bytes((0x20, 2, 0, 5 if plan.connack != 132 else 1))
            )
        fake.puback = lambda _topic, _payload: plan.puback
        server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while await reader.read(4096):
            pass
    writer.close()


@contextlib.asynccontextmanager
async def _twin(plan: Broker, port: int, city: City, pole: str) -> AsyncIterator[None]:
    """A copied card: whenever it is put out it comes back."""
    cert, key = city.client["good"]
    parameters = (
        aiomqtt.TLSParameters(ca_certs=str(city.ca), certfile=str(cert), keyfile=str(key)) if plan.tls else None
    )

    async def stay() -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with aiomqtt.Client(
                    "127.0.0.1", port, identifier=pole, tls_params=parameters, protocol=aiomqtt.ProtocolVersion.V5
                ) as client:
                    while True:  # a client that is put out right after CONNACK learns of it only when it speaks
                        await client.publish(f"sp/v2/{pole}/status", qos=0)
                        await asyncio.sleep(0.1)
            await asyncio.sleep(plan.twin_s)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(stay())
        try:
            yield
        finally:
            task.cancel()


@contextlib.asynccontextmanager
async def _slow(port: int, delay_s: float) -> AsyncIterator[int]:
    """Everything takes so long in either direction."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):  # also where the story ends first
            while data := await reader.read(65536):
                await asyncio.sleep(delay_s / 2)
                writer.write(data)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.TaskGroup() as group:
            group.create_task(carry(reader, back))
            group.create_task(carry(there, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@contextlib.contextmanager
def _filtered(port: int, how: str) -> Iterator[None]:
    """Packets to ``port`` meet a firewall, and nobody else's do."""
    table = f"doctor{port}"
    verdict = "drop" if how == "drop" else f"reject with icmpx type {how}"
    chain = f"chain in {{ type filter hook input priority 0; tcp dport {port} {verdict}\n }}"
    subprocess.run(["nft", f"table inet {table} {{ {chain}\n }}"], check=True)
    try:
        yield
    finally:
        subprocess.run(["nft", "delete", "table", "inet", table], check=True)
