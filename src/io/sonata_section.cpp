// SPDX-License-Identifier: Apache-2.0
#include "sonata_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "ranvier/error.hpp"
#include "toml_sections.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io::sonata {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <std::size_t n>
using Words = std::array<std::string_view, n>;
constexpr Words<6> value_kinds{"constant", "normal", "lognormal", "uniform", "exponential", "column"};
constexpr Words<3> schedule_kinds{"constant", "piecewise", "sinusoid"};
constexpr Words<6> input_kinds{"poisson", "dc", "step", "sine", "noise", "samples"};
constexpr Words<5> recording_kinds{"spikes", "state", "weights", "connectivity", "volumes"};
constexpr Words<4> pulse_kinds{"times", "spikes", "pairing", "random"};

template <class Kind, std::size_t n>
Kind kind_of(const Place& at, const Words<n>& words) {
  const std::string word = at.text();
  const auto it = std::find(words.begin(), words.end(), word);
  if (it == words.end()) at.fail(fmt::format("must be one of {}", fmt::join(words, ", ")));
  return static_cast<Kind>(it - words.begin());
}

template <class Kind, std::size_t n>
std::string word_of(Kind kind, const Words<n>& words) { return std::string(words[static_cast<std::size_t>(kind)]); }

double number_at(const Place& at, const std::string& key, double otherwise) {
  const auto found = at.find(key);
  return found ? found->number() : otherwise;
}

std::vector<double> numbers(const Place& at) {
  at.require_array("[1.0, 2.0]");
  std::vector<double> out;
  for (std::size_t i = 0; i < at.node().size(); ++i) out.push_back(at.item(i).number());
  return out;
}

std::uint64_t whole(const Place& at) {
  if (!at.node().is_number_unsigned()) at.fail("must be a whole number, not negative");
  return at.node().get<std::uint64_t>();
}

// --- values and schedules

Json json_of(const Values& v) {
  const bool bounded = std::isfinite(v.min) || std::isfinite(v.max);
  if (v.kind == Values::Kind::constant && !bounded) return v.a;
  Json j{{"kind", word_of(v.kind, value_kinds)}};
  if (v.kind == Values::Kind::column) j["values"] = *v.column;
  else j.update({{"a", v.a}, {"b", v.b}});
  if (std::isfinite(v.min)) j["min"] = v.min;
  if (std::isfinite(v.max)) j["max"] = v.max;
  if (v.outside == Values::Outside::clip) j["clip"] = true;
  return j;
}

Values values_at(const Place& at, std::int64_t size) {
  if (at.node().is_number()) return Values::constant(at.number());
  at.require_object("{ \"kind\": \"normal\", \"a\": 10.0, \"b\": 1.0 }");
  Values v;
  v.kind = kind_of<Values::Kind>(at.get("kind", "\"normal\""), value_kinds);
  if (v.kind == Values::Kind::column) {
    auto column = numbers(at.get("values", "[1.0, 2.0]"));
    if (static_cast<std::int64_t>(column.size()) != size) at.fail(fmt::format("has {} values, but there are {} cells", column.size(), size));
    v.column = std::make_shared<const std::vector<double>>(std::move(column));
  } else {
    v.a = at.get("a", "10.0").number();
    v.b = number_at(at, "b", 0);
    if ((v.kind == Values::Kind::normal || v.kind == Values::Kind::lognormal) && v.b < 0) at.fail("b, the standard deviation, must not be negative");
    if (v.kind == Values::Kind::lognormal && !(v.a > 0)) at.fail("a, the mean, must be > 0");
    if (v.kind == Values::Kind::exponential && v.a < 0) at.fail("a, the mean, must not be negative");
  }
  v.min = number_at(at, "min", -infinity);
  v.max = number_at(at, "max", infinity);
  if (v.min > v.max) at.fail("min must not be above max");
  if (const auto clip = at.find("clip"); clip && clip->boolean()) v.outside = Values::Outside::clip;
  return v;
}

Json json_of(const Schedule& s) {
  Json j{{"kind", word_of(s.kind, schedule_kinds)}, {"values", s.values}};
  if (s.kind == Schedule::Kind::piecewise) j["times_ms"] = s.times_ms;
  if (s.kind == Schedule::Kind::sinusoid) j.update({{"amplitude", s.amplitude}, {"frequency_hz", s.frequency_hz}, {"phase_rad", s.phase_rad}});
  return j;
}

