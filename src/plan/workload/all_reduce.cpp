// SPDX-License-Identifier: Apache-2.0
/// Sum over the buffers of all devices, the result in each.
///
///   ring    2 (N - 1) steps of S / N bytes: 2 (N - 1) / N x S over each link. Best for large buffers.
///   tree    up and down a binary tree: 2 ceil(log2 N) messages, 2 S over each link (halved messages overlap). Best for small.
///   naive   each device sends its whole buffer to every other, one after the other: (N - 1) S over each link. The scheme
///           of the 2014 essays on multi-GPU systems; their 3 x 3 x 0.75 ms is this.
///   best    the fastest of ring and tree, as libraries choose
///
/// One device sends nothing. Devices of one box use its links; further boxes the network between them, whose slower link
/// decides (hierarchical: reduce in the box, ring over boxes of S / devices in a box each, spread in the box).
/// Source: Patarasuk & Yuan 2009, "Bandwidth optimal all-reduce algorithms", doi:10.1016/j.jpdc.2008.09.002; Thakur,
/// Rabenseifner & Gropp 2005, doi:10.1177/1094342005051521.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "plan/workload.hpp"
#include "plan/workload/product.hpp"
#include "ranvier/error.hpp"

namespace ranvier::plan {
namespace {

constexpr ParameterInfo parameters[] = {
    {"bytes", ParameterType::number, "byte", "must be given", "buffer of each rank", 0, 1e18},
    {"ranks", ParameterType::whole, "", "the number of devices", "participants", 1, 1e8},
    {"per_box", ParameterType::whole, "", "8 (with links of their own), else all", "devices in one box", 1, 1e8},
    {"algorithm", ParameterType::text, "", "best", "ring, tree, naive or best"},
    {"fabric", ParameterType::text, "", "the machine's link", "InfiniBand or Ethernet: each rank in a box of its own; PCIe: no direct links"},
};
constexpr MetricInfo metrics[] = {
    {"time", "ms", "one operation"},
    {"bandwidth", "GB/s", "buffer / time", "", true},
};

/// Messages and bytes over one device's link.
Traffic ring(double n, Bytes s) { return {2 * (n - 1), s * (2 * (n - 1) / n)}; }
Traffic tree(double n, Bytes s) { return {2 * std::ceil(std::log2(n)), s * 2.0}; }
Traffic naive(double n, Bytes s) { return {n - 1, s * (n - 1)}; }

Traffic traffic_of(std::string_view algorithm, double n, Bytes s) {
  if (n <= 1) return {};
  if (algorithm == "ring") return ring(n, s);
  if (algorithm == "tree") return tree(n, s);
  if (algorithm == "naive") return naive(n, s);
  throw InputError(fmt::format("parameter algorithm = \"{}\": must be ring, tree, naive or best", algorithm));
}

struct Group {
  double ranks = 1, per_box = 1;
};

Group group_of(const Question& q) {
  const double ranks = q.parameters.number("ranks", q.count);
  const std::string_view fabric = q.parameters.text("fabric", "");
  const bool between = fabric.find("InfiniBand") != fabric.npos || fabric.find("Ethernet") != fabric.npos || fabric.find("RoCE") != fabric.npos;
  constexpr double usual_box = 8;  // boards with links of their own come in boxes of eight; a bus joins what is on it
  const bool own_links = q.machine.link_kind == LinkKind::fabric || q.machine.link_kind == LinkKind::mesh;
  const double per_box = between ? 1 : q.parameters.number("per_box", own_links ? usual_box : ranks);
  return {ranks, std::min(ranks, per_box)};
}

Work work_of(std::string_view algorithm, const Group& g, Bytes s) {
  Work w;
  const double boxes = std::ceil(g.ranks / g.per_box);
  w.box = traffic_of(algorithm, g.per_box, s);
  w.between = traffic_of(algorithm, boxes, s / g.per_box);
  w.flop_in(Precision::fp32) = g.ranks > 1 ? Flop{s / byte_of(Precision::fp16)} * (1 - 1 / g.ranks) : Flop{};
  w.memory = g.ranks > 1 ? 3.0 * s : Bytes{};
  w.resident = s;
  w.launches = g.ranks > 1 ? 1 : 0;
  return w;
}

OperationTime time_of(const Question& q, const Work& w, bool direct, Trace* trace) {
  Machine bus;  // a machine whose direct links are not used: what is sent goes over PCIe 4
  if (!direct) {
    bus = q.machine;
    bus.link.value = min(bus.link.value, BytePerSecond{32e9});
  }
  OperationTime t = plan::time_of(w, direct ? q.machine : bus, streaming(q.constants), trace);
  // The buffer is read and summed piece by piece while other pieces travel.
  const Seconds body = t.expected - t.network - t.fixed;
  t.expected -= note(trace, "hidden under the network", min(body, t.network), "min(arithmetic and data, network)");
  correct_last(trace, t);
  return t;
}

Answer plan(const Question& q, Trace* trace) {
  const Bytes s{q.parameters.need_number("bytes", "an all-reduce sums a buffer of so many bytes")};
  const Group g = group_of(q);
  const bool direct = q.parameters.text("fabric", "").find("PCIe") == std::string_view::npos;
  const std::string_view asked = q.parameters.text("algorithm", "best");
  std::string_view algorithm = asked == "best" ? "ring" : asked;
  if (asked == "best") {
    const auto seconds = [&](std::string_view name) { return time_of(q, work_of(name, g, s), direct, nullptr).expected; };
    if (seconds("tree") < seconds("ring")) algorithm = "tree";
  }
  const Work w = work_of(algorithm, g, s);
  Total total;
  total.add(w, time_of(q, w, direct, trace));
  Answer a;
  const double figure = g.per_box < g.ranks ? q.machine.internode.spread : q.machine.link.spread;
  a.estimate = estimate_of(total, q.machine, g.ranks, q.constants.busy_power_share, std::hypot(q.constants.width_kernel, figure), trace);
  if (q.metric == "bandwidth" && a.estimate.expected > Seconds{}) a.value = number_of(s / a.estimate.expected) * 1e-9;
  a.extras.push_back({"messages", w.box.messages + w.between.messages, "", fmt::format("of one device, {}", algorithm)});
  a.extras.push_back({"byte_sent", number_of(w.box.bytes + w.between.bytes), "byte", "of one device"});
  return a;
}

}  // namespace

RANVIER_WORKLOAD(all_reduce) {
  .name = "all_reduce",
  .title = "sum over the buffers of all devices, the result in each",
  .formula = "ring: 2 (N - 1) messages and 2 (N - 1) / N x S bytes per link; tree: 2 log2 N messages, 2 S; naive: (N - 1) S",
  .example = "ranvier plan all_reduce --on 8xh100 bytes=64MiB",
  .parameters = parameters,
  .metrics = metrics,
  .pictured = {"bytes", 1 << 10, 1 << 30},
  .plan = plan,
};

}  // namespace ranvier::plan
