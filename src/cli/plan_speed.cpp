// SPDX-License-Identifier: Apache-2.0
/// ranvier plan speed: how many plans of a training step this computer judges per second and core.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/plan_commands.hpp"
#include "cli/plan_models.hpp"
#include "core/suggest.hpp"
#include "io/machine_file.hpp"
#include "plan/train_cost.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {
namespace {

using namespace plan;

/// All ways to split a step over `devices` in powers of two, with every kind of recomputation and ZeRO, that are sound.
std::vector<TrainPlan> sound_plans(const TrainModel& model, Count devices, Count global_batch) {
  std::vector<TrainPlan> plans;
  for (Count tensor = 1; tensor <= 16; tensor *= 2)
    for (Count pipeline = 1; pipeline <= model.layers; pipeline *= 2)
      for (Count microbatch = 1; microbatch <= 16; microbatch *= 2)
        for (Count interleave = 1; interleave <= 4; interleave *= 2)
          for (int zero = 0; zero <= 3; ++zero)
            for (const Recompute recompute : {Recompute::none, Recompute::selective, Recompute::full})
              for (const bool sequence_parallel : {false, true}) {
                const TrainPlan p{.tensor = tensor, .pipeline = pipeline, .data = devices / (tensor * pipeline), .interleave = interleave, .microbatch = microbatch,
                                  .global_batch = global_batch, .zero = zero, .recompute = recompute, .sequence_parallel = sequence_parallel};
                if (p.data >= 1 && p.data == std::floor(p.data) && check(p, model) == nullptr) plans.push_back(p);
              }
  return plans;
}

struct Speed {
  double plans_per_s = 0;
  std::size_t different = 0, infeasible = 0;
  TrainPlan best;
  TrainCost best_cost;
};

/// Judges the plans that fit, again and again, for `seconds`. One thread.
Speed measure(const std::vector<TrainPlan>& plans, const TrainModel& model, const Machine& machine, double seconds) {
  const Constants constants;
  std::vector<TrainPlan> fitting;
  std::vector<double> times;
  Speed s;
  for (const TrainPlan& p : plans) {
    const TrainCost cost = evaluate(p, model, machine, constants);
    if (!cost.estimate.fits) continue;
    if (fitting.empty() || cost.estimate.expected < s.best_cost.estimate.expected) s.best = p, s.best_cost = cost;
    fitting.push_back(p);
    times.push_back(cost.estimate.expected.value());
  }
  s.different = fitting.size();
  s.infeasible = plans.size() - fitting.size();
  if (fitting.empty()) throw InputError("no plan fits: take more devices, or a smaller model");
  using clock = std::chrono::steady_clock;
  const auto start = clock::now();
  double elapsed = 0;
  std::size_t judged = 0;
  while (elapsed < seconds) {
    for (std::size_t i = 0; i < fitting.size(); ++i) {
      if (check(fitting[i], model) != nullptr || evaluate(fitting[i], model, machine, constants).estimate.expected.value() != times[i])
        throw RunError("the same plan gave two answers");
    }
    judged += fitting.size();
    elapsed = std::chrono::duration<double>(clock::now() - start).count();
  }
  s.plans_per_s = static_cast<double>(judged) / elapsed;
  return s;
}

struct SpeedArguments {
  std::string model = "gpt3-175b", on = "4096xa100";
  double batch = 4096, seconds = 1;
  bool json = false;
};

const char* recompute_name(Recompute r) { return r == Recompute::full ? "full" : r == Recompute::selective ? "selective" : "none"; }

void run_speed(const SpeedArguments& o) {
  io::MachineCatalogue machines;
  const auto several = machines.find_several(o.on);
  const ModelShape* shape = models() != nullptr ? models()->find(o.model) : nullptr;
  if (shape == nullptr) throw InputError(fmt::format("\"{}\" is no model that is known.{}", o.model, models() != nullptr ? suggestion(o.model, models()->names()) : std::string()));
  const TrainModel model = train_model_of(*shape);
  const Machine machine = with_links(*several.machine);
  const Speed s = measure(sound_plans(model, several.count, o.batch), model, machine, o.seconds);
  const TrainPlan& b = s.best;
  if (o.json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"plans_per_s", s.plans_per_s}, {"plans", s.different}, {"plans_infeasible", s.infeasible},
                                              {"best", {{"tp", b.tensor}, {"pp", b.pipeline}, {"dp", b.data}, {"microbatch", b.microbatch}, {"interleave", b.interleave}, {"zero", b.zero},
                                                        {"recompute", recompute_name(b.recompute)}, {"sequence_parallel", b.sequence_parallel}, {"time_s", s.best_cost.estimate.expected.value()}}}}
                           .dump(2));
    return;
  }
  fmt::print("{:.4g} plans per second on one core: {} plans of {} on {} that fit, each judged again and again; {} more do not fit\n", s.plans_per_s, s.different, o.model, o.on, s.infeasible);
  fmt::print("shortest step {:.4g} s: tp={} pp={} dp={} microbatch={} interleave={} zero={} recompute={}{}\n", s.best_cost.estimate.expected.value(), b.tensor, b.pipeline, b.data, b.microbatch,
             b.interleave, b.zero, recompute_name(b.recompute), b.sequence_parallel ? "+sequence-parallel" : "");
}

}  // namespace

RANVIER_PLAN_COMMAND(speed) {
  auto o = std::make_shared<SpeedArguments>();
  CLI::App* c = plan.add_subcommand("speed", "How many plans of a training step this computer judges per second and core");
  c->footer("Example:  ranvier plan speed gpt3-175b --on 4096xa100 --batch 4096\n\nPlans that do not fit in memory are not counted.");
  c->add_option("MODEL", o->model, "language model")->capture_default_str();
  c->add_option("--on", o->on, "machines")->capture_default_str();
  c->add_option("--batch", o->batch, "sequences of 2048 tokens per step")->capture_default_str()->check(CLI::Range(1.0, 1e9));
  c->add_option("--seconds", o->seconds, "time to measure")->capture_default_str()->check(CLI::Range(0.01, 600.0));
  c->add_flag("--json", o->json, "print JSON");
  c->callback([o] { run_speed(*o); });
}

}  // namespace ranvier::cli
