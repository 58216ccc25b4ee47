// The platform's own health: its parts, its store, and what it could not read.

import { el, fill, table, when } from "./dom.js";
import { get, page, poleLink, t } from "./api.js";

page(async (node) => {
  const { store, ...parts } = await get("/health");
  const { unreadable, newest, ...figures } = store;
  fill(node,
    Object.entries(parts).map(([name, part]) => [el("h2", {}, name), facts(part)]),
    el("h2", {}, t("store")), facts(figures), el("p", {}, t("newest"), " ", when(newest)),
    el("h2", {}, t("unreadable")), unreadable.length ? table([
      { label: t("pole"), show: (row) => poleLink(row.pole), key: (row) => row.pole },
      { label: t("at"), show: (row) => when(row.received), key: (row) => row.received },
      { label: t("why"), show: (row) => row.reason, key: (row) => row.reason },
      { label: t("bytes"), show: (row) => String(row.bytes), key: (row) => row.bytes, number: true },
    ], unreadable, t("unreadable")) : el("p", { class: "dim" }, t("none")));
});

function facts({ lag, ...part }) {
  const rows = Object.entries(part).map(([name, value]) =>
    [el("dt", {}, name.replaceAll("_", " ")), el("dd", {}, value && typeof value === "object" ? JSON.stringify(value) : String(value))]);
  const lanes = Object.entries(lag ?? {}).map(([lane, each]) => [el("dt", {}, t("lag", lane)), el("dd", {}, within(each))]);
  return el("dl", {}, rows, lanes);
}

// The bound of the histogram below which 95 % are.
function within({ bounds_s, counts }) {
  let left = counts.reduce((sum, count) => sum + count, 0) * 0.95;
  if (!left) return "–";
  const bucket = counts.findIndex((count) => (left -= count) <= 0);
  return bucket < bounds_s.length ? `≤ ${bounds_s[bucket]} s` : `> ${bounds_s.at(-1)} s`;
}
