// SPDX-License-Identifier: Apache-2.0
/// [[inputs]]: Poisson trains and currents into one population, or into each of several.

#include <fmt/format.h>

#include <cmath>

#include "toml_sections.hpp"

namespace ranvier::io {
namespace {

class InputReader {
 public:
  InputReader(Reader& reader, Draft& draft, const At& block, InputSpec::Kind kind) : reader_(reader), draft_(draft), block_(block) {
    input_.kind = kind;
  }

  void read(const Slice& target) {
    input_.target = target;
    input_.where = reader_.where(block_);
    const auto name = reader_.text(reader_.get(block_, "name"));
    const auto text = slice_text(target, draft_.spec);
    input_.name = !name ? fmt::format("{} -> {}", kind_name(), text) : reader_.selection.size > 1 ? fmt::format("{} {}", *name, text) : *name;
    if (is_source(to())) {
      reader_.problem(reader_.get(block_, "target"), fmt::format("population \"{}\" is a source: it receives nothing", to().name));
      return;
    }
    if (is_event_driven(to())) {
      reader_.problem(reader_.get(block_, "target"), fmt::format("population \"{}\" is event-driven and takes spikes only; let a population of model \"poisson_source\" or \"spike_train\" project onto it", to().name));
      return;
    }
    read_window(reader_, block_, input_.start_ms, input_.stop_ms);
    switch (input_.kind) {
      case InputSpec::Kind::poisson: poisson(); break;
      case InputSpec::Kind::dc: dc(); break;
      case InputSpec::Kind::step: step(); break;
      case InputSpec::Kind::sine: sine(); break;
      case InputSpec::Kind::noise: noise(); break;
      case InputSpec::Kind::samples: samples(); break;
    }
    draft_.spec.inputs.push_back(std::move(input_));
  }

 private:
  const PopulationSpec& to() const { return draft_.spec.populations[static_cast<std::size_t>(input_.target.population)]; }

  std::string_view kind_name() const {
    static constexpr std::string_view names[] = {"poisson", "dc", "step", "sine", "noise", "samples"};
    return names[static_cast<std::size_t>(input_.kind)];
  }

  void poisson() {
    reader_.only_keys(block_, {"type", "name", "target", "receptor", "rate", "weight", "start", "stop"});
    const At rate = reader_.require(block_, "rate", "for example rate = \"8000 Hz\"");
    if (rate && is_schedule(reader_, rate)) {
      if (auto schedule = read_schedule(reader_, rate, "Hz", engine::not_negative)) input_.rate_schedule = std::move(*schedule);
    } else if (rate) {
      if (auto values = read_values(reader_, rate, {.unit = "Hz", .range = engine::not_negative, .size = input_.target.size()}))
        input_.rate_hz = std::move(*values);
    }
    const auto receptor = read_receptor(reader_, block_, to());
    if (!receptor) return;
    input_.receptor = *receptor;
    const std::string unit = weight_unit(to(), *receptor);
    if (const At at = reader_.require(block_, "weight", fmt::format("for example weight = \"{}\"", unit == "1" ? "0.5" : "100 " + unit)))
      if (auto weight = read_weight(reader_, at, to(), *receptor, {.unit = unit, .size = input_.target.size()})) input_.weight = std::move(*weight);
  }

  void current(std::string_view key, Values& into, bool required, const engine::Range& range = engine::any) {
    const std::string unit = current_unit(to());
    const At at = required ? reader_.require(block_, key, fmt::format("for example {} = \"{}\"", key, unit == "1" ? "10" : "100 " + unit))
                           : reader_.get(block_, key);
    if (auto values = read_values(reader_, at, {.unit = unit, .range = range, .size = input_.target.size()})) into = std::move(*values);
  }

  void dc() {
    reader_.only_keys(block_, {"type", "name", "target", "amplitude", "start", "stop"});
    current("amplitude", input_.amplitude_pA, true);
  }

