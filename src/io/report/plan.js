// SPDX-License-Identifier: Apache-2.0
// One question to the planner, answered: drawn from the JSON in #data (its keys: docs/plan.md). Common parts: common.js.

const answer = data.estimate ? data : null;
const first = answer || data.sweep.find((p) => p.estimate) || data.sweep[0];
const estimate = answer ? answer.estimate : null;
const blue = "#00588f", orange = "#c44e00", green = "#009e73", purple = "#a8588f", silver = "#8c939b";
const seriesColours = [blue, orange, green, purple, "#3d9bd6", "#8c8c3c", "#f0932b", "#555d66"];
const normal90 = 1.2815515655446004;

const parts = [
  { key: "arithmetic_s", name: "arithmetic", colour: orange },
  { key: "memory_s", name: "memory", colour: blue },
  { key: "network_s", name: "network", colour: green },
  { key: "host_s", name: "host link", colour: purple },
  { key: "fixed_s", name: "fixed costs", colour: silver },
];
/// The part that takes most of an operation's time.
const largestPart = (o) => parts.reduce((a, b) => (o[b.key] > o[a.key] ? b : a));
const between = (low, high, unit) => `${withUnit(low, unit)} to ${withUnit(high, unit)}`;
const percent = (share) => `${number(+(100 * share).toPrecision(3))} %`;
const operationName = (o) => words(o.name || first.kind);

// ---- head ----------------------------------------------------------------------------------------------------------

function head() {
  page.append("h1").text(title);
  const given = Object.entries(data.question || {}).filter(([key]) => key !== "model").map(([key, value]) => `${key} = ${value}`);
  if (given.length) page.append("p").attr("class", "lead").text(given.join(" · "));
  if (!answer) return page.append("p").attr("class", "lead").text(`${words(first.metric || "")}, swept`);
  if (!estimate.fits) {
    const box = page.append("div").attr("class", "warning");
    box.append("div").text(`It does not fit: ${withUnit(estimate.byte_resident, "byte")} are needed on each device, ${withUnit(estimate.capacity_byte, "byte")} are there.`);
    for (const line of (answer.remedy || "").split("\n")) if (line) box.append("div").text(line.trim());
  }
  const value = withUnit(answer.value, answer.unit), time = withUnit(estimate.time_s, "s");
  tiles([
    [value, words(answer.metric) + (answer.value === null ? ": there is none" : `; in 80 of 100 cases ${between(answer.p10, answer.p90, answer.unit)}`)],
    value === time ? [estimate.energy_j > 0 ? withUnit(estimate.energy_j, "J") : "–", "energy of all devices in that time"] : [time, "expected time"],
    [estimate.bottleneck, "takes longest"],
    [percent(estimate.utilisation), "of the arithmetic peak is used"],
    [withUnit(estimate.byte_resident, "byte"), estimate.capacity_byte > 0 ? `held on each device, of ${withUnit(estimate.capacity_byte, "byte")}` : "held on each device"],
  ]);
  for (const note of answer.warnings || []) page.append("p").attr("class", "note").text(note);
}

// ---- the time, its interval and its bounds ---------------------------------------------------------------------------

function interval(parent) {
  const { time_s, lower_s, upper_s, p10_s, p90_s } = estimate;
  if (!(time_s > 0 && lower_s > 0 && upper_s > 0)) return;
  const figureWidth = (pageWidth - 40) / 2, left = 96, right = 96, width = figureWidth - left - right, height = 118, top = 4;
  const svg = figure(parent, figureWidth, top + height + 44, "The expected time.",
    "Band: the interval that holds the measurement in 80 of 100 cases. Line: from the lower bound (the vendor's rates, everything overlaps, nothing has a fixed cost) to the upper one " +
    "(rates as reached, nothing overlaps, fixed costs added).");
  const unit = axisUnit("s", [lower_s, upper_s]), at = (s) => s * unit.factor;
  const x = d3.scaleLog().domain([at(Math.min(lower_s, p10_s)) / 1.15, at(Math.max(upper_s, p90_s)) * 1.15]).range([0, width]);
  const plot = svg.append("g").attr("transform", `translate(${left},${top})`);
  for (const v of logTicks(x, 6)) plot.append("line").attr("x1", x(v)).attr("x2", x(v)).attr("y1", 26).attr("y2", height).attr("stroke", hairline);
  const value = (s) => withUnit(s, "s"), from = x(at(p10_s)), to = x(at(p90_s)), low = x(at(lower_s)), high = x(at(upper_s));
  plot.append("rect").attr("x", from).attr("width", to - from).attr("y", 32).attr("height", 22).attr("fill", blue).attr("fill-opacity", 0.25);
  label(plot, from - 6, 47, value(p10_s), "end").attr("fill", grey);
  label(plot, to + 6, 47, value(p90_s), "start").attr("fill", grey);
  plot.append("circle").attr("cx", x(at(time_s))).attr("cy", 43).attr("r", 5.5).attr("fill", blue);
  label(plot, x(at(time_s)), 20, `expected ${value(time_s)}`).attr("fill", blue).attr("font-weight", 600);
  plot.append("path").attr("d", `M${low},80v12m0,-6H${high}m0,-6v12`).attr("fill", "none").attr("stroke", ink).attr("stroke-width", 1.5);
  label(plot, low - 6, 90, value(lower_s), "end").attr("fill", grey);
  label(plot, high + 6, 90, value(upper_s), "start").attr("fill", grey);
  axis(svg, left, top + height, logAxis(d3.axisBottom, x, 6));
  label(svg, left + width / 2, top + height + 36, `time (${unit.unit})`);
}

