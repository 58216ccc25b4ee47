"""Faults between the pole and the platform."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any, Literal

from msgspec.structs import replace

from contract.health import AllowanceHealth, PoleStatus, UplinkHealth
from tests.doctor.plan import Broker, Kind, Plan


def _broker(**changes: Any) -> Any:
    def change(plan: Plan, _: random.Random) -> None:
        for name, value in changes.items():
            setattr(plan.broker, name, value)

    return change


def _scripted(**changes: Any) -> Any:
    def change(plan: Plan, _: random.Random) -> None:
        plan.broker = Broker(kind="scripted", tls=False, wants_client=False, **changes)

    return change


def _client(which: str) -> Any:
    return lambda plan, _: setattr(plan, "client", which)


def _uplink(**changes: Any) -> Any:
    return lambda plan, _: plan.table.setdefault("uplink", {}).update(changes)


def _away(why: Literal["no address", "no route"]) -> Any:
    def change(plan: Plan, _: random.Random) -> None:
        plan.no_network = why
        plan.table.setdefault("uplink", {}).update(host="198.51.100.7")

    return change


def _plain(plan: Plan, _: random.Random) -> None:
    plan.broker = Broker(tls=False, wants_client=False)
    plan.table.setdefault("uplink", {}).update(tls={"ca_file": "city"}, plain_text=None)


def _slow(plan: Plan, chance: random.Random) -> None:
    plan.broker.delay_s = chance.uniform(2.5, 4.0)


def _password(plan: Plan, chance: random.Random) -> None:
    plan.broker = Broker(tls=False, wants_client=False, password="right")
    plan.table.setdefault("uplink", {}).update(username="pole", password_file=chance.choice(("wrong", "right ")))


def _acl(plan: Plan, chance: random.Random) -> None:
    """Every pole may use its own part of the topics, and this one has another prefix or another id."""
    plan.broker.acl = chance.choice(("topic readwrite city/#\n", "topic readwrite sp/v2/other/#\n"))


def reported(change: Any) -> Any:
    """By a daemon that runs: what it alone can know."""

    def tell(plan: Plan, chance: random.Random) -> None:
        plan.daemon = "canned"
        before = plan.status or (lambda status: status)
        plan.status = lambda status: change(before(status), chance)

    tell.way = "reported"  # type: ignore[attr-defined]
    return tell


def by_daemon(change: Any) -> Any:
    """As ``change``, and the real daemon runs."""

    def run(plan: Plan, chance: random.Random) -> None:
        plan.daemon = "real"
        change(plan, chance)

    return run


def _link(status: PoleStatus, **changes: Any) -> PoleStatus:
    assert status.uplink is not None
    return replace(status, uplink=replace(status.uplink, **changes))


def _used_up(status: PoleStatus, chance: random.Random) -> PoleStatus:
    most = chance.choice((1_000_000, 30_000_000))
    used = int(most * chance.uniform(1.0, 1.1))
    return _link(
        status,
        allowance=AllowanceHealth(
            day=status.clock.now.utc.date(),
            day_bytes=used,
            day_limit=most,
            day_forecast=used,
            month_bytes=used,
            month_limit=0,
            month_forecast=used * 30,
            held=("raw",),
        ),
    )


def _unstored(status: PoleStatus, chance: random.Random) -> PoleStatus:
    """The broker takes all, and the platform's watermark does not come."""
    waits = timedelta(minutes=chance.uniform(20, 600))
    now = status.clock.now.utc
    lane = replace(status.store.lanes["event"], unsent=chance.randrange(5, 500), oldest_seq=1, oldest_utc=now - waits)
    status = replace(status, store=replace(status.store, lanes=status.store.lanes | {"event": lane}))
    return _link(status, state="up", since=now - 2 * waits, in_flight=0, resent=40, last_acknowledged=now - waits)


def _unacknowledged(status: PoleStatus, chance: random.Random) -> PoleStatus:
    now = status.clock.now.utc
    quiet = timedelta(minutes=chance.uniform(5, 60))
    return _link(status, state="up", since=now - 2 * quiet, in_flight=16, last_acknowledged=now - quiet)


def _down(text: str, cause: str) -> Any:
    def down(status: PoleStatus, chance: random.Random) -> PoleStatus:
        assert isinstance(status.uplink, UplinkHealth)
        since = status.clock.now.utc - timedelta(minutes=chance.uniform(3, 500))
        broker = status.uplink.broker
        return _link(status, state="down", since=since, text=text.format(broker=broker), cause=cause)

    return down


