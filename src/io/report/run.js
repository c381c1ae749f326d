// SPDX-License-Identifier: Apache-2.0
// The report of a run, drawn from the JSON in #data (its keys: src/io/report.hpp). Common parts: common.js.

const { summary, window: shown } = data;
const populations = summary.populations;

// ---- words and numbers ---------------------------------------------------------------------------------------------

const duration = (ms) => (ms >= 1000 ? `${+(ms / 1000).toPrecision(6)} s` : `${+ms.toPrecision(6)} ms`);

// ---- colours: what a population does is told by hue, neighbours of one hue by lightness -------------------------------

const hues = {
  excitatory: ["#00588f", "#3d9bd6"],
  inhibitory: ["#c44e00", "#f0932b"],
  other: ["#555d66", "#009e73", "#a8588f", "#8c8c3c"],
};
const used = { excitatory: 0, inhibitory: 0, other: 0 };
for (const population of populations) {
  const kind = hues[population.effect] ? population.effect : "other";
  population.colour = hues[kind][used[kind]++ % hues[kind].length];
}
function colourKey() {
  const key = [];
  if (used.excitatory) key.push(`${swatch(hues.excitatory[0])}${used.excitatory > 1 ? swatch(hues.excitatory[1]) : ""}excitatory`);
  if (used.inhibitory) key.push(`${swatch(hues.inhibitory[0])}${used.inhibitory > 1 ? swatch(hues.inhibitory[1]) : ""}inhibitory`);
  return key.length ? ` ${key.join(", ")}.` : "";
}

// ---- rows of populations -------------------------------------------------------------------------------------------

/// The rows of a figure: one for each population, or for the first of very many.
const rowLimit = 48;
const rows = populations.slice(0, rowLimit);
const rowHeight = rows.length <= 12 ? 50 : rows.length <= 24 ? 36 : 26;
const rowNote = populations.length > rowLimit ? ` The first ${rowLimit} of ${populations.length} populations are shown.` : "";
const nameWidth = Math.min(200, Math.max(56, d3.max(populations, (p) => p.name.length) * 7 + 18));

function rowName(svg, population, y) {
  svg.append("rect").attr("x", 0).attr("y", y - 10).attr("width", 9).attr("height", 9).attr("fill", population.colour);
  svg.append("text").attr("x", 14).attr("y", y - 1).attr("font-size", 12.5).text(shortened(population.name));
}

// ---- head ----------------------------------------------------------------------------------------------------------

function head() {
  const { run, time, work, memory, energy, network } = summary;
  page.append("h1").text(network.name);
  page.append("p").attr("class", "lead").text(
    [plural(network.neurons, "neuron"), plural(network.synapses, "synapse"), `${duration(run.simulated_ms)} of biology after ${duration(run.warmup_ms)} of warm-up`,
      `dt ${duration(run.dt_ms)}`, `seed ${run.seed}`].join(" · "));
  if (summary.partial)
    page.append("p").attr("class", "warning").text(`This run was stopped after ${duration(run.simulated_ms)} of the ${duration(run.duration_ms)} asked for.`);
  const list = [
    [time.real_time_factor === null ? "–" : `${d3.format(".3~r")(time.real_time_factor)} s`, "wall time per second of biology"],
    [time.simulate_s > 0 ? `${scaled(work.synaptic_events / time.simulate_s, "")}/s` : "–", "synaptic events"],
    [memory.byte_per_synapse === null ? "–" : `${fixed(memory.byte_per_synapse, 2)} B`, "memory per synapse"],
    [scaled(memory.peak_rss_byte, "B"), "peak memory of the process"],
    [energy.joule_per_synaptic_event === null ? "–" : scaled(energy.joule_per_synaptic_event, "J"),
      energy.joule_per_synaptic_event === null ? "energy per synaptic event: not told by the system" : "energy per synaptic event"],
  ];
  tiles(list);
}

// ---- figure 1: raster ----------------------------------------------------------------------------------------------

const wholeTime = [shown.start_ms, data.raster.end_ms];
const time = d3.scaleLinear().domain(wholeTime);
const onTime = [];  // what is drawn again when the range of time changes

