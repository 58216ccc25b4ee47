"""Who may what: every route with every role, and what keeps strangers out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from argon2 import PasswordHasher

from fleet.accounts import secrets
from fleet.accounts.book import SESSION_IDLE, SESSION_LONGEST, TRIES, TRIES_WITHIN, Accounts
from fleet.accounts.roles import Caller, Role, Scope
from fleet.api.openapi import ROUTES
from fleet.api.routes import ROOT
from fleet.desk.file import DeskFile, open_desk
from fleet.errors import Denied, Stranger, TooOften, Wrong
from fleet.folder import Folder
from tests.fleet.poles import NOON
from tests.fleet.servers import raw, rows
from tests.fleet.site import PASSWORD, Site
from tests.fleet.site import ROOT as ADMIN

BODIES = {
    "/log-in": {"name": "root", "password": "not this one"},
    "/log-out": {},
    "/link": {"secret": "x"},
    "/link/use": {"secret": "x", "password": PASSWORD},
    "/incidents/acknowledge": {"incidents": [{"pole": "p2", "source": "roof", "id": "0123abcd"}]},
    "/incidents/comment": {"pole": "p2", "source": "roof", "id": "0123abcd", "text": "seen"},
    "/silences": {"until": "2026-11-24T12:00:00Z", "why": "works"},
    "/silences/end": {"number": 1},
    "/commands": {"name": "ping", "poles": ["p1"]},
    "/cameras": {"pole": "p1", "camera": "roof", "purpose": "a", "sign": "b", "operator": "c", "retention_days": 1},
    "/tokens": {"label": "a"},
    "/tokens/revoke": {"id": "none"},
    "/accounts": {"name": "new", "role": "viewer"},
    "/accounts/link": {"name": "root"},
    "/accounts/change": {"name": "viewer", "role": "viewer"},
}


@pytest.fixture
def desk(home: Path) -> Iterator[DeskFile]:
    with open_desk(Folder(home).desk) as opened:
        yield opened


@pytest.fixture
def accounts(desk: DeskFile) -> Accounts:
    made = Accounts(desk)
    secret = made.first_link(NOON)
    assert secret is not None
    made.use_link(secret, "root", PASSWORD, now=NOON, address="")
    return made


def add(accounts: Accounts, role: Role) -> None:
    secret = accounts.add(role.value, role, by=ADMIN, now=NOON)
    accounts.use_link(secret, "", PASSWORD, now=NOON, address="")


def ask(site: Site, path: str, method: str, headers: dict[str, str]) -> int:
    path = path.replace("{pole}", "p1").replace("{id}", "none")
    if method == "GET":
        return site.client.get(ROOT + path, headers=headers).status_code
    return site.client.post(ROOT + path, json=BODIES[path], headers=headers).status_code


@pytest.mark.parametrize("role", [None, *Role])
def test_every_route_lets_in_its_roles_and_no_other(site: Site, role: Role | None) -> None:
    site.client.cookies.clear()
    if role is not None:
        add(site.parts.accounts, role)
        site.log_in(role.value)
    for route in sorted(ROUTES, key=lambda one: one.path == "/log-out"):  # the session ends last
        status = ask(site, route.path, route.method, {"X-CSRF": site.csrf if role else ""})
        if route.role is None:
            assert status in {200, 401, 429}, route.path
        elif role is None:
            assert status == 401, route.path
        elif role.covers(route.role):
            assert status not in {401, 403}, f"{role} may not {route.method} {route.path}: {status}"
        else:
            assert status == 403, f"{role} may {route.method} {route.path}: {status}"


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_is_good_for_its_scopes_alone(site: Site, scope: Scope) -> None:
    token = site.post("/tokens", label="program", scopes=[scope])["secret"]
    site.client.cookies.clear()
    for route in ROUTES:
        if route.role is None or route.path in {"/log-out", "/tokens"}:
            continue
        status = ask(site, route.path, route.method, {"Authorization": f"Bearer {token}"})
        assert (status == 403) == (route.scope is not scope), f"{route.method} {route.path}: {status}"


def test_what_is_not_in_the_table_of_routes_needs_a_login_too(site: Site) -> None:
    site.client.cookies.clear()
    for path in ("/live", "/export/poles.csv"):
        assert site.client.get(ROOT + path).status_code == 401, path


def test_a_change_without_the_header_of_its_session_is_refused(site: Site) -> None:
    for headers in (httpx2.Headers(), httpx2.Headers({"X-CSRF": "wrong"}), httpx2.Headers([(b"X-CSRF", b"\xe9")])):
        answer = site.client.post(f"{ROOT}/tokens", json={"label": "a"}, headers=headers)
        assert answer.status_code == 403
        assert "X-CSRF" in answer.json()["error"]


def test_a_form_of_another_page_is_no_json(site: Site) -> None:
    answer = site.client.post(
        f"{ROOT}/log-in", content='{"name": "root", "password": "x"}', headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 400


def test_a_cookie_is_for_the_server_alone(site: Site) -> None:
    answer = site.client.post(f"{ROOT}/log-in", json={"name": "root", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_after_a_log_out_the_cookie_is_of_no_use(site: Site) -> None:
    kept = site.client.cookies["polefleet"]
    site.post("/log-out")
    site.client.cookies.set("polefleet", kept)
    assert site.client.get(f"{ROOT}/me").status_code == 401


def test_a_body_that_is_too_long_is_refused(site: Site) -> None:
    answer = site.client.post(
        f"{ROOT}/tokens",
        content=b'"' + b"x" * (4 * 1024 * 1024 + 10),
        headers={"X-CSRF": site.csrf, "Content-Type": "application/json"},
    )
    assert answer.status_code == 400
    assert "longer" in answer.json()["error"]


def test_a_session_ends_when_it_is_not_used_and_at_the_latest_after_a_week(accounts: Accounts) -> None:
    secret = accounts.log_in("root", PASSWORD, now=NOON, address="")
    assert accounts.session(secret, now=NOON + SESSION_IDLE, address="") is not None
    assert accounts.session(secret, now=NOON + 2 * SESSION_IDLE + timedelta(seconds=1), address="") is None
    secret = accounts.log_in("root", PASSWORD, now=NOON, address="")
    now = NOON
    while now < NOON + SESSION_LONGEST:
        assert accounts.session(secret, now=now, address="") is not None
        now += SESSION_IDLE / 2
    assert accounts.session(secret, now=NOON + SESSION_LONGEST + timedelta(seconds=1), address="") is None


def test_log_ins_are_limited_by_name_and_by_address(accounts: Accounts) -> None:
    for _ in range(TRIES):
        with pytest.raises(Stranger):
            accounts.log_in("root", "not this one", now=NOON, address="a")
    with pytest.raises(TooOften, match="try again in 15 minutes"):
        accounts.log_in("root", PASSWORD, now=NOON, address="b")
    assert accounts.log_in("root", PASSWORD, now=NOON + TRIES_WITHIN + timedelta(seconds=1), address="a")
    for number in range(TRIES * 10):
        with pytest.raises(Stranger):
            accounts.log_in(f"user{number}", "x", now=NOON, address="c")
    with pytest.raises(TooOften):
        accounts.log_in("another", "x", now=NOON, address="c")


def test_good_log_ins_count_neither_for_the_name_nor_for_the_address(accounts: Accounts) -> None:
    with pytest.raises(Stranger):
        accounts.log_in("root", "not this one", now=NOON, address="office")
    for _ in range(TRIES * 10 + 1):
        assert accounts.log_in("root", PASSWORD, now=NOON, address="office")
    for number in range(TRIES * 10 - 1):
        with pytest.raises(Stranger):
            accounts.log_in(f"user{number}", "x", now=NOON, address="office")
    with pytest.raises(TooOften):
        accounts.log_in("another", "x", now=NOON, address="office")


def test_another_role_does_not_enable_an_account(site: Site) -> None:
    add(site.parts.accounts, Role.VIEWER)
    site.post("/accounts/change", name="viewer", disabled=True)
    site.post("/accounts/change", name="viewer", role="operator")
    (line,) = (each for each in site.get("/accounts") if each["name"] == "viewer")
    assert line["disabled"] is not None
    assert line["role"] == "operator"
    site.post("/accounts/change", name="viewer", disabled=False)
    (line,) = (each for each in site.get("/accounts") if each["name"] == "viewer")
    assert (line["disabled"], line["role"]) == (None, "operator")


def test_a_log_in_that_is_refused_says_when_to_try_again(site: Site) -> None:
    for _ in range(TRIES):
        site.client.post(f"{ROOT}/log-in", json={"name": "nobody", "password": "x"})
    answer = site.client.post(f"{ROOT}/log-in", json={"name": "nobody", "password": "x"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "901")


def test_a_link_is_good_once_and_for_a_day(accounts: Accounts) -> None:
    secret = accounts.add("anna", Role.OPERATOR, by=ADMIN, now=NOON)
    assert accounts.link_owner(secret, NOON) == "anna"
    with pytest.raises(Stranger):
        accounts.link_owner(secret, NOON + timedelta(hours=25))
    accounts.use_link(secret, "", PASSWORD, now=NOON, address="")
    with pytest.raises(Stranger):
        accounts.use_link(secret, "", PASSWORD, now=NOON, address="")
    assert accounts.log_in("anna", PASSWORD, now=NOON, address="")


def test_the_first_link_is_there_until_there_is_an_administrator(desk: DeskFile) -> None:
    accounts = Accounts(desk)
    old, new = accounts.first_link(NOON), accounts.first_link(NOON)
    assert old is not None
    assert new is not None
    with pytest.raises(Stranger):
        accounts.link_owner(old, NOON)
    accounts.use_link(new, "root", PASSWORD, now=NOON, address="")
    assert accounts.first_link(NOON) is None


@pytest.mark.parametrize("password", ["short", "x" * 129, "aaaaaaaaaaaaaaaa", "my name is root!"])
def test_a_password_that_is_easy_to_guess_is_refused_and_the_link_stays(desk: DeskFile, password: str) -> None:
    accounts = Accounts(desk)
    secret = accounts.first_link(NOON)
    assert secret is not None
    with pytest.raises(Wrong):
        accounts.use_link(secret, "root", password, now=NOON, address="")
    accounts.use_link(secret, "root", PASSWORD, now=NOON, address="")


def test_a_disabled_account_is_out_at_once(accounts: Accounts) -> None:
    add(accounts, Role.VIEWER)
    session = accounts.log_in("viewer", PASSWORD, now=NOON, address="")
    viewer = accounts.session(session, now=NOON, address="")
    assert viewer is not None
    _, token = accounts.make_token("a", [Scope.READ], 1, by=viewer, now=NOON)
    assert accounts.program(token, now=NOON, address="") is not None
    accounts.change("viewer", role=None, disabled=True, by=ADMIN, now=NOON)
    assert accounts.session(session, now=NOON, address="") is None
    assert accounts.program(token, now=NOON, address="") is None
    with pytest.raises(Stranger):
        accounts.log_in("viewer", PASSWORD, now=NOON, address="")


def test_nobody_takes_away_his_own_rights(accounts: Accounts) -> None:
    for role, disabled in ((Role.VIEWER, False), (None, True)):
        with pytest.raises(Denied):
            accounts.change("root", role=role, disabled=disabled, by=ADMIN, now=NOON)


def test_a_token_expires_is_revoked_and_makes_no_other(site: Site) -> None:
    made = site.post("/tokens", label="a", days=1)
    accounts = site.parts.accounts
    now = site.parts.now()
    assert accounts.program(made["secret"], now=now, address="") is not None
    assert accounts.program(made["secret"], now=now + timedelta(days=1), address="") is None
    bearer = {"Authorization": f"Bearer {made['secret']}"}
    assert site.client.post(f"{ROOT}/tokens", json={"label": "b"}, headers=bearer).status_code == 403
    site.post("/tokens/revoke", id=made["token"]["id"])
    assert accounts.program(made["secret"], now=now, address="") is None
    assert site.client.get(f"{ROOT}/me", headers=bearer).status_code == 401


def test_secrets_are_not_kept(site: Site, tmp_path: Path) -> None:
    token = site.post("/tokens", label="a")["secret"]
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("desk.db*"))
    tables = ("account", "session", "token", "link", "attempt", "audit")
    asked = repr([rows(tmp_path, f"SELECT * FROM {table}", desk=True) for table in tables])
    assert "root" in asked
    for secret in (token, PASSWORD, site.client.cookies["polefleet"]):
        assert secret.encode() not in kept
        assert secret not in asked


def test_the_audit_only_grows(site: Site, tmp_path: Path) -> None:
    site.post("/silences", until="2026-11-24T12:00:00Z", why="works")
    found = [(line["who"], line["what"]) for line in site.get("/audit")["items"]]
    assert found == [("root", "silenced"), ("root", "log-in"), ("root", "password")]
    with raw(tmp_path, desk=True) as db:
        for change in ("DELETE FROM audit", "UPDATE audit SET who = 'nobody'"):
            with pytest.raises(sqlite3.IntegrityError, match="the audit only grows"):
                db.execute(change)


def test_a_refused_log_in_stands_in_the_audit(site: Site) -> None:
    site.client.post(f"{ROOT}/log-in", json={"name": "root", "password": "not this one"})
    assert site.get("/audit")["items"][0]["what"] == "log-in refused"


def test_passwords_are_kept_as_argon2id_with_the_parameters_of_rfc_9106(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_argon", PasswordHasher())
    kept = secrets.seal("root", PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert secrets.matches(kept, PASSWORD)
    assert not secrets.matches(kept, PASSWORD + "x")
    assert not secrets.matches(None, PASSWORD)


def test_a_role_covers_those_below() -> None:
    assert Role.ADMIN.covers(Role.VIEWER)
    assert not Role.OPERATOR.covers(Role.MAINTAINER)
    assert not Caller(name="a", role=Role.ADMIN, scopes=frozenset({Scope.READ})).may(Role.VIEWER, Scope.COMMANDS)
