// Poles on a canvas without tiles: the poles draw the streets. Marks differ by shape, so that they are seen without
// colour. Each frame writes pixels into one buffer: 45,000 poles take a few milliseconds without a GPU.

import { Tiles } from "./tiles.js";

const ORDER = ["good", "new", "lost", "warning", "alarm"]; // the worst are drawn last, above the others
const SHAPES = {
  alarm: (x, y, r) => y >= -r && Math.abs(x) * 2 <= y + r,
  warning: (x, y, r) => Math.abs(x) + Math.abs(y) <= r,
  lost: (x, y, r) => Math.abs(Math.abs(x) - Math.abs(y)) <= Math.max(0, r / 4),
  good: (x, y, r) => x * x + y * y <= r * r * 0.8,
  new: (x, y, r) => x * x + y * y <= r * r && x * x + y * y >= (r - 1) * (r - 1) * 0.7,
};
const LEAST = 2;
const MOST = 22; // zoom levels of Web Mercator: 256 pixels around the world times 2^zoom

export class PoleMap {
  constructor(canvas, { moved, chosen }) {
    this.canvas = canvas;
    this.moved = moved;
    this.names = [];
    this.count = 0;
    this.zoom = 12;
    this.x = 0.5;
    this.y = 0.5;
    this.picked = -1;
    this.waiting = false;
    const down = new Map();
    let far = 0;
    let pinch = 0;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, event);
      far = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = down.get(event.pointerId);
      if (!before) return;
      down.set(event.pointerId, event);
      const step = [event.clientX - before.clientX, event.clientY - before.clientY];
      far += Math.abs(step[0]) + Math.abs(step[1]);
      if (down.size === 1) this.pan(-step[0], -step[1]);
      else {
        const [a, b] = [...down.values()];
        const apart = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
        if (pinch) this.closer(Math.log2(apart / pinch), (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
        pinch = apart;
      }
    });
    const up = (event) => {
      if (down.delete(event.pointerId) && far < 6 && event.type === "pointerup") {
        const box = canvas.getBoundingClientRect();
        this.pick(this.nearest(event.clientX - box.left, event.clientY - box.top));
        chosen(this.picked);
      }
      pinch = 0;
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.closer(-event.deltaY / 400, event.clientX, event.clientY);
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const step = 60;
      const keys = {
        ArrowLeft: () => this.pan(-step, 0), ArrowRight: () => this.pan(step, 0),
        ArrowUp: () => this.pan(0, -step), ArrowDown: () => this.pan(0, step),
        "+": () => this.closer(1), "=": () => this.closer(1), "-": () => this.closer(-1), 0: () => this.whole(),
      };
      if (keys[event.key]) {
        event.preventDefault();
        keys[event.key]();
      }
    });
    new ResizeObserver(() => this.resize()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.resize());
  }

  // places: the answer of /api/v1/map
  take(places) {
    this.tiles = places.zooms.length ? new Tiles(places.zooms, () => this.ask()) : null;
    this.count = places.marks.length;
    this.px = new Float64Array(this.count);
    this.py = new Float64Array(this.count);
    this.marks = [...places.marks].map((letter) => places.kinds[Number(letter)]);
    let north = 0;
    let east = 0;
    for (let each = 0; each < this.count; each += 1) {
      north += places.latitude[each];
      east += places.longitude[each];
      this.px[each] = east / 1e5 / 360 + 0.5;
      this.py[each] = mercator(north / 1e5);
    }
    this.sort();
  }

  sort() {
    this.order = Object.fromEntries(ORDER.map((mark) => [mark, []]));
    for (let each = 0; each < this.count; each += 1) this.order[this.marks[each]].push(each);
    for (const mark of ORDER) this.order[mark] = Uint32Array.from(this.order[mark]);
    this.ask();
  }

  mark(index, mark) {
    this.marks[index] = mark;
  }

  resize() {
    const scale = window.devicePixelRatio || 1;
    const width = Math.round(this.canvas.clientWidth * scale);
    const height = Math.round(this.canvas.clientHeight * scale);
    if (!width || !height) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.scale = scale;
    this.pen = this.canvas.getContext("2d", { alpha: false });
    this.image = this.pen.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.layer = new OffscreenCanvas(width, height);
    const style = getComputedStyle(this.canvas);
    const packed = (name) => {
      const [r, g, b] = style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/gi).map((hex) => parseInt(hex, 16));
      return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
    };
    this.ground = packed("--ground");
    this.earth = style.getPropertyValue("--ground");
    this.colours = Object.fromEntries(ORDER.map((mark) => [mark, packed(`--${mark}`)]));
    this.text = style.getPropertyValue("--text");
    this.ask();
  }

  whole() {
    if (!this.count) return;
    let [left, right, top, bottom] = [1, 0, 1, 0];
    for (let each = 0; each < this.count; each += 1) {
      left = Math.min(left, this.px[each]);
      right = Math.max(right, this.px[each]);
      top = Math.min(top, this.py[each]);
      bottom = Math.max(bottom, this.py[each]);
    }
    this.x = (left + right) / 2;
    this.y = (top + bottom) / 2;
    const wide = Math.max((right - left) / (this.canvas.clientWidth - 120), (bottom - top) / (this.canvas.clientHeight - 60));
    this.zoom = Math.min(17, Math.max(LEAST, Math.log2(1 / Math.max(wide, 1e-9) / 256)));
    this.changed();
  }

  look(x, y, zoom) {
    [this.x, this.y, this.zoom] = [x, y, zoom];
    this.changed();
  }

  pan(dx, dy) {
    this.x += dx / this.world();
    this.y += dy / this.world();
    this.changed();
  }

  closer(levels, clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const dx = clientX === undefined ? 0 : clientX - box.left - box.width / 2;
    const dy = clientY === undefined ? 0 : clientY - box.top - box.height / 2;
    const before = this.world();
    this.zoom = Math.min(MOST, Math.max(LEAST, this.zoom + levels));
    this.x += dx / before - dx / this.world();
    this.y += dy / before - dy / this.world();
    this.changed();
  }

  world() {
    return 256 * 2 ** this.zoom;
  }

  pick(index) {
    this.picked = index;
    this.ask();
  }

  nearest(x, y) {
    const world = this.world();
    let best = -1;
    let least = 14 * 14;
    for (let each = 0; each < this.count; each += 1) {
      const dx = (this.px[each] - this.x) * world + this.canvas.clientWidth / 2 - x;
      const dy = (this.py[each] - this.y) * world + this.canvas.clientHeight / 2 - y;
      if (dx * dx + dy * dy < least) [best, least] = [each, dx * dx + dy * dy];
    }
    return best;
  }

  changed() {
    this.ask();
    this.moved(this);
  }

  ask() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  draw() {
    if (!this.pixels || !this.order) return;
    const { width, height } = this.canvas;
    const world = this.world() * this.scale;
    this.pixels.fill(this.tiles ? 0 : this.ground);
    const r = Math.round(Math.min(7, Math.max(1.6, (this.zoom - 9) * 0.9)) * this.scale);
    const left = width / 2 - this.x * world;
    const top = height / 2 - this.y * world;
    for (const mark of ORDER) this.blit(this.order[mark], glyph(mark, r, width), r, left, top, world, this.colours[mark]);
    if (this.tiles) {
      this.pen.fillStyle = this.earth;
      this.pen.fillRect(0, 0, width, height);
      this.tiles.draw(this.pen, this.zoom, left, top, world);
      this.layer.getContext("2d").putImageData(this.image, 0, 0);
      this.pen.drawImage(this.layer, 0, 0);
    } else this.pen.putImageData(this.image, 0, 0);
    this.label(left, top, world, r);
  }

  blit(indices, offsets, r, left, top, world, colour) {
    const { width, height } = this.canvas;
    const { pixels, px, py } = this;
    for (let at = 0; at < indices.length; at += 1) {
      const each = indices[at];
      const x = Math.round(left + px[each] * world);
      const y = Math.round(top + py[each] * world);
      if (x < r || y < r || x >= width - r || y >= height - r) continue;
      const base = y * width + x;
      for (let part = 0; part < offsets.length; part += 1) pixels[base + offsets[part]] = colour;
    }
  }

  label(left, top, world, r) {
    const { pen, scale } = this;
    pen.fillStyle = pen.strokeStyle = this.text;
    pen.font = `${13 * scale}px system-ui, sans-serif`;
    const seen = [];
    for (let each = 0; each < this.count && seen.length <= 60; each += 1) {
      const x = left + this.px[each] * world;
      const y = top + this.py[each] * world;
      if (x > 0 && y > 0 && x < this.canvas.width && y < this.canvas.height) seen.push([each, x, y]);
    }
    if (seen.length <= 60 && this.names.length) {
      for (const [each, x, y] of seen) pen.fillText(this.names[each], x + r + 4 * scale, y + 4 * scale);
    }
    if (this.picked >= 0) {
      pen.lineWidth = 2 * scale;
      pen.beginPath();
      pen.arc(left + this.px[this.picked] * world, top + this.py[this.picked] * world, r + 5 * scale, 0, 7);
      pen.stroke();
    }
  }
}

const glyphs = new Map();

function glyph(mark, r, width) {
  const key = `${mark} ${r} ${width}`;
  if (!glyphs.has(key)) {
    const offsets = [];
    for (let y = -r; y <= r; y += 1) {
      for (let x = -r; x <= r; x += 1) if (SHAPES[mark](x, y, r)) offsets.push(y * width + x);
    }
    glyphs.set(key, Int32Array.from(offsets));
  }
  return glyphs.get(key);
}

export function mercator(latitude) {
  const sine = Math.sin((Math.max(-85, Math.min(85, latitude)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

export function latitude(y) {
  return (Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180) / Math.PI;
}
