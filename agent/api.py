"""All that a driver needs, and all that it may import: ``from agent.api import ...``.

A driver is one file in ``drivers/`` (or a package that registers the entry point group ``poleagent.drivers``) with a
module-level ``DRIVER``. docs/drivers.md adds one in ten minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Protocol

import msgspec
from msgspec import Meta

from agent.checksum import crc16_modbus
from agent.cobs import cobs_decode, cobs_encode
from agent.errors import AgentError, ConfigError, Retry
from contract.types import Fault, FaultCode, Item, Quality, Reading, Stamp, Value
from contract.units import QUANTITIES, Quantity, Unit, quantity

__all__ = [
    "QUANTITIES",
    "Action",
    "AgentError",
    "Annotated",
    "Candidate",
    "Codec",
    "ConfigError",
    "Driver",
    "Explained",
    "Fault",
    "FaultCode",
    "Found",
    "Item",
    "Mark",
    "Meta",
    "Options",
    "Outcome",
    "Probe",
    "Profiles",
    "Quality",
    "Quantity",
    "Reading",
    "Retry",
    "Stamp",
    "Unit",
    "Value",
    "cobs_decode",
    "cobs_encode",
    "crc16_modbus",
    "quantity",
]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of a driver's own settings: each field is an option of its ``[device.NAME]`` table.

    Describe each with ``Annotated[int, Meta(ge=1, le=247, description="...")]``: limits are checked, and the sample
    settings, the schema and the reference page are made from it.
    """


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a device can be asked to do besides being read: ``poleagent device NAME ACTION``."""

    name: str
    summary: str
    """What happens then, for the driver list."""


class Outcome(NamedTuple):
    """What came of an action: whether it was done, and a sentence for who asked."""

    ok: bool
    text: str


class Mark(NamedTuple):
    """What the answer to a question is known by where it does not name its question, as in Modbus RTU."""

    who: Hashable
    """Who answers: the unit."""
    answer: Hashable
    """What an answer looks like: function and length."""
    refusal: Hashable
    """What a refusal looks like."""


class Codec(Protocol):
    """The language of one device, in pure code: bytes and time in, readings and faults out; never awaits, never raises.

    The bus drives a polled device round by round: ``ask(0)``, ``feed`` until ``waiting`` is false, ``ask(1)`` ... until
    ``ask`` returns ``b""``. A device that talks by itself returns ``b""`` for ``ask(0)`` and is only fed.

    Inherit from it (``class MyCodec(Codec)``) and all from ``missing_bytes`` on have the right answer for most devices.
    """

    def ask(self, step: int) -> bytes:
        """Begin question ``step`` of a round afresh, forgetting any half answer; its bytes, or ``b""`` past the last.

        Asking the same step again is a retry.
        """

    def feed(self, data: bytes, now: Stamp) -> Sequence[Item]:
        """What ``data`` completes, in pieces of any size. ``b""`` means: the time-out is over, say what was missing."""

    @property
    def waiting(self) -> bool:
        """Whether the question that was asked last is still unanswered."""

    @property
    def pause_s(self) -> float:
        """The silence that the device needs before a question, in seconds, where its settings ask for one."""
        return 0.0

    @property
    def writes(self) -> bool:
        """Whether a round writes to the device: then it is asked nowhere but where the settings say that it is."""
        return False

    def raw(self) -> Mapping[str, bytes]:
        """The bytes that the values of quantities came from last, for people; empty where that says nothing."""
        return {}

    @property
    def missing_bytes(self) -> int:
        """How many bytes of the answer are still to come; 0 = unknown. The line sleeps until they can be there."""
        return 0

    @property
    def mark(self) -> Mark | None:
        """What the answer to the question that was asked last is known by; None: each answer names its question.

        An answer that comes late is taken for that of another question with an equal mark, so the line takes care.
        Unless a driver says otherwise all answers of a device look alike.
        """
        return Mark(id(self), "answer", "answer")

    def otherwise(self, step: int, way: int) -> bytes:  # noqa: ARG002 - most devices know none
        """``ask(step)``, but so that the answer has another ``mark``: way 1, 2 ...; ``b""`` = there is no such way."""
        return b""

    def answers_in(self, data: bytes) -> Sequence[Hashable]:  # noqa: ARG002 - only for those with marks
        """The look of each whole answer of this device in ``data``, to whatever question."""
        return ()

    def say(self) -> bytes:
        """What to send to a streaming device now, ``b""`` = nothing; called again and again."""
        return b""

    def act(self, action: str) -> bool:  # noqa: ARG002 - most devices know none
        """Begin one of the driver's ``actions``: ``say`` has its bytes next, ``outcome`` in the end what came of it.

        False for any other.
        """
        return False

    def outcome(self) -> Outcome | None:
        """The outcome of the action that was begun last, once; None as long as it is unknown."""
        return None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A device that a probe found: the options to write into its table, and what is to be said of it."""

    options: dict[str, Any] = {}
    text: str = ""
    complete: bool = True
    """False where a person must add something before the agent can use it."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A family that a device may belong to: it answers all questions of ``options``, and refuses each of ``absent``."""

    name: str
    options: dict[str, Any]
    absent: tuple[dict[str, Any], ...] = ()


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """How ``poleagent scan`` finds devices of a driver on a line of which nothing is known. Pure; changes no device."""

    listen: dict[str, Any] | None = None
    """Options to listen with for a device that talks by itself; it is there once readings come."""
    text: Callable[[Sequence[str]], Found | None] | None = None
    """The device that sends these lines of printable text, of which no ``listen`` knew anything; None = not ours."""
    addresses: Sequence[int] = ()
    """What ``question`` can be given, the likeliest first."""
    question: Callable[[int], bytes] | None = None
    """What to ask at an address; it must only read."""
    answers: Callable[[bytes, bytes], Sequence[Found]] | None = None
    """The devices whose answers stand in the bytes that came, of question and bytes; two of one address: twice."""
    timeout_s: float | None = None
    """Until an answer begins, None = as the scan was asked to."""
    candidates: Callable[[Found], Sequence[Candidate]] | None = None
    """The families to try on a device that answered."""