// ---- where the time goes ---------------------------------------------------------------------------------------------

function timeByOperation(parent) {
  const counted = (answer.operations || []).filter((o) => o.times > 0 && o.time_s > 0);
  const total = d3.sum(counted, (o) => o.times * o.time_s);
  if (!(total > 0)) return;
  const ambiguous = (o) => counted.some((other) => other.group !== o.group && other.name === o.name), full = (o) => (ambiguous(o) && o.group ? `${words(o.group)}: ${operationName(o)}` : operationName(o));
  const alone = counted.length === 1;
  let bars = alone ? parts.map((p) => ({ name: p.name, seconds: counted[0].times * counted[0][p.key], part: p })).filter((b) => b.seconds > 0)
    : counted.map((o) => ({ name: full(o), seconds: o.times * o.time_s, part: largestPart(o) }));
  bars.sort((a, b) => b.seconds - a.seconds);
  if (!bars.length) return;
  const most = 10, rest = bars.slice(most - 1);
  if (bars.length > most) bars = [...bars.slice(0, most - 1), { name: `${rest.length} more`, seconds: d3.sum(rest, (b) => b.seconds), part: null }];
  const figureWidth = (pageWidth - 40) / 2, left = Math.max(70, Math.min(230, d3.max(bars, (b) => b.name.length) * 6.5 + 18)), right = 118, top = 4, line = 24, width = figureWidth - left - right;
  const shown = parts.filter((p) => bars.some((b) => b.part === p));
  const svg = figure(parent, figureWidth, top + bars.length * line + 44, "Where the time goes.",
    alone ? `The parts of the one operation, each as if it were alone, and as a share of the expected time (${withUnit(total, "s")}): in part they overlap.`
      : `Each operation's expected time and its share. The colour tells what takes most of it: ${shown.map((p) => `${swatch(p.colour)}${p.name}`).join(", ")}.`);
  const unit = axisUnit("s", [bars[0].seconds]), x = d3.scaleLinear().domain([0, bars[0].seconds * unit.factor]).range([0, width]);
  bars.forEach((bar, i) => {
    const y = top + i * line, end = left + x(bar.seconds * unit.factor);
    label(svg, left - 8, y + 16, shortened(bar.name, 36), "end");
    svg.append("rect").attr("x", left).attr("y", y + 4).attr("width", Math.max(0.5, end - left)).attr("height", line - 8).attr("fill", bar.part ? bar.part.colour : silver);
    label(svg, end + 6, y + 16, `${withUnit(bar.seconds, "s")} (${percent(bar.seconds / total)})`, "start").attr("fill", grey);
  });
  axis(svg, left, top + bars.length * line, d3.axisBottom(x).ticks(4));
  label(svg, left + width / 2, top + bars.length * line + 36, `time (${unit.unit})`);
}

// ---- roofline --------------------------------------------------------------------------------------------------------

/// An operation as a point: FLOP per byte, FLOP/s reached, and what the roof allows there.
function pointOf(o, roof) {
  const flop = d3.sum(Object.values(o.flop)), arithmetic = d3.sum(Object.entries(o.flop), ([format, f]) => (roof.flop_per_s[format] > 0 ? f / roof.flop_per_s[format] : 0));
  const allowed = Math.max(arithmetic, o.byte_moved / roof.byte_per_s);
  return { name: operationName(o), group: o.group, flop, bytes: o.byte_moved, seconds: o.time_s, times: o.times, intensity: o.byte_moved > 0 ? flop / o.byte_moved : Infinity, rate: flop / o.time_s, roof: flop / allowed };
}

