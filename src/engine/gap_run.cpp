// SPDX-License-Identifier: Apache-2.0
#include "engine/gap_run.hpp"

namespace ranvier::engine {

GapRun::GapRun(const Network& network, const Shard& shard, const ShardState& state, GapBoard& board)
    : table_(shard.gaps), board_(board), double_precision_(network.spec.simulation.double_precision), per_quantum_(1 / network.gaps.quantum), quantum_(network.gaps.quantum) {
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
  publish(0xFFFFFFFFu);  // the page that interval 0 reads
}

void GapRun::publish(std::uint32_t interval) {
  double* const page = board_.page[interval & 1].data() + table_.first_place;
  for (std::size_t k = 0; k < potential_.size(); ++k) {
    const Source& s = potential_[k];
    page[k] = s.base + (double_precision_ ? static_cast<const double*>(s.state)[s.index] : static_cast<double>(static_cast<const float*>(s.state)[s.index]));
  }
}

/// Each term is rounded to whole units alike for both signs, so that the ends of a junction are opposite numbers. The
/// bound keeps what is not a usable number any more, and ends the run after this step, from overflowing.
std::int64_t GapRun::sum(std::size_t k) const {
  const double own = read_[table_.first_place + k];
  std::int64_t units = 0;
  for (std::uint64_t e = table_.start[k]; e < table_.start[k + 1]; ++e) {
    const double difference = read_[table_.partner[e]] - own;
    const double bounded = difference > -gap_difference_max ? difference < gap_difference_max ? difference : gap_difference_max : -gap_difference_max;
    const double x = table_.g[e] * bounded * per_quantum_;
    units += static_cast<std::int64_t>(x < 0 ? x - 0.5 : x + 0.5);
  }
  return units;
}

std::uint64_t GapRun::add_currents(std::size_t block, const CurrentInputs& inputs, void* current) const {
  const std::size_t first = table_.block_start[block], last = table_.block_start[block + 1];
  for (std::size_t k = first; k < last; ++k) {
    const std::size_t cell = table_.cell[k];
    const double total = inputs.value(cell) + static_cast<double>(sum(k)) * quantum_;
    if (double_precision_) static_cast<double*>(current)[cell] = total;
    else static_cast<float*>(current)[cell] = static_cast<float>(total);
  }
  return table_.start[last] - table_.start[first];
}

}  // namespace ranvier::engine
