"""The far end of the demo and of the long tests: a platform that stores every event once and knows what is missing."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import aiomqtt
import msgspec

from contract.envelope import Envelope
from contract.events import Change, Crossing, Samples, Series, Summary
from contract.receive import Receiver
from contract.topics import Topics
from contract.types import Lane

_series = msgspec.json.Decoder(Samples)
_summary = msgspec.json.Decoder(Summary)
_change = msgspec.json.Decoder(Change)
_crossing = msgspec.json.Decoder(Crossing)


class Platform:
    """Subscribes past the link, straight to the broker, so that only the pole's side suffers the faults.

    ``values`` holds every delivered raw reading by (device, quantity); ``in_windows`` the readings that summaries
    stand for; ``crossings`` what cameras counted, by label. With ``acknowledge`` it publishes its watermark, for
    ``ack = "platform"``.
    """

    def __init__(self, pole: str, prefix: str = "sp/v2", *, acknowledge: bool = False) -> None:
        self.receiver = Receiver(pole)
        self.topics = Topics.of(prefix, pole)
        self.kinds: Counter[str] = Counter()
        self.values: dict[tuple[str, str], list[float]] = {}
        self.in_windows = 0
        self.crossings: Counter[str] = Counter()
        self.newest: list[Envelope] = []
        self.acknowledge = acknowledge

    @property
    def repeats(self) -> int:
        """Events that came again, were recognised and dropped."""
        return self.receiver.duplicates

    @property
    def doubled(self) -> int:
        """Events that are kept twice."""
        return 0

    def take(self, payload: bytes) -> list[Envelope]:
        """Store what is new of one message."""
        fresh = self.receiver.take(payload)
        for event in fresh:
            self.kinds[event.type.split(".")[1]] += 1
            if event.type == "poleagent.samples.v2":
                self._keep(event, _series.decode(event.data).series)
            elif event.type == "poleagent.change.v2":
                self._keep(event, _change.decode(event.data).series)
            elif event.type == "poleagent.summary.v2":
                self.in_windows += sum(window.count for window in _summary.decode(event.data).windows)
            elif event.type == "poleagent.crossing.v2":
                self.crossings[_crossing.decode(event.data).label] += 1
        self.newest = [*self.newest, *fresh][-50:]
        return fresh

    def _keep(self, event: Envelope, columns: tuple[Series, ...]) -> None:
        device = event.source.split("/", 1)[1]
        for series in columns:
            values = self.values.setdefault((device, series.quantity), [])
            values.extend(value for value in series.values if not isinstance(value, str))

    def counted(self) -> tuple[int, int]:
        """Events that came, each once, and events that the pole said it had to delete; of all its epochs."""
        epochs = self.receiver.epochs()
        reported = sum(last - first + 1 for epoch in epochs for first, last in self.receiver.deleted(epoch))
        return sum(map(self.receiver.count, epochs)), reported

    async def caught_up(self, committed: int, within_s: float) -> None:
        """Return when ``committed`` events are here, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                # looked at now and then: an Event would have to be set for each of thousands of messages
                while sum(self.counted()) < committed:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)

    async def listen(self, port: int, subscribed: asyncio.Event) -> None:
        """Receive until cancelled; comes back to a broker that was restarted, whose queue waits for it."""
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with self._connect(port) as client:
                    await client.subscribe([(self.topics.lane(lane), 1) for lane in Lane])
                    subscribed.set()
                    async for message in client.messages:
                        assert isinstance(message.payload, bytes)
                        self.take(message.payload)
                        if self.acknowledge:
                            for mark in self.receiver.watermarks():
                                await client.publish(self.topics.ack, mark, qos=1)
            await asyncio.sleep(0.2)

    @contextlib.asynccontextmanager
    async def _connect(self, port: int) -> AsyncIterator[aiomqtt.Client]:
        async with aiomqtt.Client(
            "127.0.0.1",
            port,
            identifier=f"platform-of-{self.receiver.pole}",
            clean_session=False,
            protocol=aiomqtt.ProtocolVersion.V311,
            max_queued_incoming_messages=0,
        ) as client:
            yield client
