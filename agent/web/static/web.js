// The page's questions to its own server. Whoever is not logged in is sent to the door and comes back.

import { el, fill } from "./dom.js";
import { query, run, t } from "./say.js";

export { run, say, t } from "./say.js";

async function answered(response) {
  if (response.ok) return response.json();
  const { error } = await response.json().catch(() => ({ error: response.statusText }));
  if (response.status === 401 && location.pathname !== "/enter") {
    location.href = `/enter?next=${encodeURIComponent(location.pathname + location.search)}`;
    return new Promise(() => {});
  }
  throw new Error(error);
}

async function fetched(path, options) {
  let response;
  try {
    response = await fetch(`/api/${path}`, options);
  } catch {
    throw new Error(t("closed"));
  }
  return answered(response);
}

export async function get(path, params) {
  return fetched(path + query(params));
}

export async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return fetched(path, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
}

export function page(build) {
  fill(document.getElementById("who"), el("button", { type: "button", onclick: () => run(async () => {
    await post("leave");
    location.href = "/enter";
  }) }, t("log_out")));
  run(() => build(document.getElementById("page"))).finally(() => { document.body.dataset.ready = "yes"; });
}

// A page that looks again while it is seen. What fails is shown until it works again; `stale` marks what is old then.
export function watch(everyMs, look) {
  const node = document.getElementById("page");
  page(async () => {
    await again();
  });
  async function again() {
    if (!document.hidden) {
      let failed = null;
      try {
        await look(node);
      } catch (problem) {
        failed = problem;
      }
      node.classList.toggle("stale", failed !== null);
      trouble(failed?.message ?? null);
    }
    setTimeout(again, everyMs);
  }
}

let shown = null;

function trouble(text) {
  if (text === shown) return;
  shown = text;
  fill(document.getElementById("said"), text === null ? null : el("p", { class: "problem", role: "alert" }, text));
}

export function state(what) {
  return el("span", { class: `mark ${what.mark}` }, what.text);
}

export function todo(texts) {
  return texts.map((text) => el("p", { class: "todo" }, "→ ", text));
}

export function verdict(pole) {
  if (!pole.todo.length) return el("p", { class: "mark good" }, t("well"));
  return el("section", { class: "card", "aria-label": t("to_do") }, el("h2", {}, t("to_do_count", pole.todo.length)),
    el("ul", { class: "todos" }, pole.todo.map((one) => el("li", {}, el("strong", {}, one.about), " ", one.text))));
}

// Redrawn only where something has changed, so that a screen reader keeps its place and a finger its button.
export function changed(node, what, draw) {
  const text = JSON.stringify(what);
  if (node.dataset.shown === text) return;
  node.dataset.shown = text;
  fill(node, draw());
}
