// SPDX-License-Identifier: Apache-2.0
// Predictions against measurements: drawn from the JSON in #data, which ranvier plan validate --json prints (docs/plan.md).
// Common parts: common.js.

const blue = "#00588f", orange = "#c44e00";
const factors = [{ factor: 1.2, dash: null }, { factor: 1.5, dash: "6 3" }, { factor: 3, dash: "1 3" }];
const measured = data.rows.filter((r) => r.measured > 0);
const predicted = measured.filter((r) => r.predicted > 0);
const missing = data.rows.filter((r) => !(r.measured > 0 && r.predicted > 0));
for (const r of predicted) {
  r.ratio = r.predicted / r.measured;
  r.inside = r.p10 <= r.measured && r.measured <= r.p90;
}
const scored = predicted.filter((r) => r.scored);
const percent = (share, digits = 1) => `${fixed(100 * share, digits)} %`;
const times = (ratio) => `${number(+ratio.toPrecision(3))} ×`;
const machineOf = (r) => `${r.hardware || "?"}${r.count > 1 ? ` × ${grouped(r.count)}` : ""}`;
const firstLine = (text) => String(text).split("\n")[0];

function tell(r) {
  return [`${r.id}: ${words(r.workload)}, ${words(r.metric)}`, machineOf(r), `measured ${withUnit(r.measured, r.unit)}`,
    r.predicted > 0 ? `predicted ${withUnit(r.predicted, r.unit)}, 80 %: ${withUnit(r.p10, r.unit)} to ${withUnit(r.p90, r.unit)}` : `not predicted: ${firstLine(r.reason)}`,
    r.predicted > 0 ? `predicted / measured = ${number(+r.ratio.toPrecision(3))}, ${r.inside ? "inside" : "outside"} the interval` : "", r.scored ? "" : "not scored", ...(r.warnings || []).slice(0, 3)];
}

// ---- head ------------------------------------------------------------------------------------------------------------

function head() {
  page.append("h1").text("Predicted against measured");
  const left = { machine: "each machine predicted with constants fitted to the others", engine: "each engine predicted with constants fitted to the others" }[data.leave_out];
  page.append("p").attr("class", "lead").text([data.file, plural(data.rows.length, "row"), `${grouped(predicted.length)} of them predicted`, left].filter(Boolean).join(" · "));
  const inside = scored.length ? scored.filter((r) => r.inside).length / scored.length : 0;
  tiles([
    [grouped(data.rows.filter((r) => r.scored).length), "scored rows"],
    [percent(data.mean_of_medians), "mean of the median errors of workloads with 10 rows or more"],
    [percent(data.pooled_p90_error), "90th centile of the errors of all scored rows"],
    [percent(inside, 0), "of the scored rows lie inside their interval of 80 %"],
    [percent(data.share_not_predicted), "of the scored rows have no prediction"],
  ]);
}

// ---- figure 1: a panel for each workload -----------------------------------------------------------------------------

const fewest = 4;  // rows of a workload that get a panel; the others share one
const symbols = [d3.symbolCircle, d3.symbolTriangle, d3.symbolSquare, d3.symbolDiamond, d3.symbolStar, d3.symbolCross, d3.symbolWye];

