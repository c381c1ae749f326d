// SPDX-License-Identifier: Apache-2.0
/// [[populations]]: models with their parameters and initial states, positions, spike trains.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "columns.hpp"
#include "core/philox.hpp"
#include "ranvier/error.hpp"
#include "toml_sections.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

using engine::ModelInfo;
using engine::Parameter;

constexpr std::int64_t size_max = std::int64_t{1} << 31;       // neurons of one population
constexpr std::int64_t positions_max = 100'000'000;            // neurons with positions, 16 or 24 bytes each

/// Names of the same model elsewhere, for people who come from there.
struct Alias {
  std::string_view theirs, ours;
};
constexpr Alias aliases[] = {
    {"iaf_psc_exp", "lif_exp"},        {"iaf_psc_delta", "lif_delta"},      {"iaf_psc_alpha", "lif_alpha"},
    {"iaf_cond_exp", "lif_cond_exp"},  {"iaf_cond_alpha", "lif_cond_alpha"}, {"aeif_cond_exp", "adex_cond_exp"},
    {"IF_curr_exp", "lif_exp"},        {"IF_curr_alpha", "lif_alpha"},      {"IF_cond_exp", "lif_cond_exp"},
    {"IF_cond_alpha", "lif_cond_alpha"}, {"lif", "lif_exp"},                {"poisson_generator", "poisson_source"},
    {"IntFire1", "intfire1"},          {"spike_generator", "spike_train"}, {"SpikeSourceArray", "spike_train"}, {"SpikeSourcePoisson", "poisson_source"},
};

std::string model_advice(std::string_view given, const std::vector<std::string>& names) {
  for (const auto& alias : aliases)
    if (alias.theirs == given) return fmt::format(" Did you mean \"{}\"?", alias.ours);
  return suggestion(given, names) + " All names: ranvier models";
}

std::vector<std::string> model_names(ModelInfo::Kind kind) {
  std::vector<std::string> names;
  for (const auto* info : engine::all_models())
    if (info->kind == kind) names.emplace_back(info->name);
  return names;
}

std::string default_text(const Parameter& p, double value) {
  return p.unit == "1" ? fmt::format("leave it out for the default of {}", value)
                       : fmt::format("leave it out for the default of {} {}", value, p.unit);
}

/// A parameter as the file names it: of the membrane, or of a receptor of a pair under its flat name.
struct NamedParameter {
  std::string name;
  const Parameter* info;
  double default_value;
  int receptor;  // -1: the membrane's
};

class PopulationReader {
 public:
  PopulationReader(Reader& reader, Draft& draft, const At& block, std::string name)
      : reader_(reader), draft_(draft), block_(block), index_(draft.spec.populations.size()) {
    p_.name = std::move(name);
  }

  void read() {
    if (const auto size = reader_.integer(reader_.require(block_, "size", "the number of neurons, for example size = 1000"), 1, size_max))
      p_.size = *size;
    if (model()) {
      if (const auto sleep = reader_.boolean(reader_.get(block_, "sleep"))) p_.sleep = *sleep;
      params();
      initial();
      if (p_.size > 0) source();
    }
    std::vector<double> extent;
    if (p_.size > 0) positions(extent);
    draft_.spec.populations.push_back(std::move(p_));
    draft_.extent_um.push_back(std::move(extent));
  }

 private:
  // --- model

  bool model() {
    const At model = reader_.get(block_, "model"), membrane = reader_.get(block_, "membrane");
    if (model.failed || membrane.failed) return false;
    if (model && membrane) {
      reader_.problem(model, "model and membrane exclude each other: a model has its receptors, to a membrane you give receptors");
      return false;
    }
    if (!model && !membrane) {
      reader_.problem(block_.node->line, block_.path,
                      "model is missing: a named model such as model = \"lif_exp\", or membrane = \"leaky\" with receptors");
      return false;
    }
    const At at = reader_.select(model ? model : membrane);
    const auto name = reader_.text(at);
    if (!name) return false;
    return model ? named_model(at, *name) : free_membrane(at, *name);
  }

