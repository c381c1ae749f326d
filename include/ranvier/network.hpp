// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a network is: plain data, in the engine's units (ms, mV, pA, nS, pF), as a file or a program
/// gives it. Nothing here knows a file format; nothing here knows how it is simulated.
///
///     file -> NetworkSpec -> Network (immutable) + State -> run -> Recorder -> file

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ranvier {

/// A quantity of many entities (cells or synapses): one number for all, a distribution to draw each
/// from, or a column of values. `normal` with bounds is the truncated normal.
struct Values {
  enum class Kind { constant, normal, lognormal, uniform, exponential, column };
  enum class Outside { redraw, clip };  ///< what happens to a draw outside [min, max]

  Kind kind = Kind::constant;
  double a = 0;  ///< constant: the value | normal, lognormal: mean of the variable | uniform: low | exponential: mean
  double b = 0;  ///< normal, lognormal: standard deviation of the variable | uniform: high
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  Outside outside = Outside::redraw;
  std::shared_ptr<const std::vector<double>> column;  ///< one value per entity, in order

  static Values constant(double value) { return {.kind = Kind::constant, .a = value}; }
  static Values normal(double mean, double std) { return {.kind = Kind::normal, .a = mean, .b = std}; }
  static Values uniform(double low, double high) { return {.kind = Kind::uniform, .a = low, .b = high}; }
  bool is_constant() const { return kind == Kind::constant || ((kind == Kind::normal || kind == Kind::lognormal) && b == 0); }
};

/// A number that changes with time. Sinusoid: value + amplitude sin(2 pi frequency t + phase), never below `floor`.
struct Schedule {
  enum class Kind { constant, piecewise, sinusoid };
  Kind kind = Kind::constant;
  std::vector<double> times_ms;  ///< piecewise: ascending; values[i] holds from times_ms[i] on, 0 before the first
  std::vector<double> values;
  double amplitude = 0, frequency_hz = 0, phase_rad = 0;  ///< sinusoid
};

/// One receptor of a population: a registered receptor kind with its parameters, under a name of its own.
struct ReceptorSpec {
  std::string name;              ///< what projections and inputs call it ("ex", "in", ...)
  std::string kind;              ///< registered receptor: "delta", "exponential", "alpha", "double_exponential"
  bool conductance = false;      ///< false: a current (pA; mV for delta); true: a conductance (nS) with E_rev
  int sign = 0;                  ///< +1: weights must be >= 0; -1: weights must be <= 0; 0: any sign
  std::map<std::string, Values> params;
  std::map<std::string, Values> initial;  ///< state variables, 0 where not given
};

/// Times at which sources fire, for a population of model "spike_train".
struct SpikeTrains {
  std::vector<double> times_ms;        ///< any order; rounded to steps
  std::vector<std::int64_t> neurons;   ///< index within the population, same length
};

struct PopulationSpec {
  std::string name;
  std::int64_t size = 0;
  std::string membrane;  ///< registered membrane ("leaky", "adex", ...) or source ("poisson_source", "spike_train")
  std::vector<ReceptorSpec> receptors;       ///< none for sources
  std::map<std::string, Values> params;      ///< missing ones have the model's default
  std::map<std::string, Values> initial;     ///< state variables; missing ones have the model's default
  Schedule rate_hz;                          ///< poisson_source with a changing rate (params["rate"] else)
  SpikeTrains trains;                        ///< spike_train
  int dimensions = 0;                        ///< 0: no positions; 2 or 3
  std::vector<double> positions_um;          ///< [size][dimensions]
  bool sleep = true;                         ///< cells of this population may fall asleep where their model allows it
  std::string part_of;                       ///< what results call it; empty: `name`. A population of a file whose cells have several models is several here
  std::shared_ptr<const std::vector<std::int64_t>> node_ids;  ///< [size] ids that results give its cells; none: 0, 1, ...
};

/// A slice of a population: neurons first, first + stride, ... below last.
struct Slice {
  int population = -1;
  std::int64_t first = 0, last = 0, stride = 1;
  std::int64_t size() const { return last > first ? (last - first + stride - 1) / stride : 0; }
  std::int64_t operator[](std::int64_t i) const { return first + i * stride; }
};

/// How pairs of neurons are chosen.
struct Rule {
  enum class Kind {
    one_to_one, all_to_all, fixed_indegree, fixed_outdegree, fixed_total_number,
    pairwise_bernoulli, distance, edges
  };
  enum class Kernel { gaussian, exponential };

  Kind kind = Kind::all_to_all;
  std::int64_t number = 0;     ///< in-degree, out-degree or total
  double probability = 0;      ///< pairwise_bernoulli; distance: probability at distance 0
  Kernel kernel = Kernel::gaussian;
  double length_um = 0;        ///< distance: sigma of the gaussian, decay length of the exponential
  double cutoff_um = std::numeric_limits<double>::infinity();
  std::vector<double> period_um;  ///< distance: extent per dimension of a periodic space; empty: open boundary
  bool allow_autapses = true;
  bool allow_multapses = true;
  std::shared_ptr<const std::vector<std::int64_t>> edge_sources, edge_targets;  ///< edges: indices within the slices
};

/// A rule that the synapses of a projection follow: a registered synapse rule with its settings.
struct SynapseSpec {
  std::string rule;                            ///< "stdp", "tsodyks_markram", ...
  std::map<std::string, double> params;        ///< missing ones have the rule's default
  std::map<std::string, std::string> choices;  ///< settings that are words
  std::string volume = {};                     ///< rules that follow a concentration: the name of its volume
};

struct ProjectionSpec {
  std::string name;
  Slice source, target;
  int receptor = 0;            ///< index in the target population's receptors
  Rule rule;
  Values weight;               ///< pA, nS or mV, as the receptor wants; a column has one value per edge (rule edges)
  Values delay_ms;             ///< rounded to the nearest step, at least one step
  double dendritic_delay_fraction = 1;  ///< share of the delay that lies behind the synapse; the rest is the axon's
  std::vector<SynapseSpec> synapse;  ///< none: static. At most one rule of the weight and one of the release
  int words_of = -1;           ///< projection whose pairs, weights and delays are drawn by the same words; -1: its own
  std::string where;           ///< for messages: "network.toml:31: projections[2]"
};

/// Gap junctions: each couples the potentials of two neurons, in both directions. I_i = g (V_j - V_i) = -I_j.
/// Each junction is named once, from either side; a rule over slices that share neurons considers each pair once.
struct GapJunctionSpec {
  std::string name;
  Slice source, target;
  Rule rule;                   ///< one_to_one, all_to_all, fixed_total_number, pairwise_bernoulli or edges
  Values conductance_nS;       ///< >= 0; a column has one value per edge (rule edges)
  std::string where;
};

/// How the currents of all gap junctions are found.
struct GapMethodSpec {
  enum class Kind {
    explicit_euler,       ///< from the potentials at the beginning of each step
    waveform_relaxation   ///< by iterating over intervals until the potentials agree with the currents
  };
  Kind kind = Kind::explicit_euler;
  // of waveform relaxation:
  double interval_ms = 1;         ///< at most; never longer than the shortest delay
  double tolerance_mV = 1e-4;     ///< largest change of a potential at which iterating ends
  int max_iterations = 15;
  int interpolation = 3;          ///< order of the polynomials through the potentials of an interval: 0, 1 or 3
};

/// Where pulses into a volume come from; each raises the concentration at once.
struct PulseSpec {
  enum class Kind {
    times,    ///< at listed times
    spikes,   ///< a while after each spike of some neurons
    pairing,  ///< a while after a first neuron has fired and then, soon, a second one: a reward that depends on what the network does
    random    ///< at intervals drawn from an exponential distribution, whatever the network does
  };
  Kind kind = Kind::times;
  std::vector<double> times_ms, amounts;  ///< times: ascending; one amount each
  double amount = 1;                      ///< others: of each pulse
  Slice source, target;                   ///< spikes: source; pairing: one neuron each, the first and the second
  double delay_low_ms = 0, delay_high_ms = 0;  ///< spikes: both the same; pairing: drawn between them for each event. At least a step
  double within_ms = 20;                  ///< pairing: the longest time from the first spike to the second
  double interval_ms = 0;                 ///< random: mean
};

/// A substance that reaches synapses through the space between them, such as dopamine. Its concentration d follows
/// dd/dt = -(d - baseline) / tau + pulses.
struct VolumeSpec {
  std::string name;
  double tau_ms = 200;
  double baseline = 0;                    ///< concentration at rest, and at the beginning
  std::vector<PulseSpec> pulses;
  std::string where;
};

/// Input that needs no synapse of the network.
struct InputSpec {
  enum class Kind { poisson, dc, step, sine, noise, samples };
  std::string name;
  Kind kind = Kind::dc;
  Slice target;
  int receptor = 0;            ///< poisson
  Values rate_hz;              ///< poisson: each neuron's own train; per neuron where not constant
  Schedule rate_schedule;      ///< poisson: where `values` is not empty it replaces rate_hz
  Values weight;               ///< poisson: one per neuron
  Values amplitude_pA;         ///< dc: the current; sine: amplitude; noise: standard deviation
  Values mean_pA;              ///< sine, noise: offset
  Schedule current_pA;         ///< step: piecewise
  double frequency_hz = 0, phase_rad = 0;  ///< sine
  double noise_dt_ms = 0;      ///< noise, samples: how long one value holds; 0: one step
  std::shared_ptr<const std::vector<double>> samples_pA;  ///< samples: [samples][target.size()]; one row after the other from the start on, 0 after the last
  double start_ms = 0, stop_ms = std::numeric_limits<double>::infinity();
  std::string where;
};

struct RecordingSpec {
  enum class Kind { spikes, state, weights, connectivity, volumes };
  std::string name;
  Kind kind = Kind::spikes;
  Slice neurons;                       ///< spikes, state
  std::vector<std::string> variables;  ///< state: names of state variables; a receptor's as "ex.I"
  double interval_ms = 0;              ///< state, volumes: 0 means every step; weights: 0 means once, at the end
  bool shares_file = false;            ///< state: all recordings of this name are one report, in one file
  Slice sources, targets;              ///< weights, connectivity
  std::vector<int> volumes;            ///< volumes: indices in NetworkSpec::volumes
  double start_ms = 0, stop_ms = std::numeric_limits<double>::infinity();
  std::string where;
};

struct SimulationSpec {
  double dt_ms = 0.1;
  double duration_ms = 1000;  ///< after the warm-up
  double warmup_ms = 0;
  std::uint64_t seed = 1;     ///< the four below are derived from it unless given apart
  std::uint64_t seed_network = 0, seed_initial = 0, seed_input = 0, seed_dynamics = 0;
  int threads = 0;            ///< 0: the engine picks the faster number
  bool double_precision = false;  ///< float64 cells and exact 8-byte synapses, for comparison with peers
  bool round_delays = true;   ///< false: a constant delay that is not a multiple of dt is an error
};

/// In which units synaptic input is summed; the engine finds its own where none are given. A network that was drawn once and
/// written down edge by edge keeps with them the very sums it had.
struct SumUnits {
  bool wide = false;                     ///< 64-bit sums
  std::map<std::string, int> exponents;  ///< of two, for each unit of weights: { "pA": -12 }; empty: not given
};

struct NetworkSpec {
  std::string name = "network";
  SumUnits sum_units;
  SimulationSpec simulation;
  std::vector<PopulationSpec> populations;
  std::vector<ProjectionSpec> projections;
  std::vector<GapJunctionSpec> gap_junctions;
  GapMethodSpec gap_method;
  std::vector<VolumeSpec> volumes;
  std::vector<InputSpec> inputs;
  std::vector<RecordingSpec> recordings;
  std::map<std::string, std::string> parameters;  ///< named values after --set, as text, for the summary
  std::vector<std::string> notes;                 ///< what a reader took for granted where a file leaves something open: for the user to see

  std::int64_t neuron_count() const {
    std::int64_t n = 0;
    for (const auto& p : populations) n += p.size;
    return n;
  }
};

}  // namespace ranvier
