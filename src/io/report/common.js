// SPDX-License-Identifier: Apache-2.0
// What the pages have in common: words, numbers, figures, axes, tables. Comes before the script of a page; needs D3, version 5
// or newer. #data holds the JSON that a page draws.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const page = d3.select("#page");
const title = document.title.replace(/ - Ranvier$/, "");
const ink = "#1b1f24", grey = "#5b646e", hairline = "#e3e7eb", rule = "#8a939c";
const pageWidth = 1080;

// ---- words and numbers ---------------------------------------------------------------------------------------------

const grouped = d3.format(",");
const fixed = (x, digits) => (x === null || x === undefined ? "–" : (Math.round(x * 10 ** digits) / 10 ** digits + 0).toFixed(digits).replace("-", "−"));

const prefixes = { "-12": "p", "-9": "n", "-6": "µ", "-3": "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E" };
/// The power of 1000 under a number, for which there is a prefix.
const thirdOf = (x) => Math.max(-12, Math.min(18, Math.floor(Math.log10(Math.abs(x)) / 3 + 1e-12) * 3));

function scaled(x, unit) {
  if (x === null || x === undefined) return null;
  if (x === 0) return `0 ${unit}`;
  const third = thirdOf(x);
  return `${d3.format(".3~r")(x / 10 ** third)} ${prefixes[third]}${unit}`;
}

/// 1, 1.5, 2, 3, 4, 5, 6 or 8 times a power of ten, at or above x.
function niceAbove(x) {
  const decade = 10 ** Math.floor(Math.log10(x));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((v) => v * decade >= x * (1 - 1e-9)) * decade;
}

/// Four digits: 0.0123, 948, 12,360, 7.055 × 10¹⁰.
function number(x) {
  if (x === null || x === undefined) return "–";
  const size = Math.abs(x);
  if (x === 0 || (size >= 1e-3 && size < 1e6)) return d3.format(",")(+x.toPrecision(4)).replace("-", "−");
  const [mantissa, exponent] = x.toExponential(3).split("e");
  return `${(+mantissa).toString().replace("-", "−")} × ${power(+exponent)}`;
}
const power = (e) => `10${String(e).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] || "⁻")}`;

/// Units that take a prefix, and how many of the base unit one is.
const prefixed = { s: ["s", 1], ms: ["s", 1e-3], us: ["s", 1e-6], byte: ["B", 1], "byte/s": ["B/s", 1], FLOP: ["FLOP", 1], "FLOP/s": ["FLOP/s", 1], J: ["J", 1], uJ: ["J", 1e-6], W: ["W", 1], Hz: ["Hz", 1],
  "GB/s": ["B/s", 1e9], "TFLOP/s": ["FLOP/s", 1e12] };
function withUnit(x, unit) {
  if (x === null || x === undefined) return "–";
  const base = prefixed[unit];
  if (!base || x === 0) return unit ? `${number(x)} ${unit.replace(/^byte/, "B")}` : number(x);
  const value = x * base[1], third = thirdOf(value);
  return `${number(value / 10 ** third)} ${prefixes[third]}${base[0]}`;
}
/// For an axis: what to multiply values by, and the unit that then stands at it.
function axisUnit(unit, values) {
  const base = prefixed[unit], positive = values.filter((v) => v > 0);
  if (!base || !positive.length) return { factor: 1, unit: unit.replace(/^byte/, "B") };
  const third = thirdOf(Math.sqrt(d3.min(positive) * d3.max(positive)) * base[1]);
  return { factor: base[1] / 10 ** third, unit: `${prefixes[third]}${base[0]}` };
}
/// [key, members] in the order in which keys come first. (d3.groups is of version 6, d3.nest of version 5.)
function groupsOf(list, keyOf) {
  const groups = new Map();
  for (const one of list) groups.set(keyOf(one), [...(groups.get(keyOf(one)) || []), one]);
  return [...groups];
}
const words = (name) => String(name).replace(/_/g, " ");
const shortened = (name, most = 26) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);