function rooflineCaption(points, whole) {
  const off = points.some((p) => p.times === 0), endless = points.some((p) => p.intensity === Infinity);
  return "One device. What a point's operation could reach at most, at the vendor's rates, is the roof above it (dotted); fixed costs and shares of the rates that kernels do not reach keep it below. " +
    `The area of a point is its share of the time${whole ? "; the diamond is all of them together" : ""}.` +
    (off ? ` Hollow: ${escaped(words(points.find((p) => p.times === 0).group))}, which is no part of the time above.` : "") +
    (endless ? " Points at the right edge move no bytes to or from memory of their own." : "") + " Operations without arithmetic have no place here.";
}

function roofline() {
  const roof = answer.roof;
  if (!roof || !(roof.byte_per_s > 0)) return;
  const points = (answer.operations || []).map((o) => pointOf(o, roof)).filter((p) => p.flop > 0 && p.seconds > 0 && p.roof > 0 && isFinite(p.roof));
  const used = new Set((answer.operations || []).flatMap((o) => Object.keys(o.flop).filter((f) => o.flop[f] > 0)));
  const rates = mergedRates([...used].filter((f) => roof.flop_per_s[f] > 0).map((f) => ({ text: f, flop: roof.flop_per_s[f] })));
  if (!points.length || !rates.length) return;
  const whole = points.length > 1 && estimate.flop > 0 && estimate.byte_moved > 0 ? { intensity: estimate.flop / estimate.byte_moved, rate: estimate.flop / estimate.time_s } : null;
  const left = 84, right = 24, top = 14, height = 400, width = pageWidth - left - right;
  const svg = figure(page, pageWidth, top + height + 44, "Roofline.", rooflineCaption(points, whole));
  const ridge = d3.max(rates, (r) => r.flop) / roof.byte_per_s, places = points.map((p) => p.intensity).concat(whole ? whole.intensity : []).filter((v) => isFinite(v) && v > 0);
  const x = d3.scaleLog().domain([Math.max(Math.min(...places, ridge / 10) / 3, ridge * 1e-7), Math.max(...places, ridge * 10) * 3]).range([0, width]);
  const peak = d3.max(rates, (r) => r.flop), slowest = Math.min(d3.min(points, (p) => p.rate), whole ? whole.rate : Infinity);
  const y = d3.scaleLog().domain([Math.max(Math.min(slowest / 3, peak / 300), peak * 1e-7), peak * 3]).range([height, 0]).clamp(true);
  const plot = svg.append("g").attr("transform", `translate(${left},${top})`);
  grid(plot, x, logTicks(x, 10), y, logTicks(y, 8), width, height);
  const id = `plot-${figures}`;
  svg.append("clipPath").attr("id", id).append("rect").attr("width", width).attr("height", height);
  drawRoofs(plot.append("g").attr("clip-path", `url(#${id})`), x, y, roof.byte_per_s, rates);
  axis(svg, left, top + height, logAxis(d3.axisBottom, x, 10));
  axis(svg, left, top, d3.axisLeft(y).tickValues(logTicks(y, 8)).tickFormat((v) => scaled(v, "").trim()).tickSizeOuter(0));
  label(svg, left + width / 2, top + height + 36, "arithmetic intensity (FLOP/byte)");
  label(svg, 16, top + height / 2, "arithmetic rate of one device (FLOP/s)", "middle", -90);
  drawPoints(plot, x, y, width, height, points, whole, roof, rates);
}

/// Rates that agree are one line.
function mergedRates(rates) {
  const merged = [];
  for (const rate of rates) {
    const same = merged.find((m) => Math.abs(m.flop / rate.flop - 1) < 0.01);
    if (same) same.text += `, ${rate.text}`;
    else merged.push({ ...rate });
  }
  return merged;
}

