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

function facts(part) {
  return el("dl", {}, Object.entries(part).map(([name, value]) =>
    [el("dt", {}, name.replaceAll("_", " ")), el("dd", {}, typeof value === "object" ? JSON.stringify(value) : String(value))]));
}
