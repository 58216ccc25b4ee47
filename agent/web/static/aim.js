// Aiming: lines, zones and gauges by touch over a background that shows nobody; each point also stands as numbers.

import { el, field, fill, select } from "./dom.js";
import { get, page, post, run, say, t } from "./web.js";

const KINDS = { line: ["a", "b"], zone: ["points"], gauge: ["marks"] };
const START = { line: [[0.2, 0.6], [0.8, 0.6]], zone: [[0.3, 0.5], [0.7, 0.5], [0.7, 0.9], [0.3, 0.9]], gauge: [[0.5, 0.9, 0], [0.5, 0.5, 0.5]] };
const SVG = "http://www.w3.org/2000/svg";
let all = {};
let camera = "";
let shapes = [];
let chosen = null;
let image = "";
let shape = [16, 9];
const view = document.createElementNS(SVG, "svg");
const list = el("div");

page(async (node) => {
  take(await get("scenes"));
  const names = Object.keys(all);
  if (!names.length) return void fill(node, el("p", {}, t("no_camera")));
  const which = select(names.map((name) => [name, name]), names[0], () => choose(which.value));
  const back = el("button", { type: "button", onclick: () => run(() => background(back)) }, t("background"));
  view.setAttribute("class", "view");
  view.setAttribute("role", "img");
  view.setAttribute("aria-label", t("picture"));
  view.addEventListener("pointerdown", tapped);
  fill(node, el("div", { class: "row" }, field(t("camera"), which), back), el("p", { class: "dim" }, t("background_says")), view,
    el("p", { class: "dim" }, t("tap")), list, el("div", { class: "row" },
      adds("line", t("add_line")), adds("zone", t("add_zone")), adds("gauge", t("add_gauge"))), el("div", { class: "row" },
      el("button", { type: "button", class: "main", onclick: () => run(save) }, t("save")),
      el("button", { type: "button", onclick: () => run(undo) }, t("undo"))));
  choose(names[0]);
});

function take(found) {
  all = found.scenes;
}

function choose(name) {
  camera = name;
  image = "";
  shape = [16, 9];
  shapes = Object.keys(KINDS).flatMap((kind) => Object.entries(all[name][kind]).map(([title, drawn]) => (
    { kind, title, points: kind === "line" ? [drawn.a, drawn.b] : drawn[KINDS[kind][0]].map((point) => [...point]) })));
  chosen = shapes.length ? { shape: shapes[0], at: 0 } : null;
  draw();
}

function adds(kind, label) {
  return el("button", { type: "button", onclick: () => {
    const taken = shapes.filter((each) => each.kind === kind).map((each) => each.title);
    let number = 1;
    while (taken.includes(`${kind}-${number}`)) number += 1;
    const made = { kind, title: `${kind}-${number}`, points: START[kind].map((point) => [...point]) };
    shapes.push(made);
    chosen = { shape: made, at: 0 };
    draw();
  } }, label);
}

async function background(button) {
  button.disabled = true;
  const asked = camera;
  say(t("making"));
  try {
    const made = await post("background", { camera: asked });
    if (asked !== camera) return;
    image = `data:image/jpeg;base64,${made.jpeg}`;
    shape = [made.width, made.height];
    say("");
    draw();
  } finally {
    button.disabled = false;
  }
}

async function save() {
  const scene = { line: {}, zone: {}, gauge: {} };
  for (const { kind, title, points } of shapes) {
    scene[kind][title] = kind === "line" ? { a: points[0], b: points[1] } : { [KINDS[kind][0]]: points };
  }
  take(await post("save", { camera, scene }));
  say(t("saved"));
}

async function undo() {
  take(await post("undo"));
  const kept = [image, shape];
  choose(camera);
  [image, shape] = kept;
  draw();
  say(t("undone"));
}

function tapped(event) {
  if (!chosen) return;
  const box = view.getBoundingClientRect();
  const at = (part, whole) => Math.min(1, Math.max(0, Number((part / whole).toFixed(4))));
  const point = chosen.shape.points[chosen.at];
  point[0] = at(event.clientX - box.left, box.width);
  point[1] = at(event.clientY - box.top, box.height);
  chosen.at = (chosen.at + 1) % chosen.shape.points.length;
  draw();
  event.preventDefault();
}

function node(tag, props) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
  return made;
}

function draw() {
  sketch();
  fill(list, shapes.map(part));
}

function sketch() {
  const [width, height] = shape;
  const scale = 1000 / width;
  view.setAttribute("viewBox", `0 0 1000 ${height * scale}`);
  const place = ([x, y]) => [x * 1000, y * height * scale];
  const parts = image ? [node("image", { href: image, width: 1000, height: height * scale, preserveAspectRatio: "none" })] : [];
  for (const each of shapes) {
    const own = chosen?.shape === each ? "drawn own" : "drawn";
    const points = each.points.map((point) => place(point).join()).join(" ");
    parts.push(node(each.kind === "zone" ? "polygon" : "polyline", { points, class: own }));
    each.points.forEach((point, index) => {
      const [cx, cy] = place(point);
      parts.push(node("circle", { cx, cy, r: chosen?.shape === each && chosen.at === index ? 22 : 12, class: own }));
    });
  }
  view.replaceChildren(...parts);
}

function part(each) {
  const name = el("input", { value: each.title, maxlength: 63, pattern: "[a-z0-9][a-z0-9_\\-]*", onchange: () => { each.title = name.value; draw(); } });
  const head = { line: t("part_line", each.title), zone: t("part_zone", each.title), gauge: t("part_gauge", each.title) }[each.kind];
  return el("fieldset", { class: "card" }, el("legend", {}, head), field(t("name"), name),
    each.points.map((point, index) => el("div", { class: "row" },
      el("button", { type: "button", "aria-pressed": String(chosen?.shape === each && chosen.at === index),
        onclick: () => { chosen = { shape: each, at: index }; draw(); } }, t("point", index + 1)),
      spot(head, point, 0, "x", index), spot(head, point, 1, "y", index), each.kind === "gauge" ? spot(head, point, 2, t("height_m"), index) : null)),
    el("div", { class: "row" }, each.kind === "line" ? null : [
      el("button", { type: "button", onclick: () => { each.points.push([...each.points.at(-1)]); chosen = { shape: each, at: each.points.length - 1 }; draw(); } }, t("new_point")),
      el("button", { type: "button", disabled: each.points.length <= START[each.kind].length - (each.kind === "zone" ? 1 : 0),
        onclick: () => { each.points.pop(); chosen = { shape: each, at: 0 }; draw(); } }, t("remove_point"))],
      el("button", { type: "button", "aria-label": `${t("remove")}: ${head}`, onclick: () => {
        shapes = shapes.filter((one) => one !== each);
        chosen = shapes.length ? { shape: shapes[0], at: 0 } : null;
        draw();
      } }, t("remove"))));
}

function spot(head, point, at, label, index) {
  const input = el("input", { type: "number", value: point[at], step: "any", ...(at < 2 ? { min: 0, max: 1 } : {}),
    "aria-label": `${head}, ${t("point", index + 1)}, ${label}`, onchange: () => { point[at] = Number(input.value); sketch(); } });
  return el("span", { class: "field spot" }, el("span", {}, label), input);
}
