// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/network_mean_field.hpp"
#include "cli/network_probe.hpp"
#include "cli/plan_commands.hpp"
#include "engine/network.hpp"
#include "io/network_file.hpp"
#include "measure/ceilings.hpp"
#include "plan/trace.hpp"
#include "ranvier/error.hpp"
#include "ranvier/units.hpp"

namespace ranvier::cli {
namespace {

using namespace plan;
using Json = nlohmann::ordered_json;

template <class F>
double read_option(const char* name, const std::string& text, F read) {
  try {
    return read(text);
  } catch (const InputError& e) {
    throw InputError(fmt::format("{} {}: {}", name, text, e.what()));
  }
}

NetworkSpec read_spec(const NetworkPlanOptions& o) {
  io::Overrides overrides{.set = parse_set(o.set)};
  if (!o.duration.empty()) overrides.duration_ms = read_option("--duration", o.duration, to_ms);
  if (!o.warmup.empty()) overrides.warmup_ms = read_option("--warmup", o.warmup, to_ms);
  if (o.threads >= 0) overrides.threads = o.threads;
  return io::read_network(o.network, overrides);
}

/// Where the rates come from, and what they are by population where they are known before the run.
struct Rates {
  std::string from = "probe";              ///< "probe", "given", "mean-field"
  std::vector<double> rate_hz;             ///< [populations]; empty: of a probe
  double filter_ratio = 0;                 ///< mean-field: see plan::MeanFieldRates
};
/// Above it mean-field theory is a guide, not a prediction.
constexpr double filter_ratio_rough = 0.35;

Json json_of(const Rates& rates, const NetworkSpec& spec) {
  Json j{{"from", rates.from}};
  for (std::size_t k = 0; k < rates.rate_hz.size(); ++k) j["population_hz"][spec.populations[k].name] = rates.rate_hz[k];
  if (rates.from == "mean-field") j["filter_ratio"] = rates.filter_ratio;
  return j;
}

Json json_of(const NetworkCounts& n, const ProbeCounters& probe, const RunPrediction& r, const plan::Trace& trace) {
  Json steps = Json::array();
  for (const Step& s : trace.steps()) steps.push_back({{"name", s.name}, {"value", s.value}, {"unit", s.unit}, {"formula", s.formula}, {"source", s.source}});
  return {{"network", {{"name", n.name}, {"neurons", n.neurons}, {"synapses", n.synapses}, {"threads", n.threads}}},
          {"estimate",
           {{"time_s", r.total().value()},
            {"build_s", r.build.value()},
            {"warmup_s", r.warmup.value()},
            {"simulate_s", r.simulate.value()},
            {"p10_s", r.p10.value()},
            {"p90_s", r.p90.value()},
            {"real_time_factor", r.real_time_factor},
            {"memory_byte", r.memory.value()},
            {"bottleneck", r.bottleneck}}},
          {"rate_hz", r.activity.rate_hz},
          {"synaptic_events_per_s", r.activity.events_per_s},
          {"stages", {{"deliver", r.deliver_share}, {"update", r.update_share}, {"wait", r.wait_share}}},
          {"probe", {{"built", probe.built}, {"cost_s", probe.cost.value()}, {"biology_s", probe.biology.value()}, {"phases", probe.phases}, {"cores_share", r.cores_share}}},
          {"inputs_change", n.changes},
          {"derivation", steps}};
}

void print(const NetworkCounts& n, const ProbeCounters& probe, const RunPrediction& r) {
  fmt::print("{}: {:.0f} neurons, {:.4g} synapses, {} thread{}\n", n.name, n.neurons, n.synapses, n.threads, n.threads == 1 ? "" : "s");
  fmt::print("  build      {:8.3g} s\n", r.build.value());
  if (n.warmup > Seconds{}) fmt::print("  warm-up    {:8.3g} s\n", r.warmup.value());
  fmt::print("  simulate   {:8.3g} s   80 % between {:.3g} and {:.3g} s; {:.3g} s per second of biology\n", r.simulate.value(), r.p10.value(), r.p90.value(), r.real_time_factor);
  fmt::print("  memory     {:8.3g} GB\n", r.memory.value() * 1e-9);
  fmt::print("  rate       {:8.3g} /s  {:.3g} synaptic events a second\n", r.activity.rate_hz, r.activity.events_per_s);
  fmt::print("  limit      {} ({:.0f} % delivery, {:.0f} % update, {:.0f} % waiting)\n", r.bottleneck, 100 * r.deliver_share, 100 * r.update_share, 100 * r.wait_share);
  if (r.cores_share < 0.9) fmt::print("The probe got {:.0f} % of its cores: times are for a run that gets them all.\n", 100 * r.cores_share);
  if (n.changes) fmt::print("Inputs change more often than a probe can follow: what it saw is not all there is.\n");
  if (probe.phases > 1) fmt::print("Inputs change during the run: the probe visited each of its {} phases.\n", probe.phases);
  fmt::print("Unit costs from {} that took {:.3g} s.\n", probe.built ? "a probe of the network" : "a stand-in of the network", probe.cost.value());
}

void print(const Rates& rates, const NetworkSpec& spec) {
  if (rates.from != "mean-field") return;
  fmt::print("Rates by mean-field theory:");
  for (std::size_t k = 0; k < rates.rate_hz.size(); ++k) fmt::print("{} {} {:.3g} /s", k ? "," : "", spec.populations[k].name, rates.rate_hz[k]);
  fmt::print("\n");
  if (rates.filter_ratio > filter_ratio_rough)
    fmt::print("Synaptic currents last long beside the membrane (square root of the ratio: {:.2f}): the theory is rough here, a probe is better.\n", rates.filter_ratio);
}

void print_steps(const plan::Trace& trace) {
  fmt::print("\n");
  for (const Step& s : trace.steps())
    fmt::print("  {:<28} = {:>12.5g} {:<7} {}{}\n", s.name, s.value, s.unit, s.formula, s.source.empty() ? "" : fmt::format("   [{}]", s.source));
}

}  // namespace

namespace {

Rates rates_of(const NetworkPlanOptions& o, const NetworkSpec& spec) {
  if (o.rate.empty()) return {};
  if (o.rate == "mean-field") {
    StationaryRates found = stationary_rates(spec);
    return {"mean-field", std::move(found.rate_hz), found.filter_ratio};
  }
  double rate = 0;
  try {
    rate = to_hz(o.rate);
  } catch (const InputError& e) {
    throw InputError(fmt::format("--rate {}: {}\n  a rate with its unit (--rate \"3 /s\"), or the word mean-field", o.rate, e.what()));
  }
  if (!(rate >= 0) || rate > 1e4) throw InputError(fmt::format("--rate {}: must be between 0 and 10,000 /s", o.rate));
  return {"given", rates_at(spec, rate)};
}

}  // namespace

bool is_network_file(const std::string& word) {
  std::error_code error;
  return word.ends_with(".toml") || std::filesystem::is_regular_file(word, error);
}

void plan_network(const NetworkPlanOptions& o) {
  const NetworkSpec spec = read_spec(o);
  const int threads = spec.simulation.threads > 0 ? spec.simulation.threads : engine::choose_threads(spec, measure::core_count());
  NetworkCounts counts = count_network(spec, threads);
  plan::Trace trace;
  ProbeCounters probe;
  Activity activity;
  const Rates rates = rates_of(o, spec);
  if (rates.rate_hz.empty()) {
    probe = probe_network(spec, threads);
    activity = activity_of(probe, counts.neurons);
  } else {
    activity = activity_at(spec, rates.rate_hz);
    probe = probe_stand_in(spec, threads, activity.rate_hz);
  }
  counts.changes = counts.changes && probe.phases == 1;  // what a probe visits is covered
  const RunPrediction prediction = predict_run(counts, probe, activity, &trace);
  if (o.json) {
    Json j = json_of(counts, probe, prediction, trace);
    j["rates"] = json_of(rates, spec);
    fmt::print("{}\n", j.dump(2));
    return;
  }
  print(counts, probe, prediction);
  print(rates, spec);
  if (o.explain) print_steps(trace);
}

namespace {

void add_options(CLI::App& c, NetworkPlanOptions& o) {
  c.add_option("NETWORK", o.network, "network file (TOML), or a SONATA config (JSON)")->required();
  c.add_option("--set", o.set, "NAME=VALUE: gives a named parameter of the file another value")->allow_extra_args(false);
  c.add_option("--duration", o.duration, "biological time after the warm-up, with unit: \"1 s\"");
  c.add_option("--warmup", o.warmup, "biological time before statistics begin, with unit");
  c.add_option("--rate", o.rate, "mean rate of the neurons, with unit (\"3 /s\"), or mean-field: from theory; default: a probe finds it");
  c.add_option("--threads", o.threads, "number of threads; 0: the faster number")->check(CLI::Range(0, 1024));
}

/// A probe measures the machine it runs on. For another one the network's numbers are the question.
void refuse_other_machine(const NetworkPlanOptions& o, const std::string& on) {
  if (on.empty() || on == "this") return;
  const NetworkCounts n = count_network(read_spec(o), 1);
  throw InputError(fmt::format("--on {}: a network file is predicted by a probe, and that measures this machine (--on this)\n  try: ranvier plan brain --on {} neurons={:.0f} synapses={:.0f} rate_hz=3 dt_ms={:g} scheme=static", on, on,
                               n.neurons, n.synapses, n.dt.value() * 1e3));
}

}  // namespace

bool take_network_file(const std::vector<std::string>& words, const std::string& on, bool json, bool explain) {
  if (words.empty() || words.front() != "brain") return false;
  const auto names_file = [](const std::string& w) { return !w.starts_with("-") && w.find('=') == std::string::npos && is_network_file(w); };
  if (std::none_of(words.begin() + 1, words.end(), names_file)) return false;
  NetworkPlanOptions o{.json = json, .explain = explain};
  CLI::App parser("", "ranvier plan brain");
  add_options(parser, o);
  std::vector<std::string> reversed(words.rbegin(), words.rend() - 1);
  try {
    parser.parse(reversed);
  } catch (const CLI::ParseError& e) {
    throw InputError(fmt::format("{}; options: ranvier plan network --help", e.what()));
  }
  refuse_other_machine(o, on);
  plan_network(o);
  return true;
}

RANVIER_PLAN_COMMAND(network) {
  auto o = std::make_shared<NetworkPlanOptions>();
  CLI::App* c = plan.add_subcommand("network", "What simulating a network file will take on this machine: build, wall time, memory");
  c->footer("Example:  ranvier plan network examples/microcircuit.toml --set scale=0.1\n\nBuilds the network and runs at most 100 ms of it. With --rate nothing is built: costs are measured on a stand-in.\n--rate mean-field takes the rates from the theory of leaky integrate-and-fire networks.");
  add_options(*c, *o);
  auto on = std::make_shared<std::string>();
  c->add_option("--on", *on, "the machine: this, which a probe measures")->default_str("this");
  c->add_flag("--json", o->json, "print JSON");
  c->add_flag("--explain", o->explain, "show how the answer follows from what was measured");
  c->callback([o, on] {
    refuse_other_machine(*o, *on);
    plan_network(*o);
  });
}

}  // namespace ranvier::cli
