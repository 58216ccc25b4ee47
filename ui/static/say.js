// Texts in the page's language, and what is said of what a page does. What goes wrong is shown where the page is.

import { el, fill } from "./dom.js";
import texts from "./texts.js";

export function t(key, ...values) {
  const text = texts[key] ?? key;
  return values.reduce((said, value, index) => said.replace(`{${index}}`, value), text);
}

export const language = document.documentElement.lang;

const said = document.getElementById("said");

export function say(text) {
  fill(said, el("p", {}, text));
}

// Runs what a page or a button does; what fails is shown.
export async function run(what) {
  fill(said);
  try {
    await what();
  } catch (problem) {
    fill(said, el("p", { class: "problem", role: "alert" }, problem.message));
  }
}

export function mark(kind) {
  return el("span", { class: `mark ${kind}` }, t(kind));
}

export function query(params) {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(params ?? {})) {
    if (value !== "" && value !== null && value !== undefined) found.set(name, value);
  }
  const text = found.toString();
  return text ? `?${text}` : "";
}
