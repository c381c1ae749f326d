// SPDX-License-Identifier: Apache-2.0
/// [[recordings]]: spikes, state variables, weights, the connectivity, volumes.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "toml_sections.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

using Kind = RecordingSpec::Kind;

Slice whole(const NetworkSpec& spec, std::size_t population) {
  return {.population = static_cast<int>(population), .last = spec.populations[population].size};
}

std::vector<Slice> every_population(const NetworkSpec& spec) {
  std::vector<Slice> slices;
  for (std::size_t i = 0; i < spec.populations.size(); ++i) slices.push_back(whole(spec, i));
  return slices;
}

class RecordingReader {
 public:
  RecordingReader(Reader& reader, Draft& draft, const At& block, Kind kind) : reader_(reader), spec_(draft.spec), block_(block) {
    recording_.kind = kind;
  }

  void read() {
    recording_.where = reader_.where(block_);
    if (const auto name = reader_.text(reader_.get(block_, "name"))) recording_.name = *name;
    read_window(reader_, block_, recording_.start_ms, recording_.stop_ms);
    switch (recording_.kind) {
      case Kind::spikes: spikes(); break;
      case Kind::state: state(); break;
      case Kind::weights:
      case Kind::connectivity: pairs(); break;
      case Kind::volumes: volumes(); break;
    }
  }

 private:
  std::vector<Slice> neurons() {
    const At at = reader_.get(block_, "neurons");
    if (at) return read_slices(reader_, at, spec_);
    return at.failed ? std::vector<Slice>{} : every_population(spec_);
  }

  void add(const Slice& slice, std::string_view kind) {
    RecordingSpec one = recording_;
    one.neurons = slice;
    if (one.name.empty()) one.name = fmt::format("{} {}", kind, slice_text(slice, spec_));
    spec_.recordings.push_back(std::move(one));
  }

  void spikes() {
    reader_.only_keys(block_, {"type", "name", "neurons", "start", "stop"});
    for (const auto& slice : neurons()) add(slice, "spikes");
  }

  void state() {
    reader_.only_keys(block_, {"type", "name", "neurons", "variables", "interval", "start", "stop"});
    interval();
    const At at = reader_.require(block_, "variables", "for example variables = [\"V_m\"]");
    const At neurons_at = reader_.require(block_, "neurons", "for example neurons = \"E[0:10]\"");
    if (!at || !neurons_at) return;
    if (at.is(Node::Kind::array)) {
      for (std::size_t i = 0; i < at.node->items.size(); ++i) variable(reader_.item(at, i));
      if (at.node->items.empty()) reader_.problem(at, "names no variable");
    } else {
      variable(at);
    }
    for (const auto& slice : neurons()) {
      check_variables(at, slice);
      add(slice, "state");
    }
  }

  void variable(const At& at) {
    if (const auto name = reader_.text(at)) recording_.variables.push_back(*name);
  }

  void check_variables(const At& at, const Slice& slice) {
    const auto& p = spec_.populations[static_cast<std::size_t>(slice.population)];
    if (p.membrane.empty()) return;  // its model is wrong, and noted
    const auto known = state_names(p);
    for (const auto& name : recording_.variables)
      if (std::find(known.begin(), known.end(), name) == known.end())
        reader_.problem(at, known.empty() ? fmt::format("population \"{}\" has no state variables", p.name)
                                          : fmt::format("population \"{}\" has no state variable \"{}\".{}", p.name, name, suggestion(name, known)));
  }

  void interval() {
    const At at = reader_.get(block_, "interval");
    const auto value = reader_.positive(at, "ms");
    if (!value) return;
    const double steps = *value / spec_.simulation.dt_ms;
    if (steps < 0.99 || std::abs(steps - std::round(steps)) > 1e-6)
      reader_.problem(at, fmt::format("must be a multiple of the time step of {} ms; leave it out to record every step", spec_.simulation.dt_ms));
    recording_.interval_ms = *value;
  }