function drawPoints(plot, x, y, width, height, points, whole, roof, rates) {
  const total = d3.sum(points, (p) => p.times * p.seconds) || 1, obstacles = roofObstacles(x, y, roof, rates);
  for (const p of points) {
    p.px = p.intensity === Infinity ? width - 8 : Math.max(2, Math.min(width - 2, x(p.intensity)));
    p.py = y(p.rate);
    p.r = p.times > 0 ? 4 + 7 * Math.sqrt((p.times * p.seconds) / total) : 4.5;
    obstacles.push([p.px - p.r, p.py - p.r, p.px + p.r, p.py + p.r]);
    plot.append("line").attr("x1", p.px).attr("x2", p.px).attr("y1", p.py).attr("y2", y(p.roof)).attr("stroke", p.times > 0 ? orange : silver).attr("stroke-dasharray", "1 3").attr("stroke-width", 1.4);
  }
  const dots = plot.append("g").selectAll("circle").data([...points].sort((a, b) => b.r - a.r)).enter().append("circle").attr("cx", (p) => p.px).attr("cy", (p) => p.py).attr("r", (p) => p.r)
    .attr("fill", (p) => (p.times > 0 ? orange : "#fff")).attr("fill-opacity", (p) => (p.times > 0 ? 0.75 : 1)).attr("stroke", (p) => (p.times > 0 ? "#8f3a00" : "#6b737c")).attr("stroke-width", 1.2);
  explain(dots, (p) => [p.group && p.group !== p.name ? `${words(p.group)}: ${p.name}` : p.name, `${withUnit(p.flop, "FLOP")}, ${withUnit(p.bytes, "byte")} moved, ${withUnit(p.seconds, "s")}${p.times > 1 ? `, ${number(p.times)} times` : ""}`,
    `${isFinite(p.intensity) ? `${number(p.intensity)} FLOP/byte, ` : ""}${withUnit(p.rate, "FLOP/s")}, ${percent(p.rate / p.roof)} of the roof there`]);
  const named = points.map((p) => ({ ...p, text: p.times > 0 ? p.name : `${words(p.group)}: ${p.name}`, colour: p.times > 0 ? "#8f3a00" : grey }));
  if (whole) {
    const px = x(whole.intensity), py = y(whole.rate);
    plot.append("path").attr("d", `M${px},${py - 8}l8,8l-8,8l-8,-8Z`).attr("fill", blue).attr("stroke", "#fff");
    obstacles.push([px - 8, py - 8, px + 8, py + 8]);
    named.push({ px, py, r: 8, text: `all together: ${withUnit(whole.rate, "FLOP/s")}`, colour: blue });
  }
  placeLabels(plot, named, obstacles, width, height);
}

/// The lines and words of the roof as boxes that labels keep clear of.
function roofObstacles(x, y, roof, rates) {
  const boxes = [], [low, high] = x.domain(), peak = d3.max(rates, (r) => r.flop);
  for (const rate of rates) boxes.push([x(rate.flop / roof.byte_per_s), y(rate.flop) - 3, x(high), y(rate.flop) + 3], [x(high) - 190, y(rate.flop) - 20, x(high), y(rate.flop)]);
  for (let px = 0; px < x(peak / roof.byte_per_s); px += 8) boxes.push([px, y(roof.byte_per_s * x.invert(px + 8)) - 1, px + 8, y(roof.byte_per_s * x.invert(px)) + 1]);
  const middle = x(Math.sqrt(low * (peak / roof.byte_per_s)));
  boxes.push([middle - 70, y(roof.byte_per_s * x.invert(middle)) - 45, middle + 60, y(roof.byte_per_s * x.invert(middle)) + 12]);
  return boxes;
}

/// Each label goes to the nearest place around its point where it covers nothing, with a line to the point where that is not beside it.
function placeLabels(plot, named, obstacles, width, height) {
  const overlap = (a, b) => Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const inside = (box, px, py) => px > box[0] && px < box[2] && py > box[1] && py < box[3];
  const leaders = plot.append("g"), texts = plot.append("g"), fixed = obstacles.length;  // those after are labels, which leaders had better not cross
  for (const p of named) {
    const wide = p.text.length * 6.5 + 8, tall = 15;
    let best = null;
    for (let distance = p.r + 5; distance < 150; distance += 12)
      for (const angle of [0, 180, 90, 270, 30, -30, 150, 210, 60, -60, 120, 240]) {
        const cx = p.px + Math.cos((angle * Math.PI) / 180) * (distance + wide / 2), cy = p.py + Math.sin((angle * Math.PI) / 180) * (distance + tall / 2);
        const box = [cx - wide / 2, cy - tall / 2, cx + wide / 2, cy + tall / 2];
        if (box[0] < 2 || box[2] > width - 2 || box[1] < 2 || box[3] > height - 2) continue;
        const crossed = obstacles.slice(fixed).filter((o) => [0.3, 0.45, 0.6, 0.75].some((t) => inside(o, p.px + t * (cx - p.px), p.py + t * (cy - p.py)))).length;
        const cost = d3.sum(obstacles, (o) => overlap(o, box)) * 10 + crossed * 60 + distance;
        if (!best || cost < best.cost) best = { cost, box, cx, cy, distance };
      }
    if (!best) continue;
    obstacles.push(best.box);
    if (best.distance > p.r + 12) leaders.append("line").attr("x1", p.px).attr("y1", p.py).attr("x2", Math.max(best.box[0], Math.min(best.box[2], p.px))).attr("y2", Math.max(best.box[1], Math.min(best.box[3], p.py))).attr("stroke", p.colour).attr("stroke-width", 0.7);
    halo(label(texts, best.cx, best.cy + 4, p.text).attr("fill", p.colour));
  }
}

// ---- sweep -----------------------------------------------------------------------------------------------------------

/// A number that a person wrote, with or without a prefix ("64MiB"), or null.
function numberOf(text) {
  const match = /^\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*([kMGTP]i?)?B?\s*$/.exec(text);
  if (!match) return null;
  const scale = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 };
  return +match[1] * (match[2] ? scale[match[2]] : 1);
}

