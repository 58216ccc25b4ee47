"""What a technician is told: one sentence about what is wrong, one about what to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from contract.types import FaultCode

DAMAGED = 0.02
"""From this share on damage has a cause that can be found."""
ALL_SILENT = (
    "no device on the line answers. Check the adapter, the A/B wires (swapped?), the power of the line and the baud "
    "rate."
)
NETWORK_SILENT = (
    "nobody answers there. Check that this is the right address and port, the unit numbers, and behind a gateway the "
    "gateway's own line."
)
ALL_DAMAGED = (
    "bytes come, but no device on the line gives a whole answer of its own. Check baud rate and parity, the A/B "
    "wiring, the termination (120 ohm at both ends), and that no second master asks."
)
ALL_REFUSE = "the line works, but no device on it gives a value: those that answer refuse. Check their profiles."
ALONE, OTHERS_ANSWER, NOBODY_ANSWERS = "alone", "others answer", "nobody answers"

_DOWN: dict[tuple[FaultCode, str], str] = {
    (FaultCode.NO_ANSWER, OTHERS_ANSWER): (
        "{who} does not answer ({for_s}); others on the line do. Check its address, power and A/B wiring."
    ),
    (FaultCode.NO_ANSWER, NOBODY_ANSWERS): (
        "nothing on the line answers, {who} neither ({for_s}). Check the adapter, the A/B wires (swapped?), the power "
        "of the line and the baud rate."
    ),
    (FaultCode.NO_ANSWER, ALONE): (
        "{who} does not answer ({for_s}). Check its power, its address, the A/B wires (swapped?) and the baud rate."
    ),
    (FaultCode.BAD_FRAME, OTHERS_ANSWER): (
        "the answers of {who} are damaged ({for_s}); those of others on the line are not. Check its wiring, its baud "
        "rate and parity, and that no other device has its address."
    ),
    (FaultCode.BAD_FRAME, NOBODY_ANSWERS): (
        "all answers on the line are damaged, those of {who} too ({for_s}). Check baud rate and parity, the A/B "
        "wiring and the termination (120 ohm at both ends)."
    ),
    (FaultCode.BAD_FRAME, ALONE): (
        "the answers of {who} are damaged ({for_s}). Check baud rate and parity, the A/B wiring and the termination "
        "(120 ohm at both ends)."
    ),
    (FaultCode.WRONG_DEVICE, ALONE): (
        "another device answers in place of {who} ({for_s}). Check the addresses, and that no second master asks on "
        "this line."
    ),
    (FaultCode.EXCEPTION, ALONE): (
        "{who} answers, but refuses ({detail}). Check that its profile or register table fits the model."
    ),
    (FaultCode.OVERDUE, ALONE): (
        "{who} has said nothing for {for_s}. Check its power and that its TX goes to the RX of the port."
    ),
    (FaultCode.OVERDUE, OTHERS_ANSWER): (
        "{who}: bytes come, but nothing readable for {for_s}. Check the baud rate and the ground wire."
    ),
}

_NETWORK: dict[tuple[FaultCode, str], str] = {
    (FaultCode.NO_ANSWER, OTHERS_ANSWER): (
        "{who} does not answer ({for_s}); others there do. Check its unit number, its power and its wires to the "
        "gateway."
    ),
    (FaultCode.NO_ANSWER, NOBODY_ANSWERS): "{who} does not answer ({for_s}): " + NETWORK_SILENT,
    (FaultCode.NO_ANSWER, ALONE): (
        "{who} does not answer ({for_s}). Check that this is its address and port, its unit number, and behind a "
        "gateway its power and wires."
    ),
    (FaultCode.BAD_FRAME, ALONE): (
        "what {who} answers cannot be read ({for_s}). Check that this is its port, and that it speaks what the driver "
        "does."
    ),
    (FaultCode.WRONG_DEVICE, ALONE): (
        "another unit answers in place of {who} ({for_s}). Check the unit numbers of the gateway."
    ),
}
"""The same for what is spoken over a network only: it has no A and B, and no baud rate."""

_OFTEN: dict[FaultCode, str] = {
    FaultCode.NO_ANSWER: "no answer in time: check its power, address and wiring, or raise timeout_s.",
    FaultCode.BAD_FRAME: "damaged answers: check termination, shield and wiring, or lower the baud rate.",
    FaultCode.WRONG_DEVICE: "another device answers: check the addresses, and that no second master asks.",
    FaultCode.EXCEPTION: "the device refuses: check that its profile or register table fits the model.",
    FaultCode.NOT_AVAILABLE: "the device has no value: check its sensing head, or its view of the sky.",
    FaultCode.OUT_OF_RANGE: "values out of range: check that its profile or register table fits the model.",
    FaultCode.LOST_FRAMES: "frames are lost: check the wiring and the load of this box.",
}


def down(
    port: str, who: str, code: FaultCode, *, silent_s: float, others: str, detail: str, network: bool = False
) -> str:
    """Why a device is down. ``others``: what the rest of the line does."""
    tables = (_NETWORK, _DOWN) if network else (_DOWN,)
    told = (table.get((code, others)) or table.get((code, ALONE)) for table in tables)
    sentence = next((sentence for sentence in told if sentence), "{who}: {detail}")
    return f"{port}: " + sentence.format(who=who, for_s=_span(silent_s), detail=detail)


def up(port: str, who: str, down_s: float | None) -> str:
    return f"{port}: {who} answers" + (f" again after {_span(down_s)}" if down_s is not None else "")


def often(code: FaultCode | None, share: float, detail: str) -> str:
    """Advice for a device that is up, but not well; ``detail`` is its own word, where it has one to say."""
    if code not in _OFTEN:
        return ""
    why = f" ({detail})" if code in {FaultCode.NOT_AVAILABLE, FaultCode.EXCEPTION, FaultCode.OUT_OF_RANGE} else ""
    return f"{share:.0%} of the last rounds failed{why}, {_OFTEN[code]}"


def too_slow(share: float, every_s: float) -> str:
    return (
        f"{share:.0%} of the rounds are left out: the line is too slow for every_s = {every_s:g}. Poll its devices "
        "less often or raise the baud rate."
    )


def cable(damage: Mapping[str, float]) -> str:
    """Where to look for a bad cable: ``damage`` is the share of damaged answers of each device; ``""`` = nowhere."""
    bad = {name: share for name, share in damage.items() if share >= DAMAGED}
    if not bad:
        return ""
    told = ", ".join(f"{name} {share:.0%}" for name, share in sorted(bad.items(), key=lambda row: -row[1])[:4])
    if len(bad) == len(damage) > 1:
        return (
            f"answers of all devices are damaged now and then ({told}). Check the cable between the adapter and the "
            "first device, the termination (120 ohm at both ends), and the adapter."
        )
    well = ", ".join(name for name in damage if name not in bad)
    others = f", those of {well} are not" if well else ""
    return f"answers are damaged ({told}){others}. Check the cable, the plug and the shield at {', '.join(bad)}."


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
