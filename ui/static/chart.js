// One quantity over time on a canvas: the band from smallest to largest, the mean as a line; gaps stay gaps.

const LEFT = 56;
const BOTTOM = 24;
const TOP = 8;

// points: {at, mean, min, max, increase}; step_s: the length of one; a longer pause breaks the line.
export function chart(canvas, points, stepS) {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const draw = canvas.getContext("2d");
  draw.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const colour = (name) => style.getPropertyValue(name);
  const rows = points
    .map((point) => ({ at: Date.parse(point.at) / 1000, mid: point.mean ?? point.increase, low: point.min, high: point.max }))
    .filter((row) => typeof row.mid === "number");
  if (!rows.length) return;
  const values = rows.flatMap((row) => [row.mid, row.low ?? row.mid, row.high ?? row.mid]);
  const [low, high] = padded(Math.min(...values), Math.max(...values));
  const first = rows[0].at;
  const last = Math.max(rows[rows.length - 1].at + stepS, first + stepS);
  const x = (at) => LEFT + ((at - first) / (last - first)) * (width - LEFT - 8);
  const y = (value) => TOP + ((high - value) / (high - low)) * (height - TOP - BOTTOM);
  draw.font = "12px system-ui, sans-serif";
  draw.fillStyle = colour("--dim");
  draw.strokeStyle = colour("--line");
  draw.textBaseline = "middle";
  for (const value of ticks(low, high, 5)) {
    draw.beginPath();
    draw.moveTo(LEFT, y(value));
    draw.lineTo(width - 8, y(value));
    draw.stroke();
    draw.textAlign = "right";
    draw.fillText(String(Number(value.toPrecision(6))), LEFT - 6, y(value));
  }
  draw.textAlign = "center";
  const most = Math.max(2, Math.floor((width - LEFT) / 110));
  for (const at of times(first, last, most)) draw.fillText(label(at, last - first), x(at), height - BOTTOM / 2);
  const pieces = [];
  for (const row of rows) {
    const piece = pieces[pieces.length - 1];
    if (piece && row.at - piece[piece.length - 1].at <= stepS * 1.5) piece.push(row);
    else pieces.push([row]);
  }
  const middle = (row) => x(row.at + stepS / 2);
  for (const piece of pieces) {
    draw.globalAlpha = 0.25;
    draw.fillStyle = colour("--accent");
    draw.beginPath();
    for (const row of piece) draw.lineTo(middle(row), y(row.high ?? row.mid));
    for (const row of [...piece].reverse()) draw.lineTo(middle(row), y(row.low ?? row.mid));
    draw.fill();
    draw.globalAlpha = 1;
    draw.strokeStyle = colour("--accent");
    draw.lineWidth = 2;
    draw.beginPath();
    for (const row of piece) draw.lineTo(middle(row), y(row.mid));
    draw.stroke();
    if (piece.length === 1) draw.strokeRect(middle(piece[0]) - 1, y(piece[0].mid) - 1, 2, 2);
    draw.lineWidth = 1;
  }
}

function padded(low, high) {
  const more = high > low ? (high - low) * 0.05 : Math.abs(high) * 0.05 || 1;
  return [low - more, high + more];
}

function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) found.push(value);
  return found;
}

// Round local times, at most so many: whole minutes, hours of a day, or midnights.
function times(first, last, most) {
  const step = [1 / 60, 1 / 12, 1 / 4, 1, 2, 3, 6, 12, 24, 48, 168, 336].map((hours) => hours * 3600).find((each) => (last - first) / each <= most);
  const midnight = new Date(first * 1000).setHours(0, 0, 0, 0) / 1000;
  const found = [];
  for (let at = midnight; at <= last; at += step) if (at >= first) found.push(at);
  return found;
}

function label(at, span) {
  const time = new Date(at * 1000);
  const two = (number) => String(number).padStart(2, "0");
  const day = `${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const hour = `${two(time.getHours())}:${two(time.getMinutes())}`;
  return span > 3 * 86400 ? day : span < 3600 ? hour : `${day} ${hour}`;
}