/// An axis of time in ms, or in s where the whole of it is long; and its title.
const isLong = ([start, end]) => end - start > 5000;
const timeTitle = (whole) => (isLong(whole) ? "time (s)" : "time (ms)");
const timeAxis = (x, whole, ticks) => d3.axisBottom(x).ticks(ticks).tickFormat((ms) => d3.format(",~r")(isLong(whole) ? ms / 1000 : ms));

function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

/// Heights in proportion to the sizes, but never less than a label needs, as far as there is room.
function bands(height) {
  const least = Math.min(17, height / populations.length);
  const total = d3.sum(populations, (p) => p.size) || 1;
  const small = new Set();
  for (let before = -1; before !== small.size;) {
    before = small.size;
    const rest = d3.sum(populations, (p, i) => (small.has(i) ? 0 : p.size)) || 1;
    populations.forEach((p, i) => { if (!small.has(i) && (p.size / rest) * (height - small.size * least) < least) small.add(i); });
  }
  const rest = d3.sum(populations, (p, i) => (small.has(i) ? 0 : p.size)) || total;
  let y = 0;
  return populations.map((p, i) => {
    const own = small.has(i) ? least : (p.size / rest) * (height - small.size * least);
    y += own;
    return { top: y - own, height: own };
  });
}

function rasterCaption() {
  const { count, recorded, stride, end_ms } = data.raster;
  const most = d3.max(stride);
  let text = `Each dot is a spike. `;
  if (most > 1) text += `One neuron in ${d3.min(stride) === most ? most : `${d3.min(stride)} to ${most} (fewest in large populations)`} is drawn, with all its spikes: ${grouped(count)} of ${grouped(recorded)} spikes. `;
  if (end_ms < shown.end_ms) text += `The figure ends at ${duration(end_ms)} of ${duration(shown.end_ms)}. `;
  return `${text}The height of a population follows its size, down to a smallest one. Drag to zoom (also the time of Figure 2); double-click to see all.${colourKey()}`;
}

function raster() {
  const left = nameWidth + 12, right = 24, top = 6, bottom = 40;
  const inner = Math.max(300, Math.min(520, populations.length * 70), Math.min(1200, populations.length * 12));
  const width = pageWidth - left - right;
  const svg = figure(page, pageWidth, inner + top + bottom, "Spikes.", rasterCaption(), true);
  const canvas = d3.select(svg.node().parentNode).select("canvas").style("left", `${left}px`).style("top", `${top}px`)
    .style("width", `${width}px`).style("height", `${inner}px`).node();
  const x = time.copy().range([0, width]), y = d3.scaleLinear().domain([0, inner]).range([0, inner]);
  const band = bands(inner);
  const spikes = rasterSpikes(band);

  const names = svg.append("g");
  const bottomAxis = axis(svg, left, top + inner, timeAxis(x, wholeTime, 10));
  label(svg, left + width / 2, top + inner + 35, timeTitle(wholeTime));
  svg.append("rect").attr("x", left).attr("y", top).attr("width", width).attr("height", inner).attr("fill", "none").attr("stroke", "#8a939c");

  const draw = () => {
    x.domain(time.domain());
    bottomAxis.update();
    drawRaster(canvas, width, inner, spikes, x, y);
    drawNames(names, band, y, left, top, inner, width);
  };
  const brush = d3.brush().extent([[0, 0], [width, inner]]).on("end", function (event) {
    const selection = (d3.event || event).selection;
    if (!selection) return;
    d3.select(this).call(brush.move, null);
    const [[x0, y0], [x1, y1]] = selection;
    if (x1 - x0 > 4) time.domain([x.invert(x0), x.invert(x1)]);
    if (y1 - y0 > 12) y.domain([y.invert(y0), y.invert(y1)]);
    for (const redraw of onTime) redraw();
  });
  svg.append("g").attr("transform", `translate(${left},${top})`).call(brush).on("dblclick", () => {
    time.domain(wholeTime);
    y.domain([0, inner]);
    for (const redraw of onTime) redraw();
  });
  onTime.push(draw);
  draw();
}