KINDS = (
    Kind("name unknown", ("link.dns",), "link", _uplink(host="broker.no-such-city.invalid")),
    Kind(
        "no address",
        ("link.no_address",),
        "link",
        _away("no address"),
        alone=True,
    ),
    Kind(
        "no route",
        ("link.no_route",),
        "link",
        _away("no route"),
        alone=True,
    ),
    Kind("nobody listens", ("link.refused",), "link", _broker(kind="none")),
    Kind("packets dropped", ("link.black_hole",), "link", _broker(filter="drop")),
    Kind("firewall says no", ("link.firewall",), "link", _broker(filter="admin-prohibited")),
    Kind("slow link", ("link.slow",), "link", _slow),
    Kind("allowance used up", ("link.allowance",), "link", reported(_used_up)),
    Kind("broker's certificate expired", ("tls.broker_expired",), "link", _broker(server="expired")),
    Kind("broker's certificate not yet valid", ("tls.broker_not_yet",), "link", _broker(server="not_yet")),
    Kind("broker of another CA", ("tls.broker_ca",), "link", _broker(server="foreign")),
    Kind("broker of another name", ("tls.broker_name",), "link", _broker(server="other_name")),
    Kind("port without TLS", ("tls.not_spoken",), "link", _plain),
    Kind("CA file is none", ("tls.ca_unusable",), "link", _client("no ca")),
    Kind("client certificate expired", ("tls.client_expired",), "link", _client("expired")),
    Kind("client certificate not yet valid", ("tls.client_not_yet",), "link", _client("not_yet")),
    Kind("client certificate of another CA", ("tls.client_foreign",), "link", _client("foreign")),
    Kind("key of another certificate", ("tls.client_key",), "link", _client("key")),
    Kind("client certificate for servers", ("tls.client_usage",), "link", _client("usage")),
    Kind("no client certificate", ("tls.client_wanted",), "link", _client("none")),
    Kind("client certificate expires soon", ("tls.expiring",), "link", _client("expiring")),
    Kind("wrong password", ("mqtt.password", "mqtt.not_authorised"), "link", _password),
    Kind("not authorised", ("mqtt.not_authorised",), "link", _scripted(connack=135)),
    Kind("id refused", ("mqtt.id_refused",), "link", _scripted(connack=133)),
    Kind("broker busy", ("mqtt.unavailable",), "link", lambda p, c: _scripted(connack=c.choice((136, 137)))(p, c)),
    Kind("banned", ("mqtt.banned",), "link", _scripted(connack=138)),
    Kind("quota exceeded at the door", ("mqtt.quota",), "link", _scripted(connack=151)),
    Kind("quota exceeded by messages", ("mqtt.quota",), "link", _scripted(puback=151)),
    Kind("topics refused", ("mqtt.topics",), "link", _acl),
    Kind("publishing refused", ("mqtt.topics",), "link", _scripted(puback=135)),
    Kind("broker says nothing", ("mqtt.silent",), "link", _scripted(silent=True)),
    Kind("broker speaks another version", ("mqtt.version",), "link", _scripted(connack=132)),
    Kind("id used twice", ("mqtt.id_twice",), "link", _broker(twin=True)),
    Kind(
        "id used twice, says the daemon",
        ("mqtt.id_twice",),
        "link",
        reported(_down("{broker} let another client with the same id take over", "mqtt.id_twice")),
    ),
    Kind("nobody listens, says the daemon", ("link.refused",), "link", by_daemon(_broker(kind="none")), alone=True),
    Kind(
        "broker of another CA, says the daemon",
        ("tls.broker_ca",),
        "link",
        by_daemon(_broker(server="foreign")),
        alone=True,
    ),
    Kind(
        "not authorised, says the daemon",
        ("mqtt.not_authorised",),
        "link",
        by_daemon(_scripted(connack=135)),
        alone=True,
    ),
    Kind("nobody subscribed", ("mqtt.nobody",), "link", _broker(subscribed=False)),
    Kind("platform stores nothing", ("platform.silent",), "link", reported(_unstored)),
    Kind("broker acknowledges nothing", ("link.unacknowledged",), "link", reported(_unacknowledged)),
)
