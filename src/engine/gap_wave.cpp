// SPDX-License-Identifier: Apache-2.0
#include "engine/gap_wave.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/wait.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {

WaveBoard::WaveBoard(const Network& network) : places_(network.gaps.wave_steps ? network.gaps.board_size : 0), votes_(network.shards.size()) {
  for (auto& page : pages_) page.resize(places_ * network.gaps.wave_steps);
}

/// A place is written again only two rounds later, and no shard gets there before all have been through the round between.
double WaveBoard::agree(std::size_t shard, std::uint32_t round, double change) {
  votes_[shard].change[round & 1] = change;
  votes_[shard].rounds.store(round + 1, std::memory_order_release);
  double largest = 0;
  for (const Vote& vote : votes_) {
    wait_until([&] { return vote.rounds.load(std::memory_order_acquire) > round; });
    largest = std::max(largest, vote.change[round & 1]);
  }
  return largest;
}

/// Integrals over a step of Lagrange's polynomials through equidistant values: of degree 3 and, of intervals of two steps, 2.
std::vector<StepMean> step_means(std::uint32_t steps, int order) {
  std::vector<StepMean> out;
  for (std::uint32_t k = 0; k < steps; ++k) {
    const bool first = k == 0, last = k + 1 == steps;
    if (order == 0) out.push_back({k, {1, 0, 0, 0}});
    else if (order == 1 || steps == 1) out.push_back({k, {0.5, 0.5, 0, 0}});
    else if (steps == 2 && first) out.push_back({0, {5.0 / 12, 8.0 / 12, -1.0 / 12, 0}});
    else if (steps == 2) out.push_back({0, {-1.0 / 12, 8.0 / 12, 5.0 / 12, 0}});
    else if (first) out.push_back({0, {9.0 / 24, 19.0 / 24, -5.0 / 24, 1.0 / 24}});
    else if (last) out.push_back({k - 2, {1.0 / 24, -5.0 / 24, 19.0 / 24, 9.0 / 24}});
    else out.push_back({k - 1, {-1.0 / 24, 13.0 / 24, 13.0 / 24, -1.0 / 24}});
  }
  return out;
}

GapWave::GapWave(const Network& network, const Shard& shard, std::size_t index, ShardState& state, WaveBoard& board)
    : method_(network.spec.gap_method), steps_(network.gaps.wave_steps), index_(index), state_(state), board_(board), cells_(network, shard, state),
      currents_(state.gap_currents), means_(step_means(steps_, method_.interpolation)), ahead_(network, shard, state, steps_),
      wave_((steps_ + 1) * cells_.size()), next_(wave_.size()) {
  const std::size_t real = network.spec.simulation.double_precision ? 8 : 4, sum = network.wide ? 8 : 4;
  const auto add = [&](void* at, std::size_t byte) { variables_.push_back({static_cast<std::byte*>(at), byte}); };
  for (std::size_t b = 0; b < shard.blocks.size(); ++b) {
    if (shard.gaps.block_start[b] == shard.gaps.block_start[b + 1]) continue;
    blocks_.push_back(b);
    const Population& p = network.populations[static_cast<std::size_t>(shard.blocks[b].population)];
    const BlockState& block = state.blocks[b];
    const std::size_t n = shard.blocks[b].padded();
    for (std::size_t k = 0; k < p.membrane->model->info->state.size(); ++k) add(block.state[k], n * real);
    add(block.ready, n * sizeof(std::uint32_t));
    for (std::size_t q = 0; q < p.pools.size(); ++q) {
      const std::size_t states = p.first_of(p.pools[q]).model->info->state.size();
      for (std::size_t k = 0; k < states; ++k) add(block.pools[q].state[k], n * real);
      if (!p.apart || p.pools[q].receptors.size() == 1) continue;
      for (const int r : p.pools[q].receptors)
        for (std::size_t k = 0; k < states; ++k) add(block.receptors[static_cast<std::size_t>(r)].state[k], n * real);
    }
    inputs_.push_back({static_cast<std::byte*>(state.sums) + shard.blocks[b].slot * sum, n * static_cast<std::size_t>(p.slot_arrays) * sum});
  }
  std::size_t byte = 0;
  for (const Range& r : variables_) byte += r.byte;
  kept_.resize(byte);
}

void GapWave::keep() {
  std::byte* to = kept_.data();
  for (const Range& r : variables_) to = std::copy_n(r.at, r.byte, to);
}