/// What a sweep shows: each {title, unit, of(point) -> {value, low, high} or null}.
function panels(points) {
  const list = [{ title: "utilisation", unit: "%", of: ({ estimate: e }) => ({ value: 100 * e.utilisation, low: (100 * e.utilisation * e.time_s) / e.p90_s, high: (100 * e.utilisation * e.time_s) / e.p10_s }) }];
  const take = (m) => (m && m.value > 0 ? { value: m.value, low: m.p10, high: m.p90 } : null), main = points[0];
  list.push({ title: words(main.metric), unit: main.unit, of: take });
  (main.metrics || []).forEach((m) => list.push({ title: words(m.metric), unit: m.unit, of: (p) => take((p.metrics || []).find((own) => own.metric === m.metric)) }));
  return list;
}

function sweep() {
  const points = (data.sweep || []).filter((p) => p.estimate && p.estimate.time_s > 0);
  if (points.length < 2) return;
  const keys = Object.keys(points[0].at), numeric = keys.find((key) => points.every((p) => numberOf(p.at[key]) !== null));
  const key = numeric || keys[0], others = keys.filter((k) => k !== key);
  const series = groupsOf(points, (p) => others.map((k) => `${k} = ${p.at[k]}`).join(", ")).slice(0, seriesColours.length).map(([name, own], i) => ({ name, points: own, colour: seriesColours[i] }));
  const dropped = new Set(points.map((p) => others.map((k) => p.at[k]).join())).size - series.length;
  const all = panels(points), gap = 64, left = 64, right = 14, top = 26, height = 250, width = (pageWidth - left - right - gap * (all.length - 1)) / all.length;
  const svg = figure(page, pageWidth, top + height + 44, `By ${escaped(key)}.`, sweepCaption(key, series, dropped, all));
  const x = sweepScale(points, key, numeric, width);
  all.forEach((panel, i) => drawPanel(svg.append("g").attr("transform", `translate(${left + i * (width + gap)},${top})`), panel, series, x, key, numeric, width, height));
}

function sweepScale(points, key, numeric, width) {
  if (!numeric) return d3.scalePoint().domain([...new Set(points.map((p) => p.at[key]))]).range([0, width]).padding(0.5);
  const values = points.map((p) => numberOf(p.at[key])), [low, high] = d3.extent(values);
  return low > 0 && high / low >= 8 ? d3.scaleLog().domain([low, high]).range([0, width]) : d3.scaleLinear().domain([low, high > low ? high : low + 1]).range([0, width]);
}

function sweepCaption(key, series, dropped, all) {
  const end = data.sweep_end;
  let text = `${escaped(all.map((p) => p.title).join(", ").replace(/^./, (c) => c.toUpperCase()))}; the band is the interval of 80 %.`;
  if (series.length > 1) text += ` ${series.map((s) => `${swatch(s.colour)}${escaped(s.name)}`).join(" ")}${dropped > 0 ? `, and ${dropped} more that are not drawn` : ""}.`;
  if (end) text += ` Memory ends at ${escaped(end.key)} = ${grouped(end.last)}: grey beyond, dashed what a device with memory enough would do.`;
  else if (series.some((s) => s.points.some((p) => !p.estimate.fits))) text += " Hollow and dashed: does not fit in memory.";
  if (ridgeAt(key)) text += ` Dotted line: the ridge at ${escaped(key)} = ${number(ridgeAt(key))}, where the products with the weights need as much time for arithmetic as for bytes.`;
  if (asked(series, key)) text += " The ring is the question above.";
  return text;
}

const ridgeAt = (key) => (answer && key === "batch" && answer.full_use_batch > 0 ? answer.full_use_batch : null);
function askedAt(key) {
  if (!answer) return null;
  const given = key === "count" ? answer.count : (answer.question || {})[key] ?? answer[key];
  return typeof given === "number" ? given : null;
}

/// The point of a lone series that is the question which the page answers, or nothing.
const asked = (series, key) => (series.length === 1 && askedAt(key) !== null ? series[0].points.find((p) => numberOf(p.at[key]) === askedAt(key)) : undefined);

function panelScale(values, height) {
  const low = d3.min(values), high = d3.max(values);
  if (low > 0 && high / low > 6) return d3.scaleLog().domain([low / 1.2, high * 1.2]).range([height, 0]);
  return d3.scaleLinear().domain([0, niceAbove(high > 0 ? high : 1)]).range([height, 0]);
}