Schedule schedule_at(const Place& at) {
  Schedule s;
  s.kind = kind_of<Schedule::Kind>(at.get("kind", "\"piecewise\""), schedule_kinds);
  s.values = numbers(at.get("values", "[5.0]"));
  if (s.kind == Schedule::Kind::piecewise) {
    s.times_ms = numbers(at.get("times_ms", "[0.0]"));
    if (s.times_ms.size() != s.values.size()) at.fail("must have as many times_ms as values");
    if (!std::is_sorted(s.times_ms.begin(), s.times_ms.end())) at.fail("times_ms must ascend");
  } else if (s.values.size() != 1) {
    at.fail("must have one value");
  }
  s.amplitude = number_at(at, "amplitude", 0);
  s.frequency_hz = number_at(at, "frequency_hz", 0);
  s.phase_rad = number_at(at, "phase_rad", 0);
  return s;
}

// --- slices

Json json_of(const Slice& s, const NetworkSpec& spec) {
  return {{"population", spec.populations.at(static_cast<std::size_t>(s.population)).name}, {"first", s.first}, {"last", s.last}, {"stride", s.stride}};
}

Slice slice_at(const Place& at, const NetworkSpec& spec) {
  at.require_object("{ \"population\": \"E\", \"first\": 0, \"last\": 100 }");
  const Place name = at.get("population", "\"E\"");
  Slice s;
  std::vector<std::string> names;
  for (std::size_t k = 0; k < spec.populations.size(); ++k) {
    if (spec.populations[k].name == name.text()) s.population = static_cast<int>(k);
    names.push_back(spec.populations[k].name);
  }
  if (s.population < 0) name.fail(fmt::format("no such population.{}", suggestion(name.text(), names)));
  const std::int64_t size = spec.populations[static_cast<std::size_t>(s.population)].size;
  const auto index = [&](const char* key, std::int64_t otherwise, std::int64_t low, std::int64_t high) {
    const auto found = at.find(key);
    if (!found) return otherwise;
    if (!found->node().is_number_integer() || found->node().get<std::int64_t>() < low || found->node().get<std::int64_t>() > high)
      found->fail(fmt::format("must be a whole number from {} to {}", low, high));
    return found->node().get<std::int64_t>();
  };
  s.first = index("first", 0, 0, size);
  s.last = index("last", size, s.first, size);
  s.stride = index("stride", 1, 1, std::max<std::int64_t>(size, 1));
  return s;
}

const PopulationSpec& population_of(const Slice& s, const NetworkSpec& spec) { return spec.populations[static_cast<std::size_t>(s.population)]; }

void put_window(Json& j, double start_ms, double stop_ms) {
  if (start_ms != 0) j["start_ms"] = start_ms;
  if (std::isfinite(stop_ms)) j["stop_ms"] = stop_ms;
}

void take_window(const Place& at, double& start_ms, double& stop_ms) {
  start_ms = number_at(at, "start_ms", 0);
  stop_ms = number_at(at, "stop_ms", infinity);
  if (start_ms < 0) at.fail("start_ms must not be negative");
  if (!(stop_ms > start_ms)) at.fail("stop_ms must be later than start_ms");
}

// --- inputs

Json json_of(const InputSpec& in, const NetworkSpec& spec) {
  Json j{{"kind", word_of(in.kind, input_kinds)}, {"name", in.name}, {"target", json_of(in.target, spec)}};
  switch (in.kind) {
    case InputSpec::Kind::poisson:
      j["receptor"] = in.receptor;
      if (in.rate_schedule.values.empty()) j["rate_hz"] = json_of(in.rate_hz);
      else j["rate_schedule"] = json_of(in.rate_schedule);
      j["weight"] = json_of(in.weight);
      break;
    case InputSpec::Kind::dc: j["amplitude_pA"] = json_of(in.amplitude_pA); break;
    case InputSpec::Kind::step: j["current_pA"] = json_of(in.current_pA); break;
    case InputSpec::Kind::sine:
      j.update({{"amplitude_pA", json_of(in.amplitude_pA)}, {"mean_pA", json_of(in.mean_pA)}, {"frequency_hz", in.frequency_hz}, {"phase_rad", in.phase_rad}});
      break;
    case InputSpec::Kind::noise: j.update({{"std_pA", json_of(in.amplitude_pA)}, {"mean_pA", json_of(in.mean_pA)}, {"noise_dt_ms", in.noise_dt_ms}}); break;
    case InputSpec::Kind::samples: j.update({{"samples_pA", in.samples_pA ? *in.samples_pA : std::vector<double>{}}, {"noise_dt_ms", in.noise_dt_ms}}); break;
  }
  put_window(j, in.start_ms, in.stop_ms);
  return j;
}