function rasterSpikes(band) {
  const first = [0];
  for (const p of populations) first.push(first[first.length - 1] + p.size);
  const step = unpacked(data.raster.step), neuron = unpacked(data.raster.neuron);
  const spikes = populations.map(() => ({ time: [], y: [] }));
  step.forEach((k, i) => {
    const p = d3.bisectRight(first, neuron[i], 0, populations.length) - 1;
    spikes[p].time.push(k * data.raster.dt_ms);
    spikes[p].y.push(band[p].top + ((neuron[i] - first[p] + 0.5) / populations[p].size) * band[p].height);
  });
  populations.forEach((p, i) => { spikes[i].pitch = (band[i].height / p.size) * data.raster.stride[i]; });
  return spikes;
}

/// Dots as large as their number allows, so that a zoomed raster can still be read.
function drawRaster(canvas, width, height, spikes, x, y) {
  const sharp = Math.max(2, window.devicePixelRatio || 1);  // also for those who print or save it
  canvas.width = width * sharp;
  canvas.height = height * sharp;
  const context = canvas.getContext("2d");
  context.scale(sharp, sharp);
  const inside = spikes.map((own) => d3.range(own.time.length).filter((i) => {
    const px = x(own.time[i]), py = y(own.y[i]);
    return px >= 0 && px <= width && py >= 0 && py <= height;
  }));
  const dot = Math.max(1.1, Math.min(3, Math.sqrt((0.06 * width * height) / (d3.sum(inside, (own) => own.length) || 1))));
  const zoom = height / (y.domain()[1] - y.domain()[0]);
  spikes.forEach((own, p) => {
    context.fillStyle = populations[p].colour;
    const tall = Math.max(dot, Math.min(12, own.pitch * zoom * 0.8)), wide = Math.min(dot, 2);
    for (const i of inside[p]) context.fillRect(x(own.time[i]) - wide / 2, y(own.y[i]) - tall / 2, wide, tall);
  });
}

function drawNames(g, band, y, left, top, height, width) {
  g.selectAll("*").remove();
  let last = -Infinity;
  populations.forEach((population, p) => {
    const from = Math.max(0, y(band[p].top)), to = Math.min(height, y(band[p].top + band[p].height));
    if (to - from <= 0) return;
    if (from > 0) g.append("line").attr("x1", left - 6).attr("x2", left + width).attr("y1", top + from).attr("y2", top + from).attr("stroke", "#c3cad1").attr("stroke-width", 0.7);
    const middle = top + (from + to) / 2;
    if (middle - last < 13) return;  // the names of very small bands would lie on one another
    last = middle;
    g.append("text").attr("x", left - 10).attr("y", middle + 4).attr("text-anchor", "end").attr("font-size", 12.5)
      .attr("fill", population.colour).attr("font-weight", 600).text(shortened(population.name));
  });
}

// ---- figure 2: activity and spectrum -------------------------------------------------------------------------------

function activity() {
  const { bin_ms, rate_hz } = data.activity, { frequency_hz, power } = data.spectrum;
  const left = nameWidth + 34, right = 24, top = 24, bottom = 42, gap = 76;
  const inner = rows.length * rowHeight, spectrumWidth = frequency_hz ? 300 : 0;
  const width = pageWidth - left - right - (spectrumWidth ? spectrumWidth + gap : 0);
  const svg = figure(page, pageWidth, top + inner + bottom, "Population activity" + (frequency_hz ? " and its spectrum." : "."),
    `Left: spikes per neuron and second, in bins of ${duration(bin_ms)}; each row reaches from 0 to the number at its left.` +
    (frequency_hz ? ` Right: power spectrum of the activity (bins of ${duration(Math.max(1, summary.run.dt_ms))}, Welch's method) over that of as many independent Poisson neurons of the same rate: 1 (dashed) where neurons fire independently, above 1 where they fire together.` : " The run is too short for a spectrum.") + rowNote);
  label(svg, left, 12, "Activity (spikes/s)", "start").attr("font-weight", 600);
  const x = time.copy().range([0, width]);
  svg.append("clipPath").attr("id", "activity").append("rect").attr("y", -4).attr("width", width).attr("height", rowHeight + 4);
  const bottomAxis = axis(svg, left, top + inner, timeAxis(x, wholeTime, 7));
  label(svg, left + width / 2, top + inner + 36, timeTitle(wholeTime));
  const lines = rows.map((population, p) => activityRow(svg, population, rate_hz[p], left, top + p * rowHeight, width));
  const draw = () => {
    x.domain(time.domain());
    bottomAxis.update();
    lines.forEach((line, p) => line.attr("d", d3.area().curve(d3.curveStepAfter).x((_, i) => x(shown.start_ms + i * bin_ms)).y0(line.y(0)).y1((v) => line.y(v))(rate_hz[p].concat(rate_hz[p].slice(-1)))));
  };
  onTime.push(draw);
  draw();
  if (spectrumWidth) spectra(svg, frequency_hz, power, pageWidth - right - spectrumWidth, top, spectrumWidth, inner);
}

