// Commands: what poles were asked, and what they answered.

import { el, field, fill, select, table, when } from "./dom.js";
import { get, listed, may, page, poleLink, post, run, say, t } from "./api.js";

const asked = new URLSearchParams(location.search);

page(async (node) => {
  const list = el("div");
  const one = el("section", { "aria-label": t("command") });
  fill(node, (await may("maintainer")) ? await form() : null, list, one);
  await lines();
  if (asked.get("id")) await open(asked.get("id"));

  async function form() {
    const names = await get("/commands/names");
    const { districts } = await get("/summary");
    const name = select(Object.entries(names).map(([each]) => [each, each]), "ping", explain);
    const about = el("p", { class: "dim" }, names.ping);
    const args = el("textarea", { rows: 2 });
    args.value = "{}";
    const poles = el("input", { placeholder: "p-0017 p-0018" });
    const district = select([["", "–"], ...districts.map((each) => [each, each])], "");
    const hours = select([["1", "1 h"], ["24", "24 h"], ["168", t("week")]], "24");
    function explain() {
      about.textContent = names[name.value];
    }
    return el("section", { class: "card", "aria-label": t("new_command") },
      el("div", { class: "row" }, field(t("command"), name), field(t("poles"), poles), field(t("or_district"), district),
        field(t("arguments"), args), field(t("expires_after"), hours),
        el("button", { type: "button", class: "main", onclick: () => run(async () => {
          const body = { name: name.value, args: JSON.parse(args.value || "{}"), expires_in_s: Number(hours.value) * 3600 };
          const wanted = poles.value.split(/[\s,]+/).filter(Boolean);
          if (wanted.length) body.poles = wanted;
          else if (district.value) body.filter = { district: district.value };
          const made = await post("/commands", body);
          await lines();
          await open(made.id);
          say(t("command_to", made.poles));
        }) }, t("give"))), about);
  }

  async function lines() {
    await listed(list, "/commands", { limit: 50, pole: asked.get("pole") ?? "" }, (rows) => rows.length ? table([
      { label: t("at"), show: (row) => when(row.created), key: (row) => row.created },
      { label: t("command"), show: (row) => el("button", { type: "button", onclick: () => run(() => open(row.id)) }, row.name), key: (row) => row.name },
      { label: t("who"), show: (row) => row.who, key: (row) => row.who },
      { label: t("poles"), show: (row) => String(row.poles), key: (row) => row.poles, number: true },
      { label: t("progress"), show: (row) => Object.entries(row.states).map(([state, count]) => `${t(state)} ${count}`).join(", ") },
      { label: t("expires"), show: (row) => when(row.expires), key: (row) => row.expires },
    ], rows, t("commands")) : el("p", { class: "dim" }, t("none")));
  }

  async function open(id) {
    history.replaceState(null, "", `?id=${encodeURIComponent(id)}`);
    const inner = el("div");
    fill(one, el("h2", {}, `${t("command")} ${id}`), inner);
    await listed(inner, `/commands/${encodeURIComponent(id)}`, {}, (rows) => table([
      { label: t("pole"), show: (row) => poleLink(row.pole), key: (row) => row.pole },
      { label: t("state"), show: (row) => t(row.state), key: (row) => row.state },
      { label: t("sent"), show: (row) => when(row.sent), key: (row) => row.sent },
      { label: t("replied"), show: (row) => when(row.replied), key: (row) => row.replied },
      { label: t("reply"), show: (row) => row.reply === null ? "–" : row.reply.error ?? el("details", {},
        el("summary", {}, t("result")), el("pre", { tabindex: 0 }, JSON.stringify(row.reply.result ?? row.reply, null, 1))) },
    ], rows, t("poles")));
  }
});