function drawPanel(g, panel, series, x, key, numeric, width, height) {
  const place = (p) => x(numeric ? numberOf(p.at[key]) : p.at[key]), read = (p) => panel.of(p);
  const known = series.flatMap((s) => s.points).map(read).filter((v) => v && v.value > 0);
  if (!known.length) return;
  const unit = axisUnit(panel.unit, known.map((v) => v.value)), y = panelScale(known.flatMap((v) => [v.low, v.value, v.high]).filter((v) => v > 0).map((v) => v * unit.factor), height), isLog = !!y.base;
  const yTicks = isLog ? logTicks(y, 6) : y.ticks(5), most = Math.floor(width / 46), xTicks = numeric ? (x.base ? logTicks(x, most) : x.ticks(5)) : [];
  shadeBeyond(g, x, key, numeric, width, height);
  grid(g, x, xTicks, y, yTicks, width, height);
  const at = (p, which) => y(Math.max(read(p)[which] * unit.factor, isLog ? y.domain()[0] : 0));
  marks(g, x, key, numeric, width, height, (px) => Math.max(...series.flatMap((s) => s.points).filter((p) => read(p) && Math.abs(place(p) - px) < 32).map((p) => at(p, "low")), 0));
  for (const one of series) drawSeries(g, one, place, read, at, numeric);
  ring(g, series, key, numeric, place, read, at);
  axis(g, 0, height, numeric ? (x.base ? logAxis(d3.axisBottom, x, most) : d3.axisBottom(x).ticks(5).tickSizeOuter(0)) : d3.axisBottom(x).tickFormat((v) => shortened(v, 12)).tickSizeOuter(0));
  axis(g, 0, 0, isLog ? logAxis(d3.axisLeft, y, 6) : d3.axisLeft(y).ticks(5).tickFormat(number).tickSizeOuter(0));
  label(g, width / 2, height + 36, key);
  label(g, -6, -10, `${panel.title}${unit.unit ? ` (${unit.unit})` : ""}`, "start").attr("font-weight", 600);
}

function drawSeries(g, one, place, read, at, numeric) {
  const own = one.points.filter(read), fitting = own.filter((p) => p.estimate.fits), last = own.findIndex((p) => !p.estimate.fits);
  const beyond = last > 0 && fitting.length === last ? own.slice(last - 1) : own.filter((p) => !p.estimate.fits);
  const line = d3.line().x(place).y((p) => at(p, "value"));
  if (numeric) {
    const area = d3.area().x(place).y0((p) => at(p, "low")).y1((p) => at(p, "high"));
    g.append("path").attr("d", area(fitting)).attr("fill", one.colour).attr("fill-opacity", 0.18);
    g.append("path").attr("d", line(fitting)).attr("fill", "none").attr("stroke", one.colour).attr("stroke-width", 2);
    g.append("path").attr("d", line(beyond)).attr("fill", "none").attr("stroke", silver).attr("stroke-width", 1.4).attr("stroke-dasharray", "4 3");
  } else {
    for (const p of own) g.append("line").attr("x1", place(p)).attr("x2", place(p)).attr("y1", at(p, "low")).attr("y2", at(p, "high")).attr("stroke", one.colour).attr("stroke-width", 6).attr("stroke-opacity", 0.25);
  }
  const dots = g.append("g").selectAll("circle").data(own).enter().append("circle").attr("cx", place).attr("cy", (p) => at(p, "value")).attr("r", (p) => (p.estimate.fits ? 3 : 3.5))
    .attr("fill", (p) => (p.estimate.fits ? one.colour : "#fff")).attr("stroke", (p) => (p.estimate.fits ? one.colour : silver)).attr("stroke-width", 1.2);
  explain(dots, (p) => [Object.entries(p.at).map(([k, v]) => `${k} = ${v}`).join(", "), `${words(p.metric)} ${withUnit(p.value, p.unit)} (${between(p.p10, p.p90, p.unit)})`,
    ...(p.metrics || []).map((m) => `${words(m.metric)} ${withUnit(m.value, m.unit)} (${between(m.p10, m.p90, m.unit)})`), `${percent(p.estimate.utilisation)} of the arithmetic peak; ${p.estimate.bottleneck}`, p.problem]);
}

/// Grey beyond the end of memory.
function shadeBeyond(g, x, key, numeric, width, height) {
  const end = data.sweep_end;
  if (!numeric || !end || end.key !== key) return;
  g.append("rect").attr("x", x(end.last)).attr("width", Math.max(0, width - x(end.last))).attr("height", height).attr("fill", "#eef0f2");
}

