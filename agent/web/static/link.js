// The link, what waits for it, the clock and the box.

import { el, fill } from "./dom.js";
import { changed, get, state, t, verdict, watch } from "./web.js";

const groups = ["link", "queue", "clock", "box"];
const whole = el("div");

watch(3000, async (node) => {
  if (!whole.isConnected) fill(node, whole);
  const pole = await get("status");
  changed(whole, [pole.todo, groups.map((name) => pole[name])], () => [verdict(pole), groups.map((name) => [
    el("h2", {}, t(`${name}_head`)),
    pole[name].map((row) => el("p", {}, row.state ? [state(row.state), " "] : null, row.text)),
  ])]);
});
