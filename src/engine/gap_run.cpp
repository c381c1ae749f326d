// SPDX-License-Identifier: Apache-2.0
#include "engine/gap_run.hpp"

namespace ranvier::engine {

CoupledCells::CoupledCells(const Network& network, const Shard& shard, const ShardState& state)
    : table_(shard.gaps), double_precision_(network.spec.simulation.double_precision), per_quantum_(1 / network.gaps.quantum), quantum_(network.gaps.quantum) {
  for (std::size_t b = 0; b < shard.blocks.size(); ++b)
    for (std::size_t k = table_.block_start[b]; k < table_.block_start[b + 1]; ++k) {
      const Population& p = network.populations[static_cast<std::size_t>(shard.blocks[b].population)];
      const int relative = p.membrane->model->relative_to;
      double base = 0;
      if (relative >= 0) {
        const auto& values = p.parameters[static_cast<std::size_t>(relative)];
        base = values[values.size() == 1 ? 0 : static_cast<std::size_t>(shard.blocks[b].first) + table_.cell[k]];
      }
      potential_.push_back({state.blocks[b].state[0], table_.cell[k], base});
    }
}

/// Each term is rounded to whole units alike for both signs, so that the ends of a junction are opposite numbers. The
/// bound keeps what is not a usable number any more, and ends the run after this step, from overflowing.
double CoupledCells::current(std::size_t k, const double* board) const {
  const double own = board[table_.first_place + k];
  std::int64_t units = 0;
  for (std::uint64_t e = table_.start[k]; e < table_.start[k + 1]; ++e) {
    const double difference = board[table_.partner[e]] - own;
    const double bounded = difference > -gap_difference_max ? difference < gap_difference_max ? difference : gap_difference_max : -gap_difference_max;
    const double x = table_.g[e] * bounded * per_quantum_;
    units += static_cast<std::int64_t>(x < 0 ? x - 0.5 : x + 0.5);
  }
  return static_cast<double>(units) * quantum_;
}

}  // namespace ranvier::engine
