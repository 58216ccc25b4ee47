"""The settings of the link to the platform: broker, certificates, how much data may be used."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from agent.config import sentences_options as about
from agent.config.table import KIB, MIB, Table
from contract.topics import PREFIX


class TlsSettings(Table, frozen=True, kw_only=True):
    """Who may be trusted, and who this pole says it is. File names; a `credential:NAME` is a systemd credential."""

    ca_file: Annotated[
        str,
        Meta(
            description=about.PEM_FILE_ONE_CA(),
            examples=["/etc/poleagent/ca.pem"],
        ),
    ]
    cert_file: Annotated[
        str | None, Meta(description=about.PEM_FILE_POLES_CLIENT(), examples=["/etc/poleagent/pole.pem"])
    ] = None
    key_file: Annotated[
        str | None, Meta(description=about.PEM_FILE_PRIVATE_KEY(), examples=["/etc/poleagent/pole.key"])
    ] = None
    server_name: Annotated[
        str | None, Meta(description=about.NAME_BROKERS_CERTIFICATE_IF(), examples=["mqtt.example.org"])
    ] = None


class AllowanceSettings(Table, frozen=True, kw_only=True):
    """How much mobile data may be used. After that raw events wait and summaries come by the hour; all else passes.

    Days and months are those of UTC. Bytes are those of MQTT in both directions, with an estimate for TCP and TLS.
    """

    day_bytes: Annotated[int, Meta(ge=0, description=about.ALL_LANES_DAY_BYTES())] = 0
    month_bytes: Annotated[int, Meta(ge=0, description=about.ALL_LANES_MONTH_BYTES())] = 0
    summary_day_bytes: Annotated[int, Meta(ge=0, description=about.SUMMARIES_DAY_NO_BOUND())] = 0
    summary_month_bytes: Annotated[int, Meta(ge=0, description=about.SUMMARIES_MONTH_NO_BOUND())] = 0
    raw_day_bytes: Annotated[int, Meta(ge=0, description=about.RAW_EVENTS_DAY_NO())] = 0
    raw_month_bytes: Annotated[int, Meta(ge=0, description=about.RAW_EVENTS_MONTH_NO())] = 0
    metered_hours: Annotated[
        tuple[Annotated[int, Meta(ge=0, le=23)], Annotated[int, Meta(ge=0, le=24)]] | None,
        Meta(
            description=about.FIRST_LAST_HOUR_EXCLUSIVE_2(),
            examples=[[6, 22]],
        ),
    ] = None


class UplinkSettings(Table, frozen=True, kw_only=True):
    """The platform's MQTT broker. Without TLS settings only `plain_text = true` connects."""

    host: Annotated[str, Meta(min_length=1, description=about.NAME_OR_ADDRESS_BROKER(), examples=["mqtt.example.org"])]
    port: Annotated[
        Annotated[int, Meta(ge=1, le=65535)] | None,
        Meta(description=about.DEFAULT_OR_PLAIN_TEXT(), examples=[8883]),
    ] = None
    tls: Annotated[TlsSettings | None, Meta(description=about.CERTIFICATES_REQUIRED_UNLESS_PLAIN())] = None
    allowance: Annotated[AllowanceSettings | None, Meta(description=about.HOW_MUCH_MOBILE_DATA())] = None
    plain_text: Annotated[bool, Meta(description=about.TRUE_SENDS_EVERYTHING_UNENCRYPTED())] = False
    username: Annotated[str | None, Meta(description=about.MQTT_USER_NAME(), examples=["pole-0001"])] = None
    password_file: Annotated[
        str | None,
        Meta(
            description=about.FILE_HOLDS_MQTT_PASSWORD(),
            examples=["/etc/poleagent/mqtt.password"],
        ),
    ] = None
    client_id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=128)] | None,
        Meta(description=about.MQTT_CLIENT_ID_DEFAULT(), examples=["pole-0001"]),
    ] = None
    prefix: Annotated[
        str,
        Meta(
            pattern=r"^[^+#/\x00][^+#\x00]*[^+#/\x00]$",
            description=about.FIRST_PART_EVERY_TOPIC(),
            extra={"form": about.TWO_OR_MORE_CHARACTERS()},
        ),
    ] = PREFIX
    ack: Annotated[
        Literal["broker", "platform"],
        Meta(description=about.WHEN_ROW_MAY_GO()),
    ] = "broker"
    protocol: Annotated[
        Literal["auto", "5", "3.1.1"],
        Meta(description=about.VERSION_MQTT_AUTO_ONLY()),
    ] = "auto"
    enrol: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[^/\s]+$")] | None,
        Meta(
            description=about.ADDRESS_PLATFORMS_ENROLMENT_CLAIM(),
            examples=["https://platform.example.org:8080"],
        ),
    ] = None
    unheard_s: Annotated[
        float,
        Meta(
            ge=0,
            description=about.HOW_LONG_EVENTS_WAIT(),
        ),
    ] = 604800.0
    keepalive_s: Annotated[int, Meta(ge=5, le=1200, description=about.MQTT_KEEP_ALIVE())] = 20
    ack_timeout_s: Annotated[float, Meta(ge=1, le=300, description=about.PUBACK_TAKES_LONGER_MEANS())] = 15.0
    in_flight: Annotated[int, Meta(ge=1, le=1000, description=about.MESSAGES_MAY_WAIT_THEIR())] = 16
    message_bytes: Annotated[
        int, Meta(ge=1 * KIB, le=1 * MIB, description=about.LARGEST_BATCH_BEFORE_COMPRESSION())
    ] = 64 * KIB
    linger_s: Annotated[float, Meta(ge=0, le=60, description=about.EVENTS_OTHER_THAN_ALARMS())] = 1.0
    backlog_bytes_per_s: Annotated[int, Meta(ge=0, description=about.PACE_BACKLOG_NEXT_LIVE())] = 0
    retry_max_s: Annotated[float, Meta(ge=1, le=3600, description=about.LONGEST_WAIT_BETWEEN_ATTEMPTS())] = 60.0
    trial_s: Annotated[
        float,
        Meta(
            ge=2,
            le=86400,
            description=about.HOW_LONG_CHANGED_SETTINGS(),
        ),
    ] = 180.0
