// SPDX-License-Identifier: Apache-2.0
#include "plan/algebra.hpp"

#include <cmath>
#include <utility>

namespace ranvier::plan {
namespace {

/// The link to the host's memory: the device's bus where that is its link, else PCIe 4 x16 (32 GB/s), the usual slot of cards
/// that have links of their own. PCI-SIG, PCI Express Base Specification 4.0.
BytePerSecond host_rate(const Machine& m) {
  const bool over_bus = m.link_kind == LinkKind::bus || m.link_kind == LinkKind::bridge;
  return over_bus ? m.link.value : BytePerSecond{32e9};
}

Seconds over(Bytes bytes, BytePerSecond rate) { return bytes > Bytes{} ? bytes / rate : Seconds{}; }

}  // namespace

Seconds blend(Seconds a, Seconds m, double p) {
  const Seconds most = max(a, m), least = min(a, m);
  if (!(most > Seconds{}) || !(least > Seconds{})) return most;
  return most * std::pow(1 + std::pow(least / most, p), 1 / p);
}

OperationTime& OperationTime::operator+=(const OperationTime& o) {
  arithmetic += o.arithmetic;
  memory += o.memory;
  host += o.host;
  network += o.network;
  fixed += o.fixed;
  arithmetic_peak += o.arithmetic_peak;
  data_peak += o.data_peak;
  network_peak += o.network_peak;
  expected += o.expected;
  upper += o.upper;
  return *this;
}

void correct_last(Trace* trace, const OperationTime& t) {
  if (trace == nullptr) return;
  Operation& o = trace->last_operation();
  o.arithmetic = t.arithmetic, o.memory = t.memory, o.host = t.host, o.network = t.network, o.fixed = t.fixed, o.expected = t.expected;
}

OperationTime time_of(const Work& work, const Machine& machine, const Efficiency& e, Trace* trace) {
  OperationTime t;
  for (std::size_t i = 0; i < n_precisions; ++i) {
    if (!(work.flop[i] > Flop{})) continue;
    note(trace, precision_names[i], machine.rate[i]);
    t.arithmetic_peak += work.flop[i] / machine.rate[i].value;
  }
  const BytePerSecond bandwidth = note(trace, "memory bandwidth", machine.bandwidth);
  t.arithmetic = note(trace, "arithmetic", t.arithmetic_peak / e.arithmetic, "FLOP / (rate x share of the rate reached)");
  t.memory = note(trace, "memory", over(work.memory, bandwidth * e.memory), "bytes moved / (bandwidth x share reached)");
  t.host = over(work.host, host_rate(machine));
  t.data_peak = max(over(work.memory, bandwidth), t.host);
  if (work.box.messages > 0 || work.between.messages > 0) {
    const BytePerSecond link = note(trace, "link in the box", machine.link), internode = note(trace, "link between boxes", machine.internode);
    t.network_peak = over(work.box.bytes, link) + over(work.between.bytes, internode);
    t.network = note(trace, "network", t.network_peak / e.network + (work.box.messages + work.between.messages) * e.message, "bytes / (link x share reached) + messages x cost of one");
  }
  t.fixed = note(trace, "fixed costs", work.launches * e.launch, "launches x cost of one");
  const Seconds data = max(t.memory, t.host);
  const Seconds body = note(trace, "arithmetic and data together", blend(t.arithmetic, data, e.overlap_power), "(arithmetic^p + data^p)^(1/p)");
  t.expected = note(trace, "expected time", body + t.fixed + t.network * (1 - e.network_overlap), "together + fixed + network that is not hidden");
  t.upper = t.arithmetic + t.memory + t.host + t.network + t.fixed;
  if (trace != nullptr) {
    Operation operation;
    operation.work = work;
    trace->add_operation(std::move(operation));
    correct_last(trace, t);
  }
  return t;
}

namespace {

Bottleneck bottleneck_of(const OperationTime& t) {
  const Seconds parts[] = {t.arithmetic, t.memory, t.fixed, t.network, t.host};
  constexpr Bottleneck names[] = {Bottleneck::arithmetic, Bottleneck::memory, Bottleneck::launches, Bottleneck::network, Bottleneck::host};
  std::size_t most = 0;
  for (std::size_t i = 1; i < std::size(parts); ++i)
    if (parts[i] > parts[most]) most = i;
  return parts[most] > Seconds{} ? names[most] : Bottleneck::nothing;
}

}  // namespace

Estimate estimate_of(const Total& total, const Machine& machine, Count devices, double power_share, double spread, Trace* trace) {
  Estimate e;
  e.lower = note(trace, "lower bound", total.time.lower(), "max(arithmetic, data, network) at the vendor's rates");
  e.expected = total.time.expected;
  e.upper = note(trace, "upper bound", total.time.upper, "sum of all parts at the rates reached");
  e.spread = note(trace, "spread", spread, "standard deviation of ln(measured / predicted)");
  e.bottleneck = bottleneck_of(total.time);
  if (e.expected > Seconds{}) e.utilisation = note(trace, "utilisation", total.time.arithmetic_peak / e.expected, "time of the arithmetic at the vendor's rate / expected time");
  e.byte_moved = total.work.memory;
  e.byte_resident = total.work.resident;
  e.flop = total.work.flop_total();
  if (machine.power) e.energy = note(trace, "energy", devices * power_share * machine.power.value * e.expected, "devices x design power x share drawn x time");
  if (machine.memory) {
    e.capacity = machine.memory.value;
    e.fits = e.byte_resident <= e.capacity;
  }
  return e;
}

}  // namespace ranvier::plan
