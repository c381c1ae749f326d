// SPDX-License-Identifier: Apache-2.0
/// "inputs" of a simulation config: spikes of virtual nodes from files, and currents.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "columns.hpp"
#include "ranvier/error.hpp"
#include "sonata_circuit.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io::sonata {
namespace fs = std::filesystem;
namespace {

fs::path existing(const Place& at) {
  std::error_code error;
  if (!fs::is_regular_file(at.path(), error)) at.fail(fmt::format("{}: no such file", at.path().string()));
  return at.path();
}

/// A number, or a list of them.
std::vector<double> numbers(const Place& at) {
  if (!at.node().is_array()) return {at.number()};
  std::vector<double> values;
  for (std::size_t i = 0; i < at.node().size(); ++i) values.push_back(at.item(i).number());
  return values;
}

// --- spikes

struct Spikes {
  std::vector<std::int64_t> ids;
  std::vector<double> times;
  std::vector<std::string> populations = {};  ///< of each; empty: all belong to the nodes that the input names
  bool for_anyone = false;  ///< the file does not say whose spikes they are, so some may be of nodes that are not there
};

Spikes read_old_layout(const fs::path& file) {
  const ColumnRequest wanted[] = {{"/spikes/gids", ColumnType::integer}, {"/spikes/timestamps", ColumnType::real}};
  auto columns = read_hdf5(file, wanted);
  return {.ids = std::move(columns[0].integer), .times = std::move(columns[1].real), .for_anyone = true};
}

Spikes read_population(const fs::path& file, const std::string& group) {
  const ColumnRequest wanted[] = {{group + "/node_ids", ColumnType::integer}, {group + "/timestamps", ColumnType::real}};
  auto columns = read_hdf5(file, wanted);
  const std::string unit = hdf5_attribute(file, group + "/timestamps", "units");
  if (!unit.empty() && unit != "ms" && unit != "milliseconds") throw InputError(fmt::format("{}: {}/timestamps: units = \"{}\": must be ms", file.string(), group, unit));
  return {.ids = std::move(columns[0].integer), .times = std::move(columns[1].real)};
}

/// Columns of a spikes CSV by any of the names that are in use; nothing where there is none of them.
std::string column_of(const fs::path& file, const std::vector<std::string>& header, std::initializer_list<const char*> names, bool required) {
  for (const char* name : names)
    if (std::find(header.begin(), header.end(), name) != header.end()) return name;
  if (required) throw InputError(fmt::format("{}: no column \"{}\".{}", file.string(), *names.begin(), suggestion(*names.begin(), header)));
  return "";
}

/// The words of a file's first line.
std::vector<std::string> header_of(const fs::path& file) {
  std::ifstream in(file);
  std::string line, word;
  while (std::getline(in, line) && (line.empty() || line[0] == '#')) {
  }
  std::vector<std::string> words;
  for (const char c : line + " ") {
    if (c != ' ' && c != '\t' && c != ',' && c != ';' && c != '\r' && c != '"') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
    if (words.size() > 1000) break;
  }
  return words;
}

Spikes read_csv_spikes(const fs::path& file) {
  const auto header = header_of(file);
  if (header.size() == 2 && header[0] == "gid" && header[1] == "spike-times")
    throw InputError(fmt::format("{}: the layout \"gid spike-times\" with a list in each line is not supported; write one spike a line, with the columns timestamps, population, node_ids", file.string()));
  const std::string time = column_of(file, header, {"timestamps", "times", "time"}, true), id = column_of(file, header, {"node_ids", "node_id", "gids", "gid"}, true),
                    population = column_of(file, header, {"population", "populations"}, false);
  std::vector<ColumnRequest> wanted{{id, ColumnType::integer}, {time, ColumnType::real}};
  if (!population.empty()) wanted.push_back({population, ColumnType::text});
  auto columns = read_csv(file, wanted);
  return {.ids = std::move(columns[0].integer), .times = std::move(columns[1].real),
          .populations = population.empty() ? std::vector<std::string>{} : std::move(columns[2].text), .for_anyone = population.empty()};
}

class SpikeInput {
 public:
  SpikeInput(Circuit& circuit, const Place& input) : circuit_(circuit), input_(input) {}