function activityRow(svg, population, rates, left, top, width) {
  const y = d3.scaleLinear().domain([0, niceAbove(d3.max(rates) || 1)]).range([rowHeight - 6, 4]);
  rowName(svg, population, top + rowHeight / 2 + 5);
  axis(svg, left - 4, top, d3.axisLeft(y).tickValues([y.domain()[1]]).tickSize(3).tickFormat(d3.format("~r"))).attr("font-size", 10);
  const row = svg.append("g").attr("transform", `translate(${left},${top})`).attr("clip-path", "url(#activity)");
  const line = row.append("path").attr("fill", population.colour).attr("fill-opacity", 0.85);
  svg.append("line").attr("x1", left).attr("x2", left + width).attr("y1", top + rowHeight - 6).attr("y2", top + rowHeight - 6).attr("stroke", "#c3cad1");
  line.y = y;
  return line;
}

function spectra(svg, frequency, power, left, top, width, height) {
  label(svg, left, 12, "Spectrum (relative to Poisson)", "start").attr("font-weight", 600);
  const x = d3.scaleLog().domain([frequency[0], frequency[frequency.length - 1]]).range([0, width]);
  const all = power.slice(0, rows.length).flatMap((p) => p || []).filter((v) => v > 0);
  const y = d3.scaleLog().domain([Math.max(0.05, Math.min(0.5, d3.min(all) || 1)), Math.max(5, d3.max(all) || 1)]).range([rowHeight - 8, 4]).clamp(true);
  const ticks = [1, 10, 100, 1000, 1e4, 1e5].filter((v) => v <= y.domain()[1]);
  const most = ticks[ticks.length - 1];
  rows.forEach((population, p) => {
    const row = svg.append("g").attr("transform", `translate(${left},${top + p * rowHeight})`);
    row.append("line").attr("x2", width).attr("y1", y(1)).attr("y2", y(1)).attr("stroke", "#8a939c").attr("stroke-dasharray", "3 3").attr("stroke-width", 0.8);
    axis(svg, left - 4, top + p * rowHeight, d3.axisLeft(y).tickValues(most > 1 ? [1, most] : [1]).tickSize(3).tickFormat(d3.format("~r"))).attr("font-size", 10);
    if (!power[p]) return;
    row.append("path").attr("fill", "none").attr("stroke", population.colour).attr("stroke-width", 1.3).attr("stroke-linejoin", "round")
      .attr("d", d3.line().x((_, i) => x(frequency[i])).y((v) => y(Math.max(v, 1e-9)))(power[p]));
  });
  const decades = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].filter((f) => f >= frequency[0] && f <= frequency[frequency.length - 1]);
  axis(svg, left, top + height, d3.axisBottom(x).tickValues(decades).tickFormat(d3.format("~r")));
  label(svg, left + width / 2, top + height + 36, "frequency (Hz)");
}

// ---- figure 3: distributions ---------------------------------------------------------------------------------------

