"""The settings of the link to the platform: broker, certificates, how much data may be used."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from agent.config.table import KIB, MIB, Table
from contract.topics import PREFIX


class TlsSettings(Table, frozen=True, kw_only=True):
    """Who may be trusted, and who this pole says it is. File names; a `credential:NAME` is a systemd credential."""

    ca_file: Annotated[
        str,
        Meta(
            description="PEM file of the one CA that may have signed the broker's certificate",
            examples=["/etc/poleagent/ca.pem"],
        ),
    ]
    cert_file: Annotated[
        str | None, Meta(description="PEM file of this pole's client certificate", examples=["/etc/poleagent/pole.pem"])
    ] = None
    key_file: Annotated[
        str | None, Meta(description="PEM file of its private key", examples=["/etc/poleagent/pole.key"])
    ] = None
    server_name: Annotated[
        str | None, Meta(description="name in the broker's certificate, if not its host", examples=["mqtt.example.org"])
    ] = None


class AllowanceSettings(Table, frozen=True, kw_only=True):
    """How much mobile data may be used. After that raw events wait and summaries come by the hour; all else passes.

    Days and months are those of UTC. Bytes are those of MQTT in both directions, with an estimate for TCP and TLS.
    """

    day_bytes: Annotated[int, Meta(ge=0, description="for all lanes in a day, in bytes; 0 = no bound")] = 0
    month_bytes: Annotated[int, Meta(ge=0, description="for all lanes in a month, in bytes; 0 = no bound")] = 0
    summary_day_bytes: Annotated[int, Meta(ge=0, description="for summaries in a day; 0 = no bound")] = 0
    summary_month_bytes: Annotated[int, Meta(ge=0, description="for summaries in a month; 0 = no bound")] = 0
    raw_day_bytes: Annotated[int, Meta(ge=0, description="for raw events in a day; 0 = no bound")] = 0
    raw_month_bytes: Annotated[int, Meta(ge=0, description="for raw events in a month; 0 = no bound")] = 0
    metered_hours: Annotated[
        tuple[Annotated[int, Meta(ge=0, le=23)], Annotated[int, Meta(ge=0, le=24)]] | None,
        Meta(
            description="first and last hour (exclusive, UTC) in which data is metered; outside of them nothing is "
            "counted and nothing waits. Default: always",
            examples=[[6, 22]],
        ),
    ] = None


class UplinkSettings(Table, frozen=True, kw_only=True):
    """The platform's MQTT broker. Without TLS settings only `plain_text = true` connects."""

    host: Annotated[str, Meta(min_length=1, description="name or address of the broker", examples=["mqtt.example.org"])]
    port: Annotated[
        Annotated[int, Meta(ge=1, le=65535)] | None,
        Meta(description="default 8883, or 1883 with plain_text", examples=[8883]),
    ] = None
    tls: Annotated[TlsSettings | None, Meta(description="certificates; required unless plain_text is true")] = None
    allowance: Annotated[AllowanceSettings | None, Meta(description="how much mobile data may be used")] = None
    plain_text: Annotated[bool, Meta(description="true sends everything unencrypted: only for a trusted wire")] = False
    username: Annotated[str | None, Meta(description="MQTT user name", examples=["pole-0001"])] = None
    password_file: Annotated[
        str | None,
        Meta(
            description="file that holds the MQTT password, or credential:NAME; never the password itself",
            examples=["/etc/poleagent/mqtt.password"],
        ),
    ] = None
    client_id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=128)] | None,
        Meta(description="MQTT client id, default the pole's id", examples=["pole-0001"]),
    ] = None
    prefix: Annotated[
        str,
        Meta(
            pattern=r"^[^+#/\x00][^+#\x00]*[^+#/\x00]$",
            description="first part of every topic",
            extra={"form": "two or more characters without '+' and '#', with no '/' at either end"},
        ),
    ] = PREFIX
    ack: Annotated[
        Literal["broker", "platform"],
        Meta(description="when a row may go: at the broker's PUBACK, or at the platform's own watermark message"),
    ] = "broker"
    protocol: Annotated[
        Literal["auto", "5", "3.1.1"],
        Meta(
            description="version of MQTT; 'auto': 5, and 3.1.1 only after the broker has answered that it does not "
            "speak 5. A broker of 3.1.1 cannot refuse an event: it acknowledges what it drops"
        ),
    ] = "auto"
    enrol: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[^/\s]+$")] | None,
        Meta(
            description="address of the platform's enrolment, as the claim link has it: there the pole renews its "
            "certificate before it expires; 'poleagent setup' writes it",
            examples=["https://platform.example.org:8080"],
        ),
    ] = None
    unheard_s: Annotated[
        float,
        Meta(
            ge=0,
            description="how long events wait while the broker says that nobody is subscribed, in seconds; then a gap "
            "event names them, and they count as delivered; 0 = as long as there is room",
        ),
    ] = 604800.0
    keepalive_s: Annotated[int, Meta(ge=5, le=1200, description="MQTT keep-alive")] = 20
    ack_timeout_s: Annotated[
        float, Meta(ge=1, le=300, description="a PUBACK that takes longer means that the link is dead")
    ] = 15.0
    in_flight: Annotated[int, Meta(ge=1, le=1000, description="messages that may wait for their PUBACK at once")] = 16
    message_bytes: Annotated[
        int, Meta(ge=1 * KIB, le=1 * MIB, description="largest batch before compression, in bytes")
    ] = 64 * KIB
    linger_s: Annotated[
        float, Meta(ge=0, le=60, description="events other than alarms may wait this long for company in a batch")
    ] = 1.0
    backlog_bytes_per_s: Annotated[
        int, Meta(ge=0, description="pace of the backlog next to the live stream, in bytes/s; 0 = as fast as it goes")
    ] = 0
    retry_max_s: Annotated[float, Meta(ge=1, le=3600, description="longest wait between attempts to connect")] = 60.0
    trial_s: Annotated[
        float,
        Meta(
            ge=2,
            le=86400,
            description="how long changed settings of the link may take to reach the platform; then those that reached "
            "it before are used in turn with them. Connecting in both versions of MQTT takes about half of the default",
        ),
    ] = 180.0