  void read() {
    const Place module = input_.get("module", "\"sonata\"");
    const std::string kind = module.text();
    if (kind != "sonata" && kind != "h5" && kind != "csv")
      module.fail("this module of spikes is not supported; supported are sonata (also called h5) and csv");
    const Place named = input_.get("input_file", "\"$INPUT_DIR/spikes.h5\"");
    const fs::path file = existing(named);
    const auto set = input_.find("node_set");
    places_ = set ? node_set(circuit_, *set) : every_virtual();
    if (set) require_virtual(*set);
    wanted_.resize(places_.size());
    for (std::size_t p = 0; p < places_.size(); ++p) {
      wanted_[p].resize(circuit_.nodes[p].items.size());
      for (const std::int64_t place : places_[p]) wanted_[p][static_cast<std::size_t>(place)] = true;
    }
    if (kind != "csv" && !is_hdf5(file)) named.fail(fmt::format("{}: is not an HDF5 file; for a table of spikes use \"module\": \"csv\"", file.string()));
    if (kind == "csv") add_table(read_csv_spikes(file), file);
    else if (hdf5_object(file, "/spikes/timestamps").kind != Hdf5Kind::nothing) add(read_old_layout(file), only_population(file), file);
    else add_populations(file);
  }

 private:
  std::vector<std::vector<std::int64_t>> every_virtual() const {
    std::vector<std::vector<std::int64_t>> places(circuit_.nodes.size());
    for (std::size_t p = 0; p < places.size(); ++p)
      for (std::size_t i = 0; i < circuit_.nodes[p].items.size(); ++i)
        if (is_train(circuit_.nodes[p].cells[i])) places[p].push_back(static_cast<std::int64_t>(i));
    return places;
  }

  bool is_train(const Cell& cell) const { return circuit_.spec.populations[static_cast<std::size_t>(cell.population)].membrane == "spike_train"; }

  void require_virtual(const Place& set) const {
    for (std::size_t p = 0; p < places_.size(); ++p)
      for (const std::int64_t place : places_[p])
        if (!is_train(circuit_.nodes[p].cells[static_cast<std::size_t>(place)]))
          set.fail(fmt::format("spikes can be given to virtual nodes only, and node {} of \"{}\" is none", circuit_.nodes[p].id(static_cast<std::size_t>(place)), circuit_.nodes[p].name));
  }

  /// The population that spikes without a population belong to.
  std::size_t only_population(const fs::path& file) const {
    std::vector<std::size_t> some;
    for (std::size_t p = 0; p < places_.size(); ++p)
      if (!places_[p].empty()) some.push_back(p);
    if (some.size() == 1) return some[0];
    input_.get("input_file", "").fail(fmt::format("{}: does not say to which population its spikes belong, and the node set has nodes of {} populations; name one population as node_set", file.string(), some.size()));
  }

  void add_populations(const fs::path& file) {
    const auto names = hdf5_names(file, "/spikes");
    if (names.empty()) throw InputError(fmt::format("{}: no group \"/spikes\": is it a file of spikes?", file.string()));
    bool any = false;
    for (std::size_t p = 0; p < places_.size(); ++p) {
      const std::string& name = circuit_.nodes[p].name;
      if (places_[p].empty() || std::find(names.begin(), names.end(), name) == names.end()) continue;
      add(read_population(file, "/spikes/" + name), p, file);
      any = true;
    }
    if (!any) input_.get("input_file", "").fail(fmt::format("{}: has spikes of {}, but of no population of the node set", file.string(), fmt::join(names, ", ")));
  }

  void add_table(Spikes spikes, const fs::path& file) {
    if (spikes.populations.empty()) return add(spikes, only_population(file), file);
    std::map<std::string, Spikes> by_population;
    for (std::size_t k = 0; k < spikes.ids.size(); ++k) {
      Spikes& of = by_population[spikes.populations[k]];
      of.ids.push_back(spikes.ids[k]);
      of.times.push_back(spikes.times[k]);
    }
    bool any = spikes.ids.empty();
    for (std::size_t p = 0; p < places_.size(); ++p)
      if (const auto it = by_population.find(circuit_.nodes[p].name); it != by_population.end() && !places_[p].empty()) {
        add(it->second, p, file);
        any = true;
      }
    if (!any) input_.get("input_file", "").fail(fmt::format("{}: has spikes of {}, but of no population of the node set", file.string(), fmt::join(spikes.populations.begin(), spikes.populations.begin() + 1, ", ")));
  }

