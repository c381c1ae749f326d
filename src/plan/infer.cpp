// SPDX-License-Identifier: Apache-2.0
#include "plan/infer.hpp"

#include <fmt/format.h>

#include <cmath>

#include "ranvier/error.hpp"

namespace ranvier::plan {
namespace {

/// Relative spreads of inferred figures, beside that of the figure they come from. Stated, not fitted: a format that runs
/// as another one is nearly sure; a ratio between rates of one family is within a third; arithmetic from bandwidth within 3x.
constexpr double as_good_as = 0.05, by_family = 0.3, by_kind = 0.8;

template <class Unit, class From>
void infer(Figure<Unit>& figure, double value, const Figure<From>& from, double spread, const char* rule) {
  if (figure.known || !from.known || !(value > 0)) return;
  figure.value = Unit(value);
  figure.known = figure.inferred = true;
  figure.spread = std::hypot(spread, from.spread);
  figure.readings.push_back({value, fmt::format("inferred: {}", rule), "", figure.spread, true});
}

using Rates = std::array<Figure<FlopPerSecond>, n_precisions>;

void infer_rate(Rates& rates, Precision to, Precision from, double factor, double spread, const char* rule) {
  const auto& source = rates[index_of(from)];
  infer(rates[index_of(to)], source.value.value() * factor, source, spread, rule);
}

bool many_small_cores(const Machine& m) { return m.kind == MachineKind::gpu || m.kind == MachineKind::soc; }

/// Some rate to begin with: fp32 of the vector units.
void infer_fp32(Machine& m) {
  using enum Precision;
  infer_rate(m.rate, fp32, tf32, 1.0 / 8, by_family, "an eighth of tf32, as on A100 and H100");
  infer_rate(m.rate, fp32, fp64, many_small_cores(m) ? 1 : 2, by_family, "fp64 of a CPU runs at half the fp32 rate");
  infer_rate(m.rate, fp32, fp16, m.kind == MachineKind::cpu ? 1.0 : 1.0 / 8, by_kind, "an eighth of the fp16 matrix rate (the same on a CPU)");
  infer_rate(m.rate, fp32, fp8, 1.0 / 16, by_kind, "a sixteenth of the fp8 matrix rate");
  infer_rate(m.rate, fp32, int8, 1.0 / 16, by_kind, "a sixteenth of the int8 matrix rate");
  infer(m.rate[index_of(fp32)], m.bandwidth.value.value() * (m.kind == MachineKind::cpu ? 10 : 25), m.bandwidth, by_kind, "10 FLOP per byte of bandwidth on a CPU, 25 elsewhere");
}

void infer_rates(Machine& m) {
  using enum Precision;
  Rates& r = m.rate;
  infer_fp32(m);
  infer_rate(r, fp64, fp32, many_small_cores(m) ? 1.0 / 32 : 0.5, by_kind, "a 32nd of fp32 on graphics cards, half elsewhere");
  infer_rate(r, fp16, fp16_acc32, 1, as_good_as, "as fp16 with fp32 accumulation");
  infer_rate(r, fp16, tf32, 2, as_good_as, "twice tf32, the format of the same units");
  infer_rate(r, fp16, fp8, 0.5, by_family, "half of fp8");
  infer_rate(r, fp16, fp32, 1, as_good_as, "no matrix unit is known: computed as fp32");
  infer_rate(r, fp16_acc32, fp16, 1, as_good_as, "as fp16: no other rate is stated");
  infer_rate(r, tf32, fp32, 1, as_good_as, "no tf32 unit is known: computed as fp32");
  infer_rate(r, fp8, fp16_acc32, 1, as_good_as, "no fp8 unit is known: numbers are stored in fp8 and computed in fp16");
  infer_rate(r, fp4, fp8, 1, as_good_as, "no fp4 unit is known: numbers are stored in fp4 and computed in fp8");
  infer_rate(r, int8, fp16, 1, by_family, "no int8 unit is known: computed as fp16");
}

void infer_memory(Machine& m) {
  const auto& fp32 = m.rate_of(Precision::fp32);
  infer(m.bandwidth, fp32.value.value() / (m.kind == MachineKind::cpu ? 10 : 25), fp32, by_kind, "a byte for 10 FLOP of fp32 on a CPU, for 25 elsewhere");
  infer(m.link, 16e9, m.bandwidth, by_kind, "no link is known: PCIe 3 x16");
  infer(m.internode, 12.5e9, m.bandwidth, by_kind, "no network is known: 100 Gbit/s");
  infer(m.cache, m.on_chip.value.value(), m.on_chip, by_family, "the memory on the chip serves as cache");
  infer(m.cache, m.bandwidth.value.value() * 10e-6, m.bandwidth, by_kind, "what the memory delivers in 10 us");
}

}  // namespace

void complete(Machine& m) {
  bool any = m.bandwidth.known;
  for (const auto& r : m.rate) any = any || r.known;
  if (m.kind == MachineKind::brain) return;  // what a brain "computes" is an estimate of equivalence: nothing follows from it
  if (any) {
    infer_rates(m);
    infer_memory(m);
    infer(m.power, m.bandwidth.value.value() * 0.4e-9, m.bandwidth, by_kind, "0.4 nJ per byte of bandwidth, between A100 (0.2) and server CPUs (0.8)");
    const auto& fp32 = m.rate_of(Precision::fp32);
    const double clock = m.clock.known ? m.clock.value.value() : 1.6e9;
    if (m.kind == MachineKind::cpu || m.kind == MachineKind::cluster) infer(m.units, m.cores.value, m.cores, as_good_as, "one per core");
    infer(m.units, std::max(1.0, std::round(fp32.value.value() / (256 * clock))), fp32, by_family, "fp32 rate / (128 lanes x 2 FLOP x clock, 1.6 GHz where it is not known)");
  } else if (m.kind != MachineKind::neuromorphic) {
    throw InputError(fmt::format("machine {}: neither a rate nor a bandwidth is given\n  add one, such as bandwidth_byte_per_s or fp32_flop_per_s", m.id));
  }
  if (!m.devices.known) {
    m.devices.value = 1;
    m.devices.known = m.devices.inferred = true;
    m.devices.readings.push_back({1, "one where nothing is stated", "", 0, true});
  }
}

}  // namespace ranvier::plan
