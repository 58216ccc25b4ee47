// Incidents: by likely cause and one by one; acknowledge many, silence until an end, comment.

import { el, field, fill, select, table, when } from "./dom.js";
import { get, listed, mark, may, page, poleLink, post, run, say, sentence, t } from "./api.js";

const asked = new URLSearchParams(location.search);
const filter = {
  open: asked.get("open") ?? "true", severity: asked.get("severity") ?? "", kind: asked.get("kind") ?? "",
  pole: asked.get("pole") ?? "", acknowledged: asked.get("acknowledged") ?? "",
};
const chosen = new Map();
const key = (row) => JSON.stringify([row.pole, row.source, row.id]);
const name = ({ pole, source, id }) => ({ pole, source, id });

page(async (node) => {
  const works = await may("operator");
  const causes = el("section", { "aria-label": t("causes") });
  const list = el("div");
  const one = el("section", { class: "card", "aria-label": t("incident"), hidden: true });
  const quiet = el("section", { "aria-label": t("silences") });
  const count = el("span", { role: "status" }, t("chosen", 0));
  fill(node, causes, filters(), works ? acting() : null, list, one, quiet);
  await again();

  function filters() {
    const pick = (label, name, options) => field(label, select(options, filter[name], (event) => {
      filter[name] = event.target.value;
      history.replaceState(null, "", `?${new URLSearchParams(Object.entries(filter).filter(([, value]) => value))}`);
      run(again);
    }));
    const pole = el("input", { type: "search", value: filter.pole, onchange: () => { filter.pole = pole.value; run(again); } });
    return el("div", { class: "row" },
      pick(t("state"), "open", [["true", t("open")], ["false", t("over")], ["", t("all")]]),
      pick(t("severity"), "severity", [["", t("all")], ...["alarm", "warning", "info"].map((each) => [each, t(each)])]),
      pick(t("acknowledged"), "acknowledged", [["", t("all")], ["false", t("no")], ["true", t("yes")]]),
      field(t("pole"), pole));
  }

  function acting() {
    const many = el("button", { type: "button", class: "main", onclick: () => run(async () => {
      const { changed } = await post("/incidents/acknowledge", { incidents: [...chosen.values()].map(name) });
      await again();
      say(t("acknowledged_many", changed));
    }) }, t("acknowledge"));
    return el("div", { class: "row" }, count, many);
  }

  async function again() {
    chosen.clear();
    fill(count, t("chosen", 0));
    await Promise.all([lines(), grouped(), silent()]);
  }

  async function grouped() {
    const groups = await get("/incidents/causes");
    fill(causes, groups.length ? el("h2", {}, t("causes")) : null, groups.map((group) => el("div", { class: "card" },
      mark(group.severity), " ", t("cause_words", t(group.by), group.value, group.poles, group.of), " ",
      works ? el("button", { type: "button", onclick: () => run(async () => {
        await post("/incidents/acknowledge", { incidents: group.incidents.slice(0, 1000) });
        await again();
      }) }, t("acknowledge_all")) : null)));
  }

  async function silent() {
    const rows = await get("/silences");
    fill(quiet, rows.length ? [el("h2", {}, t("silences")), table([
      { label: t("pole"), show: (row) => row.pole || t("all"), key: (row) => row.pole },
      { label: t("source"), show: (row) => row.source || t("all"), key: (row) => row.source },
      { label: t("kind"), show: (row) => row.kind || t("all"), key: (row) => row.kind },
      { label: t("silent_until"), show: (row) => when(row.until), key: (row) => row.until },
      { label: t("who"), show: (row) => row.who, key: (row) => row.who },
      { label: t("why"), show: (row) => row.why },
      ...(works ? [{ label: t("end"), show: (row) => el("button", { type: "button", "aria-label": `${t("end_now")}: ${row.number}`,
        onclick: () => run(async () => { await post("/silences/end", { number: row.number }); await again(); }) }, t("end_now")) }] : []),
    ], rows, t("silences"))] : null);
  }

  async function lines() {
    await listed(list, "/incidents", { ...filter, limit: 100 }, (rows) => table([
      ...(works ? [{ label: t("choose"), show: (row) => box(row) }] : []),
      { label: t("begin"), show: (row) => when(row.begin), key: (row) => row.begin },
      { label: t("severity"), show: (row) => mark(row.severity), key: (row) => row.severity },
      { label: t("pole"), show: (row) => poleLink(row.pole), key: (row) => row.pole },
      { label: t("source"), show: (row) => row.source, key: (row) => row.source },
      { label: t("text"), show: sentence, key: sentence },
      { label: t("end"), show: (row) => when(row.end), key: (row) => row.end },
      { label: t("acknowledged"), show: (row) => row.by ?? "–", key: (row) => row.by },
      { label: t("more_of_it"), show: (row) => el("button", { type: "button", onclick: () => run(() => open(row)),
        "aria-label": `${t("details")}: ${row.pole} ${row.source}` }, row.comments ? `${t("details")} (${row.comments})` : t("details")) },
    ], rows, t("incidents_listed", rows.length)));
  }

  function box(row) {
    return el("input", { type: "checkbox", "aria-label": `${t("choose")}: ${row.pole} ${row.source}`, checked: chosen.has(key(row)),
      onchange: (event) => {
        if (event.target.checked) chosen.set(key(row), row);
        else chosen.delete(key(row));
        fill(count, t("chosen", chosen.size));
      } });
  }

  async function open(row) {
    const found = await get("/incidents/one", name(row));
    one.hidden = false;
    fill(one, el("h2", { tabindex: -1 }, `${row.pole} · ${row.source}`), el("p", {}, sentence(found.line)),
      el("p", { class: "dim" }, when(found.line.begin), " – ", when(found.line.end)),
      found.line.silent_until ? el("p", {}, t("silent_until"), " ", when(found.line.silent_until)) : null,
      el("ul", {}, found.comments.map((each) => el("li", {}, when(each.at), ` ${each.who}: ${each.text}`))),
      works ? forms(row) : null,
      el("details", {}, el("summary", {}, t("event")), el("pre", { tabindex: 0 }, JSON.stringify(found.body, null, 1))));
    one.querySelector("h2").focus();
  }

  function forms(row) {
    const text = el("textarea", { rows: 2, maxlength: 2000 });
    const why = el("input", { maxlength: 2000 });
    const hours = select([["1", "1 h"], ["8", "8 h"], ["24", "24 h"], ["168", t("week")], ["744", t("month")]], "8");
    return el("div", {},
      el("div", { class: "row" }, field(t("comment"), text), el("button", { type: "button", onclick: () => run(async () => {
        await post("/incidents/comment", { ...name(row), text: text.value });
        await open(row);
      }) }, t("add"))),
      el("div", { class: "row" }, field(t("silence_for"), hours), field(t("why"), why), el("button", { type: "button", onclick: () => run(async () => {
        const until = new Date(Date.now() + Number(hours.value) * 3600e3).toISOString();
        await post("/silences", { pole: row.pole, source: row.source, kind: row.kind, until, why: why.value });
        await silent();
        await open(row);
      }) }, t("silence"))));
  }
});