void GapWave::put_back() {
  const std::byte* from = kept_.data();
  for (const Range& r : variables_) {
    std::copy_n(from, r.byte, r.at);
    from += r.byte;
  }
}

void GapWave::take_input(std::uint32_t step) {
  for (const Range& r : inputs_) std::copy_n(ahead_.row(step) + (r.at - static_cast<std::byte*>(state_.sums)), r.byte, r.at);
}

void GapWave::note(Wave& wave, std::uint32_t at) const {
  for (std::size_t k = 0; k < cells_.size(); ++k) wave[at * cells_.size() + k] = cells_.potential(k);
}

double GapWave::agree(const Wave& wave, double change) {
  const std::size_t n = cells_.size();
  for (std::uint32_t at = 0; at < steps_; ++at) {
    double* const to = board_.page(round_) + at * board_.places() + cells_.table().first_place;
    const StepMean& m = means_[at];
    for (std::size_t k = 0; k < n; ++k) {
      double sum = 0;
      for (std::size_t i = 0; i < 4 && m.weight[i] != 0; ++i) sum += m.weight[i] * wave[(m.first + i) * n + k];
      to[k] = sum;
    }
  }
  return board_.agree(index_, round_++, change);
}

void GapWave::find_currents(std::uint32_t at) {
  const double* const means = board_.page(round_ - 1) + at * board_.places();
  for (std::size_t k = 0; k < cells_.size(); ++k) currents_[at * cells_.size() + k] = cells_.current(k, means);
}

/// What is not a number has not settled.
double GapWave::change_of(const Wave& before, const Wave& after) const {
  double most = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double change = std::fabs(after[i] - before[i]);
    most = change <= most ? most : std::isnan(change) ? std::numeric_limits<double>::infinity() : change;
  }
  return most;
}

namespace {

constexpr const char* array_name = "gap_junctions/currents";

/// Calls visit(the currents of a coupled cell over the steps of an interval: first, stride) for all of them, by global id.
template <class States, class Visit>
void for_each_coupled(const Network& network, States& shards, Visit visit) {
  struct Cell {
    std::int64_t id;
    std::size_t shard, k;
  };
  std::vector<Cell> cells;
  for (std::size_t t = 0; t < network.shards.size(); ++t) {
    const Shard& shard = network.shards[t];
    for (std::size_t b = 0; b < shard.blocks.size(); ++b)
      for (std::size_t k = shard.gaps.block_start[b]; k < shard.gaps.block_start[b + 1]; ++k)
        cells.push_back({network.populations[static_cast<std::size_t>(shard.blocks[b].population)].first + shard.blocks[b].first + shard.gaps.cell[k], t, k});
  }
  std::sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) { return a.id < b.id; });
  for (const Cell& c : cells) visit(shards[c.shard].gap_currents.data() + c.k, network.shards[c.shard].gaps.cell.size());
}

bool within_interval(const Network& network, std::uint32_t step) { return network.gaps.wave_steps && step % network.gaps.wave_steps != 0; }

}  // namespace

void save_gap_currents(const Network& network, const State& state, Snapshot& out) {
  if (!within_interval(network, state.step)) return;
  Snapshot::Array array{array_name, {}};
  for_each_coupled(network, state.shards, [&](const double* first, std::size_t stride) {
    for (std::uint32_t at = 0; at < network.gaps.wave_steps; ++at) array.values.push_back(first[at * stride]);
  });
  out.arrays.push_back(std::move(array));
}

void restore_gap_currents(const Network& network, const Snapshot& in, State& state) {
  if (!within_interval(network, in.step)) return;
  std::size_t size = 0;
  for (const Shard& shard : network.shards) size += shard.gaps.cell.size() * network.gaps.wave_steps;
  const auto it = std::find_if(in.arrays.begin(), in.arrays.end(), [](const Snapshot::Array& a) { return a.name == array_name; });
  if (it == in.arrays.end() || it->values.size() != size)
    throw InputError(fmt::format("the saved state lacks \"{}\", of a step within an interval of waveform relaxation: it is damaged; save it again", array_name));
  const double* next = it->values.data();
  for_each_coupled(network, state.shards, [&](double* first, std::size_t stride) {
    for (std::uint32_t at = 0; at < network.gaps.wave_steps; ++at) first[at * stride] = *next++;
  });
}

}  // namespace ranvier::engine