  bool named_model(const At& at, const std::string& name) {
    if (const auto* pair = engine::find_pair(name)) {
      if (const At receptors = reader_.get(block_, "receptors")) {
        reader_.problem(receptors.node->line, receptors.path,
                        fmt::format("model \"{}\" has its receptors; use membrane = \"{}\" to give others", name, pair->membrane));
        return false;
      }
      from_pair(*pair);
      return true;
    }
    if (engine::find_model(ModelInfo::Kind::source, name)) {
      p_.membrane = name;
      return no_receptors(name);
    }
    if (engine::find_model(ModelInfo::Kind::membrane, name)) return free_membrane(at, name);
    auto names = model_names(ModelInfo::Kind::source);
    for (const auto& pair : engine::all_pairs()) names.emplace_back(pair.name);
    for (const auto& membrane : model_names(ModelInfo::Kind::membrane)) names.push_back(membrane);
    reader_.problem(at, fmt::format("no such neuron model.{}", model_advice(name, names)));
    return false;
  }

  bool no_receptors(const std::string& name) {
    const At receptors = reader_.get(block_, "receptors");
    if (receptors) reader_.problem(receptors.node->line, receptors.path, fmt::format("\"{}\" is a source: it receives nothing", name));
    return !receptors;
  }

  void from_pair(const engine::Pair& pair) {
    p_.membrane = pair.membrane;
    for (const auto& d : pair.defaults) p_.params[std::string(d.parameter)] = Values::constant(d.value);
    for (const auto& r : pair.receptors) {
      ReceptorSpec receptor{.name = std::string(r.name), .kind = std::string(r.kind), .conductance = r.conductance, .sign = r.sign};
      const auto* info = engine::find_model(ModelInfo::Kind::receptor, r.kind);
      for (const auto& rename : r.renames) {
        receptor.params[std::string(rename.receptor_name)] = Values::constant(rename.default_value);
        if (!info) continue;
        for (const auto& parameter : info->parameters)
          if (parameter.name == rename.receptor_name)
            names_.push_back({std::string(rename.pair_name), &parameter, rename.default_value, static_cast<int>(p_.receptors.size())});
      }
      p_.receptors.push_back(std::move(receptor));
    }
  }

  /// Spikes reach an event-driven membrane directly; its one receptor is there so that projections need no exception.
  bool event_driven(const std::string& name) {
    p_.membrane = name;
    p_.receptors.push_back({.name = "m", .kind = "event"});
    const At receptors = reader_.get(block_, "receptors");
    if (receptors)
      reader_.problem(receptors.node->line, receptors.path, fmt::format("\"{}\" takes spikes as they are: weights move its state; remove receptors", name));
    return !receptors;
  }

  bool free_membrane(const At& at, const std::string& name) {
    if (const auto* info = engine::find_model(ModelInfo::Kind::membrane, name); info && info->event_driven) return event_driven(name);
    if (!engine::find_model(ModelInfo::Kind::membrane, name)) {
      const auto* pair = engine::find_pair(name);
      reader_.problem(at, pair ? fmt::format("is a model with its receptors; write model = \"{}\"", name)
                               : fmt::format("no such membrane.{}", model_advice(name, model_names(ModelInfo::Kind::membrane))));
      return false;
    }
    p_.membrane = name;
    bool good = true;
    for (const auto& receptor : reader_.tables(block_, "receptors")) good = read_receptor_spec(receptor) && good;
    return good;
  }

  // --- receptors

  bool read_receptor_spec(const At& table) {
    ReceptorSpec receptor;
    const auto name = reader_.text(reader_.require(table, "name", "what projections call it, for example name = \"ex\""));
    const At kind_at = reader_.select(reader_.require(table, "kind", "for example kind = \"exponential\""));
    const auto kind = reader_.text(kind_at);
    if (!name || !kind) return false;
    receptor.name = *name;
    receptor.kind = *kind;
    const auto* info = engine::find_model(ModelInfo::Kind::receptor, *kind);
    if (!info) {
      reader_.problem(kind_at, fmt::format("no such receptor.{}", model_advice(*kind, model_names(ModelInfo::Kind::receptor))));
      return false;
    }
    if (name->empty() || name->find_first_of(".[] \"$") != std::string::npos)
      reader_.problem(reader_.get(table, "name"), "a receptor's name has letters, digits and _");
    for (const auto& other : p_.receptors)
      if (other.name == *name) reader_.problem(reader_.get(table, "name"), "this population has another receptor of that name");
    coupling(table, *info, receptor);
    receptor_params(table, *info, receptor);
    p_.receptors.push_back(std::move(receptor));
    return true;
  }