InputSpec input_at(const Place& at, const NetworkSpec& spec) {
  at.require_object("{ \"kind\": \"poisson\", ... }");
  InputSpec in;
  in.kind = kind_of<InputSpec::Kind>(at.get("kind", "\"poisson\""), input_kinds);
  if (const auto name = at.find("name")) in.name = name->text();
  in.target = slice_at(at.get("target", "{ \"population\": \"E\" }"), spec);
  in.where = at.where().substr(0, at.where().find(" = "));
  const PopulationSpec& to = population_of(in.target, spec);
  if (is_source(to)) at.fail(fmt::format("population \"{}\" is a source: it receives nothing", to.name));
  const std::int64_t size = in.target.size();
  const auto values = [&](const char* key) { return values_at(at.get(key, "100.0"), size); };
  switch (in.kind) {
    case InputSpec::Kind::poisson: {
      const auto receptor = at.find("receptor");
      if (receptor) in.receptor = static_cast<int>(std::min<std::uint64_t>(whole(*receptor), 1u << 20));
      if (in.receptor >= static_cast<int>(to.receptors.size())) at.fail(fmt::format("population \"{}\" has {} receptors, numbered from 0", to.name, to.receptors.size()));
      if (const auto schedule = at.find("rate_schedule")) in.rate_schedule = schedule_at(*schedule);
      else in.rate_hz = values("rate_hz");
      in.weight = values("weight");
      break;
    }
    case InputSpec::Kind::dc: in.amplitude_pA = values("amplitude_pA"); break;
    case InputSpec::Kind::step: in.current_pA = schedule_at(at.get("current_pA", "{ \"kind\": \"piecewise\", ... }")); break;
    case InputSpec::Kind::sine:
      in.amplitude_pA = values("amplitude_pA");
      in.mean_pA = values("mean_pA");
      in.frequency_hz = number_at(at, "frequency_hz", 0);
      in.phase_rad = number_at(at, "phase_rad", 0);
      break;
    case InputSpec::Kind::noise:
      in.amplitude_pA = values("std_pA");
      in.mean_pA = values("mean_pA");
      in.noise_dt_ms = number_at(at, "noise_dt_ms", 0);
      break;
    case InputSpec::Kind::samples: {
      const Place samples = at.get("samples_pA", "[1.0, 2.0]");
      auto all = numbers(samples);
      if (size == 0 || all.size() % static_cast<std::size_t>(size) != 0) samples.fail(fmt::format("must have a whole number of values for each of the {} cells", size));
      in.samples_pA = std::make_shared<const std::vector<double>>(std::move(all));
      in.noise_dt_ms = number_at(at, "noise_dt_ms", 0);
      break;
    }
  }
  take_window(at, in.start_ms, in.stop_ms);
  return in;
}

// --- recordings

Json json_of(const RecordingSpec& r, const NetworkSpec& spec) {
  Json j{{"kind", word_of(r.kind, recording_kinds)}, {"name", r.name}};
  if (r.kind == RecordingSpec::Kind::spikes) j["neurons"] = json_of(r.neurons, spec);
  else if (r.kind != RecordingSpec::Kind::volumes) j.update({{"sources", json_of(r.sources, spec)}, {"targets", json_of(r.targets, spec)}});
  for (const int k : r.volumes) j["volumes"].push_back(spec.volumes[static_cast<std::size_t>(k)].name);
  if (r.interval_ms > 0) j["interval_ms"] = r.interval_ms;
  put_window(j, r.start_ms, r.stop_ms);
  return j;
}

std::vector<int> volumes_at(const Place& names, const NetworkSpec& spec) {
  names.require_array("[\"dopamine\"]");
  std::vector<int> out;
  for (std::size_t k = 0; k < names.node().size(); ++k) {
    const Place name = names.item(k);
    const auto it = std::find_if(spec.volumes.begin(), spec.volumes.end(), [&](const VolumeSpec& v) { return v.name == name.text(); });
    if (it == spec.volumes.end()) name.fail("no volume has this name");
    out.push_back(static_cast<int>(it - spec.volumes.begin()));
  }
  return out;
}