/// Upright lines with words: the end of memory, and where arithmetic and bytes take equally long. The words stand at the foot, or at
/// the top where the curves come down to the foot (`lowest(px)` is how far); without the number where there is little room.
function marks(g, x, key, numeric, width, height, lowest) {
  if (!numeric) return;
  const [low, high] = x.domain(), list = [], end = data.sweep_end;
  if (end && end.key === key) list.push({ at: end.last, brief: "memory ends", text: `memory ends at ${grouped(end.last)}`, dash: null });
  if (ridgeAt(key)) list.push({ at: ridgeAt(key), brief: "ridge", text: `ridge at ${number(Math.round(ridgeAt(key)))}`, dash: "2 3" });
  for (const mark of list.filter((m) => m.at >= low && m.at <= high)) {
    g.append("line").attr("x1", x(mark.at)).attr("x2", x(mark.at)).attr("y2", height).attr("stroke", "#6b737c").attr("stroke-dasharray", mark.dash);
    const crowded = list.some((m) => m !== mark && x(m.at) < x(mark.at) && x(mark.at) - x(m.at) < 15), room = height - lowest(x(mark.at)) - 8;
    const text = mark.brief.length * 6.2 < room && mark.text.length * 6.2 > room ? mark.brief : mark.text, atTop = text.length * 6.2 > room;
    halo(label(g, x(mark.at) + (crowded ? 12 : -4), atTop ? 4 : height - 6, text, atTop ? "end" : "start", -90).attr("font-size", 11).attr("fill", grey));
  }
}

/// A ring around the question that the page answers.
function ring(g, series, key, numeric, place, read, at) {
  const own = numeric ? asked(series, key) : null;
  if (own && read(own)) g.append("circle").attr("cx", place(own)).attr("cy", at(own, "value")).attr("r", 7).attr("fill", "none").attr("stroke", ink).attr("stroke-width", 1.6);
}

// ---- sensitivity -----------------------------------------------------------------------------------------------------

function sensitivity() {
  const all = (answer.sensitivity || []).filter((s) => isFinite(s.exponent)), most = 16, levers = all.slice(0, most);
  if (!levers.length) return;
  const colours = { machine: blue, constant: orange, parameter: green }, colour = (s) => colours[s.kind] || grey;
  const names = Object.entries({ machine: "figures of the machine", constant: "constants", parameter: "parameters of the question" }).filter(([kind]) => levers.some((s) => s.kind === kind));
  const left = 210, gap = 140, right = 88, top = 26, line = 24, width = (pageWidth - left - right - gap) / 2, height = levers.length * line;
  const wide = Math.exp(normal90 * Math.log(answer.p90 / answer.p10) / (2 * normal90)) - 1;
  const svg = figure(page, pageWidth, top + height + 44, `What moves ${escaped(words(answer.metric))}.`,
    `${names.map(([kind, name]) => `${swatch(colours[kind])}${name}`).join(", ")}. Left: by how much the answer changes when an input grows by 1 %. Right: how far the answer moves while the input goes through the ` +
    `80 % of its values that are likely, as far as its sources and fits are sure; parameters are given. ${isFinite(wide) && wide > 0 ? "Dashed: the answer's own interval." : ""}${all.length > most ? ` ${all.length - most} smaller ones are left out.` : ""}`);
  const reach = d3.max(levers, (s) => Math.abs(s.exponent)), x = d3.scaleLinear().domain([-reach * 1.12, reach * 1.12]).range([0, width]);
  const swing = (s, sign) => 100 * (Math.exp(sign * Math.abs(s.exponent) * normal90 * s.spread) - 1);
  const widest = Math.max(d3.max(levers, (s) => swing(s, 1)), isFinite(wide) ? 100 * wide : 0, 1), u = d3.scaleLinear().domain([-widest * 1.2, widest * 1.2]).range([0, width]);
  const plots = [[left, x], [left + width + gap, u]];
  for (const [at, scale] of plots) {
    for (const v of scale.ticks(5)) svg.append("line").attr("x1", at + scale(v)).attr("x2", at + scale(v)).attr("y1", top).attr("y2", top + height).attr("stroke", v === 0 ? rule : hairline);
    axis(svg, at, top + height, d3.axisBottom(scale).ticks(5).tickSizeOuter(0));
  }
  label(svg, left, 12, "1 % more gives", "start").attr("font-weight", 600);
  label(svg, left + width + gap, 12, "what is not sure of it moves the answer by", "start").attr("font-weight", 600);
  label(svg, left + width / 2, top + height + 36, "change of the answer (%)");
  label(svg, left + width + gap + width / 2, top + height + 36, "change of the answer (%)");
  if (isFinite(wide) && wide > 0) for (const v of [100 * (1 / (1 + wide) - 1), 100 * wide]) svg.append("line").attr("x1", left + width + gap + u(v)).attr("x2", left + width + gap + u(v)).attr("y1", top).attr("y2", top + height).attr("stroke", ink).attr("stroke-dasharray", "4 3");
  levers.forEach((s, i) => {
    const y = top + i * line, second = left + width + gap;
    label(svg, left - 12, y + 16, shortened(words(s.input), 30), "end");
    svg.append("rect").attr("x", left + x(Math.min(0, s.exponent))).attr("width", Math.max(0.5, Math.abs(x(s.exponent) - x(0)))).attr("y", y + 4).attr("height", line - 8).attr("fill", colour(s));
    label(svg, left + width + 10, y + 16, `${s.exponent > 0 ? "+" : "−"}${fixed(Math.abs(s.exponent), 2)} %`, "start").attr("fill", grey);
    if (!(s.spread > 0)) return label(svg, second + u(0) + 8, y + 16, s.kind === "parameter" ? "given" : "no spread known", "start").attr("fill", grey);
    svg.append("rect").attr("x", second + u(swing(s, -1))).attr("width", Math.max(1, u(swing(s, 1)) - u(swing(s, -1)))).attr("y", y + 4).attr("height", line - 8).attr("fill", colour(s)).attr("fill-opacity", 0.8);
    label(svg, second + width + 10, y + 16, `± ${number(+swing(s, 1).toPrecision(2))} %`, "start").attr("fill", grey);
  });
}