const columns = [
  { key: "rate", title: "Rate", unit: "spikes/s", mean: "rate_hz", quartiles: "rate_hz_quartiles" },
  { key: "isi", title: "Inter-spike interval", unit: "interval (ms)" },
  { key: "cv", title: "CV of intervals", unit: "CV", mean: "cv_isi", quartiles: "cv_isi_quartiles" },
  { key: "correlation", title: "Pairwise correlation", unit: "correlation coefficient", mean: "correlation", quartiles: "correlation_quartiles" },
];

function distributions() {
  const left = nameWidth + 12, right = 20, top = 24, bottom = 42, gap = 34;
  const width = (pageWidth - left - right - gap * (columns.length - 1)) / columns.length, inner = rows.length * rowHeight;
  const svg = figure(page, pageWidth, top + inner + bottom, "Distributions.",
    "Over the neurons of each population (rate; CV of neurons with at least 3 spikes), over all intervals, and over the pairs of a random sample of at most 250 neurons that spiked " +
    "(correlation of spike counts in bins of 2 ms). Each histogram is scaled to its own highest bin. Under it: mean (dot) and quartiles (bar, tick at the median). Values beyond the axes are not drawn." + rowNote);
  rows.forEach((population, p) => rowName(svg, population, top + p * rowHeight + rowHeight / 2 + 5));
  columns.forEach((column, c) => distribution(svg, column, left + c * (width + gap), top, width, inner));
}

function distribution(svg, column, left, top, width, height) {
  const { low, width: step, log, share } = data.histograms[column.key];
  label(svg, left, 12, column.title, "start").attr("font-weight", 600);
  const bins = (share.find((s) => s) || []).length || 1;
  const edge = (i) => (log ? 10 ** (low + i * step) : low + i * step);
  const x = (log ? d3.scaleLog() : d3.scaleLinear()).domain([edge(0), edge(bins)]).range([0, width]);
  const ticks = log ? x.ticks().filter((v) => Number.isInteger(Math.round(Math.log10(v) * 1e9) / 1e9)) : x.ticks(4);
  for (const v of ticks) svg.append("line").attr("x1", left + x(v)).attr("x2", left + x(v)).attr("y1", top).attr("y2", top + height).attr("stroke", hairline);
  rows.forEach((population, p) => histogramRow(svg, column, population, share[p], (i) => x(edge(i)), x, left, top + p * rowHeight, width));
  axis(svg, left, top + height, d3.axisBottom(x).tickValues(ticks).tickFormat(log ? d3.format("~r") : undefined));
  label(svg, left + width / 2, top + height + 36, column.unit);
}

function histogramRow(svg, column, population, share, place, x, left, top, width) {
  const row = svg.append("g").attr("transform", `translate(${left},${top})`);
  const base = rowHeight - 12;
  row.append("line").attr("x2", width).attr("y1", base).attr("y2", base).attr("stroke", "#c3cad1").attr("stroke-width", 0.8);
  if (!share || !d3.max(share)) {
    row.append("text").attr("x", 4).attr("y", base - 4).attr("font-size", 11).attr("fill", grey).text("none");
    return;
  }
  const y = d3.scaleLinear().domain([0, d3.max(share)]).range([base, 3]);
  let outline = `M${place(0)},${base}`;
  share.forEach((v, i) => { outline += `V${y(v).toFixed(1)}H${place(i + 1).toFixed(1)}`; });
  row.append("path").attr("d", `${outline}V${base}Z`).attr("fill", population.colour).attr("fill-opacity", 0.35).attr("stroke", population.colour).attr("stroke-width", 0.9);
  if (column.mean) centre(row, population, population[column.mean], population[column.quartiles], x, base + 5, width);
}

/// Mean and quartiles under a histogram.
function centre(row, population, mean, quartiles, x, y, width) {
  const inside = (v) => Math.max(0, Math.min(width, x(v)));
  if (quartiles) {
    row.append("line").attr("x1", inside(quartiles[0])).attr("x2", inside(quartiles[2])).attr("y1", y).attr("y2", y).attr("stroke", population.colour).attr("stroke-width", 3).attr("stroke-opacity", 0.55);
    row.append("line").attr("x1", inside(quartiles[1])).attr("x2", inside(quartiles[1])).attr("y1", y - 3.5).attr("y2", y + 3.5).attr("stroke", population.colour).attr("stroke-width", 1.5);
  }
  if (mean !== null && x(mean) >= 0 && x(mean) <= width) row.append("circle").attr("cx", x(mean)).attr("cy", y).attr("r", 3).attr("fill", "#fff").attr("stroke", population.colour).attr("stroke-width", 1.6);
}

