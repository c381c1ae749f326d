// SPDX-License-Identifier: Apache-2.0
/// "reports" of a simulation config, and the spikes of all cells that are simulated.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ranvier/error.hpp"
#include "sonata_section.hpp"
#include "toml_sections.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io::sonata {
namespace {

struct Alias {
  std::string_view theirs, ours;
};
/// What NEST, NEURON and PyNN call state variables of ours.
constexpr std::array<Alias, 12> aliases{{{"v", "V_m"}, {"V_m", "v"}, {"V_m", "m"}, {"v", "m"}, {"U_m", "u"}, {"I_syn_ex", "ex.I"}, {"I_syn_in", "in.I"}, {"g_ex", "ex.g"}, {"g_in", "in.g"},
                                         {"gsyn_exc", "ex.g"}, {"gsyn_inh", "in.g"}, {"vm", "V_m"}}};

/// The name here of a variable of a population, empty where it has none.
std::string variable_of(const PopulationSpec& p, const std::string& theirs) {
  const auto names = state_names(p);
  const auto has = [&](std::string_view name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  if (has(theirs)) return theirs;
  for (const Alias& alias : aliases)
    if (alias.theirs == theirs && has(alias.ours)) return std::string(alias.ours);
  return "";
}

class ReportReader {
 public:
  ReportReader(Circuit& circuit, const Place& at, std::string name) : circuit_(circuit), at_(at), name_(std::move(name)) {}

  void read() {
    if (const auto module = at_.find("module")) {
      const std::string word = module->text();
      if (word != "membrane_report" && word != "multimeter_report" && word != "multimeter")
        module->fail("this module of reports is not supported; supported are membrane_report and multimeter_report");
    }
    const Place cells = at_.get("cells", "\"cells\": \"v1\"");
    const auto places = node_set(circuit_, cells);
    RecordingSpec recording{.kind = RecordingSpec::Kind::state, .shares_file = true};
    window(recording);
    const auto names = variables();
    for (const std::string& variable : names) {
      recording.name = names.size() == 1 ? file_name() : fmt::format("{}_{}", file_name(), variable);
      bool any = false;
      for (std::size_t p = 0; p < places.size(); ++p)
        for (const Slice& slice : slices(circuit_, circuit_.nodes[p], places[p])) any = add(recording, slice, variable) || any;
      if (!any) cells.fail("all nodes of this set are virtual and have no state to report");
    }
  }

 private:
  std::vector<std::string> variables() const {
    const Place at = at_.get("variable_name", "\"variable_name\": \"V_m\"");
    if (!at.node().is_array()) return {at.text()};
    std::vector<std::string> names;
    for (std::size_t i = 0; i < at.node().size(); ++i) names.push_back(at.item(i).text());
    if (names.empty()) at.fail("names no variable");
    return names;
  }

  /// The report's file without its ending.
  std::string file_name() const {
    const auto given = at_.find("file_name");
    if (!given) return name_;
    const std::filesystem::path file = given->text();
    if (file.has_parent_path()) given->fail("must be a plain file name: reports are written into the folder of the results");
    return file.stem().string();
  }

  void window(RecordingSpec& recording) const {
    const double dt = circuit_.spec.simulation.dt_ms;
    if (const auto start = at_.find("start_time")) recording.start_ms = start->number();
    if (const auto stop = at_.find("end_time")) recording.stop_ms = stop->number();
    if (recording.start_ms < 0) at_.get("start_time", "").fail("must not be negative (ms)");
    if (!(recording.stop_ms > recording.start_ms)) at_.get("end_time", "").fail(fmt::format("must be later than start_time ({} ms)", recording.start_ms));
    const auto interval = at_.find("dt");
    if (!interval) return;
    const double steps = interval->number() / dt;
    if (steps < 0.99 || steps > 4e9 || std::abs(steps - std::round(steps)) > 1e-6) interval->fail(fmt::format("must be a multiple of the time step of {} ms", dt));
    recording.interval_ms = interval->number();
  }

  /// False where the slice has no state: its cells are virtual.
  bool add(RecordingSpec recording, const Slice& slice, const std::string& variable) {
    if (circuit_.origins[static_cast<std::size_t>(slice.population)].is_virtual) return false;
    const PopulationSpec& p = circuit_.spec.populations[static_cast<std::size_t>(slice.population)];
    const std::string ours = variable_of(p, variable);
    if (ours.empty()) at_.get("variable_name", "").fail(fmt::format("population \"{}\" has no state variable \"{}\".{}", p.name, variable, suggestion(variable, state_names(p))));
    recording.neurons = slice;
    recording.variables = {ours};
    recording.where = fmt::format("{}: {}", circuit_.config.simulation.path.string(), at_.key());
    circuit_.spec.recordings.push_back(std::move(recording));
    return true;
  }

  Circuit& circuit_;
  const Place& at_;
  std::string name_;
};

void record_spikes(Circuit& circuit) {
  for (std::size_t p = 0; p < circuit.spec.populations.size(); ++p) {
    if (circuit.origins[p].is_virtual) continue;
    const PopulationSpec& population = circuit.spec.populations[p];
    circuit.spec.recordings.push_back({.name = "spikes " + population.name, .kind = RecordingSpec::Kind::spikes, .neurons = {static_cast<int>(p), 0, population.size, 1}});
  }
}

}  // namespace

void read_reports(Circuit& circuit) {
  if (!read_section_recordings(circuit)) record_spikes(circuit);
  const auto reports = circuit.config.at_simulation().find("reports");
  if (!reports) return;
  reports->require_object("{ \"membrane_potential\": { \"cells\": \"v1\", \"variable_name\": \"V_m\" } }");
  for (const auto& [name, value] : reports->node().items()) {
    const Place report = reports->get(name, "");
    report.require_object("{ \"cells\": \"v1\", \"variable_name\": \"V_m\" }");
    if (const auto enabled = report.find("enabled"); enabled && !enabled->boolean()) continue;
    ReportReader(circuit, report, name).read();
  }
}

}  // namespace ranvier::io::sonata