RecordingSpec recording_at(const Place& at, const NetworkSpec& spec) {
  at.require_object("{ \"kind\": \"spikes\", ... }");
  RecordingSpec r;
  const Place kind = at.get("kind", "\"spikes\"");
  r.kind = kind_of<RecordingSpec::Kind>(kind, recording_kinds);
  if (r.kind == RecordingSpec::Kind::state) kind.fail("state is recorded by \"reports\"");
  if (const auto name = at.find("name")) r.name = name->text();
  r.interval_ms = number_at(at, "interval_ms", 0);
  if (r.kind == RecordingSpec::Kind::volumes) {
    r.volumes = volumes_at(at.get("volumes", "[\"dopamine\"]"), spec);
  } else if (r.kind == RecordingSpec::Kind::spikes) {
    r.neurons = slice_at(at.get("neurons", "{ \"population\": \"E\" }"), spec);
  } else {
    r.sources = slice_at(at.get("sources", "{ \"population\": \"E\" }"), spec);
    r.targets = slice_at(at.get("targets", "{ \"population\": \"E\" }"), spec);
  }
  r.where = at.where().substr(0, at.where().find(" = "));
  take_window(at, r.start_ms, r.stop_ms);
  return r;
}

// --- volumes

Json json_of(const PulseSpec& p, const NetworkSpec& spec) {
  Json j{{"kind", word_of(p.kind, pulse_kinds)}, {"amount", p.amount}};
  if (p.kind == PulseSpec::Kind::times) j.update({{"times_ms", p.times_ms}, {"amounts", p.amounts}});
  if (p.kind == PulseSpec::Kind::spikes || p.kind == PulseSpec::Kind::pairing) j.update({{"source", json_of(p.source, spec)}, {"delay_low_ms", p.delay_low_ms}, {"delay_high_ms", p.delay_high_ms}});
  if (p.kind == PulseSpec::Kind::pairing) j.update({{"target", json_of(p.target, spec)}, {"within_ms", p.within_ms}});
  if (p.kind == PulseSpec::Kind::random) j["interval_ms"] = p.interval_ms;
  return j;
}

PulseSpec pulse_at(const Place& at, const NetworkSpec& spec) {
  PulseSpec p;
  p.kind = kind_of<PulseSpec::Kind>(at.get("kind", "\"times\""), pulse_kinds);
  p.amount = number_at(at, "amount", 1);
  if (p.kind == PulseSpec::Kind::times) {
    p.times_ms = numbers(at.get("times_ms", "[100.0]"));
    p.amounts = numbers(at.get("amounts", "[1.0]"));
    if (p.times_ms.size() != p.amounts.size()) at.fail("must have as many times_ms as amounts");
  }
  if (p.kind == PulseSpec::Kind::spikes || p.kind == PulseSpec::Kind::pairing) p.source = slice_at(at.get("source", "{ \"population\": \"E\" }"), spec);
  if (p.kind == PulseSpec::Kind::pairing) p.target = slice_at(at.get("target", "{ \"population\": \"E\" }"), spec);
  p.delay_low_ms = number_at(at, "delay_low_ms", 0);
  p.delay_high_ms = number_at(at, "delay_high_ms", 0);
  p.within_ms = number_at(at, "within_ms", 20);
  p.interval_ms = number_at(at, "interval_ms", 0);
  return p;
}

Json json_of(const VolumeSpec& v, const NetworkSpec& spec) {
  Json j{{"name", v.name}, {"tau_ms", v.tau_ms}, {"baseline", v.baseline}, {"pulses", Json::array()}};
  for (const PulseSpec& p : v.pulses) j["pulses"].push_back(json_of(p, spec));
  return j;
}

VolumeSpec volume_at(const Place& at, const NetworkSpec& spec) {
  VolumeSpec v;
  v.name = at.get("name", "\"dopamine\"").text();
  v.tau_ms = number_at(at, "tau_ms", 200);
  if (!(v.tau_ms > 0)) at.get("tau_ms", "").fail("must be > 0 ms");
  v.baseline = number_at(at, "baseline", 0);
  v.where = at.where().substr(0, at.where().find(" = "));
  if (const auto pulses = at.find("pulses")) {
    pulses->require_array("[{ \"kind\": \"times\", ... }]");
    for (std::size_t k = 0; k < pulses->node().size(); ++k) v.pulses.push_back(pulse_at(pulses->item(k), spec));
  }
  return v;
}

// --- simulation

Json json_of(const SimulationSpec& s) {
  return {{"warmup_ms", s.warmup_ms}, {"duration_ms", s.duration_ms}, {"seed", s.seed}, {"seed_network", s.seed_network}, {"seed_initial", s.seed_initial}, {"seed_input", s.seed_input},
          {"seed_dynamics", s.seed_dynamics}, {"precision", s.double_precision ? "double" : "single"}};
}

