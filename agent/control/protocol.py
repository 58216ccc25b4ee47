"""What travels over the control socket: one line of JSON each way, any number of times per connection.

``{"ask": "events", "args": {"last": 5}}`` brings ``{"result": {...}}`` or ``{"error": "one sentence"}``. The commands,
their arguments and their results are those of ``contract.commands``. To follow something, the next request names the
last ``cursor`` that it has seen and how long the answer may wait for something newer: nobody gets more than was asked.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class ControlRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The command ``ask`` with its arguments."""

    ask: Annotated[str, Meta(max_length=32)]
    args: msgspec.Raw = msgspec.Raw(b"{}")


class ControlReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``result``, or ``error``: one sentence for the person who asked; ``denied`` where that person may not ask."""

    result: msgspec.Raw = msgspec.Raw()
    error: str = ""
    denied: bool = False
