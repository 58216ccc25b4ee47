// Elements, tables and times: small pieces that every page uses. Text goes in as text, never as HTML.

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

export function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

// columns: {name, label, show(row) -> node or text, key(row) -> what it is sorted by, number: right-aligned}
export function table(columns, rows, caption) {
  const body = el("tbody");
  let by = null;
  let down = false;
  const heads = columns.map((column) => {
    const head = el("th", { scope: "col" });
    if (column.key) {
      head.append(el("button", { type: "button", onclick: () => sort(column, head) }, column.label));
    } else head.append(column.label);
    return head;
  });
  function sort(column, head) {
    down = by === column ? !down : false;
    by = column;
    for (const each of heads) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    draw();
  }
  function draw() {
    const shown = by ? [...rows].sort((a, b) => compare(by.key(a), by.key(b)) * (down ? -1 : 1)) : rows;
    fill(body, shown.map((row) => el("tr", {}, columns.map((column) =>
      el("td", { class: column.number ? "number" : null }, column.show(row))))));
  }
  draw();
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    el("table", {}, el("caption", { class: "dim" }, caption), el("thead", {}, el("tr", {}, heads)), body));
}

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined || a === "") return 1;
  if (b === null || b === undefined || b === "") return -1;
  return a < b ? -1 : 1;
}

export function field(label, control) {
  return el("label", { class: "field" }, el("span", {}, label), control);
}

export function select(options, chosen, onchange) {
  return el("select", { onchange }, options.map(([value, label]) =>
    el("option", { value, selected: value === chosen }, label)));
}

// Local time, the same form in every language; the exact moment stands in the title.
export function when(iso) {
  if (!iso) return "–";
  const at = new Date(iso);
  const two = (number) => String(number).padStart(2, "0");
  const text = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ` +
    `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return el("time", { datetime: iso, title: iso }, text);
}

export function number(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "number" ? String(Number(value.toPrecision(6))) : value;
}
