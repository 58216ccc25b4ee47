"""What the status view says of deliveries."""

from __future__ import annotations

from datetime import datetime


class Counters:
    """What was delivered, over all links; ``text`` is what the person at the status view should know now."""

    def __init__(self) -> None:
        self.messages = 0
        self.events = 0
        self.payload_bytes = 0
        self.last_acknowledged: datetime | None = None
        self.given_up = 0
        self.resent = 0
        """Events that were sent again because the platform had not confirmed them."""
        self.bad_watermarks = 0
        self.text = ""
        self.cause = ""
        """Of ``text``, as of an ``AgentError``."""
