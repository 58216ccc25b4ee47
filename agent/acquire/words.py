"""Sentences for technicians: what is wrong, and what to do about it there. Pure.

The advice depends on the way to the devices, so that nobody looks for wires that are not there: a ``serial`` line of
this box, the line of a serial ``server`` that is reached over TCP, or a ``network`` protocol without any line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from contract.types import FaultCode

Way = Literal["serial", "server", "network"]
Others = Literal["alone", "others answer", "nobody answers"]
ALONE: Others = "alone"
OTHERS_ANSWER: Others = "others answer"
NOBODY_ANSWERS: Others = "nobody answers"

DAMAGED = 0.02
"""From this share on damage has a cause that can be found."""
ALL_SILENT: dict[Way, str] = {
    "serial": (
        "no device on the line answers. Check the adapter, the A/B wires (swapped?), the power of the line and the "
        "baud rate."
    ),
    "server": (
        "no device behind the serial server answers. Check that this is its address and port, the baud rate that it is "
        "set to, the A/B wires there (swapped?), the power of the devices, and that no other client is connected."
    ),
    "network": (
        "nobody answers there. Check that this is the right address and port, the unit numbers, and with a gateway "
        "the gateway's own line."
    ),
}
ALL_DAMAGED: dict[Way, str] = {
    "serial": (
        "bytes come, but no device on the line gives a whole answer of its own. Check baud rate and parity, the A/B "
        "wiring, the termination (120 ohm at both ends), and that no second master asks."
    ),
    "server": (
        "bytes come, but no device behind the serial server gives a whole answer of its own. Check the baud rate and "
        "parity that the server is set to, that it passes bytes on as they are, and that no second master asks."
    ),
    "network": (
        "bytes come, but no whole answer to what was asked. Check that this is the right port, and that it speaks what "
        "the driver does."
    ),
}
ALL_REFUSE = "the line works, but no device on it gives a value: those that answer refuse. Each device says why."
HANGS_UP = (
    "accepts the connection and hangs up without a byte. Check whether another client is connected to it: many servers "
    "serve only one at a time. Else check that this is the right port."
)
NOTHING_CAME = "connected, but nothing came for {for_s}; it is connected anew."

_DOWN: dict[tuple[FaultCode, Others], dict[Way, str]] = {
    (FaultCode.NO_ANSWER, OTHERS_ANSWER): {
        "serial": "{who} does not answer ({for_s}); others on the line do. Check its address, power and A/B wiring.",
        "server": (
            "{who} does not answer ({for_s}); others behind the server do. Check its address, its power and its wires "
            "to the server."
        ),
        "network": (
            "{who} does not answer ({for_s}); others there do. Check its unit number, its power and its wires to the "
            "gateway."
        ),
    },
    (FaultCode.NO_ANSWER, NOBODY_ANSWERS): {
        "serial": (
            "nothing on the line answers, {who} neither ({for_s}). Check the adapter, the A/B wires (swapped?), the "
            "power of the line and the baud rate."
        ),
        "server": "{who} does not answer ({for_s}): " + ALL_SILENT["server"],
        "network": "{who} does not answer ({for_s}): " + ALL_SILENT["network"],
    },
    (FaultCode.NO_ANSWER, ALONE): {
        "serial": (
            "{who} does not answer ({for_s}). Check its power, its address, the A/B wires (swapped?) and the baud rate."
        ),
        "server": (
            "{who} does not answer ({for_s}). Check that this is the server's address and port, the baud rate that it "
            "is set to, that no other client is connected, and the device's address, power and wires to the server."
        ),
        "network": (
            "{who} does not answer ({for_s}). Check that this is its address and port, its unit number, that no other "
            "client is connected, and with a gateway its power and wires."
        ),
    },
    (FaultCode.BAD_FRAME, OTHERS_ANSWER): {
        "serial": (
            "the answers of {who} are damaged ({for_s}); those of others on the line are not. Check its wiring, its "
            "baud rate and parity, and that no other device has its address."
        ),
        "server": (
            "the answers of {who} are damaged ({for_s}); those of others behind the server are not. Check its wiring, "
            "its baud rate and parity, and that no other device has its address."
        ),
        "network": "what {who} answers cannot be read ({for_s}): {detail}. {advice}",
    },
    (FaultCode.BAD_FRAME, NOBODY_ANSWERS): {
        "serial": (
            "all answers on the line are damaged, those of {who} too ({for_s}). Check baud rate and parity, the A/B "
            "wiring and the termination (120 ohm at both ends)."
        ),
        "server": "the answers of {who} are damaged ({for_s}): " + ALL_DAMAGED["server"],
        "network": "what {who} answers cannot be read ({for_s}): {detail}. {advice}",
    },
    (FaultCode.BAD_FRAME, ALONE): {
        "serial": (
            "the answers of {who} are damaged ({for_s}). Check baud rate and parity, the A/B wiring and the "
            "termination (120 ohm at both ends)."
        ),
        "server": (
            "the answers of {who} are damaged ({for_s}). Check the baud rate and parity that the serial server is set "
            "to, that it passes bytes on as they are, and the device's wires."
        ),
        "network": "what {who} answers cannot be read ({for_s}): {detail}. {advice}",
    },
    (FaultCode.WRONG_DEVICE, ALONE): {
        "serial": "{who} was asked, but what comes is no answer of it to that ({for_s}): {detail}. {advice}",
        "server": "{who} was asked, but what comes is no answer of it to that ({for_s}): {detail}. {advice}",
        "network": "{who} was asked, but what comes is no answer of it to that ({for_s}): {detail}. {advice}",
    },
    (FaultCode.EXCEPTION, ALONE): {
        "serial": "{who} answers, but refuses ({detail}). {advice}",
        "server": "{who} answers, but refuses ({detail}). {advice}",
        "network": "{who} answers, but refuses ({detail}). {advice}",
    },
    (FaultCode.OVERDUE, ALONE): {
        "serial": "{who} has sent nothing for {for_s}. Check its power and that its TX goes to the RX of the port.",
        "server": (
            "nothing of {who} has come for {for_s}. Check that the server has power and a network, that no other "
            "client took the connection, and the device's power and its wires to the server."
        ),
        "network": "nothing of {who} has come for {for_s}. Check its power and its network.",
    },
    (FaultCode.OVERDUE, OTHERS_ANSWER): {
        "serial": "{who}: bytes come, but nothing readable for {for_s}. {advice}",
        "server": "{who}: bytes come, but nothing readable for {for_s}. {advice}",
        "network": "{who}: bytes come, but nothing readable for {for_s}. {advice}",
    },
}

_ADVICE: dict[FaultCode, dict[Way, str]] = {
    FaultCode.WRONG_DEVICE: {
        "serial": "Check the addresses, and that no second master asks on this line.",
        "server": "Check the addresses, and that no second master or client asks there.",
        "network": "Check the unit numbers of the gateway.",
    },
    FaultCode.EXCEPTION: dict.fromkeys(
        ("serial", "server", "network"), "Check that its profile or register table fits the model."
    ),
    FaultCode.OVERDUE: {
        "serial": "Check the baud rate and the ground wire, and that this is its port.",
        "server": "Check the baud rate that the server is set to, and that this is the device's port.",
        "network": "Check that this is its port.",
    },
    FaultCode.BAD_FRAME: dict.fromkeys(
        ("serial", "server", "network"), "Check that this is its port, and that it speaks what the driver does."
    ),
}
"""Where the driver knows nothing better."""

_OFTEN: dict[FaultCode, dict[Way, str]] = {
    FaultCode.NO_ANSWER: {
        "serial": "no answer in time: check its power, address and wiring, or raise timeout_s.",
        "server": "no answer in time: check the network, the device's power and wiring, or raise timeout_s.",
        "network": "no answer in time: check the network and the load of the device, or raise timeout_s.",
    },
    FaultCode.BAD_FRAME: {
        "serial": "damaged answers: check termination, shield and wiring, or lower the baud rate.",
        "server": "damaged answers: check the wiring behind the server, and that no other client is connected.",
        "network": "answers that cannot be read: check that it speaks what the driver does.",
    },
    FaultCode.WRONG_DEVICE: dict.fromkeys(
        ("serial", "server", "network"), "answers to other questions: check the addresses, and that nobody else asks."
    ),
    FaultCode.EXCEPTION: dict.fromkeys(
        ("serial", "server", "network"),
        "the device refuses: check that its profile or register table fits the model.",
    ),
    FaultCode.NOT_AVAILABLE: dict.fromkeys(
        ("serial", "server", "network"), "the device has no value: check its sensing head, or its view of the sky."
    ),
    FaultCode.OUT_OF_RANGE: dict.fromkeys(
        ("serial", "server", "network"), "values out of range: check that its profile or register table fits the model."
    ),
    FaultCode.LOST_FRAMES: dict.fromkeys(
        ("serial", "server", "network"), "frames are lost: check the wiring and the load of this box."
    ),
}
_DETAILED = frozenset({FaultCode.NOT_AVAILABLE, FaultCode.EXCEPTION, FaultCode.OUT_OF_RANGE, FaultCode.WRONG_DEVICE})


def down(
    port: str,
    who: str,
    code: FaultCode,
    *,
    silent_s: float,
    others: Others,
    detail: str,
    advice: str = "",
    looks: str = "",
    way: Way = "serial",
) -> str:
    """Why a device is down.

    ``others``: what the rest of the line does; ``advice``: what its driver recommends; ``looks``: what comes instead.
    """
    if looks:
        return f"{port}: nothing readable of {who} has come for {span(silent_s)}. {looks}"
    row = _DOWN.get((code, others)) or _DOWN.get((code, ALONE))
    sentence = row[way] if row else "{who}: {detail}"
    advice = advice or (_ADVICE[code][way] if code in _ADVICE else "")
    return (
        f"{port}: " + sentence.format(who=who, for_s=span(silent_s), detail=detail.rstrip("."), advice=advice).strip()
    )


def up(port: str, who: str, down_s: float | None) -> str:
    return f"{port}: {who} answers" + (f" again after {span(down_s)}" if down_s is not None else "")


def often(code: FaultCode | None, share: float, detail: str, *, advice: str = "", way: Way = "serial") -> str:
    """Advice for a device that is up, but not well; ``detail`` is its own word, where it has one to say."""
    if code not in _OFTEN:
        return ""
    why = f" ({detail.rstrip('.')})" if code in _DETAILED else ""
    return f"{share:.0%} of the last rounds failed{why}" + (f". {advice}" if advice else f", {_OFTEN[code][way]}")


def lacks(code: FaultCode, detail: str, *, advice: str = "", way: Way = "serial") -> str:
    """Advice for a device that reports well, but for single values."""
    return f"it reports, but {detail.rstrip('.')}" + (f". {advice}" if advice else f": {_OFTEN[code][way]}")


def too_slow(share: float, every_s: float, *, way: Way = "serial") -> str:
    faster = " or raise the baud rate" if way == "serial" else ""
    return (
        f"{share:.0%} of the rounds are left out: its devices take longer to answer than every_s = {every_s:g} allows. "
        f"Poll them less often{faster}."
    )


def cable(damage: Mapping[str, float], *, way: Way = "serial") -> str:
    """Where to look for a bad cable: ``damage`` is the share of damaged answers of each device; ``""`` = nowhere."""
    bad = {name: share for name, share in damage.items() if share >= DAMAGED}
    if not bad or way == "network":
        return ""
    shares = ", ".join(f"{name} {share:.0%}" for name, share in sorted(bad.items(), key=lambda row: -row[1])[:4])
    if len(bad) == len(damage) > 1:
        first = "the adapter" if way == "serial" else "the serial server"
        return (
            f"answers of all devices are damaged now and then ({shares}). Check the cable between {first} and the "
            f"first device, the termination (120 ohm at both ends of the RS-485 cable), and {first}."
        )
    well = ", ".join(name for name in damage if name not in bad)
    others = f", those of {well} are not" if well else ""
    return f"answers are damaged ({shares}){others}. Check the cable, the plug and the shield at {', '.join(bad)}."


def span(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