  void coupling(const At& table, const ModelInfo& info, ReceptorSpec& receptor) {
    receptor.conductance = reader_.boolean(reader_.get(table, "conductance")).value_or(info.conductance_only);
    if (info.conductance_only && !receptor.conductance)
      reader_.problem(reader_.get(table, "conductance"), fmt::format("receptor kind \"{}\" is always a conductance; remove this line", info.name));
    receptor.sign = receptor.conductance ? 1 : 0;
    if (receptor.conductance && info.weight_unit == "mV")
      reader_.problem(reader_.get(table, "conductance"), fmt::format("receptor kind \"{}\" has no conductance", info.name));
    const At sign = reader_.get(table, "sign");
    if (!sign) return;
    const auto which = reader_.word(sign, {"any", "positive", "negative"});
    if (!which) return;
    receptor.sign = *which == 0 ? 0 : *which == 1 ? 1 : -1;
    if (receptor.conductance && receptor.sign < 0) reader_.problem(sign, "a conductance is never negative; inhibition comes from its E_rev");
  }

  void receptor_params(const At& table, const ModelInfo& info, ReceptorSpec& receptor) {
    std::vector<std::string> known{"name", "kind", "conductance", "sign"};
    for (const auto& parameter : info.parameters) {
      known.emplace_back(parameter.name);
      const At at = reader_.get(table, parameter.name);
      const bool reversal = parameter.name == "E_rev";
      if (reversal && at && !receptor.conductance)
        reader_.problem(at, "only a conductance has a reversal potential; add conductance = true, or remove it");
      if (reversal && !at && receptor.conductance && !info.conductance_only)
        reader_.problem(table.node->line, table.path, "E_rev is missing: the reversal potential of a conductance, for example E_rev = \"0 mV\"");
      if (at) value_of(at, parameter, parameter.default_value, receptor.params[std::string(parameter.name)]);
    }
    reader_.only_keys(table, known);
  }

  // --- parameters and initial state

  /// The number that a word stands for; whether there was a word.
  bool word_of(const At& place, const Parameter& parameter, Values& to) {
    const At at = reader_.select(place);
    if (parameter.words.empty() || !at) return false;
    const std::vector<std::string> words(parameter.words.begin(), parameter.words.end());
    const auto found = at.is(Node::Kind::text) ? std::find(words.begin(), words.end(), at.node->text) : words.end();
    if (found != words.end()) to = Values::constant(static_cast<double>(found - words.begin()));
    else reader_.problem(at, fmt::format("must be one of {}.{}", fmt::join(words, ", "), at.is(Node::Kind::text) ? suggestion(at.node->text, words) : ""));
    return true;
  }

  void value_of(const At& at, const Parameter& parameter, double default_value, Values& to) {
    if (word_of(at, parameter, to)) return;
    const std::string advice = default_text(parameter, default_value);
    if (auto values = read_values(reader_, at, {.unit = parameter.unit, .range = parameter.range, .advice = advice, .size = p_.size}))
      to = std::move(*values);
  }

  const ModelInfo* info() const {
    if (const auto* membrane = engine::find_model(ModelInfo::Kind::membrane, p_.membrane)) return membrane;
    return engine::find_model(ModelInfo::Kind::source, p_.membrane);
  }

  void params() {
    for (const auto& parameter : info()->parameters) {
      const auto preset = p_.params.find(std::string(parameter.name));  // a pair may have a default of its own
      names_.push_back({std::string(parameter.name), &parameter, preset == p_.params.end() ? parameter.default_value : preset->second.a, -1});
    }
    const At table = reader_.get(block_, "params");
    if (!table || !reader_.is_table(table, "{ tau_m = \"20 ms\" }")) return;
    std::vector<std::string> known;
    for (const auto& named : names_) {
      known.push_back(named.name);
      const At at = reader_.get(table, named.name);
      if (!at) continue;
      auto& params = named.receptor < 0 ? p_.params : p_.receptors[static_cast<std::size_t>(named.receptor)].params;
      Values value = Values::constant(named.default_value);
      value_of(at, *named.info, named.default_value, value);
      params[named.receptor < 0 ? named.name : std::string(named.info->name)] = value;
    }
    reader_.only_keys(table, known);
    ordered(table, "V_reset", "V_th");
    ordered(table, "V_r", "V_peak");
  }