const plural = (n, word) => `${grouped(n)} ${word}${n === 1 ? "" : "s"}`;
const swatch = (colour) => `<span class="swatch" style="background:${colour}"></span>`;

// ---- figures -------------------------------------------------------------------------------------------------------

let figures = 0;

/// A numbered figure; returns its svg. `caption` is HTML; the names in it are escaped by the caller.
function figure(parent, width, height, title, caption, canvas) {
  const box = parent.append("figure");
  const layers = box.append("div").attr("class", "layers");
  if (canvas) layers.append("canvas");
  const svg = layers.append("svg").attr("xmlns", "http://www.w3.org/2000/svg").attr("width", width).attr("height", height)
    .attr("viewBox", `0 0 ${width} ${height}`).attr("font-size", 12).attr("fill", ink)
    .attr("font-family", '"Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif');
  const number = ++figures;
  box.append("figcaption").html(`<b>Figure ${number}. ${title}</b> ${caption}`);
  box.append("button").attr("class", "save").text("save as SVG").on("click", () => save(box, number));
  return svg;
}

/// Saves a figure as an SVG file; a canvas under it goes in as an image.
function save(box, number) {
  const copy = box.select("svg").node().cloneNode(true);
  const canvas = box.select("canvas").node();
  if (canvas) {
    const image = document.createElementNS("http://www.w3.org/2000/svg", "image");
    for (const [key, value] of Object.entries({ x: canvas.offsetLeft, y: canvas.offsetTop, width: canvas.offsetWidth, height: canvas.offsetHeight, href: canvas.toDataURL() }))
      image.setAttribute(key, value);
    copy.insertBefore(image, copy.firstChild);
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }));
  link.download = `${title}-figure-${number}.svg`;
  link.click();
  URL.revokeObjectURL(link.href);
}

const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

function axis(svg, x, y, drawn) {
  const g = svg.append("g").attr("transform", `translate(${x},${y})`);
  g.update = () => {
    g.call(drawn).attr("font-size", 11).attr("font-family", null);
    g.selectAll(".domain, .tick line").attr("stroke", "#8a939c");
    g.selectAll("text").attr("fill", ink);
    return g;
  };
  return g.update();
}

/// White around the letters of a label, so that it can be read over lines.
const halo = (text) => text.attr("paint-order", "stroke").attr("stroke", "#fff").attr("stroke-width", 3).attr("stroke-linejoin", "round");

/// Ticks of a logarithmic axis: decades, every few of them where there are many; 1, 2 and 5 of each where there are few.
function logTicks(scale, most = 8) {
  const [low, high] = scale.domain(), first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
  const stride = Math.max(1, Math.ceil((last - first + 1) / most));
  const decades = d3.range(first, last + 1).filter((e) => e % stride === 0).map((e) => 10 ** e);
  if (decades.length >= 3 || stride > 1) return decades;
  const all = (steps) => d3.range(first - 1, last + 1).flatMap((e) => steps.map((s) => s * 10 ** e)).filter((v) => v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9));
  const few = all([1, 2, 5]);
  return few.length >= 3 ? few : all([1, 1.5, 2, 3, 4, 5, 6, 8]);
}
/// 0.01, 1, 1,000; beyond, 10⁵.
function tick(v) {
  const e = Math.floor(Math.log10(v) + 1e-9), mantissa = +(v / 10 ** e).toPrecision(3);
  if (e >= -3 && e <= 4) return d3.format(",")(+v.toPrecision(3));
  return mantissa === 1 ? power(e) : `${mantissa} × ${power(e)}`;
}
const logAxis = (make, scale, most) => make(scale).tickValues(logTicks(scale, most)).tickFormat(tick).tickSizeOuter(0);

/// Hairlines across a plot at the ticks.
function grid(plot, x, xTicks, y, yTicks, width, height) {
  for (const v of xTicks) plot.append("line").attr("x1", x(v)).attr("x2", x(v)).attr("y2", height).attr("stroke", hairline);
  for (const v of yTicks) plot.append("line").attr("x2", width).attr("y1", y(v)).attr("y2", y(v)).attr("stroke", hairline);
}