// ---- figures 4 and 5: where the time went --------------------------------------------------------------------------

function stages(parent) {
  const { build_s, warmup_s, simulate_s, stages: inside } = summary.time;
  const bars = [["build", build_s, 0], ["warm-up", warmup_s, 0], ["simulate", simulate_s, 0], ...Object.entries(inside).map(([name, s]) => [name, s, 1])];
  const left = 84, right = 92, top = 8, bottom = 42, line = 30, figureWidth = (pageWidth - 40) / 2, width = figureWidth - left - right;
  const svg = figure(parent, figureWidth, top + bars.length * line + bottom, "Wall time.",
    `${plural(summary.run.threads, "thread")}. The lighter bars are the stages of the simulation, mean over the threads; percentages are shares of it.`);
  const x = d3.scaleLinear().domain([0, d3.max(bars, (b) => b[1]) || 1]).range([0, width]);
  bars.forEach(([name, seconds, depth], i) => {
    const y = top + i * line;
    label(svg, left - 10, y + 19, name, "end");
    svg.append("rect").attr("x", left).attr("y", y + 6).attr("width", Math.max(0.5, x(seconds))).attr("height", 18).attr("fill", depth ? "#9db4c8" : "#3b5266");
    const share = depth && simulate_s > 0 ? ` (${Math.round((100 * seconds) / simulate_s)} %)` : "";
    label(svg, left + x(seconds) + 6, y + 19, `${d3.format(".3~r")(seconds)} s${share}`, "start").attr("fill", grey);
  });
  axis(svg, left, top + bars.length * line, d3.axisBottom(x).ticks(4));
  label(svg, left + width / 2, top + bars.length * line + 36, "wall time (s)");
}

function rooflineText(intensity, rate, roof) {
  const own = `The run did ${fixed(intensity, 2)} FLOP for each byte it moved, both counted by the engine`;
  if (!roof) return `${own}, at ${scaled(rate, "FLOP/s")} and ${scaled(rate / intensity, "B/s")}. What the machine can do was not measured, so there is no roof to compare with.`;
  const bound = roof.bandwidth * intensity < roof.flop ? "its memory bandwidth" : "its arithmetic";
  const share = rate / Math.min(roof.bandwidth * intensity, roof.flop);
  return `${own}; the machine's roof there is ${bound}, and the run reaches ${Math.round(100 * share)} % of it.` +
    (share > 1 ? " It can be above, because part of the counted bytes came from caches, not from memory." : "");
}