  /// Two constant potentials must be in order: a reset above threshold would fire in every step.
  void ordered(const At& table, const std::string& low, const std::string& high) {
    const auto value = [&](const std::string& name) -> std::optional<double> {
      if (const auto given = p_.params.find(name); given != p_.params.end())
        return given->second.is_constant() ? std::optional(given->second.a) : std::nullopt;
      for (const auto& parameter : info()->parameters)
        if (parameter.name == name) return parameter.default_value;
      return std::nullopt;
    };
    const auto a = value(low), b = value(high);
    if (!a || !b || *a < *b) return;
    const bool low_given = reader_.get(table, low).node != nullptr;
    reader_.problem(reader_.select(reader_.get(table, low_given ? low : high)),
                    fmt::format("{} must be below {}, but they are {} mV and {} mV", low, high, *a, *b));
  }

  void initial() {
    const At table = reader_.get(block_, "initial");
    if (!table || !reader_.is_table(table, "{ V_m = \"-65 mV\" }")) return;
    std::vector<std::string> known;
    const auto read_states = [&](const At& from, const ModelInfo& model, std::map<std::string, Values>& to, const std::string& prefix) {
      for (const auto& state : model.state) {
        const std::string name = prefix + std::string(state.name);
        known.push_back(name);
        const At at = reader_.get(from, name);
        if (!at) continue;
        const auto range = std::string_view(state.unit) == "nS" ? engine::not_negative : engine::any;
        if (auto values = read_values(reader_, at, {.unit = state.unit, .range = range, .size = p_.size})) to[std::string(state.name)] = *values;
      }
    };
    read_states(table, *info(), p_.initial, "");
    for (auto& r : p_.receptors) {
      auto model = *engine::find_model(ModelInfo::Kind::receptor, r.kind);
      const auto states = receptor_states(model, r.conductance);
      model.state = states;
      read_states(table, model, r.initial, r.name + ".");
      // "ex.I" = ... and ex.I = ... (which TOML reads as a table) say the same
      if (const At nested = reader_.get(table, r.name); nested.is(Node::Kind::table)) {
        known.push_back(r.name);
        std::vector<std::string> own;
        for (const auto& state : model.state) own.emplace_back(state.name);
        const auto before = known.size();
        read_states(nested, model, r.initial, "");
        known.resize(before);
        reader_.only_keys(nested, own);
      }
    }
    reader_.only_keys(table, known);
  }

  /// State in the units of this coupling: what is a current in pA is a conductance in nS.
  static std::vector<engine::StateVariable> receptor_states(const ModelInfo& model, bool conductance) {
    std::vector<engine::StateVariable> states(model.state.begin(), model.state.end());
    for (auto& state : states)
      if (conductance && state.unit == "pA") state.unit = "nS";
    return states;
  }

  // --- sources

  void source() {
    const bool poisson = p_.membrane == "poisson_source", train = p_.membrane == "spike_train";
    const At rate = reader_.get(block_, "rate");
    if (rate && !poisson) reader_.problem(rate.node->line, rate.path, "belongs to model \"poisson_source\"");
    if (rate && poisson) poisson_rate(rate);
    const At times = reader_.get(block_, "times"), spikes = reader_.get(block_, "spikes");
    for (const At& at : {times, spikes})
      if (at && !train) reader_.problem(at.node->line, at.path, "belongs to model \"spike_train\"");
    if (!train) return;
    if (times && spikes) reader_.problem(times, "give times (a file) or spikes (a table), not both");
    else if (times) trains_file(times, nullptr);
    else if (spikes) trains(spikes);
    else if (!times.failed && !spikes.failed)
      reader_.problem(block_.node->line, block_.path, "times is missing: the file of spikes, for example times = \"spikes.csv\"");
  }

  void poisson_rate(const At& at) {
    if (is_schedule(reader_, at)) {
      if (auto schedule = read_schedule(reader_, at, "Hz", engine::not_negative)) p_.rate_hz = *schedule;
    } else if (auto values = read_values(reader_, at, {.unit = "Hz", .range = engine::not_negative, .size = p_.size})) {
      p_.params["rate"] = *values;
    }
  }

