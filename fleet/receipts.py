"""Messages are acknowledged to the broker in the order in which they came, whatever is stored first (MQTT 5.0, 4.6)."""

from __future__ import annotations

from collections import deque

import aiomqtt
import msgspec


class Receipt(msgspec.Struct):
    """One message of the link ``client``; ``mid`` names it to the broker, 0 where it waits for no answer."""

    client: aiomqtt.Client
    mid: int
    done: bool = False


class Receipts:
    """Of each link by itself."""

    def __init__(self) -> None:
        self._open: dict[aiomqtt.Client, deque[Receipt]] = {}

    def forget(self, client: aiomqtt.Client) -> None:
        """The link is over: what is not acknowledged comes again with the next one."""
        self._open.pop(client, None)

    def came(self, client: aiomqtt.Client, mid: int) -> Receipt:
        receipt = Receipt(client, mid)
        self._open.setdefault(client, deque()).append(receipt)
        return receipt

    def done(self, receipt: Receipt) -> None:
        """Its message is on disk, or is not going to be stored; acknowledged once all before it are."""
        receipt.done = True
        waiting = self._open.get(receipt.client) or deque()
        while waiting and waiting[0].done:
            first = waiting.popleft()
            if first.mid:  # a message of QoS 0 has none: the broker would end the link over its acknowledgement
                first.client._client.ack(first.mid, 1)  # noqa: SLF001  # aiomqtt has no name for it; paho's is public
