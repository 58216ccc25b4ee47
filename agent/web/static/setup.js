// Setting the pole up: the questions of the setup one after the other, and what it says meanwhile.

import { el, field, fill } from "./dom.js";
import { changed, get, post, run, t, watch } from "./web.js";

const about = el("div");
const steps = el("div");
const asked = el("div");
const said = el("div", { "aria-live": "polite" });

watch(1000, async (node) => {
  if (!about.isConnected) fill(node, about, asked, steps, said);
  draw(await get("setup"));
});

function draw(now) {
  changed(about, [now.state, now.refused], () => [
    el("p", {}, t("setup_says")),
    now.state === "running" ? el("p", {}, el("button", { type: "button", onclick: () => send("stop-setup") }, t("stop")))
      : now.refused ? el("p", { class: "problem" }, now.refused) : begin(now.state !== "idle"),
  ]);
  changed(steps, now.steps, () => now.steps.map(([port, what, step, of]) => el("div", { class: "card" },
    el("p", {}, `${port}: ${what}`), el("progress", { max: Math.max(of, 1), value: step, "aria-label": port }))));
  changed(asked, now.question, () => now.question ? question(now.question) : null);
  changed(said, [now.said, now.state, now.ended, now.report], () => [verdict(now), report(now), now.said.length ? el("pre", { class: "said", tabindex: 0 }, now.said.join("\n")) : null]);
}

function verdict(now) {
  if (now.state === "accepted") return el("p", { class: "mark good" }, t("accepted"));
  if (now.state !== "not_accepted") return null;
  return now.ended ? el("p", { class: "problem", role: "alert" }, now.ended) : el("p", { class: "mark warning" }, t("not_accepted"));
}

function report(now) {
  return now.report ? el("p", {}, el("a", { href: "/api/acceptance", target: "_blank", rel: "noopener" }, t("print_report", now.report))) : null;
}

function send(path, body) {
  return run(async () => draw(await post(path, body)));
}

function form(label, parts, done) {
  const button = el("button", { class: "main" }, label);
  return el("form", { class: "card", onsubmit: (event) => {
    event.preventDefault();
    button.disabled = true;
    done().finally(() => { button.disabled = false; });
  } }, parts, el("p", {}, button));
}

function begin(again) {
  const by = el("input", { autocomplete: "name", maxlength: 100 });
  const ports = el("input", { autocomplete: "off", maxlength: 1000, placeholder: "/dev/ttyS1" });
  return form(again ? t("begin_again") : t("begin"), [field(t("by"), by), field(t("ports"), ports)],
    () => send("begin-setup", { by: by.value, ports: ports.value }));
}

function question(one) {
  const answer = (text) => send("answer-setup", { number: one.number, text });
  if (one.kind === "yes") {
    return el("div", { class: "card" }, el("p", {}, one.text), el("div", { class: "row" },
      el("button", { type: "button", onclick: () => answer("") }, t("keep")),
      el("button", { type: "button", onclick: () => answer("y") }, t("replace"))));
  }
  if (one.kind === "finds") return finds(one, answer);
  const text = el("textarea", { rows: 3, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  return form(t("next"), field(one.text, text), () => answer(text.value));
}

function finds(one, answer) {
  const rows = one.finds.map((find, index) => {
    const taken = el("input", { type: "checkbox", checked: find.name !== "", "aria-label": t("take", find.name) });
    const name = el("input", { value: find.name, maxlength: 63, autocapitalize: "none", pattern: "[a-z0-9][a-z0-9_\\-]*" });
    const edit = () => !taken.checked ? `-${index + 1}` : name.value.trim() !== find.name ? `${index + 1} ${name.value.trim()}` : "";
    return { edit, node: el("fieldset", {}, el("legend", { class: "dim" }, find.about),
      el("div", { class: "row" }, el("label", { class: "row" }, taken, t("belongs")), field(t("name"), name))) };
  });
  return form(t("next"), [el("p", {}, one.text), rows.map((row) => row.node)],
    () => answer(rows.map((row) => row.edit()).filter(Boolean).join(", ")));
}