  void trains(const At& table) {
    if (!reader_.is_table(table, "{ file = \"spikes.csv\" } or { neurons = [0, 1], times = [\"1 ms\", \"2 ms\"] }")) return;
    if (const At file = reader_.get(table, "file")) {
      reader_.only_keys(table, {"file", "columns", "unit", "population"});
      return trains_file(file, &table);
    }
    reader_.only_keys(table, {"neurons", "times"});
    const At neurons = reader_.require(table, "neurons", "which neuron fires, for example neurons = [0, 1]");
    const At times = reader_.require(table, "times", "when it fires, for example times = [\"1 ms\", \"2 ms\"]");
    if (!neurons || !times) return;
    auto who = reader_.integers(neurons);
    auto when = reader_.numbers(times, "ms");
    if (!who || !when) return;
    if (who->size() != when->size()) return reader_.problem(neurons, fmt::format("neurons and times must be lists of the same length, but have {} and {} entries", who->size(), when->size()));
    if (check_trains(neurons, times, *who, *when)) p_.trains = {std::move(*when), std::move(*who)};
  }

  /// CSV with columns neuron and time, or spikes in SONATA's HDF5 layout.
  void trains_file(const At& file, const At* table) {
    const auto path = reader_.path(file);
    if (!path) return;
    double unit_ms = 1;
    std::string columns[2] = {"neuron", "time"};
    if (table && !train_options(*table, unit_ms, columns)) return;
    try {
      const bool sonata = is_hdf5(*path);
      if (sonata) sonata_names(*path, table, unit_ms, columns);
      const ColumnRequest wanted[2] = {{columns[0], ColumnType::integer}, {columns[1], ColumnType::real}};
      auto read = read_columns(*path, wanted);
      if (unit_ms != 1)
        for (double& t : read[1].real) t *= unit_ms;
      if (check_trains(file, file, read[0].integer, read[1].real)) p_.trains = {std::move(read[1].real), std::move(read[0].integer)};
    } catch (const InputError& e) {
      for (const auto& problem : e.problems()) reader_.problem(file, problem);
    }
  }

  bool train_options(const At& table, double& unit_ms, std::string (&columns)[2]) {
    if (const At unit = reader_.get(table, "unit")) {
      const auto factor = reader_.positive(unit, "ms");
      if (!factor) return false;
      unit_ms = *factor;
    }
    const At names = reader_.get(table, "columns");
    if (!names) return true;
    if (!names.is(Node::Kind::array) || names.node->items.size() != 2) {
      reader_.problem(names, "must name two columns, for example [\"neuron\", \"time\"]");
      return false;
    }
    for (std::size_t i = 0; i < 2; ++i)
      if (const auto name = reader_.text(reader_.item(names, i))) columns[i] = *name;
    return true;
  }

  /// Finds the datasets of either SONATA layout; times are in ms unless the file says otherwise.
  void sonata_names(const std::filesystem::path& path, const At* table, double& unit_ms, std::string (&columns)[2]) {
    const auto groups = hdf5_names(path, "/spikes");
    if (groups.empty()) {
      if (table) return;  // columns name the datasets
      throw InputError(fmt::format("{}: has no group /spikes; for another layout give spikes = {{ file = ..., columns = [\"ids\", \"times\"] }}", path.string()));
    }
    std::string group = "/spikes";
    std::string ids = "gids";
    if (std::find(groups.begin(), groups.end(), "gids") == groups.end()) {
      const At at = table ? reader_.get(*table, "population") : At{};
      const auto given = reader_.text(at);
      if (at && !given) return;
      const std::string name = given ? *given : groups.size() == 1 ? groups[0] : p_.name;
      if (std::find(groups.begin(), groups.end(), name) == groups.end())
        throw InputError(fmt::format("{}: has no spikes of a population \"{}\".{}", path.string(), name, suggestion(name, groups)));
      group += "/" + name;
      ids = "node_ids";
    }
    columns[0] = group + "/" + ids;
    columns[1] = group + "/timestamps";
    if (hdf5_attribute(path, columns[1], "units") == "s") unit_ms = 1000;
  }

  bool check_trains(const At& who, const At& when, const std::vector<std::int64_t>& neurons, const std::vector<double>& times_ms) {
    for (std::size_t i = 0; i < neurons.size(); ++i) {
      if (neurons[i] < 0 || neurons[i] >= p_.size) {
        reader_.problem(who, fmt::format("spike {}: neuron {} is out of range: the population has {} neurons, 0 to {}", i, neurons[i], p_.size, p_.size - 1));
        return false;
      }
      if (times_ms[i] >= 0 && std::isfinite(times_ms[i])) continue;
      reader_.problem(when, fmt::format("spike {}: time {} ms: must be >= 0 ms", i, times_ms[i]));
      return false;
    }
    return true;
  }