void take_simulation(const Place& at, SimulationSpec& s) {
  at.require_object("{ \"seed\": 1, \"precision\": \"single\" }");
  const double total = s.duration_ms;
  s.warmup_ms = number_at(at, "warmup_ms", 0);
  if (s.warmup_ms < 0 || s.warmup_ms > total) at.get("warmup_ms", "").fail(fmt::format("must be between 0 and run.tstop ({} ms)", total));
  s.duration_ms = total - s.warmup_ms;
  if (const auto duration = at.find("duration_ms"); duration && duration->number() + s.warmup_ms == total) s.duration_ms = duration->number();  // to the last bit
  std::uint64_t* const seeds[] = {&s.seed, &s.seed_network, &s.seed_initial, &s.seed_input, &s.seed_dynamics};
  const char* const keys[] = {"seed", "seed_network", "seed_initial", "seed_input", "seed_dynamics"};
  for (std::size_t k = 0; k < 5; ++k)
    if (const auto seed = at.find(keys[k])) *seeds[k] = whole(*seed);
  if (const auto precision = at.find("precision")) s.double_precision = kind_of<int>(*precision, Words<2>{"single", "double"}) == 1;
}

std::optional<Place> section(const Circuit& circuit) {
  const auto at = circuit.config.at_simulation().find("ranvier");
  if (at) at->require_object("{ \"format\": 1 }");
  return at;
}

}  // namespace

Json section_of(const NetworkSpec& spec) {
  Json j{{"format", 1}, {"name", spec.name}, {"simulation", json_of(spec.simulation)}};
  if (!spec.sum_units.exponents.empty()) j["sum_units"] = {{"wide", spec.sum_units.wide}, {"exponents", spec.sum_units.exponents}};
  for (const PopulationSpec& p : spec.populations)
    if (!p.rate_hz.values.empty()) j["rates"][p.name] = json_of(p.rate_hz);
  for (const VolumeSpec& v : spec.volumes) j["volumes"].push_back(json_of(v, spec));
  for (const InputSpec& in : spec.inputs) j["inputs"].push_back(json_of(in, spec));
  j["recordings"] = Json::array();
  for (const RecordingSpec& r : spec.recordings)
    if (r.kind != RecordingSpec::Kind::state) j["recordings"].push_back(json_of(r, spec));
  return j;
}

void read_section(Circuit& circuit) {
  const auto at = section(circuit);
  if (!at) return;
  const Place format = at->get("format", "1");
  if (format.node() != 1) format.fail("this version reads format 1");
  NetworkSpec& spec = circuit.spec;
  if (const auto name = at->find("name")) spec.name = name->text();
  if (const auto simulation = at->find("simulation")) take_simulation(*simulation, spec.simulation);
  if (const auto units = at->find("sum_units")) {
    spec.sum_units.wide = units->get("wide", "false").boolean();
    const Place exponents = units->get("exponents", "{ \"pA\": -12 }");
    exponents.require_object("{ \"pA\": -12 }");
    for (const auto& [unit, value] : exponents.node().items()) {
      const double e = exponents.get(unit, "").number();
      if (e != std::floor(e) || std::abs(e) > 900) exponents.get(unit, "").fail("must be a whole number: an exponent of two");
      spec.sum_units.exponents[unit] = static_cast<int>(e);
    }
  }
  if (const auto rates = at->find("rates"))
    for (const auto& [name, value] : rates->node().items()) {
      const auto population = std::find_if(spec.populations.begin(), spec.populations.end(), [&, &wanted = name](const PopulationSpec& p) { return p.name == wanted; });
      if (population == spec.populations.end() || population->membrane != "poisson_source") rates->get(name, "").fail("no population of template ranvier:poisson_source has this name");
      population->rate_hz = schedule_at(rates->get(name, ""));
    }
  if (const auto volumes = at->find("volumes")) {
    volumes->require_array("[{ \"name\": \"dopamine\" }]");
    for (std::size_t k = 0; k < volumes->node().size(); ++k) spec.volumes.push_back(volume_at(volumes->item(k), spec));
  }
}

void read_section_inputs(Circuit& circuit) {
  const auto at = section(circuit);
  const auto inputs = at ? at->find("inputs") : std::nullopt;
  if (!inputs) return;
  inputs->require_array("[{ \"kind\": \"poisson\", ... }]");
  for (std::size_t k = 0; k < inputs->node().size(); ++k) circuit.spec.inputs.push_back(input_at(inputs->item(k), circuit.spec));
}

bool read_section_recordings(Circuit& circuit) {
  const auto at = section(circuit);
  const auto recordings = at ? at->find("recordings") : std::nullopt;
  if (!recordings) return false;
  recordings->require_array("[{ \"kind\": \"spikes\", ... }]");
  for (std::size_t k = 0; k < recordings->node().size(); ++k) circuit.spec.recordings.push_back(recording_at(recordings->item(k), circuit.spec));
  return true;
}

}  // namespace ranvier::io::sonata