class Explained(NamedTuple):
    """A device profile in words: ``problems`` are sentences, and where there are none, ``lines`` say what it reads."""

    problems: tuple[str, ...]
    lines: tuple[str, ...]


class Profiles(msgspec.Struct, frozen=True, kw_only=True):
    """Device families that a driver has as data."""

    summaries: Callable[[], Sequence[tuple[str, str]]]
    """Their names and what they are."""
    explain: Callable[[str], Explained]
    """One by name, or by the path of a file."""


class Driver(msgspec.Struct, frozen=True, kw_only=True):
    """One row that makes a device family known."""

    name: str
    """What settings say: ``driver = "nmea"``."""
    summary: str
    """One line for the driver list: what it reads, over what."""
    options: type[Options]
    codec: Callable[[str, Any], Codec]
    """Makes the codec of one device from its name and its options."""
    quantities: Callable[[Any], tuple[Quantity, ...]]
    """What a device with these options can report; nothing else may come out of its codec."""
    sample: dict[str, Any] = {}
    """Options of a typical device, for the sample settings and the contract tests."""
    check: Callable[[Any], Sequence[str]] | None = None
    """What is wrong with options that are well typed, one sentence each that begins with the option's path."""
    actions: tuple[Action, ...] = ()
    """What its devices can be asked to do; only for those that talk by themselves."""
    every_s: float | None = None
    """A sensible period; None for a device that talks by itself."""
    label: Callable[[Any], str] | None = None
    """How a technician tells the device from others on its line: ``unit 3``."""
    probe: Probe | None = None
    """How a scan finds its devices; None = it does not look for them."""
    profiles: Profiles | None = None
    """Its device families, for ``poleagent profile``."""
    explain: Callable[[Any], Sequence[str]] | None = None
    """What a device with these options is asked and how its answers are read, for ``poleagent check --explain``."""
    network: bool = False
    """Whether it is spoken over TCP only."""
    checksum: bool = True
    """Whether its language has one; without, a damaged byte may pass for a good one."""
    gap: bool = False
    """Whether silence ends a frame (Modbus RTU): 3.5 characters of it before each question, none inside an answer."""
