// SPDX-License-Identifier: Apache-2.0
/// `ranvier simulate`: from a network file to spikes on disk, in five calls.
///
///     spec     = io::read_network(file)            plain data, checked
///     network  = engine::build(spec, options)      immutable: synapses drawn and packed
///     state    = engine::start(network)            or io::read_state(file)
///     engine::run(network, state, until, recorder)
///     io::write_results(folder, ...)
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <memory>

#include "cli/commands.hpp"
#include "cli/network_probe.hpp"
#include "engine/network.hpp"
#include "engine/run.hpp"
#include "io/network_file.hpp"
#include "io/results.hpp"
#include "io/state_file.hpp"
#include "measure/ceilings.hpp"
#include "ranvier/error.hpp"
#include "ranvier/units.hpp"

namespace ranvier::cli {
namespace {

struct Options {
  std::string network, duration, warmup, output, simd = "auto", format = "sonata", save, resume;
  std::vector<std::string> set;
  int threads = -1;
  std::uint64_t seed = 0;
  bool seed_given = false, overwrite = false, json = false, check_sleepers = false;
  std::string sweep;
};

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

io::Overrides overrides_of(const Options& o) {
  io::Overrides out{.set = parse_set(o.set)};
  if (!o.duration.empty()) out.duration_ms = time_option("--duration", o.duration);
  if (!o.warmup.empty()) out.warmup_ms = time_option("--warmup", o.warmup);
  if (o.seed_given) out.seed = o.seed;
  if (o.threads >= 0) out.threads = o.threads;
  return out;
}

/// The whole number of steps of a time; says so where it is another time.
std::uint32_t to_step(double t_ms, double dt_ms, const char* what) {
  const double steps = t_ms / dt_ms;
  if (steps < 0 || steps > 2147483647.0) throw InputError(fmt::format("{} = {} ms: must be between 0 and 2^31 steps of {} ms", what, t_ms, dt_ms));
  const double whole = std::round(steps);
  if (t_ms > 0 && whole == 0) throw InputError(fmt::format("{} = {} ms: is shorter than half a time step of {} ms; give it a step at least, or take a smaller dt", what, t_ms, dt_ms));
  if (std::fabs(steps - whole) > 1e-6 * std::max(1.0, whole)) fmt::print(stderr, "note: {} = {:g} ms is not a whole number of steps of {} ms: it is {:g} ms\n", what, t_ms, dt_ms, whole * dt_ms);
  return static_cast<std::uint32_t>(whole);
}

void describe_machine(RunResult& r, int threads, bool double_precision) {
  const measure::Ceilings roof = measure::measure_ceilings(threads, double_precision);
  r.machine = {.cpu = measure::cpu_name(), .system = measure::system_name(), .cores = measure::core_count(), .memory_byte = measure::memory_byte(),
               .bandwidth_byte_per_s = roof.bandwidth_byte_per_s, .flop_per_s = roof.flop_per_s};
}

/// Says, before it is allocated, what the network will take.
void announce(const NetworkSpec& spec, const engine::MemoryEstimate& memory, int threads, bool quiet) {
  for (const std::string& note : spec.notes) fmt::print(stderr, "note: {}\n", note);
  if (quiet) return;
  fmt::print(stderr, "{}: {} neurons, about {:.3g} synapses; about {:.2f} GB in memory; {} thread{}\n", spec.name, spec.neuron_count(), memory.synapses,
             memory.total_byte() * 1e-9, threads, threads == 1 ? "" : "s");
}

/// What a probe of the built network said of the run to come; times in wall seconds.
io::Json json_of(const plan::RunPrediction& p) {
  return {{"simulate_s", p.simulate.value()}, {"p10_s", p.p10.value()}, {"p90_s", p.p90.value()}, {"real_time_factor", p.real_time_factor}, {"memory_byte", p.memory.value()}};
}

/// Takes the output folder away again where a run ends before it wrote anything: an error, or Ctrl-C while building.
struct UnusedFolder {
  const io::OutputFolder& folder;
  ~UnusedFolder() { io::remove_if_unused(folder); }
};

/// One run. Returns the exit code, and the summary for --json.
int simulate(const Options& o, const std::vector<std::string>& command_line, io::Json& summary) {
  engine::choose_simd(o.simd);
  const NetworkSpec spec = io::read_network(o.network, overrides_of(o));
  const io::OutputOptions output{.folder = o.output, .overwrite = o.overwrite, .format = io::parse_file_format(o.format)};
  if (!o.save.empty()) io::check_state_target(o.save, o.overwrite);
  const double dt = spec.simulation.dt_ms;
  // A resumed run goes on from the saved step: its duration counts from there, and there is no second warm-up.
  const std::uint32_t warmup_steps = o.resume.empty() ? to_step(spec.simulation.warmup_ms, dt, "warmup") : 0, duration_steps = to_step(spec.simulation.duration_ms, dt, "duration");
  install_interrupt_handler();
  const io::OutputFolder folder = io::prepare_output(output, spec.name);
  const UnusedFolder cleaner{folder};

  const int threads = spec.simulation.threads > 0 ? spec.simulation.threads : engine::choose_threads(spec, measure::core_count());
  const engine::MemoryEstimate memory = engine::estimate_memory(spec, threads);
  announce(spec, memory, threads, o.json);

  RunResult result;
  double since = seconds_now();
  const auto network = engine::build(spec, {.threads = threads, .check_sleepers = o.check_sleepers});
  engine::State state = o.resume.empty() ? engine::start(*network) : engine::restore(*network, io::read_state(o.resume));
  result.build_s = seconds_now() - since;
  if (interrupt_flag()) return interrupted;

  // A resumed run begins elsewhere than a probe can see.
  const std::optional<plan::RunPrediction> predicted = o.resume.empty() ? std::optional(forecast(*network, Seconds{result.build_s})) : std::nullopt;

  const std::uint32_t begin = state.step, warmup = begin + warmup_steps, end = warmup + duration_steps;

  engine::Recorder recorder(*network);
  std::optional<double> joule;
  {
    Progress progress(dt, begin, end);
    engine::RunOptions run{.until_step = warmup, .warmup_step = warmup, .progress = [&](std::uint32_t step) { progress.show(step); }, .stop = &interrupt_flag()};
    engine::run(*network, state, run, recorder);
    const measure::EnergyMeter meter;
    run.until_step = end;
    if (!interrupt_flag()) engine::run(*network, state, run, recorder);
    joule = meter.joule_since_start();
  }
  recorder.finish(*network, state, result);
  result.partial = state.step < end;
  result.joule = joule;
  result.threads = threads;
  result.simd = engine::simd_name();
  const SimulationSpec& sim = network->spec.simulation;
  result.seeds = {sim.seed_network, sim.seed_initial, sim.seed_input, sim.seed_dynamics};
  result.version = RANVIER_VERSION;
  result.command = joined(command_line);
  result.predicted_byte = static_cast<std::uint64_t>(memory.total_byte());
  result.peak_rss_byte = measure::peak_rss_byte();
  describe_machine(result, threads, sim.double_precision);

  if (!o.save.empty()) io::write_state(o.save, engine::snapshot(*network, state), o.overwrite);
  summary = io::summarise(network->spec, result);
  if (predicted) summary["prediction"] = json_of(*predicted);
  const auto files = io::write_results(folder, output, network->spec, result, summary);
  if (!o.json) {
    fmt::print("{}", io::summary_table(summary));
    if (predicted)
      fmt::print("\npredicted after building: {:.3g} s (80 % between {:.3g} and {:.3g} s), {:.3g} GB; it took {:.3g} s, {:.3g} GB\n", predicted->simulate.value(), predicted->p10.value(),
                 predicted->p90.value(), predicted->memory.value() * 1e-9, result.simulate_s, static_cast<double>(result.peak_rss_byte) * 1e-9);
    fmt::print("\nresults  {}\nreport   ranvier report {}\n", folder.path.string(), folder.path.string());
    if (result.partial) fmt::print("interrupted at {:g} ms: the results hold what was recorded until then\n", state.step * dt);
  }
  return result.partial ? interrupted : done;
}

int simulate_once(const Options& o, const std::vector<std::string>& command_line) {
  io::Json summary;
  const int code = simulate(o, command_line, summary);
  if (o.json && !summary.is_null()) fmt::print("{}\n", summary.dump(2));
  return code;
}

/// A number with its unit, if it has one: "10 pA".
struct Amount {
  double value;
  std::string unit;
};
InputError wrong_sweep(const std::string& given) {
  return InputError(fmt::format("--sweep {}: must be NAME=FIRST:LAST:NUMBER, for example --sweep g=3:6:7, or, where the parameter has a unit, --sweep \"J=10 pA:60 pA:6\"", given));
}
Amount amount_of(const std::string& text, const std::string& sweep) {
  const char* const begin = text.c_str();
  char* end = nullptr;
  Amount out{std::strtod(begin, &end), {}};
  const std::size_t at = text.find_first_not_of(' ', static_cast<std::size_t>(end - begin));
  if (at != std::string::npos) out.unit = text.substr(at, text.find_last_not_of(' ') - at + 1);
  if (end == begin || !std::isfinite(out.value) || (!out.unit.empty() && !parse_unit(out.unit))) throw wrong_sweep(sweep);
  return out;
}

/// name=a:b:n -> n runs with name = a ... b. With --json one object: {"sweep": name, "values": [...], "runs": [summary, ...]}.
int sweep(Options o, const std::vector<std::string>& command_line) {
  if (!o.save.empty() || !o.resume.empty()) throw InputError("--sweep makes several runs, but --save and --resume are about one state: leave them out, or use --set in place of --sweep");
  const auto equal = o.sweep.find('='), first = o.sweep.find(':', equal), second = o.sweep.find(':', first == std::string::npos ? first : first + 1);
  if (second == std::string::npos) throw wrong_sweep(o.sweep);
  const Amount low = amount_of(o.sweep.substr(equal + 1, first - equal - 1), o.sweep), high = amount_of(o.sweep.substr(first + 1, second - first - 1), o.sweep), number = amount_of(o.sweep.substr(second + 1), o.sweep);
  if (low.unit != high.unit || !number.unit.empty() || number.value < 1 || number.value > 1e6 || number.value != std::floor(number.value)) throw wrong_sweep(o.sweep);
  const double a = low.value, b = high.value;
  const int n = static_cast<int>(number.value);
  const auto text = [&](double value) { return fmt::format("{:.12g}{}{}", value, low.unit.empty() ? "" : " ", low.unit); };
  const std::string name = o.sweep.substr(0, equal), base = o.output.empty() ? "results/sweep-" + name : o.output;
  for (const auto& [set, value] : parse_set(o.set))
    if (set == name) throw InputError(fmt::format("--set {}={}: --sweep gives \"{}\" its values; leave one of them out", set, value, name));
  io::Json all{{"sweep", name}, {"values", io::Json::array()}, {"runs", io::Json::array()}};
  int code = done;
  for (int k = 0; k < n && code == done; ++k) {
    const double value = n == 1 ? a : a + (b - a) * k / (n - 1);
    Options one = o;
    one.set.push_back(fmt::format("{}={}", name, text(value)));
    one.output = fmt::format("{}/{}={:.12g}", base, name, value);
    if (!o.json) fmt::print("{} = {}\n", name, text(value));
    io::Json summary;
    code = simulate(one, command_line, summary);
    if (summary.is_null()) break;
    all["values"].push_back(value);
    all["runs"].push_back(std::move(summary));
  }
  if (o.json) fmt::print("{}\n", all.dump(2));
  return code;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> parse_set(const std::vector<std::string>& options) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& s : options) {
    const auto at = s.find('=');
    if (at == std::string::npos || at == 0) throw InputError(fmt::format("--set {}: must be NAME=VALUE, for example --set scale=0.1", s));
    out.emplace_back(s.substr(0, at), s.substr(at + 1));
  }
  return out;
}

double time_option(const char* name, const std::string& text) {
  try {
    return to_ms(text);
  } catch (const InputError& e) {
    throw InputError(fmt::format("{} {}: {}", name, text, e.what()));
  }
}

void add_simulate(CLI::App& app, const std::vector<std::string>& command_line) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("simulate", "Run a network file: spikes, statistics, a summary");
  c->footer("Example:  ranvier simulate examples/microcircuit.toml --set scale=0.1 --duration \"0.5 s\" --output results/small");
  c->add_option("NETWORK", o->network, "network file (TOML), or a SONATA config (JSON)")->required();
  c->add_option("--set", o->set, "NAME=VALUE: gives a named parameter of the file another value")->allow_extra_args(false);
  c->add_option("--sweep", o->sweep, "NAME=FIRST:LAST:NUMBER: one run for each of NUMBER values, each in a folder of its own");
  c->add_option("--duration", o->duration, "biological time after the warm-up, with unit: \"1 s\"");
  c->add_option("--warmup", o->warmup, "biological time before statistics begin, with unit");
  c->add_option("--threads", o->threads, "number of threads; 0: the faster number (the spikes are the same)")->check(CLI::Range(0, 1024));
  c->add_option_function<std::uint64_t>("--seed", [o](const std::uint64_t& s) { o->seed = s; o->seed_given = true; }, "seed of network, initial state and input");
  c->add_option("--output", o->output, "folder for the results (default: results/<network>-<time>)");
  c->add_flag("--overwrite", o->overwrite, "replace the results of an earlier run in that folder");
  c->add_option("--spikes-format", o->format, "sonata (HDF5), csv or npz")->capture_default_str();
  c->add_option("--save", o->save, "write the state at the end to this file");
  c->add_option("--resume", o->resume, "go on from a saved state for another duration");
  c->add_option("--simd", o->simd, "instruction set: auto, avx512, avx2, scalar (the spikes are the same)")->capture_default_str();
  c->add_flag("--check-sleepers", o->check_sleepers, "evaluate every sleeping cell in every step (slow; for tests)");
  c->add_flag("--json", o->json, "print the summary as JSON");
  c->callback([o, command_line] {
    if (const int code = o->sweep.empty() ? simulate_once(*o, command_line) : sweep(*o, command_line); code != done) throw Exit{code};
  });
}

}  // namespace ranvier::cli