function scatter() {
  const groups = groupsOf(measured, (r) => r.workload).filter(([, rows]) => rows.some((r) => r.predicted > 0)).sort((a, b) => b[1].length - a[1].length);
  const own = groups.filter(([, rows]) => rows.length >= fewest), rest = groups.filter(([, rows]) => rows.length < fewest).flatMap(([, rows]) => rows);
  if (rest.length) own.push(["the others", rest]);
  if (!own.length) return;
  const columns = Math.min(4, own.length), gap = 58, left = 64, side = Math.min(300, (pageWidth - left - 8 - gap * (columns - 1)) / columns), top = 42, legendLine = 14;
  const lines = Math.ceil(own.length / columns), bottoms = d3.range(lines).map((i) => 46 + legendLine * d3.max(own.slice(i * columns, (i + 1) * columns), ([, rows]) => unitsOf(rows).length));
  const height = d3.sum(bottoms) + lines * (top + side), above = (line) => line * (top + side) + d3.sum(bottoms.slice(0, line)) + top;
  const svg = figure(page, pageWidth, height, "Predicted against measured, by workload.",
    `Each point is a row of the table: ${swatch(blue)}its measurement lies inside the prediction's interval of 80 %, ${swatch(orange)}outside; pale: not scored. Both axes have the rows' own units, which the shapes tell. ` +
    "Lines: equal (thick), a factor of 1.2 (thin), 1.5 (dashed) and 3 (dotted) either way. Crosses at the foot of a panel are rows without a prediction. Point at one to see which it is.");
  own.forEach(([name, rows], i) => panel(svg.append("g").attr("transform", `translate(${left + (i % columns) * (side + gap)},${above(Math.floor(i / columns))})`), name, rows, side, i, i % columns === 0, legendLine));
}

/// What is measured, and in which unit, of rows; each has a shape of its own. A panel that holds all sorts of rows tells the first.
const unitOf = (r) => `${words(r.metric)} (${r.unit || "1"})`;
const unitsOf = (rows) => [...new Set(rows.map(unitOf))].slice(0, symbols.length);

function panel(g, name, rows, side, i, leftmost, legendLine) {
  const known = rows.filter((r) => r.predicted > 0), all = known.flatMap((r) => [r.predicted, r.measured]).concat(rows.map((r) => r.measured));
  const middle = Math.sqrt(d3.min(all) * d3.max(all)), half = Math.max(Math.log10(d3.max(all) / d3.min(all)) / 2 + 0.15, 0.75);
  const domain = [middle / 10 ** half, middle * 10 ** half], x = d3.scaleLog().domain(domain).range([0, side]), y = d3.scaleLog().domain(domain).range([side, 0]);
  const ticks = logTicks(x, 5), clip = `panel-${i}`;
  g.append("clipPath").attr("id", clip).append("rect").attr("width", side).attr("height", side);
  grid(g, x, ticks, y, ticks, side, side);
  const lines = g.append("g").attr("clip-path", `url(#${clip})`), diagonal = (f) => `M0,${y(domain[0] * f)}L${side},${y(domain[1] * f)}`;
  lines.append("path").attr("d", diagonal(1)).attr("stroke", "#6b737c").attr("stroke-width", 1.6);
  for (const { factor, dash } of factors) for (const f of [factor, 1 / factor]) lines.append("path").attr("d", diagonal(f)).attr("stroke", "#6b737c").attr("stroke-width", 0.8).attr("stroke-dasharray", dash);
  const units = unitsOf(rows), kind = (r) => symbols[Math.max(0, units.indexOf(unitOf(r)))];
  const marks = g.append("g").selectAll("path").data(known).enter().append("path").attr("d", (r) => d3.symbol().type(kind(r)).size(34)()).attr("transform", (r) => `translate(${x(r.measured)},${y(r.predicted)})`)
    .attr("fill", (r) => (r.inside ? blue : orange)).attr("fill-opacity", (r) => (r.scored ? 0.75 : 0.3)).attr("stroke", "#fff").attr("stroke-width", 0.5);
  explain(marks, tell);
  const lost = g.append("g").selectAll("path").data(rows.filter((r) => !(r.predicted > 0))).enter().append("path").attr("d", "M-3.5,-3.5L3.5,3.5M-3.5,3.5L3.5,-3.5").attr("stroke", "#555d66").attr("stroke-width", 1.6)
    .attr("pointer-events", "bounding-box").attr("transform", (r) => `translate(${x(r.measured)},${side - 7})`);
  explain(lost, tell);
  axis(g, 0, side, logAxis(d3.axisBottom, x, 5));
  axis(g, 0, 0, logAxis(d3.axisLeft, y, 5));
  label(g, 0, -24, shortened(words(name), 28), "start").attr("font-weight", 600);
  label(g, side, -24, plural(rows.length, "row"), "end").attr("fill", grey).attr("font-size", 11);
  label(g, side / 2, side + 34, "measured");
  if (leftmost) label(g, -52, side / 2, "predicted", "middle", -90);
  units.forEach((unit, k) => {
    g.append("path").attr("d", d3.symbol().type(symbols[k]).size(26)()).attr("transform", `translate(5,${side + 47 + k * legendLine})`).attr("fill", "#555d66");
    label(g, 13, side + 51 + k * legendLine, shortened(unit, 38), "start").attr("font-size", 10.5).attr("fill", grey);
  });
}

