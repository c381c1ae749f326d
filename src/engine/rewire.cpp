// SPDX-License-Identifier: Apache-2.0
#include "engine/rewire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <thread>
#include <tuple>

#include "engine/state.hpp"
#include "engine/values.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {

/// Writes the rows of a table from synapses that come by (source, delay, cell).
class TableWriter {
 public:
  TableWriter(const PlasticTable& like, std::size_t synapses) {
    PlasticTable& t = out_.table;
    t = {.projection = like.projection, .block = like.block, .cells = like.cells, .first_cell = like.first_cell, .slot = like.slot, .quantum = like.quantum, .sign = like.sign, .fraction = like.fraction,
         .row = {0}, .segments = {}, .targets = HugeArray<std::uint32_t>(synapses), .synapses = synapses, .weight = like.weight, .weights = {},
         .delay_min = like.delay_min, .delay_max = like.delay_max};
    out_.origin.reserve(synapses);
  }
  void put(std::uint32_t delay, std::uint32_t cell, std::uint32_t origin) {
    PlasticTable& t = out_.table;
    const auto synapse = static_cast<std::uint32_t>(out_.origin.size());
    if (t.segments.size() == t.row.back() || t.segments.back().delay != delay || t.segments.back().count == 0xFFFF)
      t.segments.push_back({synapse, static_cast<std::uint16_t>(delay), 0});
    ++t.segments.back().count;
    t.targets[synapse] = cell;
    out_.origin.push_back(origin);
  }
  void end_row() { out_.table.row.push_back(static_cast<std::uint32_t>(out_.table.segments.size())); }
  RewiredTable finish() { return std::move(out_); }

 private:
  RewiredTable out_;
};

}  // namespace

std::vector<PlasticPart> plastic_parts(const Network& network, const State& state, std::size_t projection) {
  std::vector<PlasticPart> parts;
  for (std::size_t t = 0; t < network.shards.size(); ++t)
    for (std::size_t i = 0; i < state.shards[t].plastic.size(); ++i) {
      PlasticSynapses& synapses = *state.shards[t].plastic[i];
      if (synapses.table().projection == static_cast<int>(projection)) parts.push_back({t, i, &synapses, network.shards[t].blocks[synapses.table().block].first});
    }
  std::sort(parts.begin(), parts.end(), [](const PlasticPart& a, const PlasticPart& b) { return a.first_cell < b.first_cell; });
  return parts;
}

RewiredTable rewired(const PlasticTable& old, const std::vector<bool>& removed, const std::vector<MadeSynapse>& made) {
  const auto gone = static_cast<std::size_t>(std::count(removed.begin(), removed.end(), true));
  TableWriter out(old, old.synapses - gone + made.size());
  auto next = made.begin();
  for (std::uint32_t source = 0; source < old.sources(); ++source) {
    const auto put_made_before = [&](std::uint32_t delay, std::uint32_t cell) {
      for (; next != made.end() && next->source == source && std::pair(next->delay, next->cell) < std::pair(delay, cell); ++next)
        out.put(next->delay, next->cell, RewiredTable::fresh);
    };
    for (std::uint32_t g = old.row[source]; g < old.row[source + 1]; ++g) {
      const PlasticSegment& segment = old.segments[g];
      for (std::uint32_t k = segment.first; k < segment.first + segment.count; ++k) {
        if (!removed.empty() && removed[k]) continue;
        put_made_before(segment.delay, old.targets[k]);
        out.put(segment.delay, old.targets[k], k);
      }
    }
    put_made_before(0xFFFFFFFFu, 0);
    out.end_row();
  }
  return out.finish();
}

PlasticTable same_table(const PlasticTable& table) {
  PlasticTable copy = rewired(table, {}, {}).table;
  copy.weights = table.weights;
  copy.weight_rests = table.weight_rests;
  return copy;
}

Rewiring::Rewiring(const Network& network, const State& state, int projection, std::uint32_t interval)
    : network_(network), spec_(network.spec.projections[static_cast<std::size_t>(projection)]),
      first_source_(network.populations[static_cast<std::size_t>(spec_.source.population)].first), first_target_(network.populations[static_cast<std::size_t>(spec_.target.population)].first),
      interval_(interval), lost_key_(stream_key(network.spec.simulation.seed_dynamics, Purpose::structure, static_cast<std::uint32_t>(projection))),
      element_key_(stream_key(network.spec.simulation.seed_dynamics, Purpose::element, static_cast<std::uint32_t>(projection))),
      birth_key_(stream_key(network.spec.simulation.seed_dynamics, Purpose::birth, static_cast<std::uint32_t>(projection))),
      parts_(plastic_parts(network, state, static_cast<std::size_t>(projection))), gone_(parts_.size()) {}