  /// Gives the nodes of population p their spikes; those of nodes outside the node set are left out.
  void add(const Spikes& spikes, std::size_t p, const fs::path& file) {
    const NodePopulation& nodes = circuit_.nodes[p];
    for (std::size_t k = 0; k < spikes.ids.size(); ++k) {
      const std::int64_t place = nodes.find(spikes.ids[k]);
      if (place < 0 && spikes.for_anyone) {
        circuit_.note(fmt::format("{}: has spikes of nodes that population \"{}\" does not have; they are left out", file.string(), nodes.name));
        continue;
      }
      if (place < 0) throw InputError(fmt::format("{}: spike {} is of node {}: population \"{}\" has no such node; it has {}", file.string(), k, spikes.ids[k], nodes.name, nodes.items.size()));
      if (!wanted_[p][static_cast<std::size_t>(place)]) continue;
      if (spikes.times[k] < 0) throw InputError(fmt::format("{}: spike {} is at {} ms: must not be negative", file.string(), k, spikes.times[k]));
      const Cell& cell = nodes.cells[static_cast<std::size_t>(place)];
      SpikeTrains& trains = circuit_.spec.populations[static_cast<std::size_t>(cell.population)].trains;
      trains.times_ms.push_back(spikes.times[k]);
      trains.neurons.push_back(cell.index);
    }
  }

  Circuit& circuit_;
  const Place& input_;
  std::vector<std::vector<std::int64_t>> places_;
  std::vector<std::vector<bool>> wanted_;
};

// --- currents

class CurrentInput {
 public:
  CurrentInput(Circuit& circuit, const Place& input, std::string name) : circuit_(circuit), input_(input), name_(std::move(name)) {}

  void read(bool from_table) {
    const auto module = input_.find("module");
    if (module && module->text() != "IClamp") module->fail("this module of currents is not supported; supported is IClamp");
    if (const auto electrodes = input_.find("electrode_file")) electrodes->fail("electrodes are not supported; give node_set, amp, delay and duration");
    find_targets();
    if (from_table) table();
    else steps();
  }

 private:
  void find_targets() {
    const auto set = input_.find("node_set");
    if (!set) throw InputError(fmt::format("{}: {}.node_set is missing: which nodes get the current", circuit_.config.simulation.path.string(), input_.key()));
    const auto places = node_set(circuit_, *set);
    for (std::size_t p = 0; p < places.size(); ++p)
      for (const Slice& slice : slices(circuit_, circuit_.nodes[p], places[p])) {
        const PopulationSpec& to = circuit_.spec.populations[static_cast<std::size_t>(slice.population)];
        if (circuit_.origins[static_cast<std::size_t>(slice.population)].is_virtual) {
          if (set->node().is_string() && set->node() == "all") continue;
          set->fail(fmt::format("population \"{}\" is virtual and receives no current", to.name));
        }
        if (to.membrane == "intfire1") set->fail(fmt::format("the cells of \"{}\" (nrn:IntFire1) take spikes only, no currents", to.name));
        targets_.push_back(slice);
      }
  }

  void steps() {
    const Place at = input_.get("amp", "\"amp\": 0.15");
    const auto amp = numbers(at), delay = numbers(input_.get("delay", "\"delay\": 100.0")), duration = numbers(input_.get("duration", "\"duration\": 500.0"));
    if (amp.size() != delay.size() || amp.size() != duration.size()) at.fail(fmt::format("amp, delay and duration must be as many: they are {}, {} and {}", amp.size(), delay.size(), duration.size()));
    for (std::size_t k = 0; k < amp.size(); ++k) {
      if (delay[k] < 0) input_.get("delay", "").fail("must not be negative (ms)");
      if (duration[k] < 0) input_.get("duration", "").fail("must not be negative (ms)");
      if (duration[k] == 0) continue;  // never on
      InputSpec input{.kind = InputSpec::Kind::dc};
      input.start_ms = delay[k] + late();
      input.stop_ms = delay[k] + duration[k] + late();
      add(input, amp.size() == 1 ? name_ : fmt::format("{}[{}]", name_, k), [&](InputSpec& one, double factor) { one.amplitude_pA = Values::constant(picoampere(amp[k], at) * factor); });
    }
  }

