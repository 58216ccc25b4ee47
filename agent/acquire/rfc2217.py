"""Serial ports behind a TCP server that lets its clients set them: RFC 2217 over Telnet (RFC 854, 855, 856). Pure.

    IAC SB COM-PORT  command  value  IAC SE        the server answers with command + 100 and what it has set

Data bytes of 255 are doubled. What the agent wants is set at once, and the line is ready when the server has confirmed
all of it.
"""

from __future__ import annotations

from agent.acquire import sentences as say
from agent.config.settings import LineSettings

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
BINARY, SUPPRESS_GO_AHEAD, COM_PORT = 0, 3, 44
WANTED = (BINARY, SUPPRESS_GO_AHEAD, COM_PORT)
SET_BAUD, SET_DATA, SET_PARITY, SET_STOP, SET_CONTROL, PURGE = 1, 2, 3, 4, 5, 12
SERVER = 100
PARITY = {"none": 1, "odd": 2, "even": 3}
NO_FLOW_CONTROL = 1
RECEIVED = 1
NAMES = {SET_BAUD: say.BAUD_RATE(), SET_DATA: say.DATA_BITS(), SET_PARITY: say.PARITY(), SET_STOP: say.STOP_BITS()}
LONGEST = 64
"""Bytes of a sub-negotiation that are kept."""


class Telnet:
    """One connection: ``greeting`` first, then ``encode`` what goes out and ``feed`` what comes in."""

    def __init__(self, settings: LineSettings) -> None:
        self._wanted = {
            SET_BAUD: settings.baud.to_bytes(4, "big"),
            SET_DATA: bytes((settings.data_bits,)),
            SET_PARITY: bytes((PARITY[settings.parity],)),
            SET_STOP: bytes((settings.stop_bits,)),
        }
        self._open = dict(self._wanted)  # not confirmed yet
        self._rest = b""  # a command that is not whole yet
        self.refused = ""
        """What the server will not set, for people; empty = nothing."""

    @property
    def ready(self) -> bool:
        """The server has confirmed all settings."""
        return not self._open

    def greeting(self) -> bytes:
        """Offers the options, sets the port, and throws away what the server has kept for nobody."""
        offers = b"".join(bytes((IAC, verb, option)) for option in (BINARY, SUPPRESS_GO_AHEAD) for verb in (WILL, DO))
        sets = b"".join(_sub(command, value) for command, value in self._wanted.items())
        control = _sub(SET_CONTROL, bytes((NO_FLOW_CONTROL,))) + _sub(PURGE, bytes((RECEIVED,)))
        return offers + bytes((IAC, WILL, COM_PORT)) + sets + control

    def encode(self, data: bytes) -> bytes:
        return data.replace(b"\xff", b"\xff\xff")

    def feed(self, received: bytes) -> tuple[bytes, bytes]:
        """The data in ``received``, and what must be answered."""
        received, self._rest = self._rest + received, b""
        data, answer = [], []
        at = 0
        while (begin := received.find(IAC, at)) >= 0:
            data.append(received[at:begin])
            at = _end(received, begin)
            if not at:
                self._rest = received[begin:]
                at = len(received)
            elif received[begin + 1] == IAC:
                data.append(b"\xff")
            elif received[begin + 1] == SB:
                self._confirmed(received[begin + 2 : at - 2].replace(b"\xff\xff", b"\xff"))
            elif at == begin + 3:
                answer.append(self._option(received[begin + 1], received[begin + 2]))
        data.append(received[at:])
        return b"".join(data), b"".join(answer)

    def _option(self, verb: int, option: int) -> bytes:
        """Refuses what was not offered; what was is agreed already."""
        if option in WANTED:
            if option == COM_PORT and verb == DONT:
                self.refused = say.SET_ALL_DOES_NOT()
            return b""
        if verb == WILL:
            return bytes((IAC, DONT, option))
        return bytes((IAC, WONT, option)) if verb == DO else b""

    def _confirmed(self, sub: bytes) -> None:
        if len(sub) < 2 or sub[0] != COM_PORT:
            return
        command, value = sub[1] - SERVER, sub[2:]
        wanted = self._open.pop(command, None)
        if wanted is not None and value != wanted:
            self.refused = say.SET(
                names=NAMES[command], wanted=int.from_bytes(wanted, "big"), value=int.from_bytes(value, "big")
            )


def _end(received: bytes, begin: int) -> int:
    """Where the command that begins at ``begin`` ends; 0 = not here yet."""
    verb = received[begin + 1] if begin + 1 < len(received) else 0
    if verb == SB:
        at = begin + 2
        while (at := received.find(IAC, at)) >= 0 and received[at + 1 : at + 2] == b"\xff":
            at += 2
        whole = 0 <= at < len(received) - 1
        return at + 2 if whole else (0 if len(received) - begin < LONGEST else begin + 2)
    length = 3 if verb in {WILL, WONT, DO, DONT} else 2
    return begin + length if begin + length <= len(received) else 0


def _sub(command: int, value: bytes) -> bytes:
    body = bytes((COM_PORT, command)) + value
    return bytes((IAC, SB)) + body.replace(b"\xff", b"\xff\xff") + bytes((IAC, SE))