// ---- tables ----------------------------------------------------------------------------------------------------------

function figuresTable() {
  if (!(answer.figures || []).length) return;
  table(page, "Figures beside the answer.", "As <code>--json</code> names them.", [
    { head: "figure", left: true, text: (f) => f.name },
    { head: "value", text: (f) => withUnit(f.value, f.unit) },
    { head: "meaning", left: true, text: (f) => f.meaning },
  ], answer.figures);
}

/// Text with its addresses, DOIs and arXiv numbers as links; the rest stays text.
function linked(text) {
  const found = /https?:\/\/[^\s,;)"'<>]+|doi:10\.[^\s,;)"'<>]+|arXiv:\d{4}\.\d{4,5}|github [\w.-]+\/[\w.-]+|\b(?:[a-z0-9-]+\.)+(?:ai|com|org|net|io|edu)\/[^\s,;)"'<>]*/g;
  const address = (word) => (word.startsWith("doi:") ? `https://doi.org/${word.slice(4)}` : word.startsWith("arXiv:") ? `https://arxiv.org/abs/${word.slice(6)}` : word.startsWith("github ") ? `https://github.com/${word.slice(7)}`
    : word.startsWith("http") ? word : `https://${word}`);
  let html = "", last = 0;
  for (const match of String(text).matchAll(found)) {
    const word = match[0].replace(/[.:]+$/, "");
    html += `${escaped(text.slice(last, match.index))}<a href="${escaped(address(word))}" rel="noopener noreferrer">${escaped(word)}</a>`;
    last = match.index + word.length;
  }
  return html + escaped(text.slice(last));
}

function derivation() {
  const steps = answer.derivation || [];
  if (!steps.length) return;
  const sources = [...new Set(steps.map((s) => s.source).filter(Boolean))], cite = (s) => (s.source ? `<a href="#source-${sources.indexOf(s.source) + 1}">[${sources.indexOf(s.source) + 1}]</a>` : "");
  const indent = (s) => `padding-left:${18 * Math.max(0, +s.depth || 0)}px`;
  table(page, "The derivation,", "from the inputs to the answer, in the order of the computation. Numbers in brackets are the sources below.", [
    { head: "step", left: true, html: (s) => (s.section === undefined ? `<span style="${indent(s)}">${escaped(s.name)}</span>` : `<span class="section" style="${indent(s)}">${escaped(s.section)}${s.remark ? `<i>: ${escaped(s.remark)}</i>` : ""}</span>`) },
    { head: "value", text: (s) => (s.section === undefined ? withUnit(s.value, s.unit) : "") },
    { head: "formula", left: true, html: (s) => (s.section === undefined ? linked(s.formula) : "") },
    { head: "source", html: cite },
  ], steps, "numbers steps");
  if (!sources.length) return;
  page.append("h2").text("Sources");
  page.append("ol").attr("class", "sources").selectAll("li").data(sources).enter().append("li").attr("id", (_, i) => `source-${i + 1}`).html(linked);
}

function again() {
  page.append("h2").text("To ask it again");
  facts([["command", data.command, true], ["Ranvier", data.version], ["machine", `${first.machine_name || first.machine}${first.count > 1 ? `, ${grouped(first.count)} of them` : ""}`],
    ["parameters", Object.entries(data.question || {}).map(([key, value]) => `${key} = ${value}`).join(", ")]]);
}

head();
if (answer) {
  const pair = page.append("div").attr("class", "pair");
  interval(pair);
  timeByOperation(pair);
  roofline();
}
sweep();
if (answer) {
  sensitivity();
  figuresTable();
  derivation();
}
again();