  /// A file of (time, current from then on).
  void table() {
    const auto named = input_.find("file") ? input_.find("file") : input_.find("input_file");
    if (!named) throw InputError(fmt::format("{}: {}.file is missing: the table of currents", circuit_.config.simulation.path.string(), input_.key()));
    const fs::path file = existing(*named);
    const auto word = [&](const char* key, const char* otherwise) { const auto at = input_.find(key); return at ? at->text() : std::string(otherwise); };
    const ColumnRequest wanted[] = {{word("timestamps_column", "timestamps"), ColumnType::real}, {word("amplitudes_column", "amps"), ColumnType::real}};
    const auto columns = read_csv(file, wanted);
    const auto& times = columns[0].real;
    if (times.empty()) named->fail(fmt::format("{}: has no rows", file.string()));
    for (std::size_t k = 0; k + 1 < times.size(); ++k)
      if (!(times[k] < times[k + 1])) named->fail(fmt::format("{}: row {}: {} = {}: times must ascend", file.string(), k + 2, wanted[0].name, times[k + 1]));
    if (times[0] < 0) named->fail(fmt::format("{}: {} = {}: must not be negative", file.string(), wanted[0].name, times[0]));
    InputSpec input{.kind = InputSpec::Kind::step};
    input.current_pA.kind = Schedule::Kind::piecewise;
    for (const double t : times) input.current_pA.times_ms.push_back(t + late());
    add(input, name_, [&](InputSpec& one, double factor) {
      one.current_pA.values.clear();
      for (const double amp : columns[1].real) one.current_pA.values.push_back(picoampere(amp, *named) * factor);
    });
  }

  /// NEST's generators reach their cells one step after the time they are given, and BMTK does not make up for it.
  double late() const { return circuit_.for_nest() ? circuit_.spec.simulation.dt_ms : 0; }

  /// SONATA's currents are in nA; configs written for NEST have NEST's pA.
  double picoampere(double amp, const Place& at) {
    if (!circuit_.for_nest()) return 1000 * amp;
    if (std::abs(amp) > 0 && std::abs(amp) < 1)
      circuit_.note(fmt::format("{}: target_simulator is NEST, so the current is in pA as NEST takes it; if nA is meant, leave target_simulator out", at.where()));
    return amp;
  }

  template <class Amplitude>
  void add(const InputSpec& input, const std::string& name, Amplitude amplitude) {
    for (const Slice& target : targets_) {
      InputSpec one = input;
      one.name = name;
      one.target = target;
      one.where = fmt::format("{}: {}", circuit_.config.simulation.path.string(), input_.key());
      const ModelTemplate* model = circuit_.origins[static_cast<std::size_t>(target.population)].model;
      amplitude(one, model ? model->current_factor : 1);
      circuit_.spec.inputs.push_back(std::move(one));
    }
  }

  Circuit& circuit_;
  const Place& input_;
  std::string name_;
  std::vector<Slice> targets_;
};

}  // namespace

void read_inputs(Circuit& circuit) {
  const auto inputs = circuit.config.at_simulation().find("inputs");
  if (!inputs) return;
  inputs->require_object("{ \"lgn_spikes\": { \"input_type\": \"spikes\", ... } }");
  for (const auto& [name, value] : inputs->node().items()) {
    const Place input = inputs->get(name, "");
    input.require_object("{ \"input_type\": \"spikes\", ... }");
    if (const auto enabled = input.find("enabled"); enabled && !enabled->boolean()) continue;
    const Place type = input.get("input_type", "\"spikes\"");
    const std::string word = type.text();
    const auto module = input.find("module");
    if (word == "spikes") SpikeInput(circuit, input).read();
    else if (word == "current_clamp") CurrentInput(circuit, input, name).read(false);
    else if ((word == "csv" || word == "file") && module && module->node() == "IClamp") CurrentInput(circuit, input, name).read(true);
    else type.fail("this input_type is not supported; supported are spikes (modules sonata, h5, csv), current_clamp (module IClamp), and csv (module IClamp)");
  }
}

}  // namespace ranvier::io::sonata
