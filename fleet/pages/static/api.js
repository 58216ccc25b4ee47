// The platform's API as pages ask it. What goes wrong is shown where the page is, in one sentence.

import { el, fill } from "./dom.js";
import { language, mark, query, run, say, t } from "./say.js";

export { language, mark, query, run, say, t };

const ROOT = "/api/v1";
let known = null;

async function answered(response) {
  if (response.ok) return response.json();
  const { error } = await response.json().catch(() => ({ error: response.statusText }));
  if (response.status === 401 && location.pathname !== "/enter") {
    location.href = `/enter?next=${encodeURIComponent(location.pathname + location.search)}`;
    return new Promise(() => {});
  }
  throw new Error(error);
}

export async function get(path, params) {
  return answered(await fetch(ROOT + path + query(params)));
}

export async function me() {
  known ??= get("/me");
  return known;
}

export async function post(path, body, open = false) {
  const headers = { "Content-Type": "application/json" };
  if (!open) headers["X-CSRF"] = (await me()).csrf;
  return answered(await fetch(ROOT + path, { method: "POST", headers, body: JSON.stringify(body ?? {}) }));
}

const RANKS = ["viewer", "operator", "maintainer", "admin"];

export async function may(role) {
  return RANKS.indexOf((await me()).role) >= RANKS.indexOf(role);
}

export async function page(build) {
  const who = document.getElementById("who");
  await run(async () => {
    const { name, role } = await me();
    fill(who, el("a", { href: "/account" }, `${name} (${t(role)})`));
    document.getElementById("said").before(troubles);
    await look();
    setInterval(look, 60000);
    await build(document.getElementById("page"));
  });
  document.body.dataset.ready = "yes";
}

// Parts of the platform that are not well stand on every page: where nothing comes in, all seems well.
const troubles = el("div", { role: "status" });

async function look() {
  let found = [];
  try {
    found = (await get("/health/troubles")).map((each) => each.text[language]);
  } catch (problem) {
    found = [problem.message];
  }
  fill(troubles, found.map((text) => el("p", { class: "problem" }, el("a", { href: "/health" }, text))));
}

export function poleLink(pole) {
  return el("a", { href: `/poles/${encodeURIComponent(pole)}` }, pole);
}

export function sentence(line) {
  return line.text[language] ?? line.text.en ?? `${line.kind} ${line.type}`;
}

// A list that comes in parts: a table, and a button for the next part.
export async function listed(node, path, params, draw) {
  let rows = [];
  async function next(cursor) {
    const part = await get(path, { ...params, cursor });
    rows = rows.concat(part.items);
    fill(node, draw(rows), part.next
      ? el("button", { type: "button", onclick: () => run(() => next(part.next)) }, t("more")) : null);
  }
  await next("");
}

export function live(take) {
  const source = new EventSource(`${ROOT}/live`);
  source.addEventListener("marks", (event) => take(JSON.parse(event.data)));
  source.addEventListener("reset", () => location.reload());
}
