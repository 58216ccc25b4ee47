"""Reason codes of MQTT 5 that mean something to us, and what a technician reads of them."""

from __future__ import annotations

from agent.uplink import sentences as say
from contract.words import Sentence

NOBODY = 16
"""The reason code of a PUBACK for a message to which nobody is subscribed (MQTT 5.0, 3.4.2.1)."""
FIRST_REFUSAL = 128
"""Reason codes from here on are refusals (MQTT 5.0, 2.4)."""
TOO_LARGE = 149
TAKEN_OVER = 142
QUOTA = 151
REFUSALS: dict[int, Sentence] = {
    133: say.REFUSAL_133,
    134: say.REFUSAL_134,
    135: say.REFUSAL_135,
    136: say.REFUSAL_136,
    137: say.REFUSAL_137,
    138: say.REFUSAL_138,
    151: say.REFUSAL_151,
    149: say.REFUSAL_149,
    142: say.REFUSAL_142,
}
"""CONNACK and DISCONNECT reason codes in a technician's words; what paho makes of 3.1.1's return codes is the same."""
CAUSES = {
    132: "mqtt.version",
    133: "mqtt.id_refused",
    134: "mqtt.password",
    135: "mqtt.not_authorised",
    136: "mqtt.unavailable",
    137: "mqtt.unavailable",
    138: "mqtt.banned",
    142: "mqtt.id_twice",
    151: "mqtt.quota",
}
"""The same as names of ``contract.causes``."""


def refusal_of_topic(code: int) -> str:
    """The cause of a refusal of one message: of its topic, where the code does not say otherwise."""
    return "mqtt.quota" if code == QUOTA else "mqtt.topics"