// ---- figure 2: how far off -------------------------------------------------------------------------------------------

function residuals() {
  const groups = groupsOf(scored, (r) => r.workload).sort((a, b) => b[1].length - a[1].length).filter(([, rows]) => rows.length >= 2);
  if (!scored.length) return;
  const rows = [["all scored rows", scored], ...groups], left = 190, right = 150, top = 10, line = 40, height = rows.length * line, width = pageWidth - left - right;
  const svg = figure(page, pageWidth, top + height + 44, "Predicted over measured.",
    "Scored rows that have a prediction, in bins of 0.1 of ln(predicted / measured); each histogram is scaled to its own highest bin. Under it: quartiles (bar) and median (tick). Rows more than a factor of 4 off are counted in the outermost bins.");
  const step = 0.1, reach = Math.ceil(Math.log(4) / step), x = d3.scaleLinear().domain([-reach * step, reach * step]).range([0, width]), ticks = [1 / 3, 1 / 1.5, 1 / 1.2, 1, 1.2, 1.5, 3];
  for (const v of ticks) svg.append("line").attr("x1", left + x(Math.log(v))).attr("x2", left + x(Math.log(v))).attr("y1", top).attr("y2", top + height).attr("stroke", v === 1 ? rule : hairline);
  rows.forEach(([name, own], i) => residualRow(svg.append("g").attr("transform", `translate(${left},${top + i * line})`), name, own, x, step, reach, line, width, i === 0 ? "#333a42" : blue));
  axis(svg, left, top + height, d3.axisBottom(x).tickValues(ticks.map(Math.log)).tickFormat((v) => (v < -1e-9 ? `1/${number(+Math.exp(-v).toPrecision(3))}` : number(+Math.exp(v).toPrecision(3)))).tickSizeOuter(0));
  label(svg, left + width / 2, top + height + 36, "predicted / measured");
}

function residualRow(g, name, own, x, step, reach, line, width, colour) {
  const base = line - 10, values = own.map((r) => Math.log(r.ratio)).sort(d3.ascending), counts = new Array(2 * reach).fill(0);
  for (const v of values) counts[Math.max(0, Math.min(2 * reach - 1, Math.floor(v / step) + reach))] += 1;
  const y = d3.scaleLinear().domain([0, d3.max(counts)]).range([base, 4]), inside = (v) => Math.max(0, Math.min(width, x(v)));
  label(g, -12, base - 4, shortened(words(name), 28), "end").attr("font-weight", name === "all scored rows" ? 600 : null);
  g.append("line").attr("x2", width).attr("y1", base).attr("y2", base).attr("stroke", "#c3cad1").attr("stroke-width", 0.8);
  let outline = `M0,${base}`;
  counts.forEach((n, i) => { outline += `V${y(n).toFixed(1)}H${x((i + 1 - reach) * step).toFixed(1)}`; });
  g.append("path").attr("d", `${outline}V${base}Z`).attr("fill", colour).attr("fill-opacity", 0.35).attr("stroke", colour).attr("stroke-width", 0.9);
  const [low, median, high] = [0.25, 0.5, 0.75].map((q) => d3.quantile(values, q));
  g.append("line").attr("x1", inside(low)).attr("x2", inside(high)).attr("y1", base + 5).attr("y2", base + 5).attr("stroke", colour).attr("stroke-width", 3).attr("stroke-opacity", 0.55);
  g.append("line").attr("x1", inside(median)).attr("x2", inside(median)).attr("y1", base + 1.5).attr("y2", base + 8.5).attr("stroke", colour).attr("stroke-width", 1.6);
  label(g, width + 12, base - 4, `${plural(own.length, "row")}, median ${number(+Math.exp(median).toPrecision(3))}`, "start").attr("fill", grey).attr("font-size", 11.5);
}