  void step() {
    reader_.only_keys(block_, {"type", "name", "target", "piecewise", "start", "stop"});
    const At at = reader_.require(block_, "piecewise", "for example piecewise = [[\"100 ms\", \"50 pA\"], [\"200 ms\", \"0 pA\"]]");
    if (auto schedule = read_piecewise(reader_, at, current_unit(to()), engine::any)) input_.current_pA = std::move(*schedule);
  }

  void sine() {
    reader_.only_keys(block_, {"type", "name", "target", "amplitude", "mean", "frequency", "phase", "start", "stop"});
    current("amplitude", input_.amplitude_pA, true);
    current("mean", input_.mean_pA, false);
    const At frequency = reader_.require(block_, "frequency", "for example frequency = \"5 Hz\"");
    if (const auto value = reader_.not_negative(frequency, "Hz")) input_.frequency_hz = *value;
    if (const auto value = reader_.number(reader_.get(block_, "phase"), "1")) input_.phase_rad = *value;
  }

  void noise() {
    reader_.only_keys(block_, {"type", "name", "target", "mean", "std", "hold", "start", "stop"});
    current("std", input_.amplitude_pA, true, engine::not_negative);
    current("mean", input_.mean_pA, false);
    hold("to draw anew in every step");
  }

  void samples() {
    reader_.only_keys(block_, {"type", "name", "target", "samples", "hold", "start", "stop"});
    hold("for a sample a step");
    const At at = reader_.require(block_, "samples", "a list for each sample, with a current for each neuron: samples = [[\"10 pA\", \"20 pA\"], [\"0 pA\", \"5 pA\"]]");
    if (!at) return;
    const auto n = static_cast<std::size_t>(input_.target.size());
    std::vector<double> all;
    if (at.is(Node::Kind::array)) {
      for (std::size_t i = 0; i < at.node->items.size(); ++i) {
        const At row = reader_.item(at, i);
        const auto values = reader_.numbers(row, current_unit(to()));
        if (!values) return;
        if (values->size() != n) return reader_.problem(row, fmt::format("{} values, but there are {} neurons", values->size(), n));
        all.insert(all.end(), values->begin(), values->end());
      }
    } else {
      auto values = reader_.numbers(at, current_unit(to()));
      if (!values) return;
      if ((at.node->width != n && !(n == 1 && at.node->width <= 1)) || values->size() % n != 0)
        return reader_.problem(at, fmt::format("rows of {} values, but there are {} neurons: give an array [samples][neurons]", at.node->width, n));
      all = std::move(*values);
    }
    for (std::size_t i = 0; i < all.size(); ++i)
      if (!std::isfinite(all[i])) return reader_.problem(at, fmt::format("sample {} of neuron {} must be a finite number", i / n, i % n));
    input_.samples_pA = std::make_shared<const std::vector<double>>(std::move(all));
  }

  void hold(std::string_view without) {
    const At at = reader_.get(block_, "hold");
    const auto value = reader_.positive(at, "ms");
    if (!value) return;
    if (*value < 0.99 * draft_.spec.simulation.dt_ms)
      reader_.problem(at, fmt::format("is below the time step of {} ms; leave it out {}", draft_.spec.simulation.dt_ms, without));
    input_.noise_dt_ms = *value;
  }

  Reader& reader_;
  Draft& draft_;
  const At& block_;
  InputSpec input_;
};

}  // namespace

void read_inputs(Reader& reader, const At& root, Draft& draft) {
  for (const auto& block : reader.tables(root, "inputs")) {
    const auto kind = reader.word(reader.require(block, "type", "one of poisson, dc, step, sine, noise, samples"), {"poisson", "dc", "step", "sine", "noise", "samples"});
    const At target = reader.require(block, "target", "for example target = \"E\"");
    const auto targets = read_slices(reader, target, draft.spec);
    if (!kind) continue;
    const bool many = target.is(Node::Kind::array);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      reader.selection = {.kind = many ? Selection::Kind::list : Selection::Kind::single, .index = i, .size = targets.size()};
      InputReader(reader, draft, block, static_cast<InputSpec::Kind>(*kind)).read(targets[i]);
      reader.selection = {};
    }
  }
}

}  // namespace ranvier::io
