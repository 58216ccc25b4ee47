// The city: a map of all poles, how many are of which mark, and a list of them.

import { el, field, fill, select, table, when } from "./dom.js";
import { get, listed, live, mark, page, poleLink, run, t } from "./api.js";
import { PoleMap, latitude, mercator } from "./map.js";

const asked = new URLSearchParams(location.search);
const filter = { mark: asked.get("mark") ?? "", text: asked.get("text") ?? "", district: asked.get("district") ?? "" };

page(async (node) => {
  const canvas = el("canvas", { tabindex: 0, role: "application", "aria-label": t("map_help") });
  const chosen = el("p", { role: "status", class: "dim" }, t("map_hint"));
  const counts = el("ul", { class: "counts" });
  const list = el("div");
  const [summary, places] = await Promise.all([get("/summary"), get("/map")]);
  const map = new PoleMap(canvas, { moved: remember, chosen: (index) => show(index) });
  const button = (label, text, act) => el("button", { type: "button", "aria-label": text, onclick: act }, label);
  fill(node,
    summary.poles ? null : el("p", { class: "card" }, t("no_poles")),
    counts,
    el("div", { class: "city" },
      el("section", { "aria-label": t("map") },
        el("div", { class: "map" }, canvas, el("div", { class: "zoom" },
          button("+", t("closer"), () => map.closer(1)),
          button("−", t("farther"), () => map.closer(-1)),
          button("⤢", t("all_poles"), () => map.whole()))),
        chosen, places.credit ? el("p", { class: "dim" }, places.credit) : null),
      el("section", { "aria-label": t("list") }, filters(summary), list)));
  map.take(places);
  map.resize();
  const at = (asked.get("at") ?? "").split(",").map(Number);
  if (at.length === 3 && at.every(Number.isFinite)) map.look(at[1] / 360 + 0.5, mercator(at[0]), at[2]);
  else map.whole();
  draw(summary);
  await lines();
  let names = await get("/map/names");
  if (names.version === places.version) map.names = names.poles;
  map.ask();
  const index = new Map(map.names.map((pole, number) => [pole, number]));
  live(({ marks, count }) => {
    for (const [pole, kind] of Object.entries(marks)) {
      if (!index.has(pole) || kind === null) return location.reload();
      map.mark(index.get(pole), kind);
    }
    map.sort();
    draw({ ...summary, marks: count });
  });

  function draw({ marks }) {
    fill(counts, Object.entries(marks).map(([kind, count]) =>
      el("li", {}, el("button", {
        type: "button",
        "aria-pressed": String(filter.mark === kind),
        onclick: () => { filter.mark = filter.mark === kind ? "" : kind; draw({ marks }); again(); },
      }, mark(kind), ` ${count}`))));
  }

  function show(number) {
    const pole = map.names[number];
    if (pole === undefined) return fill(chosen, t("map_hint"));
    fill(chosen, poleLink(pole), " ", mark(map.marks[number]));
  }

  function filters({ districts }) {
    const text = el("input", { type: "search", value: filter.text, onchange: () => { filter.text = text.value; again(); } });
    const names = [["", t("all")], ...districts.map((name) => [name, name])];
    const district = select(names, filter.district, () => { filter.district = district.value; again(); });
    return el("div", { class: "row" }, field(t("search"), text), districts.length ? field(t("district"), district) : null);
  }

  function again() {
    remember(map);
    run(lines);
  }

  async function lines() {
    await listed(list, "/poles", { ...filter, limit: 50 }, (rows) => table([
      { label: t("pole"), show: (row) => poleLink(row.pole), key: (row) => row.pole },
      { label: t("state"), show: (row) => mark(row.mark), key: (row) => row.mark },
      { label: t("name"), show: (row) => row.name || row.street, key: (row) => row.name || row.street },
      { label: t("incidents"), show: (row) => String(row.incidents), key: (row) => -row.incidents, number: true },
      { label: t("seen"), show: (row) => when(row.seen), key: (row) => row.seen },
    ], rows, t("poles_listed", rows.length)));
  }
});

let later = 0;

function remember(map) {
  clearTimeout(later);
  later = setTimeout(() => {
    const params = new URLSearchParams(Object.entries(filter).filter(([, value]) => value));
    params.set("at", [latitude(map.y).toFixed(5), ((map.x - 0.5) * 360).toFixed(5), map.zoom.toFixed(2)].join(","));
    history.replaceState(null, "", `?${params}`);
  }, 300);
}
