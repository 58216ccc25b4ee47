// Pole x day: is all there that the pole ever numbered? Each state has its own sign.

import { el, field, fill } from "./dom.js";
import { get, page, poleLink, run, t } from "./api.js";

const SIGNS = { complete: "✓", open: "…", explained: "e", waiting: "w", missing: "✗", none: "·" };
const asked = new URLSearchParams(location.search);
const day = (date) => date.toISOString().slice(0, 10);

page(async (node) => {
  const until = el("input", { type: "date", value: asked.get("until") ?? day(new Date()), onchange: () => run(again) });
  const pole = el("input", { type: "search", value: asked.get("pole") ?? "", onchange: () => run(again) });
  const days = el("input", { type: "number", min: 1, max: 92, value: asked.get("days") ?? 14, onchange: () => run(again) });
  const list = el("div");
  fill(node, el("div", { class: "row" }, field(t("last_day"), until), field(t("days"), days), field(t("pole"), pole)),
    el("p", { class: "dim" }, Object.entries(SIGNS).map(([state, sign]) => el("span", { class: "legend" }, `${sign} ${t(`day_${state}`)}`))), list);
  await again();

  async function again() {
    const length = Math.min(92, Math.max(1, Number(days.value) || 14));
    const last = new Date(`${until.value}T00:00:00Z`);
    const since = new Date(last - (length - 1) * 86400e3);
    history.replaceState(null, "", `?${new URLSearchParams({ until: until.value, days: length, ...(pole.value ? { pole: pole.value } : {}) })}`);
    let rows = [];
    const next = async (cursor) => {
      const part = await get("/completeness", { since: day(since), until: until.value, pole: pole.value, cursor });
      rows = rows.concat(part.items);
      fill(list, grid(rows, since, length),
        part.next ? el("button", { type: "button", onclick: () => run(() => next(part.next)) }, t("more")) : null);
    };
    await next("");
  }
});

function grid(rows, since, length) {
  const dates = Array.from({ length }, (_, index) => day(new Date(since.getTime() + index * 86400e3)));
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("completeness") },
    el("table", { class: "days" },
      el("caption", { class: "dim" }, t("poles_listed", rows.length)),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("pole")),
        dates.map((date) => el("th", { scope: "col", title: date }, date.slice(8))), el("th", { scope: "col" }, t("missing")), el("th", { scope: "col" }, t("seal")))),
      el("tbody", {}, rows.map((row) => el("tr", {}, el("th", { scope: "row" }, poleLink(row.pole)),
        row.days.map((state, index) => {
          const words = `${dates[index]}: ${t(`day_${state}`)}, ${t("events_stored", row.events[index])}`;
          return el("td", { class: state, title: words }, el("span", { role: "img", "aria-label": words }, SIGNS[state]));
        }),
        el("td", { class: "number" }, String(row.missing)), el("td", {}, t(`seal_${row.seal}`)))))));
}
