// One's own account: tokens of programs, log-out; for administrators the accounts and the audit.

import { el, field, fill, select, table, when } from "./dom.js";
import { get, listed, may, page, post, run, say, t } from "./api.js";

const ROLES = ["viewer", "operator", "maintainer", "admin"];
const SCOPES = ["read", "metrics", "incidents", "commands", "register", "admin"];

page(async (node) => {
  const tokens = el("div");
  const accounts = el("div");
  const audit = el("div");
  const admin = await may("admin");
  fill(node,
    el("button", { type: "button", onclick: () => run(async () => { await post("/log-out"); location.href = "/enter"; }) }, t("log_out")),
    el("h2", {}, t("tokens")), newToken(), tokens,
    admin ? [el("h2", {}, t("accounts")), newAccount(), accounts, el("h2", {}, t("audit")), audit] : null);
  await showTokens();
  if (admin) {
    await showAccounts();
    await listed(audit, "/audit", {}, (rows) => table([
      { label: t("at"), show: (row) => when(row.at), key: (row) => row.at },
      { label: t("who"), show: (row) => row.who, key: (row) => row.who },
      { label: t("what"), show: (row) => row.what, key: (row) => row.what },
      { label: t("subject"), show: (row) => row.subject, key: (row) => row.subject },
      { label: t("detail"), show: (row) => Object.entries(row.detail).map(([name, value]) => `${name}=${value}`).join(" ") },
      { label: t("address"), show: (row) => row.address, key: (row) => row.address },
    ], rows, t("audit")));
  }

  function newToken() {
    const label = el("input", { maxlength: 100 });
    const scope = select(SCOPES.map((each) => [each, each]), "read");
    const days = el("input", { type: "number", min: 1, max: 366, value: 90 });
    return el("div", { class: "row" }, field(t("name"), label), field(t("scope"), scope), field(t("days"), days),
      el("button", { type: "button", onclick: () => run(async () => {
        const made = await post("/tokens", { label: label.value, scopes: [scope.value], days: Number(days.value) });
        await showTokens();
        say(`${t("shown_once")} ${made.secret}`);
      }) }, t("make_token")));
  }

  async function showTokens() {
    const rows = await get("/tokens");
    fill(tokens, rows.length ? table([
      { label: t("name"), show: (row) => row.label, key: (row) => row.label },
      { label: t("who"), show: (row) => row.account, key: (row) => row.account },
      { label: t("scope"), show: (row) => row.scopes.join(" ") },
      { label: t("expires"), show: (row) => when(row.expires), key: (row) => row.expires },
      { label: t("revoke"), show: (row) => row.revoked ? when(row.revoked) : el("button", { type: "button", "aria-label": `${t("revoke")}: ${row.label}`,
        onclick: () => run(async () => { await post("/tokens/revoke", { id: row.id }); await showTokens(); }) }, t("revoke")) },
    ], rows, t("tokens")) : el("p", { class: "dim" }, t("none")));
  }

  function newAccount() {
    const name = el("input", { maxlength: 63 });
    const role = select(ROLES.map((each) => [each, t(each)]), "viewer");
    return el("div", { class: "row" }, field(t("name"), name), field(t("role"), role),
      el("button", { type: "button", onclick: () => run(async () => {
        const made = await post("/accounts", { name: name.value, role: role.value });
        await showAccounts();
        say(`${t("link_once")} ${location.origin}${made.path}`);
      }) }, t("add")));
  }

  async function showAccounts() {
    const change = (body) => run(async () => { await post("/accounts/change", body); await showAccounts(); });
    const label = (what, row) => `${what}: ${row.name}`;
    fill(accounts, table([
      { label: t("name"), show: (row) => row.name, key: (row) => row.name },
      { label: t("role"), show: (row) => {
        const role = select(ROLES.map((each) => [each, t(each)]), row.role, () => change({ name: row.name, role: role.value }));
        role.setAttribute("aria-label", label(t("role"), row));
        return role;
      }, key: (row) => row.role },
      { label: t("state"), show: (row) => row.disabled ? t("disabled") : row.ready ? t("in_use") : t("not_used_yet") },
      { label: t("change"), show: (row) => el("span", { class: "row" },
        el("button", { type: "button", "aria-label": label(t("new_link"), row), onclick: () => run(async () => {
          const made = await post("/accounts/link", { name: row.name });
          say(`${t("link_once")} ${location.origin}${made.path}`);
        }) }, t("new_link")),
        el("button", { type: "button", "aria-label": label(row.disabled ? t("enable") : t("disable"), row),
          onclick: () => change({ name: row.name, disabled: row.disabled === null }) }, row.disabled ? t("enable") : t("disable"))) },
    ], await get("/accounts"), t("accounts")));
  }
});
