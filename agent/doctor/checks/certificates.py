"""The certificates of the link, before they fail."""

from __future__ import annotations

from agent.config.settings import TlsSettings
from agent.doctor import sentences_checks as say
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand
from agent.errors import Retry
from agent.system.aside import aside
from agent.uplink.mqtt.dial import tls_context
from agent.uplink.trust import examined
from contract.health import CertificateHealth
from contract.types import Stamp

_CAUSES = {
    ("ca", "expired"): "tls.ca_expired",
    ("ca", "unusable"): "tls.ca_unusable",
    ("client", "expired"): "tls.client_expired",
    ("client", "not_yet"): "tls.client_not_yet",
    ("client", "foreign"): "tls.client_foreign",
    ("broker", "expired"): "tls.broker_expired",
    ("broker", "not_yet"): "tls.broker_not_yet",
}


async def look(pole: PoleAtHand, tell: Tell) -> str:
    uplink = pole.uplink
    if uplink is None:
        return pole.no_uplink
    if uplink.tls is None:
        return say.NO_TLS()
    if pole.limited:
        return pole.limited
    tls, now = uplink.tls, pole.box.clock.now()
    # dates are judged by a clock that nobody keeps as well: where it is wrong, that is named first
    believed = Stamp(now.utc, now.boot_s, synced=True)
    found = await aside(lambda: examined(tls, believed), "certificates")
    reported = pole.status.certificates if pole.status is not None else ()
    for one in (*found, *(each for each in reported if each.role == "broker")):
        if one.state == "ok":
            continue
        if one.state == "foreign" and pole.status is not None and _up(pole):
            continue  # the broker knows its CA
        tell(_named(one, tls), one.text or say.FILE_STATE(file=one.file, state=one.state), "link")
    return ""


def _up(pole: PoleAtHand) -> bool:
    return pole.status is not None and pole.status.uplink is not None and pole.status.uplink.state == "up"


def _named(one: CertificateHealth, tls: TlsSettings) -> str:
    if one.state == "expiring":
        return "tls.expiring"
    if one.role == "client" and one.state == "unusable":
        if "extendedKeyUsage" in one.text:
            return "tls.client_usage"
        try:
            tls_context(tls)
        except Retry as reason:
            return reason.cause or "tls.client_unusable"
        return "tls.client_unusable"
    return _CAUSES.get((one.role, one.state), "tls.client_unusable")