// ---- tables ----------------------------------------------------------------------------------------------------------

/// A share as a bar beside its number.
const shareBar = (share) => `<span class="share"><span style="width:${(60 * Math.max(0, Math.min(1, +share || 0))).toFixed(1)}px"></span></span> ${percent(share, 0)}`;

function scoresTable() {
  table(page, "How far off, and how sure.", "The error of a row is exp(|ln(predicted / measured)|) − 1; a row without a prediction counts as a factor of 3. Inside: share of the predicted rows whose measurement lies in the " +
    "interval of 80 %; interval: the median of its upper over its lower end. Workloads that are only reported stay out of the sums.", [
    { head: "workload", left: true, text: (s) => words(s.workload) + (s.reported_only ? " (reported)" : "") },
    { head: "rows", text: (s) => grouped(s.rows) },
    { head: "median error", text: (s) => percent(s.median_error) },
    { head: "90th centile", text: (s) => percent(s.p90_error) },
    { head: "beyond 3 ×", text: (s) => grouped(s.misses) },
    { head: "not predicted", text: (s) => grouped(s.not_predicted) },
    { head: "inside 80 %", html: (s) => (s.rows > s.not_predicted ? shareBar(s.coverage) : "–") },
    { head: "interval", text: (s) => (s.interval_ratio > 0 ? times(s.interval_ratio) : "–") },
  ], [...(data.workloads || [])].sort((a, b) => b.rows - a.rows));
}

/// Without a unit that has no prefix: it stands beside the measured value.
const brief = (x, unit) => (prefixed[unit] ? withUnit(x, unit) : number(x));

function worstTable() {
  const most = 20, worst = [...predicted].sort((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio))).slice(0, most);
  if (!worst.length) return;
  table(page, "The rows that are farthest off.", `${worst.length} of ${grouped(predicted.length)}.`, [
    { head: "row", left: true, text: (r) => r.id },
    { head: "workload", left: true, text: (r) => words(r.workload) + (r.scored ? "" : " (not scored)") },
    { head: "machine", left: true, text: machineOf },
    { head: "metric", left: true, text: (r) => words(r.metric) },
    { head: "measured", text: (r) => withUnit(r.measured, r.unit) },
    { head: "predicted", text: (r) => brief(r.predicted, r.unit) },
    { head: "interval of 80 %", text: (r) => `${brief(r.p10, r.unit)} to ${brief(r.p90, r.unit)}` },
    { head: "predicted / measured", text: (r) => number(+r.ratio.toPrecision(3)) },
  ], worst, "numbers rows");
}

function missingTable() {
  if (!missing.length) return;
  table(page, "Rows without a prediction.", "With the reason.", [
    { head: "row", left: true, text: (r) => r.id },
    { head: "workload", left: true, text: (r) => words(r.workload) + (r.scored ? "" : " (not scored)") },
    { head: "machine", left: true, text: machineOf },
    { head: "reason", left: true, text: (r) => shortened(firstLine(r.reason), 150) },
  ], missing, "numbers rows");
}

head();
scatter();
residuals();
scoresTable();
worstTable();
missingTable();
page.append("h2").text("To see it again");
facts([["command", data.command, true], ["table", data.file], ["Ranvier", data.version]]);