Words Rewiring::words(const Bound& s) const { return philox(lost_key_, source_id(s.source), target_id(s.target), interval_, s.delay << 16 | s.number); }

Words Rewiring::words(Side side, std::uint32_t cell, std::uint32_t number) const {
  return side == Side::source ? philox(element_key_, source_id(cell), number, interval_, 0) : philox(element_key_, target_id(cell), number, interval_, 1);
}

bool Rewiring::may_join(std::uint32_t source, std::uint32_t target) const {
  if (!spec_.rule.allow_autapses && is_autapse(source, target)) return false;
  if (spec_.rule.allow_multapses) return true;
  if (made_pairs_.contains({source, target})) return false;
  if (!kept_known_) {
    for_each([&](const Bound& b) { kept_.push_back({b.source, b.target}); });
    std::sort(kept_.begin(), kept_.end());
    kept_known_ = true;
  }
  return !std::binary_search(kept_.begin(), kept_.end(), Pair{source, target});
}

void Rewiring::remove(const Bound& s) {
  auto& gone = gone_[s.part];
  if (gone.empty()) gone.resize(parts_[s.part].synapses->table().synapses);
  if (gone[s.synapse]) return;
  gone[s.synapse] = true;
  ++n_removed_;
}

void Rewiring::add(std::uint32_t source, std::uint32_t target) {
  made_.push_back({source, target});
  if (!spec_.rule.allow_multapses) made_pairs_.insert(made_.back());
}

/// Weights and delays by the projection's distributions, each synapse by words of its own.
std::vector<std::vector<MadeSynapse>> Rewiring::draw_made() {
  std::vector<std::vector<MadeSynapse>> out(parts_.size());
  std::sort(made_.begin(), made_.end());
  const Sampler weight(spec_.weight), delay(spec_.delay_ms);
  std::uint32_t number = 0;
  for (std::size_t k = 0; k < made_.size(); ++k) {
    const auto [source, target] = made_[k];
    number = k > 0 && made_[k - 1] == made_[k] ? number + 1 : 0;
    const Words w = philox(birth_key_, source_id(source), target_id(target), interval_, number);
    const std::int64_t cell = spec_.target[target];
    const auto after = std::upper_bound(parts_.begin(), parts_.end(), cell, [](std::int64_t c, const PlasticPart& p) { return c < p.first_cell; });
    const auto p = static_cast<std::size_t>(after - parts_.begin()) - 1;
    out[p].push_back({source, static_cast<std::uint32_t>(std::max<long>(1, std::lround(delay.draw_one(w[1], 0) / network_.dt()))), static_cast<std::uint32_t>(cell - parts_[p].first_cell),
                      number, std::fabs(weight.draw_one(w[0], 0))});
  }
  const auto key = [](const MadeSynapse& m) { return std::tuple(m.source, m.delay, m.cell, m.number); };
  for (auto& made : out) std::sort(made.begin(), made.end(), [&](const MadeSynapse& a, const MadeSynapse& b) { return key(a) < key(b); });
  return out;
}

void Rewiring::apply(std::uint32_t step) {
  const auto made = draw_made();
  const auto work = [&](std::size_t p) {
    if (gone_[p].empty() && made[p].empty()) return;
    PlasticSynapses& synapses = *parts_[p].synapses;
    synapses.sweep(step);  // so that all shards agree on what a new synapse has yet to meet
    std::vector<double> weights;
    for (const MadeSynapse& m : made[p]) weights.push_back(m.weight);
    synapses.rewire(rewired(synapses.table(), gone_[p], made[p]), weights, step);
  };
  std::int64_t synapses = 0;
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    synapses += static_cast<std::int64_t>(parts_[p].synapses->table().synapses);
    if (parts_[p].synapses->table().synapses + made[p].size() >= 0xFFFF0000u)
      throw RunError(fmt::format("{}: more than 4.29e9 synapses have grown on one thread\n  try: more threads, or fewer elements", spec_.where));
  }
  constexpr std::int64_t worth_threads = 200'000;  // a few milliseconds
  if (synapses + this->made() < worth_threads) {
    for (std::size_t p = 0; p < parts_.size(); ++p) work(p);
    return;
  }
  std::vector<std::exception_ptr> failures(parts_.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t p = 0; p < parts_.size(); ++p)
      threads.emplace_back([&, p] {
        try { work(p); } catch (...) { failures[p] = std::current_exception(); }
      });
  }
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace ranvier::engine
