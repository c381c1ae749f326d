// SPDX-License-Identifier: Apache-2.0
#include "engine/volume.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/math.hpp"
#include "core/suggest.hpp"
#include "engine/network.hpp"
#include "engine/synapse_model.hpp"

namespace ranvier::engine {
namespace {

using Kind = PulseSpec::Kind;

/// The span that suits all rules that follow a volume.
std::int64_t span_of(const NetworkSpec& spec, std::size_t volume) {
  std::int64_t span = Course::span_max;
  for (const ProjectionSpec& p : spec.projections)
    for (const SynapseSpec& s : p.synapse) {
      const SynapseModel* model = find_synapse(s.rule);
      if (!model || !model->looks_back_ms || volume_of(spec, s) != static_cast<int>(volume)) continue;
      span = std::min(span, Course::span_of(model->looks_back_ms(synapse_parameters(*model, s, p, spec.simulation.dt_ms)), spec.simulation.dt_ms));
    }
  return span;
}

bool in_slice(const Slice& s, std::int64_t cell) { return cell >= s.first && cell < s.last && (cell - s.first) % s.stride == 0; }

}  // namespace

Volume::Volume(const Network& network, std::size_t index)
    : dt_(network.dt()), settling_(2 * std::int64_t{network.delay_max}),
      course_(network.spec.volumes[index].tau_ms, network.spec.volumes[index].baseline, dt_, span_of(network.spec, index)) {
  const VolumeSpec& v = network.spec.volumes[index];
  for (std::size_t k = 0; k < v.pulses.size(); ++k) {
    Origin r{.spec = v.pulses[k], .key = stream_key(network.spec.simulation.seed_dynamics, Purpose::reward, static_cast<std::uint32_t>(index * 4096 + k)), .met = {}};
    const auto first = [&](const Slice& s) { return s.population < 0 ? 0 : network.populations[static_cast<std::size_t>(s.population)].first; };
    r.first_source = first(r.spec.source);
    r.first_target = first(r.spec.target);
    if (r.spec.kind == Kind::random) r.next_ms = interval(r);
    origins_.push_back(std::move(r));
  }
}

void Volume::hear(const Spike& spike) {
  for (std::size_t k = 0; k < origins_.size(); ++k) {
    Origin& r = origins_[k];
    const bool of_source = in_slice(r.spec.source, spike.neuron - r.first_source);
    if (r.spec.kind == Kind::spikes && of_source) insert({spike.step + rounded(r.spec.delay_low_ms), k, r.spec.amount});
    if (r.spec.kind != Kind::pairing) continue;
    if (of_source) r.met.emplace_back(spike.step, true);
    if (in_slice(r.spec.target, spike.neuron - r.first_target)) r.met.emplace_back(spike.step, false);
  }
}

/// The coincidences of what was heard, in time. Of two spikes in one step neither comes before the other.
void Volume::pair_up(std::size_t k) {
  Origin& r = origins_[k];
  std::sort(r.met.begin(), r.met.end());
  for (const auto& [step, of_first] : r.met) {
    if (of_first) {
      r.last = step;
      continue;
    }
    if (r.last < 0 || r.last == step || static_cast<double>(step - r.last) * dt_ > r.spec.within_ms * (1 + 1e-9)) continue;
    const Words w = philox(r.key, static_cast<std::uint32_t>(r.events), static_cast<std::uint32_t>(r.events >> 32), 0, 0);
    ++r.events;
    insert({step + rounded(r.spec.delay_low_ms + uniform01(w[0]) * (r.spec.delay_high_ms - r.spec.delay_low_ms)), k, r.spec.amount});
  }
  r.met.clear();
}

void Volume::pulse_until(std::size_t k, std::int64_t until) {
  Origin& r = origins_[k];
  if (r.spec.kind == Kind::times)
    for (; r.events < r.spec.times_ms.size() && rounded(r.spec.times_ms[r.events]) <= until; ++r.events) insert({rounded(r.spec.times_ms[r.events]), k, r.spec.amounts[r.events]});
  if (r.spec.kind == Kind::random)
    while (rounded(r.next_ms) <= until) {
      insert({rounded(r.next_ms), k, r.spec.amount});
      ++r.events;
      r.next_ms += interval(r);
    }
}

/// From one random pulse to the next.
double Volume::interval(const Origin& r) const {
  const Words w = philox(r.key, static_cast<std::uint32_t>(r.events), static_cast<std::uint32_t>(r.events >> 32), 0, 0);
  return std::max(dt_, -r.spec.interval_ms * math::log(uniform01(w[0])));
}

std::int64_t Volume::rounded(double ms) const { return std::llround(std::min(ms / dt_, 0x1p40)); }

void Volume::insert(const Pulse& pulse) { pending_.insert(std::upper_bound(pending_.begin(), pending_.end(), pulse), pulse); }

void Volume::settle(std::uint32_t step, std::uint32_t until) {
  heard = step;
  for (std::size_t k = 0; k < origins_.size(); ++k) {
    pair_up(k);
    pulse_until(k, until);
  }
  auto next = pending_.begin();
  while (next != pending_.end() && next->step <= until) {
    const std::int64_t at = next->step;
    double amount = 0;
    std::uint64_t count = 0;
    for (; next != pending_.end() && next->step == at; ++next, ++count) amount += next->amount;
    course_.pulse(at, amount, count);
  }
  pending_.erase(pending_.begin(), next);
  if (needed_.empty() && course_.size() > crowd) course_.forget(settled_span(step));
}

Volume::Listener Volume::listen(double tau_ms) {
  needed_.push_back(0);
  return {static_cast<int>(needed_.size()) - 1, std::isfinite(tau_ms) ? course_.weigh(tau_ms) : -1};
}

void Volume::done_with(int listener, std::int64_t step) {
  needed_[static_cast<std::size_t>(listener)] = step;
  course_.forget(*std::min_element(needed_.begin(), needed_.end()));
}

Volume::Saved Volume::save(std::uint32_t step) const {
  Saved out{.course = course_.save(settled_span(step)), .pending = {}, .origins = {}};
  for (const Pulse& p : pending_) out.pending.insert(out.pending.end(), {static_cast<double>(p.step), static_cast<double>(p.origin), p.amount});
  for (const Origin& r : origins_) out.origins.insert(out.origins.end(), {static_cast<double>(r.events), r.next_ms, static_cast<double>(r.last)});
  return out;
}

void Volume::restore(std::uint32_t step, const Saved& in) {
  course_.restore(in.course);
  pending_.clear();
  for (const double* x = in.pending.data(); x < in.pending.data() + in.pending.size(); x += pending_width)
    pending_.push_back({static_cast<std::int64_t>(x[0]), static_cast<std::size_t>(x[1]), x[2]});
  for (std::size_t k = 0; k < origins_.size(); ++k) {
    Origin& r = origins_[k];
    r.events = static_cast<std::uint64_t>(in.origins[origin_width * k]);
    r.next_ms = in.origins[origin_width * k + 1];
    r.last = static_cast<std::int64_t>(in.origins[origin_width * k + 2]);
    r.met.clear();
  }
  heard = step;
  std::fill(needed_.begin(), needed_.end(), settled_span(step));
}

std::vector<std::unique_ptr<Volume>> start_volumes(const Network& network) {
  std::vector<std::unique_ptr<Volume>> out;
  for (std::size_t k = 0; k < network.spec.volumes.size(); ++k) out.push_back(std::make_unique<Volume>(network, k));
  return out;
}

std::uint32_t shortest_pulse(const NetworkSpec& spec) {
  std::uint32_t shortest = 0xFFFFFFFFu;
  for (const VolumeSpec& v : spec.volumes)
    for (const PulseSpec& r : v.pulses)
      if (r.kind == Kind::spikes || r.kind == Kind::pairing)
        shortest = std::min(shortest, static_cast<std::uint32_t>(std::clamp(std::round(r.delay_low_ms / spec.simulation.dt_ms), 1.0, 4e9)));
  return shortest;
}

int volume_of(const NetworkSpec& spec, const SynapseSpec& synapse) {
  if (synapse.volume.empty()) return spec.volumes.size() == 1 ? 0 : -1;
  const auto it = std::find_if(spec.volumes.begin(), spec.volumes.end(), [&](const VolumeSpec& v) { return v.name == synapse.volume; });
  return it == spec.volumes.end() ? -1 : static_cast<int>(it - spec.volumes.begin());
}

namespace {

void check_pulses(const NetworkSpec& spec, const PulseSpec& r, const std::string& where, std::vector<std::string>& problems) {
  const double dt = spec.simulation.dt_ms;
  const auto wrong = [&](const std::string& what) { problems.push_back(fmt::format("{}: {}", where, what)); };
  constexpr double most = 1e9;  // of one pulse: millions of them add up to a number still
  if (r.amount > most || std::any_of(r.amounts.begin(), r.amounts.end(), [](double a) { return a > most; })) wrong(fmt::format("an amount above {:g}; concentrations are plain numbers, so count them in a larger unit", most));
  const auto is_amount = [](double x) { return x >= 0 && std::isfinite(x); };
  if (r.kind == Kind::times) {
    if (r.times_ms.size() != r.amounts.size()) wrong(fmt::format("{} times of rewards, but {} amounts: give one each", r.times_ms.size(), r.amounts.size()));
    for (std::size_t k = 0; k < r.times_ms.size(); ++k)
      if (!(r.times_ms[k] >= 0) || (k > 0 && r.times_ms[k] < r.times_ms[k - 1])) return wrong(fmt::format("reward at {:g} ms: times must be >= 0 ms and ascend", r.times_ms[k]));
    for (double a : r.amounts)
      if (!is_amount(a)) return wrong(fmt::format("reward of {:g}: amounts must be >= 0", a));
    return;
  }
  if (!is_amount(r.amount)) wrong(fmt::format("amount = {:g}: must be >= 0", r.amount));
  if (r.kind == Kind::random) {
    if (!(r.interval_ms >= dt) || !std::isfinite(r.interval_ms)) wrong(fmt::format("interval = {:g} ms: must be at least one time step ({} ms)", r.interval_ms, dt));
    return;
  }
  if (!(std::lround(std::min(r.delay_low_ms / dt, 1e9)) >= 1)) wrong(fmt::format("delay = {:g} ms: must be at least one time step ({} ms)", r.delay_low_ms, dt));
  if (!(r.delay_high_ms >= r.delay_low_ms) || !std::isfinite(r.delay_high_ms)) wrong(fmt::format("delay from {:g} to {:g} ms: the second must not be shorter", r.delay_low_ms, r.delay_high_ms));
  const auto known = [&](const Slice& s) { return s.population >= 0 && s.population < static_cast<int>(spec.populations.size()) && s.size() > 0; };
  if (!known(r.source) || (r.kind == Kind::pairing && !known(r.target))) return wrong("names no neurons");
  if (r.kind != Kind::pairing) return;
  if (r.source.size() != 1 || r.target.size() != 1) wrong(fmt::format("pairing is between one neuron and another, but source has {} and target {}; write for example source = \"E[0]\"", r.source.size(), r.target.size()));
  if (!(r.within_ms >= dt)) wrong(fmt::format("within = {:g} ms: must be at least one time step ({} ms)", r.within_ms, dt));
}

}  // namespace

void check_volumes(const NetworkSpec& spec, std::vector<std::string>& problems) {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < spec.volumes.size(); ++k) {
    const VolumeSpec& v = spec.volumes[k];
    const std::string where = v.where.empty() ? fmt::format("volumes[{}]", k) : v.where;
    if (std::find(names.begin(), names.end(), v.name) != names.end()) problems.push_back(fmt::format("{}: two volumes are called \"{}\"", where, v.name));
    names.push_back(v.name);
    if (!(v.tau_ms > 0) || !std::isfinite(v.tau_ms)) problems.push_back(fmt::format("{}: tau = {:g} ms: must be > 0 ms; the default is 200 ms", where, v.tau_ms));
    if (!(v.baseline >= 0) || !std::isfinite(v.baseline)) problems.push_back(fmt::format("{}: baseline = {:g}: must be >= 0", where, v.baseline));
    for (std::size_t i = 0; i < v.pulses.size(); ++i) check_pulses(spec, v.pulses[i], fmt::format("{}, pulses {}", where, i), problems);
  }
  for (std::size_t k = 0; k < spec.projections.size(); ++k)
    for (const SynapseSpec& s : spec.projections[k].synapse) {
      const ProjectionSpec& p = spec.projections[k];
      const std::string where = p.where.empty() ? fmt::format("projections[{}]", k) : p.where;
      const SynapseModel* model = find_synapse(s.rule);
      if (!model) continue;
      if (!model->looks_back_ms) {
        if (!s.volume.empty()) problems.push_back(fmt::format("{}: {}: follows no volume; remove volume = \"{}\"", where, s.rule, s.volume));
        continue;
      }
      if (volume_of(spec, s) >= 0) continue;
      if (spec.volumes.empty()) problems.push_back(fmt::format("{}: {}: follows a volume, and there is none; add [[volumes]] with name, tau and where its pulses come from", where, s.rule));
      else if (s.volume.empty()) problems.push_back(fmt::format("{}: {}: which volume? Add volume = \"{}\" or another one", where, s.rule, names[0]));
      else problems.push_back(fmt::format("{}: {}: no volume is called \"{}\".{}", where, s.rule, s.volume, suggestion(s.volume, names)));
    }
}

}  // namespace ranvier::engine
