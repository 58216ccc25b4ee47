// The newest value of each quantity, and the last minutes of one.

import { chart } from "./chart.js";
import { el, field, fill, select, table } from "./dom.js";
import { changed, get, state, t, verdict, watch } from "./web.js";

const head = el("div");
const values = el("div");
const drawn = el("section", { class: "card", "aria-label": t("chart") });
const canvas = el("canvas", { class: "chart", role: "img", "aria-label": t("chart") });
const words = el("p", { class: "dim", role: "status" });
let chosen = new URLSearchParams(location.search).get("show");
let names = "";

watch(2000, async (node) => {
  if (!head.isConnected) fill(node, head, values, drawn);
  const pole = await get("status");
  document.querySelector(".brand").textContent = pole.name || pole.pole;
  changed(head, [pole.todo, pole.pole], () => [el("p", { class: "dim" }, `${pole.pole} · ${pole.running}`), verdict(pole)]);
  changed(values, pole.values, () => pole.values.length ? rows(pole.values) : el("p", {}, t("no_values")));
  await series(pole.values.filter((row) => row.number));
});

function rows(all) {
  return table([
    { label: t("quantity"), show: (row) => [el("span", { class: "dim" }, row.device), el("br"), row.quantity] },
    { label: t("value"), show: (row) => el("span", { class: row.old || row.quality.mark === "alarm" ? "old" : null }, row.value), number: true },
    { label: t("age"), show: (row) => row.age, number: true },
    { label: t("quality"), show: (row) => row.old ? el("span", { class: "mark alarm" }, t("old")) : state(row.quality) },
  ], all, t("values"));
}

async function series(numbers) {
  if (!numbers.length) return void fill(drawn);
  const keys = numbers.map((row) => `${row.device}/${row.quantity}`);
  if (!keys.includes(chosen)) chosen = keys[0];
  if (names !== keys.join()) {
    names = keys.join();
    const which = select(keys.map((key) => [key, key.replace("/", " · ")]), chosen, () => {
      chosen = which.value;
      history.replaceState(null, "", `?show=${encodeURIComponent(chosen)}`);
      words.textContent = "";
      series(numbers).catch((problem) => { words.textContent = problem.message; });
    });
    fill(drawn, el("h2", {}, t("last_minutes")), field(t("quantity"), which), canvas, words);
  }
  const asked = chosen;
  const cut = asked.indexOf("/");
  const found = await get("series", { device: asked.slice(0, cut), quantity: asked.slice(cut + 1) });
  if (asked !== chosen) return;
  const points = recent(found.points);
  chart(canvas, points, step(points));
  const text = points.length ? t("chart_words", points.length, span(points), least(points), most(points), found.symbol) : t("no_readings");
  if (words.dataset.at !== points.at(-1)?.at) words.textContent = text + (found.left_out ? ` ${t("left_out", found.left_out)}` : "");
  words.dataset.at = points.at(-1)?.at;
}

const MINUTES = 10;
const at = (point) => Date.parse(point.at);
const round = (value) => String(Number(value.toPrecision(6)));
const least = (points) => round(Math.min(...points.map((point) => point.mean)));
const most = (points) => round(Math.max(...points.map((point) => point.mean)));
const span = (points) => Math.max(1, Math.round((at(points.at(-1)) - at(points[0])) / 60000));

function recent(points) {
  const from = points.length ? at(points.at(-1)) - MINUTES * 60000 : 0;
  return points.filter((point) => at(point) >= from);
}

// Seconds between readings, as most of them have it: a pause of more than twice that is a gap.
function step(points) {
  const pauses = points.slice(1).map((point, index) => (at(point) - at(points[index])) / 1000).sort((a, b) => a - b);
  return Math.max(0.1, (pauses[Math.floor(pauses.length / 2)] ?? 1) * 1.4);
}
