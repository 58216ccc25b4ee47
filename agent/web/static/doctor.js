// What is wrong, the first cause first: what proves it, and one thing to do.

import { el, fill } from "./dom.js";
import { page, post, run, t } from "./web.js";

const result = el("div", { "aria-live": "polite" });
const button = el("button", { type: "button", class: "main", onclick: () => run(look) }, t("diagnose"));

page(async (node) => {
  fill(node, el("p", {}, t("doctor_says")), el("p", {}, button), result);
});

async function look() {
  button.disabled = true;
  fill(result, el("p", { role: "status" }, t("looking")));
  try {
    const found = await post("diagnose");
    fill(result, found.causes.length ? el("ol", { class: "parts" }, found.causes.map(cause)) : el("p", { class: "mark good" }, t("no_cause")),
      found.left_out ? el("p", {}, t("more_causes", found.left_out)) : null,
      el("p", { class: "dim" }, t("checked", found.made, found.seconds)),
      found.not_made.length ? [el("h2", {}, t("not_made")), el("ul", {}, found.not_made.map((text) => el("li", {}, text)))] : null);
  } catch (problem) {
    fill(result);
    throw problem;
  } finally {
    button.disabled = false;
  }
}

function cause(one) {
  return el("li", { class: "card" }, el("p", {}, one.about ? [el("strong", {}, one.about), " "] : null, one.text),
    el("p", { class: "dim" }, t("reading", one.reading)), el("p", { class: "todo" }, "→ ", one.todo));
}