  void pairs() {
    const bool weights = recording_.kind == Kind::weights;
    if (weights) reader_.only_keys(block_, {"type", "name", "source", "target", "interval", "start", "stop"});
    else reader_.only_keys(block_, {"type", "name", "source", "target", "start", "stop"});
    if (weights) interval();
    for (const std::string_view key : {"start", "stop"})
      if (const At at = reader_.get(block_, key); at && recording_.interval_ms == 0)
        reader_.problem(at, weights ? "weights are read once, at the end of the run; add interval = \"100 ms\" to have them at regular times" : "synapses are read once, at the end of the run; remove it");
    const auto side = [&](std::string_view key) {
      const At at = reader_.get(block_, key);
      return at ? read_slices(reader_, at, spec_) : at.failed ? std::vector<Slice>{} : every_population(spec_);
    };
    const auto sources = side("source"), targets = side("target");
    bool any = false;
    for (const auto& target : targets)
      for (const auto& source : sources) any = add_pair(source, target) || any;
    if (!any && !sources.empty() && !targets.empty() && reader_.problems().empty())
      reader_.problem(block_.node->line, block_.path, "no projection joins these sources and targets: there is nothing to record");
  }

  bool add_pair(const Slice& source, const Slice& target) {
    const bool joined = std::any_of(spec_.projections.begin(), spec_.projections.end(), [&](const ProjectionSpec& p) {
      return p.source.population == source.population && p.target.population == target.population;
    });
    if (!joined) return false;
    RecordingSpec one = recording_;
    one.sources = source;
    one.targets = target;
    if (one.name.empty())
      one.name = fmt::format("{} {}->{}", one.kind == Kind::weights ? "weights" : "connectivity", slice_text(source, spec_), slice_text(target, spec_));
    spec_.recordings.push_back(std::move(one));
    return true;
  }

  void volumes() {
    reader_.only_keys(block_, {"type", "name", "volumes", "interval", "start", "stop"});
    interval();
    if (const At at = reader_.get(block_, "volumes")) {
      if (!at.is(Node::Kind::array)) volume(at);
      else for (std::size_t i = 0; i < at.node->items.size(); ++i) volume(reader_.item(at, i));
    } else if (!at.failed) {
      for (std::size_t k = 0; k < spec_.volumes.size(); ++k) recording_.volumes.push_back(static_cast<int>(k));
    }
    if (recording_.volumes.empty() && reader_.problems().empty()) reader_.problem(block_.node->line, block_.path, "there is no volume whose concentration could be recorded; see [[volumes]]");
    if (recording_.name.empty()) recording_.name = "volumes";
    spec_.recordings.push_back(recording_);
  }

  void volume(const At& at) {
    const auto name = reader_.text(at);
    if (!name) return;
    std::vector<std::string> known;
    for (const VolumeSpec& v : spec_.volumes) known.push_back(v.name);
    const auto it = std::find(known.begin(), known.end(), *name);
    if (it == known.end()) reader_.problem(at, fmt::format("no volume is called \"{}\".{}", *name, suggestion(*name, known)));
    else recording_.volumes.push_back(static_cast<int>(it - known.begin()));
  }

  Reader& reader_;
  NetworkSpec& spec_;
  const At& block_;
  RecordingSpec recording_;
};

}  // namespace

void read_recordings(Reader& reader, const At& root, Draft& draft) {
  if (!root.node->find("recordings")) {  // nothing said: all spikes
    for (const auto& slice : every_population(draft.spec)) {
      RecordingSpec all{.name = fmt::format("spikes {}", slice_text(slice, draft.spec)), .neurons = slice};
      draft.spec.recordings.push_back(std::move(all));
    }
    return;
  }
  for (const auto& block : reader.tables(root, "recordings")) {
    const auto kind = reader.word(reader.require(block, "type", "one of spikes, state, weights, connectivity, volumes"),
                                  {"spikes", "state", "weights", "connectivity", "volumes"});
    if (kind) RecordingReader(reader, draft, block, static_cast<Kind>(*kind)).read();
  }
}

}  // namespace ranvier::io
