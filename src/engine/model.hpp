// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a model says of itself: read by `ranvier models`, by the reader of network files and by the docs.

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace ranvier::engine {

struct Range {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool low_open = false, high_open = false;
  bool contains(double x) const { return (low_open ? x > low : x >= low) && (high_open ? x < high : x <= high); }
};
inline constexpr Range any{};
inline constexpr Range positive{.low = 0, .low_open = true};
inline constexpr Range not_negative{.low = 0};

struct Parameter {
  std::string_view name;
  double default_value;
  std::string_view unit;  ///< "ms", "mV", "pA", "nS", "pF", "Hz", "1" (dimensionless), "mV/ms", "1/ms"; "weight": the receptor's
  Range range;
  std::string_view meaning;
  std::span<const std::string_view> words = {};  ///< what the values 0, 1, 2, ... are called in a network file; empty: numbers
};

struct StateVariable {
  std::string_view name;
  std::string_view unit;
  std::string_view initial;  ///< name of the parameter it starts at, or a number as text
  std::string_view meaning;
};

/// A setting of a model that is a word; the first one is the default.
struct Choice {
  std::string_view name;
  std::span<const std::string_view> words;
  std::string_view meaning;
};

/// A membrane, a receptor, a source or a synapse rule, as a person wants to read about it.
struct ModelInfo {
  enum class Kind { membrane, receptor, source, pair, synapse };
  Kind kind;
  std::string_view name;
  std::string_view title;
  std::string_view equations;       ///< plain text, several lines
  std::span<const Parameter> parameters;
  std::span<const StateVariable> state;
  std::string_view numerics;
  std::string_view source;          ///< the paper
  int flop = 0;                     ///< per neuron (or receptor and neuron) and step, exp counted as 15; event-driven and synapses: per event
  int byte_read = 0, byte_written = 0;  ///< float32 state per step; event-driven: float64 state per event
  std::string_view weight_unit = "";    ///< receptors: unit of a weight as a current ("pA", "mV"); event-driven membranes likewise
  std::span<const Choice> choices = {};
  bool event_driven = false;        ///< a membrane off the grid: takes spikes themselves, and neither receptors nor currents
  bool conductance_only = false;    ///< receptors: never a current; conductance = true need not be said
  bool structural = false;          ///< a synapse rule by which synapses come and go
  std::span<const std::string_view> site_parameters = {};  ///< receptors: parameters whose product is the number of sites of a cell
  bool follows_volume = false;      ///< a synapse rule that has the concentration of a volume as a factor
};

}  // namespace ranvier::engine

namespace ranvier {
struct PopulationSpec;
}

namespace ranvier::engine {

/// Sites of a receptor of a population: what a projection's rule takes as its targets. 1 for most kinds.
std::int64_t sites_of(const PopulationSpec& population, int receptor);

/// All models, membranes first, each kind in alphabetical order; and one by name, nullptr where there is none.
std::span<const ModelInfo* const> all_models();
const ModelInfo* find_model(ModelInfo::Kind kind, std::string_view name);

/// A membrane and its receptors under one name ("lif_exp" is leaky with exponential receptors ex and in).
/// A pair's parameters are the membrane's plus those of its receptors renamed ("tau_syn_ex").
struct Pair {
  struct Receptor {
    std::string_view name, kind;
    bool conductance;
    int sign;  ///< +1: weights >= 0, -1: weights <= 0
    struct Rename { std::string_view pair_name, receptor_name; double default_value; };
    std::span<const Rename> renames;
  };
  struct Default { std::string_view parameter; double value; };
  std::string_view name;
  std::string_view membrane;
  std::span<const Default> defaults;  ///< membrane parameters whose default is the pair's, not the membrane's own
  std::span<const Receptor> receptors;
  std::string_view title;
};
std::span<const Pair> all_pairs();
const Pair* find_pair(std::string_view name);

}  // namespace ranvier::engine
