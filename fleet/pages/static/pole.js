// One pole: how it is, what it measures, whether all of it is here, and what can be asked of it.

import { el, field, fill, number, select, table, when } from "./dom.js";
import { chart } from "./chart.js";
import { get, may, mark, page, post, run, sentence, t } from "./api.js";

const POLE = decodeURIComponent(location.pathname.split("/").pop());
const HOURS = { 24: "day", 168: "week", 744: "month" };

page(async (node) => {
  const found = await get(`/poles/${encodeURIComponent(POLE)}`);
  const incidents = await get("/incidents", { pole: POLE, limit: 20 });
  document.querySelector("h1").textContent = found.line.name ? `${POLE} – ${found.line.name}` : POLE;
  fill(node,
    el("p", {}, mark(found.line.mark), " ", t(found.line.state), " · ", t("seen"), " ", when(found.line.seen)),
    found.values.length ? series(found.values) : null,
    el("h2", {}, t("values")), values(found.values),
    el("h2", {}, t("incidents")), incidents.items.length ? table([
      { label: t("begin"), show: (row) => when(row.begin), key: (row) => row.begin },
      { label: t("end"), show: (row) => when(row.end), key: (row) => row.end },
      { label: t("severity"), show: (row) => mark(row.severity), key: (row) => row.severity },
      { label: t("source"), show: (row) => row.source, key: (row) => row.source },
      { label: t("text"), show: sentence },
    ], incidents.items, t("incidents")) : el("p", { class: "dim" }, t("none")),
    el("h2", {}, t("delivery")), delivery(found),
    ...accepted(found.acceptance),
    el("h2", {}, t("about")), about(found),
    (await may("maintainer")) ? command() : null);
});

function values(rows) {
  if (!rows.length) return el("p", { class: "dim" }, t("none"));
  return table([
    { label: t("source"), show: (row) => row.source, key: (row) => row.source },
    { label: t("quantity"), show: (row) => row.quantity, key: (row) => row.quantity },
    { label: t("value"), show: (row) => number(row.value), key: (row) => row.value, number: true },
    { label: t("unit"), show: (row) => row.symbol },
    { label: t("quality"), show: (row) => t(`quality_${row.quality}`), key: (row) => row.quality },
    { label: t("at"), show: (row) => when(row.at), key: (row) => row.at },
  ], rows, t("values"));
}

function series(rows) {
  const asked = new URLSearchParams(location.search);
  const names = rows.filter((row) => typeof row.value === "number").map((row) => [`${row.source}/${row.quantity}`, `${row.source} · ${row.quantity}`]);
  if (!names.length) return null;
  const canvas = el("canvas", { class: "chart", role: "img", "aria-label": t("chart") });
  const words = el("p", { class: "dim", role: "status" });
  const details = el("details", {}, el("summary", {}, t("as_table")));
  const which = select(names, asked.get("show") ?? names[0][0], draw);
  const span = select(Object.entries(HOURS).map(([hours, name]) => [hours, t(name)]), asked.get("hours") ?? shortest(rows), draw);
  draw();
  return el("section", { class: "card", "aria-label": t("chart") },
    el("div", { class: "row" }, field(t("quantity"), which), field(t("span"), span)), canvas, words, details);

  function draw() {
    run(async () => {
      const [source, quantity] = which.value.split("/");
      const until = new Date();
      const since = new Date(until - Number(span.value) * 3600e3);
      const found = await get(`/poles/${encodeURIComponent(POLE)}/series`, {
        source, quantity, since: since.toISOString(), until: until.toISOString(),
      });
      history.replaceState(null, "", `?show=${encodeURIComponent(which.value)}&hours=${span.value}`);
      chart(canvas, found.points, 3600);
      words.textContent = t("chart_words", found.points.length, found.symbol);
      details.replaceChildren(details.firstChild, table([
        { label: t("at"), show: (row) => when(row.at), key: (row) => row.at },
        { label: t("mean"), show: (row) => number(row.mean), key: (row) => row.mean, number: true },
        { label: t("least"), show: (row) => number(row.min), key: (row) => row.min, number: true },
        { label: t("most"), show: (row) => number(row.max), key: (row) => row.max, number: true },
        { label: t("growth"), show: (row) => number(row.increase), key: (row) => row.increase, number: true },
      ], found.points, `${source} ${quantity}`));
    });
  }
}