/// Shows lines of text beside the pointer while it is over an element. Nothing in them is markup.
const bubble = d3.select("body").append("div").attr("class", "bubble");
function explain(selection, lines) {
  const show = (event) => {
    const own = lines(d3.select(event.currentTarget).datum()).filter(Boolean);
    const line = bubble.style("display", "block").selectAll("div").data(own);
    line.exit().remove();
    line.enter().append("div").merge(line).text((d) => d);
    const right = event.pageX + 14 + bubble.node().offsetWidth < document.documentElement.scrollWidth;
    bubble.style("left", `${right ? event.pageX + 14 : event.pageX - 14 - bubble.node().offsetWidth}px`).style("top", `${event.pageY + 12}px`);
  };
  selection.each(function listen() {
    this.addEventListener("pointermove", show);
    this.addEventListener("pointerleave", () => bubble.style("display", "none"));
  });
}

/// The roof of a machine: memory's slope, and one level for each arithmetic rate {text, flop}.
function drawRoofs(plot, x, y, bandwidth, rates) {
  const [low, high] = x.domain(), line = (points) => plot.append("path").attr("fill", "none").attr("stroke", ink).attr("stroke-width", 1.8).attr("stroke-linejoin", "round").attr("d", d3.line()(points));
  const sorted = [...rates].sort((a, b) => b.flop - a.flop), top = sorted[0], ridge = top.flop / bandwidth;
  line([[x(low), y(bandwidth * low)], [x(ridge), y(top.flop)], [x(high), y(top.flop)]]);
  const slope = (Math.atan2(y(top.flop) - y(bandwidth * low), x(ridge) - x(low)) * 180) / Math.PI, middle = Math.sqrt(low * ridge);
  label(plot, x(middle) - 6, y(bandwidth * middle) - 8, `memory ${scaled(bandwidth, "B/s")}`, "middle", slope);
  sorted.forEach((rate, i) => {
    if (i > 0) line([[x(rate.flop / bandwidth), y(rate.flop)], [x(high), y(rate.flop)]]).attr("stroke-dasharray", "6 3").attr("stroke-width", 1.2);
    const below = i > 0 && y(rate.flop) - y(sorted[i - 1].flop) < 26;
    label(plot, x(high) - 4, y(rate.flop) + (below ? 15 : -8), `${rate.text} ${scaled(rate.flop, "FLOP/s")}`, "end");
  });
}

function label(svg, x, y, text, anchor = "middle", turn = 0) {
  return svg.append("text").attr("transform", `translate(${x},${y}) rotate(${turn})`).attr("text-anchor", anchor).attr("font-size", 12).text(text);
}

// ---- words beside the figures ----------------------------------------------------------------------------------------

/// The most important numbers: [number, what it is].
function tiles(list) {
  const tile = page.append("div").attr("class", "tiles").selectAll("div").data(list).enter().append("div").attr("class", "tile");
  tile.append("b").text((d) => d[0]);
  tile.append("span").text((d) => d[1]);
}

/// Names and what they are: [name, value, whether it is code]. Empty ones are left out.
function facts(list) {
  const body = page.append("table").attr("class", "facts").append("tbody");
  for (const [name, value, code] of list) {
    if (!value) continue;
    const row = body.append("tr");
    row.append("td").text(name);
    (code ? row.append("td").append("code") : row.append("td")).text(value);
  }
}

let tables = 0;

/// A numbered table; `columns` are {head, text(row), left, html}. Text is escaped unless html is set.
function table(parent, title, caption, columns, rows, kind = "numbers") {
  const box = parent.append("figure"), own = box.append("table").attr("class", kind);
  const head = own.append("thead").append("tr");
  for (const column of columns) head.append("th").classed("left", column.left).text(column.head);
  const body = own.append("tbody");
  for (const row of rows) {
    const tr = body.append("tr");
    for (const column of columns) {
      const cell = tr.append("td").classed("left", column.left);
      if (column.html) cell.html(column.html(row));
      else cell.text(column.text(row));
    }
  }
  box.append("figcaption").html(`<b>Table ${++tables}. ${title}</b> ${caption}`);
  return own;
}