function roofline(parent) {
  const { flop, byte_moved } = summary.work, seconds = summary.time.simulate_s, machine = summary.machine || {};
  if (!(flop > 0 && byte_moved > 0 && seconds > 0)) return;
  const intensity = flop / byte_moved, rate = flop / seconds;
  const roof = machine.bandwidth_byte_per_s && machine.flop_per_s ? { bandwidth: machine.bandwidth_byte_per_s, flop: machine.flop_per_s } : null;
  const left = 64, right = 16, top = 10, bottom = 42, figureWidth = (pageWidth - 40) / 2, width = figureWidth - left - right, height = 270;
  const svg = figure(parent, figureWidth, top + height + bottom, "Roofline.", rooflineText(intensity, rate, roof));
  const ridge = roof ? roof.flop / roof.bandwidth : intensity;
  const x = d3.scaleLog().domain([Math.min(intensity, ridge) / 10, Math.max(intensity, ridge) * 10]).range([0, width]);
  const peak = roof ? Math.max(roof.flop, rate) : rate * 10;
  const y = d3.scaleLog().domain([Math.min(rate / 5, roof ? roof.bandwidth * x.domain()[0] : rate / 5), peak * 3]).range([height, 0]);
  const plot = svg.append("g").attr("transform", `translate(${left},${top})`);
  const decades = (scale) => scale.ticks().filter((v) => Number.isInteger(Math.round(Math.log10(v) * 1e9) / 1e9));
  for (const v of decades(x)) plot.append("line").attr("x1", x(v)).attr("x2", x(v)).attr("y2", height).attr("stroke", hairline);
  for (const v of decades(y)) plot.append("line").attr("x2", width).attr("y1", y(v)).attr("y2", y(v)).attr("stroke", hairline);
  if (roof) drawRoofs(plot, x, y, roof.bandwidth, [{ text: "arithmetic", flop: roof.flop }]);
  if (roof) plot.append("line").attr("x1", x(intensity)).attr("x2", x(intensity)).attr("y1", y(rate)).attr("y2", y(Math.min(roof.bandwidth * intensity, roof.flop))).attr("stroke", "#c44e00").attr("stroke-dasharray", "3 3");
  plot.append("circle").attr("cx", x(intensity)).attr("cy", y(rate)).attr("r", 5.5).attr("fill", "#c44e00");
  label(plot, x(intensity) + 10, y(rate) + 16, `this run: ${scaled(rate, "FLOP/s")}`, "start").attr("fill", "#c44e00").attr("font-weight", 600);
  axis(svg, left, top + height, d3.axisBottom(x).tickValues(decades(x)).tickFormat(d3.format("~r")));
  axis(svg, left, top, d3.axisLeft(y).tickValues(decades(y)).tickFormat((v) => scaled(v, "").trim()));
  label(svg, left + width / 2, top + height + 36, "arithmetic intensity (FLOP/byte)");
  label(svg, 14, top + height / 2, "FLOP/s", "middle", -90);
}

// ---- state, volumes, weights -----------------------------------------------------------------------------------------

const lineColours = ["#00588f", "#c44e00", "#009e73", "#a8588f", "#555d66"];

/// A wide figure over time; returns its plot and scales.
function overTime(times, values, quantity, title, caption) {
  const left = 64, right = 120, top = 8, bottom = 42, height = 170, width = pageWidth - left - right;
  const svg = figure(page, pageWidth, top + height + bottom, title, caption);
  const x = d3.scaleLinear().domain([times[0], times[times.length - 1]]).range([0, width]);
  const y = d3.scaleLinear().domain(d3.extent(values)).nice(4).range([height, 0]);
  axis(svg, left, top + height, timeAxis(x, x.domain(), 10));
  axis(svg, left, top, d3.axisLeft(y).ticks(5));
  label(svg, left + width / 2, top + height + 36, timeTitle(x.domain()));
  label(svg, 14, top + height / 2, quantity, "middle", -90);
  const name = (text, i, colour) => label(svg, left + width + 12, top + 14 + 17 * i, text, "start").attr("fill", colour);
  return { plot: svg.append("g").attr("transform", `translate(${left},${top})`), x, y, name };
}

function states() {
  for (const series of data.state) {
    const values = series.lines.flatMap((l) => l.values).filter((v) => v !== null);
    const { plot, x, y, name } = overTime(series.lines[0].time_ms, values, series.quantity, `${escaped(series.title)}.`,
      `Recording “${escaped(series.recording)}”${series.note}.${series.thinned ? " Of each short stretch of samples the least and the greatest are drawn." : ""}`);
    series.lines.forEach((own, i) => {
      plot.append("path").attr("fill", "none").attr("stroke", lineColours[i]).attr("stroke-width", 1.1)
        .attr("d", d3.line().defined((v) => v !== null).x((_, k) => x(own.time_ms[k])).y((v) => y(v))(own.values));
      name(own.label, i, lineColours[i]);
    });
  }
}

