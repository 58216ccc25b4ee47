"""What the broker is configured with: its settings and its access rules; pure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from contract.envelope import LANES
from contract.topics import Topics
from fleet.session import IN_FLIGHT

PLATFORM = "polefleet"
"""Common name of the platform's certificate, and its user name; no pole may be called so."""
BACKLOG = "polefleet backlog"
"""The same of its second session, which only listens; no pole's id has a space."""
MESSAGE_BYTES = 4 * 1024 * 1024
"""Longest message that the broker takes."""
QUEUE_BYTES = 512 * 1024 * 1024
"""What the broker keeps for a platform that is away; with ``ack = "platform"`` the poles keep the rest."""


class BrokerPort(msgspec.Struct, frozen=True, kw_only=True):
    """Where poles connect. ``address`` empty: on all addresses of this machine."""

    address: str = "127.0.0.1"
    port: int = 8883


def mosquitto(folder: Path, listener: BrokerPort, *, ca: Path, cert: Path, key: Path, user: str) -> str:
    """Settings of mosquitto 2: mTLS, the common name is the user, only what the access rules grant.

    It is the client id as well: of two connections with the certificate of one pole, the newer one stays.
    """
    return f"""# Written by polefleet at each start.
listener {listener.port} {listener.address}
allow_anonymous false
cafile {ca}
certfile {cert}
keyfile {key}
crlfile {folder}/revoked.pem
tls_version tlsv1.2
require_certificate true
use_identity_as_username true
use_username_as_clientid true
acl_file {folder}/access
user {user}
pid_file {folder}/pid
persistence true
persistence_location {folder}/
autosave_interval 30
max_packet_size {MESSAGE_BYTES}
max_inflight_messages {IN_FLIGHT}
max_queued_messages 0
max_queued_bytes {QUEUE_BYTES}
max_keepalive 600
log_dest stderr
log_type error
"""


def access(prefix: str, revoked: Iterable[str]) -> str:
    """Access rules: a pole speaks on its own topics only, and nobody but the platform may acknowledge.

    Who may publish on ``ack`` can make a pole forget what nobody has stored. ``revoked`` poles may nothing; their
    certificates are refused besides.
    """
    one = Topics.of(prefix, "%u")
    rules = [f"user {pole}\ntopic deny {prefix}/#" for pole in sorted(revoked)]
    rules += [f"user {PLATFORM}", f"topic readwrite {prefix}/#", f"user {BACKLOG}", f"topic read {prefix}/#"]
    rules += [f"pattern write {one.root}/{leaf}" for leaf in (*LANES, "status", "reply")]
    rules += [f"pattern read {topic}" for topic in (one.command, one.ack)]
    return "\n".join(rules) + "\n"


def nats(folder: Path, port: int) -> str:
    """Settings of the NATS server for a trial on this machine."""
    return f"""host: 127.0.0.1
port: -1
server_name: polefleet
jetstream: {{ store_dir: "{folder}/nats" }}
mqtt {{ host: 127.0.0.1, port: {port} }}
pid_file: "{folder}/pid"
log_file: "{folder}/nats.log"
logfile_size_limit: 10MB
"""
