// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Model tables: what the step loop knows of a membrane or a receptor. A membrane's step function is called
/// once per block of neurons and step, whatever the model; models never see threads, shards or files.

#include <cstddef>
#include <cstdint>

#include "core/philox.hpp"
#include "engine/model.hpp"

namespace ranvier::engine {

/// Neurons come in groups of 16, so that a block divides into whole vectors on every target.
inline constexpr std::size_t group_size = 16;
inline constexpr std::size_t round_to_group(std::size_t n) { return (n + group_size - 1) / group_size * group_size; }

inline constexpr int receptors_max = 16;
inline constexpr int constants_max = 24;   ///< derived constants of a membrane or a receptor
inline constexpr int state_max = 8;        ///< state variables of a membrane or a receptor

/// How a receptor reaches the membrane.
enum class Coupling : std::uint8_t {
  exact,        ///< a current into a linear membrane: the joint propagator, exact for any dt
  current,      ///< a current, taken at the middle of the step
  conductance,  ///< a conductance, taken at the middle of the step
};

/// What one receptor of a block needs in a step.
struct ReceptorBlock {
  int op = 0;                                  ///< receptor_op(kind, coupling)
  void* state[state_max] = {};                 ///< [n] float or double each
  const void* constants[constants_max] = {};   ///< [1] or [n], as the block is uniform or not
  void* input = nullptr;                       ///< [n] int32 or int64 sums; set to zero when consumed
  double quantum = 0;                          ///< value of one unit of the sum
  std::size_t site_byte = 0;                   ///< with several sites: from the input of one to that of the next
  int structure[3] = {1, 1, 0};                ///< what the model makes of it (ReceptorModel::structure)
};

/// One block of neurons (all of one population, all of one shard) in one step, from time step - 1 to `step`.
struct Visit {
  std::size_t first = 0, n = 0;                ///< cells of the block to visit; first is a multiple of group_size
  std::uint32_t step = 0;                      ///< stamp of spikes found now
  void* state[state_max] = {};
  const void* constants[constants_max] = {};
  std::uint32_t* ready = nullptr;              ///< [n] last step in which the cell is refractory
  const std::uint32_t* refractory = nullptr;   ///< [1] or [n] steps, by the stride below
  std::size_t refractory_stride = 0;           ///< 0: the same for all cells; 1: one per cell
  const void* current = nullptr;               ///< [n] external current of this step; nullptr: none
  ReceptorBlock* receptors = nullptr;
  int n_receptors = 0;
  bool wide = false;                           ///< sums are int64
  StreamKey chance{};                          ///< of membranes that fire by chance
  std::uint64_t entity = 0;                    ///< number within the population of cell 0, a multiple of group_size
  // sleepers (see sleep in docs/architecture.md); unused by awake blocks
  std::uint32_t first_group = 0;               ///< group of the shard that the block begins with
  std::uint32_t* asleep_since = nullptr;       ///< [n] step of the anchor, or awake
  std::uint8_t* touched = nullptr;             ///< [groups] 1 where the group is in the list
  std::uint32_t* active = nullptr;             ///< groups to visit, in any order
  std::size_t n_active = 0;                    ///< in: groups to visit; out: those still awake, at the front
  bool check_sleepers = false;                 ///< evaluate every sleeper and insist that it stays below threshold
  // out
  std::uint32_t* spikes = nullptr;             ///< cells that fired, ascending, several times where several spikes fall into the step; room for n times the most of them
  std::size_t n_spikes = 0;
  std::int64_t bad_cell = -1;                  ///< a cell whose state is not a usable number any more
  std::uint64_t updates = 0;                   ///< neuron updates done (sleepers not counted)
};
inline constexpr std::uint32_t awake = 0xFFFFFFFFu;

using StepFunction = void (*)(Visit&);

/// One state variable of the cells [v.first, v.first + v.n) as a reader sees it at `step`: sleepers are evaluated by
/// their closed form, nothing is changed. Needs state, constants, receptors and asleep_since (or nullptr) of the block.
///   receptor  -1: of the membrane      out  [v.n], as stored (state variable 0 relative where the model says so)
using ReadFunction = void (*)(const Visit& v, std::uint32_t step, int receptor, int variable, double* out);

/// What a receptor's derived constants depend on besides its own parameters.
struct MembraneConstants {
  bool linear = false;
  double tau_m = 0, C_m = 0;
  double base = 0;                             ///< what state variable 0 is kept relative to [mV]; 0 where it is not
};

struct ReceptorModel {
  const ModelInfo* info;
  int n_constants;
  bool conductance_allowed;
  void (*derive)(const double* parameters, Coupling coupling, const MembraneConstants& membrane, double dt_ms, double* constants);
  bool sleeps = false;                         ///< has a closed form between inputs, with exact coupling
  bool jumps_g = false;                        ///< acts on a membrane's own synaptic variable; needs takes_jump_g
  bool additive = true;                        ///< linear: receptors that are alike may share one state
  /// Numbers that are the same for all cells and fix the shape of the input, into ReceptorBlock::structure; nullptr: none.
  void (*structure)(const double* parameters, int* out) = nullptr;
  const char* (*validate)(const double* parameters) = nullptr;  ///< as MembraneModel's
};

struct MembraneModel {
  const ModelInfo* info;
  int n_constants;
  bool linear;                                 ///< the subthreshold equation is linear: current receptors couple exactly
  int relative_to;                             ///< parameter that state variable 0 is kept relative to, or -1
  int refractory;                              ///< parameter index of t_ref
  void (*derive)(const double* parameters, double dt_ms, double* constants);
  MembraneConstants (*constants)(const double* parameters);
  /// A message where parameters are each legal but not together or not with dt; nullptr otherwise.
  const char* (*validate)(const double* parameters, double dt_ms);
  /// True where a cell with these parameters cannot fire without input; nullptr where the model has no closed
  /// form between inputs, so that its cells never sleep.
  bool (*quiet)(const double* parameters, double current_pA);
  /// Where state variable `variable` starts if the network does not say and StateVariable::initial cannot; state
  /// holds the variables before it as stored (variable 0 relative). nullptr: StateVariable::initial says it for all.
  double (*initial)(const double* parameters, const double* state, int variable) = nullptr;
  bool takes_conductance = true;               ///< has a capacitance that a conductance can act on
  /// Most spikes that one cell can fire in a step; nullptr: one.
  int (*spikes_max)(const double* parameters, double dt_ms) = nullptr;
  bool takes_jump_g = false;                   ///< has a synaptic variable of its own for receptors that jump it
};

/// What the build registers for each file in membrane/ and receptor/.
struct MembraneEntry {
  const MembraneModel* model;
  /// The step function for this processor, for single or double precision and shared or per-cell constants.
  StepFunction (*step)(bool double_precision, bool uniform);
  /// The same for a population whose cells may fall asleep; returns nullptr where they may not.
  StepFunction (*step_sleepers)(bool double_precision, bool uniform);
  /// The step function made for these receptors, in this order, where there is one; else the one for any receptors.
  /// Both give the same bits.
  StepFunction (*step_for)(bool double_precision, bool uniform, const int* receptor_ops, int n_receptors);
  ReadFunction (*read)(bool double_precision, bool uniform);
};
const MembraneEntry* find_membrane(std::string_view name);
const ReceptorModel* find_receptor(std::string_view name);
int receptor_op(std::string_view kind, Coupling coupling);  ///< the number a ReceptorBlock carries

}  // namespace ranvier::engine