// The shortest time that has the newest reading in it.
function shortest(rows) {
  const age = Date.now() - Math.max(...rows.map((row) => Date.parse(row.at)));
  return Object.keys(HOURS).find((hours) => age < Number(hours) * 3600e3) ?? "744";
}

function delivery(found) {
  const words = el("p", {}, t("stored", found.events, found.conflicts, found.quarantined));
  if (!found.holes.length) return el("div", {}, words, el("p", {}, mark("good"), " ", t("all_here")));
  return el("div", {}, words, table([
    { label: t("why"), show: (row) => t(row.why), key: (row) => row.why },
    { label: t("reason"), show: (row) => row.reason },
    { label: t("numbers"), show: (row) => `${row.first}–${row.last}`, key: (row) => row.first, number: true },
    { label: t("between"), show: (row) => el("span", {}, when(row.after), " … ", when(row.before)) },
    { label: t("epoch"), show: (row) => row.epoch },
  ], found.holes, t("holes")));
}

function about({ line, status, gcj02 }) {
  const rows = [
    [t("street"), [line.street, line.district].filter(Boolean).join(", ")],
    [t("feeder"), line.feeder], [t("cell"), line.cell],
    ["WGS 84", line.latitude === null ? "" : `${line.latitude.toFixed(6)}, ${line.longitude.toFixed(6)}`],
    ["GCJ-02", gcj02 ? gcj02.map((each) => each.toFixed(6)).join(", ") : ""],
    [t("version"), status?.version], [t("revision"), status?.revision], [t("clock"), status?.clock && t(status.clock)],
    [t("devices"), status?.devices?.map((device) => `${device.name} (${device.driver})`).join(", ")],
    [t("cameras"), status?.cameras?.join(", ")],
    [t("models"), Object.entries(status?.models ?? {}).map((each) => each.join(" ")).join(", ")],
  ];
  const link = line.latitude === null ? null
    : el("p", {}, el("a", { href: `/?at=${line.latitude},${line.longitude},17` }, t("on_map")));
  return el("div", {}, el("dl", {}, rows.filter(([, text]) => text).map(([name, text]) => [el("dt", {}, name), el("dd", {}, text)])), link);
}

// The report of the pole's setup: its result, and what did not pass.
function accepted(found) {
  if (!found) return [];
  const by = found.report?.by ? t("by", found.report.by) : null;
  const words = [found.passed ? t("accepted") : t("not_accepted"), when(found.at), by, t(`signature_${found.signature}`)];
  const left = (found.report?.items ?? []).filter((item) => item.state !== "passed");
  return [
    el("h2", {}, t("acceptance")), el("p", {}, ...words.filter(Boolean).flatMap((each, index) => (index ? [" · ", each] : [each]))),
    left.length ? el("ul", {}, left.map((item) => el("li", {}, `${sentence(item)}: ${item.reading ?? ""}`))) : null,
  ];
}

function command() {
  const answer = el("p", { role: "status" });
  const ask = (name) => () => run(async () => {
    const { id } = await post("/commands", { name, poles: [POLE] });
    fill(answer, t("command_given"), " ", el("a", { href: `/commands?id=${id}` }, id));
  });
  return el("section", { class: "card", "aria-label": t("commands") }, el("div", { class: "row" },
    el("button", { type: "button", onclick: ask("ping") }, t("ask_ping")),
    el("button", { type: "button", onclick: ask("status") }, t("ask_status"))), answer);
}
