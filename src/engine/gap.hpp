// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Gap junctions: which there are, and how a shard keeps them. A junction couples the potentials of two cells,
///
///     I_i = sum_j g_ij (V_j - V_i),     g_ij = g_ji
///
/// with the potentials of the end of the last step, as a current held for the step. That is explicit Euler: first order,
/// and stable while dt sum_j g_ij / C_m < 1 in every cell, which build() insists on. Or, where the network asks for it, with
/// the mean potentials of the step, which are found by iterating: gap_wave.hpp. That converges under the same condition.
///
/// The current of an end is rounded to whole units of a power of two, and a cell's sum is one of integers: so the two
/// ends of a junction cancel to the last bit, the order of the ends is free, and so is the partition.
/// Source  Hahne et al. 2015, doi:10.3389/fninf.2015.00022

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ranvier {
struct NetworkSpec;
}

namespace ranvier::engine {

struct Network;

struct GapJunction {
  std::int64_t a = 0, b = 0;  ///< global ids, different
  double g = 0;               ///< nS
};

/// All junctions of a network, as drawn from its file and seed. Given back once the shards have theirs.
struct GapPlan {
  std::vector<GapJunction> junctions;
  std::int64_t count = 0;
  std::size_t board_size = 0;  ///< places of the board of potentials
  double quantum = 0;          ///< unit of the currents' sums [pA], a power of two
  std::uint32_t wave_steps = 0;  ///< steps of an interval of waveform relaxation; 0: explicit
  bool empty() const { return count == 0; }
};

/// The ends that lie on one shard: 12 bytes each, 24 a junction; and 16 bytes a coupled cell. A cell's potential is
/// published at its place of a board that all shards read.
struct GapTable {
  std::size_t first_place = 0;           ///< coupled cell k publishes at first_place + k
  std::vector<std::size_t> block_start;  ///< [blocks + 1] first coupled cell of each block
  std::vector<std::uint32_t> cell;       ///< [coupled] cell of its block
  std::vector<std::uint64_t> start;      ///< [coupled + 1] first end of each
  std::vector<std::uint32_t> partner;    ///< [ends] place
  std::vector<double> g;                 ///< [ends] nS
  std::uint64_t byte() const { return 12 * partner.size() + 16 * cell.size(); }
};

/// Potentials are taken to differ by less than this; a bound for the sums, far beyond any cell [mV].
inline constexpr double gap_difference_max = 65536;

/// Junctions that a description makes; of rules with probabilities the expected number, of slices that overlap in part a bound.
double gap_junctions_expected(const NetworkSpec& spec);

/// Draws all junctions of network.spec, a function of file and seed, and checks them against the cells: notes what is
/// wrong, among it a dt for which neither scheme is stable, and settings of waveform relaxation.
void draw_gap_junctions(Network& network, std::vector<std::string>& problems);

/// Deals the drawn junctions to the shards; from then on the interval is one step, or that of waveform relaxation.
void build_gap_tables(Network& network);

}  // namespace ranvier::engine