  // --- positions

  void positions(std::vector<double>& extent) {
    const At table = reader_.get(block_, "positions");
    if (!table || !reader_.is_table(table, "{ grid = [10, 10], spacing = \"10 um\" }")) return;
    if (p_.size > positions_max) return reader_.problem(table, fmt::format("positions are for populations of at most {} neurons", positions_max));
    const At grid = reader_.get(table, "grid"), random = reader_.get(table, "random"), file = reader_.get(table, "file"), places = reader_.get(table, "places");
    if (!!grid + !!random + !!file + !!places != 1) return reader_.problem(table, "must have one of grid, random, file, places");
    if (grid) positions_grid(table, grid, extent);
    if (random) positions_random(table, random, extent);
    if (file) positions_file(table, file);
    if (places) positions_listed(table, places);
  }

  /// Coordinates that stand in the file, neuron by neuron, or an array [neurons][dimensions] that a program hands over.
  void positions_listed(const At& table, const At& places) {
    reader_.only_keys(table, {"places"});
    const bool array = places.is(Node::Kind::numbers);
    const std::size_t rows = array ? places.node->count() / std::max<std::size_t>(places.node->width, 1) : places.node->items.size();
    if (!array && !places.is(Node::Kind::array)) return reader_.problem(places, "must be a list of places, for example [[\"0 um\", \"20 um\"], [\"10 um\", \"20 um\"]]");
    if (static_cast<std::int64_t>(rows) != p_.size) return reader_.problem(places, fmt::format("has {} places, but the population has {} neurons", rows, p_.size));
    if (array) {
      if (places.node->width != 2 && places.node->width != 3) return reader_.problem(places, fmt::format("has {} coordinates for each neuron: must be 2 or 3", places.node->width));
      p_.dimensions = static_cast<int>(places.node->width);
      if (auto all = reader_.numbers(places, "um")) p_.positions_um = std::move(*all);
    } else {
      for (std::size_t i = 0; i < rows; ++i) {
        const At place = reader_.item(places, i);
        if (i == 0 ? !dimensions(place) : !place.is(Node::Kind::array) || static_cast<int>(place.node->items.size()) != p_.dimensions)
          return reader_.problem(place, "every place has as many coordinates as the first: 2 or 3");
        if (const auto at = reader_.numbers(place, "um")) p_.positions_um.insert(p_.positions_um.end(), at->begin(), at->end());
      }
    }
    for (std::size_t k = 0; k < p_.positions_um.size(); ++k)
      if (!std::isfinite(p_.positions_um[k]))
        return reader_.problem(places, fmt::format("the place of neuron {} has a coordinate that is not a finite number", k / static_cast<std::size_t>(p_.dimensions)));
  }

  bool dimensions(const At& list) {
    const bool good = list.is(Node::Kind::array) && (list.node->items.size() == 2 || list.node->items.size() == 3);
    if (good) p_.dimensions = static_cast<int>(list.node->items.size());
    else if (list) reader_.problem(list, "must be a list of two or three, one for each dimension");
    return good;
  }

  void positions_grid(const At& table, const At& grid, std::vector<double>& extent) {
    reader_.only_keys(table, {"grid", "spacing"});
    if (!dimensions(grid)) return;
    const At spacing = reader_.require(table, "spacing", "the distance of neighbours, for example spacing = \"10 um\"");
    if (!spacing) return;
    std::vector<std::int64_t> count;
    std::vector<double> step;
    const auto d = static_cast<std::size_t>(p_.dimensions);
    const bool each = spacing.is(Node::Kind::array) && spacing.node->items.size() == d;
    for (std::size_t k = 0; k < d; ++k) {
      if (const auto n = reader_.integer(reader_.item(grid, k), 1, positions_max)) count.push_back(*n);
      if (const auto s = reader_.positive(each ? reader_.item(spacing, k) : spacing, "um")) step.push_back(*s);
    }
    if (count.size() < d || step.size() < d) return;
    double product = 1;
    for (const auto n : count) product *= static_cast<double>(n);
    if (product != static_cast<double>(p_.size))
      return reader_.problem(grid, fmt::format("has {} places, but the population has {} neurons", product, p_.size));
    for (std::size_t k = 0; k < d; ++k) extent.push_back(static_cast<double>(count[k]) * step[k]);
    for (std::int64_t i = 0; i < p_.size; ++i) {
      auto rest = i;
      for (std::size_t k = 0; k < d; ++k) {
        p_.positions_um.push_back((static_cast<double>(rest % count[k]) + 0.5) * step[k]);
        rest /= count[k];
      }
    }
  }

