// The newest events, newest first.

import { el, fill, table, when } from "./dom.js";
import { changed, get, t, watch } from "./web.js";

const whole = el("div");

watch(3000, async (node) => {
  if (!whole.isConnected) fill(node, whole);
  const { events } = await get("events");
  changed(whole, events, () => events.length ? table([
    { label: t("at"), show: (row) => el("span", {}, when(row.at), row.unsure ? el("span", { title: t("unsure") }, "?") : null), key: (row) => row.at },
    { label: t("lane"), show: (row) => row.lane, key: (row) => row.lane },
    { label: t("source"), show: (row) => row.source, key: (row) => row.source },
    { label: t("kind"), show: (row) => row.kind, key: (row) => row.kind },
    { label: t("text"), show: (row) => row.text },
  ], events, t("events")) : el("p", {}, t("no_events")));
});
