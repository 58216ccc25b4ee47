// What the QR code of a pole's doctor says: pasted, or read from a photo where the browser can read codes.

import { el, field, fill, when } from "./dom.js";
import { get, language, page, poleLink, run, t } from "./api.js";

page(async (node) => {
  const code = el("textarea", { rows: 4, maxlength: 1024, required: true, spellcheck: false, autocapitalize: "characters" });
  const found = el("section", { "aria-live": "polite" });
  const show = () => run(async () => fill(found, shown(await get("/diagnosis", { code: code.value.trim() }))));
  fill(node, el("p", {}, t("diagnosis_how")), el("form", { class: "card", onsubmit: (event) => {
    event.preventDefault();
    show();
  } }, field(t("code"), code), el("div", { class: "row" }, el("button", { class: "main" }, t("show")), await photo((text) => {
    code.value = text;
    show();
  }))), found);
});

async function photo(take) {
  const formats = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats() : [];
  if (!formats.includes("qr_code")) return "";
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  return field(t("photo"), el("input", { type: "file", accept: "image/*", capture: "environment", onchange: (event) => run(async () => {
    const [file] = event.target.files;
    if (!file) return;
    const codes = await detector.detect(await createImageBitmap(file));
    const text = codes.map((each) => each.rawValue).find((each) => each.startsWith("POLE1."));
    if (text === undefined) throw new Error(t("photo_none"));
    take(text);
  }) }));
}

function shown(found) {
  return [
    el("h2", {}, poleLink(found.pole)),
    el("p", { class: "dim" }, when(found.at), ` · ${found.version} · ${t(found.synced ? "synced" : "unsynced")}`),
    found.causes.length ? el("ol", {}, found.causes.map((cause) => el("li", {},
      el("p", {}, el("strong", {}, cause.about || t("pole")), ` ${cause.text[language]}`),
      el("p", { class: "dim" }, cause.reading), el("p", {}, `→ ${cause.todo[language]}`)))) : el("p", {}, t("diagnosis_none")),
    found.left_out ? el("p", {}, t("diagnosis_more", found.left_out)) : "",
  ];
}
