// The door: log in, or set a password by a one-time link. The secret of a link stands behind #, where no log sees it.

import { el, field, fill } from "./dom.js";
import { post, run, t } from "./api.js";

const node = document.getElementById("page");
const secret = location.hash.slice(1);

function next() {
  const asked = new URLSearchParams(location.search).get("next") ?? "/";
  return asked.startsWith("/") && !asked.startsWith("//") && !asked.includes("\\") ? asked : "/";
}

function form(fields, label, send) {
  const button = el("button", { class: "main" }, label);
  const whole = el("form", { class: "card", onsubmit: (event) => {
    event.preventDefault();
    button.disabled = true;
    run(send).finally(() => { button.disabled = false; });
  } }, fields, el("p", {}, button));
  fill(node, whole);
  whole.querySelector("input").focus();
}

const name = el("input", { autocomplete: "username", required: true, maxlength: 63 });
const password = (how) => el("input", { type: "password", autocomplete: how, required: true, maxlength: 128 });

run(async () => {
  if (!secret) {
    const word = password("current-password");
    form([field(t("name"), name), field(t("password"), word)], t("log_in"), async () => {
      await post("/log-in", { name: name.value, password: word.value }, true);
      location.href = next();
    });
  } else {
    const { account } = await post("/link", { secret }, true);
    const [word, again] = [password("new-password"), password("new-password")];
    if (account !== null) name.value = account;
    form([
      el("p", {}, account === null ? t("first_admin") : t("set_password")),
      account === null ? field(t("name"), name) : null,
      field(t("password_long"), word), field(t("again"), again),
    ], t("keep"), async () => {
      if (word.value !== again.value) throw new Error(t("not_same"));
      await post("/link/use", { secret, name: account === null ? name.value : "", password: word.value }, true);
      await post("/log-in", { name: name.value, password: word.value }, true);
      location.href = "/";
    });
  }
}).finally(() => { document.body.dataset.ready = "yes"; });
