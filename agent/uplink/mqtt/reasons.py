"""Reason codes of MQTT 5 that mean something to us, and what a technician reads of them."""

from __future__ import annotations

NOBODY = 16
"""The reason code of a PUBACK for a message to which nobody is subscribed (MQTT 5.0, 3.4.2.1)."""
FIRST_REFUSAL = 128
"""Reason codes from here on are refusals (MQTT 5.0, 2.4)."""
TOO_LARGE = 149
TAKEN_OVER = 142
QUOTA = 151
REFUSALS = {
    133: "refuses the client id: set [uplink] client_id",
    134: "refuses the user name or password: see [uplink] username and password_file",
    135: "does not allow this pole in: see [uplink] username, password_file and the client certificate",
    136: "says that it is unavailable",
    137: "says that it is busy",
    138: "has banned this pole",
    151: "says that the pole's quota is used up",
    149: "says that a message was too large",
    142: "let another client with the same id take over: another box seems to use this pole's id: was the card copied?",
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
