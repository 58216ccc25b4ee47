// Devices, lines and cameras: how they are, and what to do.

import { el, fill } from "./dom.js";
import { changed, get, state, t, todo, verdict, watch } from "./web.js";

const groups = ["devices", "lines", "cameras"];
const whole = el("div");

watch(3000, async (node) => {
  if (!whole.isConnected) fill(node, whole);
  const pole = await get("status");
  changed(whole, [pole.todo, groups.map((name) => pole[name])], () => [verdict(pole), groups.map((name) => part(name, pole[name]))]);
});

function part(name, rows) {
  if (!rows.length) return null;
  return [el("h2", {}, t(name)), el("ul", { class: "parts" }, rows.map((row) => el("li", { class: "card" },
    el("div", { class: "row" }, el("strong", {}, row.name), state(row.state)), el("p", { class: "dim" }, row.text), todo(row.todo))))];
}