  /// Uniform in a box, from the network seed: the same for any number of threads.
  void positions_random(const At& table, const At& random, std::vector<double>& extent) {
    reader_.only_keys(table, {"random"});
    if (!dimensions(random)) return;
    const auto d = static_cast<std::size_t>(p_.dimensions);
    for (std::size_t k = 0; k < d; ++k)
      if (const auto length = reader_.positive(reader_.item(random, k), "um")) extent.push_back(*length);
    if (extent.size() < d) return;
    const auto& simulation = draft_.spec.simulation;
    const auto key = stream_key(simulation.seed_network, Purpose::position, static_cast<std::uint32_t>(index_));
    for (std::int64_t i = 0; i < p_.size; ++i) {
      const auto words = philox(key, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i >> 32), 0, 0);
      for (std::size_t k = 0; k < d; ++k) p_.positions_um.push_back(uniform01(words[k]) * extent[k]);
    }
  }

  void positions_file(const At& table, const At& file) {
    reader_.only_keys(table, {"file", "columns", "unit"});
    const auto path = reader_.path(file);
    const At columns = reader_.require(table, "columns", "the columns of the coordinates, for example columns = [\"x\", \"y\"]");
    const auto unit = reader_.positive(reader_.require(table, "unit", "the unit of the coordinates, for example unit = \"um\""), "um");
    if (!path || !unit || !dimensions(columns)) return;
    std::vector<ColumnRequest> wanted;
    for (std::size_t k = 0; k < columns.node->items.size(); ++k)
      if (const auto name = reader_.text(reader_.item(columns, k))) wanted.push_back({*name, ColumnType::real});
    if (wanted.size() < columns.node->items.size()) return;
    try {
      const auto read = read_columns(*path, wanted);
      if (static_cast<std::int64_t>(read[0].real.size()) != p_.size)
        return reader_.problem(file, fmt::format("has {} rows, but the population has {} neurons", read[0].real.size(), p_.size));
      for (std::size_t i = 0; i < read[0].real.size(); ++i)
        for (const auto& column : read) p_.positions_um.push_back(column.real[i] * *unit);
    } catch (const InputError& e) {
      for (const auto& problem : e.problems()) reader_.problem(file, problem);
    }
  }

  Reader& reader_;
  Draft& draft_;
  const At& block_;
  std::size_t index_;
  PopulationSpec p_;
  std::vector<NamedParameter> names_;
};

bool good_name(Reader& reader, const At& at, const std::string& name, const NetworkSpec& spec) {
  const bool letters = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-' || c == '+' || c == '.' || c >= 0x80;
  });
  if (!letters) reader.problem(at, "a population's name has letters, digits and _ - + .");
  const bool taken = std::any_of(spec.populations.begin(), spec.populations.end(), [&](const auto& p) { return p.name == name; });
  if (taken) reader.problem(at, fmt::format("another population is called \"{}\"", name));
  return letters && !taken;
}

}  // namespace

void read_populations(Reader& reader, const At& root, Draft& draft) {
  const auto blocks = reader.tables(root, "populations");
  for (const auto& block : blocks) {
    reader.only_keys(block, {"name", "size", "model", "membrane", "receptors", "params", "initial", "positions", "sleep", "rate", "times", "spikes"});
    const At name = reader.require(block, "name", "for example name = \"E\"");
    if (!name) continue;
    const bool many = name.is(Node::Kind::array);
    const std::size_t n = many ? name.node->items.size() : 1;
    if (n == 0) reader.problem(name, "names no population");
    for (std::size_t i = 0; i < n; ++i) {
      const At one = many ? reader.item(name, i) : name;
      const auto text = reader.text(one);
      if (!text || !good_name(reader, one, *text, draft.spec)) continue;
      reader.selection = {.kind = many ? Selection::Kind::list : Selection::Kind::single, .index = i, .size = n};
      PopulationReader(reader, draft, block, *text).read();
      reader.selection = {};
    }
  }
  if (draft.spec.populations.empty() && reader.problems().empty())
    reader.problem(0, "populations", "a network needs at least one population; write [[populations]]");
}

}  // namespace ranvier::io
