// The door: the code that stands on the terminal.

import { el, field, fill } from "./dom.js";
import { post, run, t } from "./web.js";

const code = el("input", { inputmode: "numeric", autocomplete: "one-time-code", required: true, maxlength: 20 });
const button = el("button", { class: "main" }, t("log_in"));

function next() {
  const asked = new URLSearchParams(location.search).get("next") ?? "/";
  return asked.startsWith("/") && !asked.startsWith("//") && !asked.includes("\\") ? asked : "/";
}

fill(document.getElementById("page"), el("form", { class: "card", onsubmit: (event) => {
  event.preventDefault();
  button.disabled = true;
  run(async () => {
    await post("enter", { code: code.value });
    location.href = next();
  }).finally(() => {
    button.disabled = false;
    code.select();
  });
} }, el("p", {}, t("code_is")), field(t("code"), code), el("p", {}, button)));
code.focus();
document.body.dataset.ready = "yes";