function weights() {
  for (const w of data.weights) {
    const { plot, x, y, name } = overTime(w.time_ms, [...w.bands.flat(), ...w.lines.flat()], w.unit ? `weight (${w.unit})` : "weight", `Weights from ${escaped(w.source)} to ${escaped(w.target)}.`,
      `Recording “${escaped(w.recording)}”, ${plural(w.synapses, "synapse")}: the median, the middle half and the middle nine tenths; ${w.lines.length} of them singly.`);
    const band = (low, high, colour) => plot.append("path").attr("fill", colour).attr("d", d3.area().x((_, k) => x(w.time_ms[k])).y0((b) => y(b[low])).y1((b) => y(b[high]))(w.bands));
    const line = (values, colour, width) => plot.append("path").attr("fill", "none").attr("stroke", colour).attr("stroke-width", width).attr("d", d3.line().x((_, k) => x(w.time_ms[k])).y((v) => y(v))(values));
    band(0, 4, "#d6e4f2");
    band(1, 3, "#9fc2e3");
    for (const values of w.lines) line(values, rule, 0.6);
    line(w.bands.map((b) => b[2]), "#0d2f52", 1.8);
    ["median", "middle 50 %", "middle 90 %"].forEach((text, i) => name(text, i, ["#0d2f52", "#5b93c7", "#8fb4d6"][i]));
  }
}

// ---- tables --------------------------------------------------------------------------------------------------------

function numbers() {
  const box = page.append("figure");
  const table = box.append("table").attr("class", "numbers");
  const top = table.append("thead");
  const first = top.append("tr");
  for (const [text, span] of [["", 3], ["rate (spikes/s)", 2], ["CV of intervals", 2], ["correlation", 2]]) first.append("th").attr("colspan", span).style("text-align", span > 2 ? "left" : "right").text(text);
  const second = top.append("tr");
  for (const text of ["population", "neurons", "spikes", "mean", "quartiles", "mean", "quartiles", "mean", "quartiles"]) second.append("th").text(text);
  const between = (q, digits) => (q ? `${fixed(q[0], digits)} … ${fixed(q[2], digits)}` : "–");
  const body = table.append("tbody");
  for (const p of populations) {
    const row = body.append("tr");
    row.append("td").html(`${swatch(p.colour)} ${escaped(p.name)}`);
    for (const text of [grouped(p.size), grouped(p.spikes), fixed(p.rate_hz, 2), between(p.rate_hz_quartiles, 2), fixed(p.cv_isi, 2), between(p.cv_isi_quartiles, 2),
      fixed(p.correlation, 4), between(p.correlation_quartiles, 4)]) row.append("td").text(text);
  }
  box.append("figcaption").html("<b>Table 1. Populations.</b> After the warm-up. The quartiles are the first and the third; definitions as in Figure 3. – where undefined.");
}

function again() {
  const { run, work, memory, energy, machine } = summary;
  page.append("h2").text("To run it again");
  const parameters = Object.entries(summary.network.parameters || {}).map(([name, value]) => `${name} = ${value}`).join(", ");
  const list = [
    ["command", summary.command, true], ["Ranvier", summary.version], ["made", summary.created], ["parameters", parameters],
    ["seeds", Object.entries(run.seeds).map(([name, seed]) => `${name} ${seed}`).join(", ")],
    ["arithmetic", [`${run.precision} precision`, run.simd, plural(run.threads, "thread")].filter(Boolean).join(", ")],
    ["machine", [machine.cpu, plural(machine.cores, "core"), scaled(machine.memory_byte, "B"), machine.system].filter(Boolean).join(", ")],
    ["work", `${plural(work.spikes, "spike")}, ${plural(work.synaptic_events, "synaptic event")}, ${scaled(work.flop, "FLOP")}, ${scaled(work.byte_moved, "B")} moved`],
    ["memory", `peak ${scaled(memory.peak_rss_byte, "B")}; ${scaled(memory.predicted_byte, "B")} predicted`],
    ["energy", energy.joule === null ? "" : scaled(energy.joule, "J")],
    ["spike hash", summary.spike_hash, true],
  ];
  facts(list);
}

head();
if (populations.length) {
  raster();
  activity();
  distributions();
  numbers();
}
const pair = page.append("div").attr("class", "pair");
stages(pair);
roofline(pair);
states();
weights();
again();
