// SPDX-License-Identifier: Apache-2.0
/// Structural plasticity by chance: synapses form and end with probabilities that follow the target's activity.
///
///   da/dt = -a/tau_a, a += 1/tau_a at each spike of the target: its rate        P_form = 1/(1 + e^{-(a - theta)/slope}), P_elim = 1 - P_form
///
/// At each structural step, T after the last, each synapse ends with probability 1 - e^{-nu_elim P_elim T}, and each place of the target
/// that was vacant takes a partner with probability 1 - e^{-nu_form P_form T}. The partner is drawn by e^{-d^2/(2 sigma^2)} with d the distance
/// of the two neurons, or uniformly where sigma = 0. A place that has become vacant waits for the next step. Taken per millisecond, as
/// probabilities of this form are often written, half of all synapses would be rewired every millisecond: rates nu and an interval T make
/// them a process in time.
///
/// With a steady activity a target ends with nu_form P_form : nu_elim P_elim places taken and vacant (for rates small against 1/T).
///
/// State    a of each target, in double; nothing per synapse
/// Numerics trace exact, advanced at spikes; a step takes a word per synapse and per vacant place, and with sigma an exponential per
///          pair of a target that gains a synapse and a source
/// Tested   tests/structure_sigmoid.cpp
#include <algorithm>
#include <cmath>

#include "core/math.hpp"
#include "engine/rewire.hpp"

namespace ranvier::engine::structural_sigmoid {
namespace {
enum : int { interval, theta, slope, nu_form, nu_elim, tau_a, places, sigma };
constexpr Parameter parameters[] = {
    {"interval", 1000.0, "ms", {.low = 100}, "time between structural steps"},
    {"theta", 5.0, "Hz", any, "activity at which forming and ending are as likely"},
    {"slope", 1.0, "Hz", any, "width of the sigmoid, not 0; below 0: quiet targets gain synapses"},
    {"nu_form", 0.1, "Hz", not_negative, "rate at which a vacant place is taken at P_form = 1"},
    {"nu_elim", 0.1, "Hz", not_negative, "rate at which a synapse ends at P_elim = 1"},
    {"tau_a", 10000.0, "ms", positive, "time constant of the activity"},
    {"places", 100.0, "1", {.low = 1, .high = 1e6}, "synapses that a target has room for; a whole number"},
    {"sigma", 0.0, "um", not_negative, "width of the kernel that partners are drawn by; 0: all are as likely"},
};
constexpr StateVariable state[] = {{"a", "Hz", "0", "activity of each target"}};
constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "structural_sigmoid", .title = "synapses form and end by chance, as the target's activity has it",
    .equations = "da/dt = -a / tau_a;  target's spike: a += 1 / tau_a\nP_form = 1 / (1 + e^{-(a - theta) / slope});  P_elim = 1 - P_form\n"
                 "every interval T: a synapse ends with 1 - e^{-nu_elim P_elim T}, a vacant place is taken with 1 - e^{-nu_form P_form T},\n"
                 "by a source drawn by e^{-d^2 / (2 sigma^2)}",
    .parameters = parameters, .state = state, .numerics = "trace exact; independent draws each interval", .source = "", .flop = 90, .byte_read = 12, .byte_written = 12, .structural = true};

double distance_squared(const ProjectionSpec& p, const PopulationSpec& from, const PopulationSpec& to, std::int64_t source, std::int64_t target) {
  const auto dim = static_cast<std::size_t>(from.dimensions);
  const double* a = from.positions_um.data() + static_cast<std::size_t>(source) * dim;
  const double* b = to.positions_um.data() + static_cast<std::size_t>(target) * dim;
  double sum = 0;
  for (std::size_t k = 0; k < dim; ++k) {
    double x = a[k] - b[k];
    if (k < p.rule.period_um.size()) x = std::remainder(x, p.rule.period_um[k]);
    sum += x * x;
  }
  return sum;
}

class Chance final : public Structure {
 public:
  Chance(const Network& network, const ProjectionSpec& projection, const SynapseParameters& p)
      : from_(network.spec.populations[static_cast<std::size_t>(projection.source.population)]), to_(network.spec.populations[static_cast<std::size_t>(projection.target.population)]),
        p_(p), cells_(static_cast<std::size_t>(projection.target.size())) {}

  void start(const Rewiring&) override {}
  void fires(Side side, std::uint32_t cell, std::uint32_t step) override {
    if (side == Side::source) return;
    advance(cells_[cell], step);
    cells_[cell].a += 1e3 / p_[tau_a];
  }

  void rewire(Rewiring& synapses, std::uint32_t step) override {
    for (Cell& c : cells_) advance(c, step);
    std::vector<std::uint32_t> taken(cells_.size());
    synapses.for_each([&](const Rewiring::Bound& b) { ++taken[b.target]; });
    std::vector<double> ends(cells_.size());
    for (std::size_t j = 0; j < cells_.size(); ++j) ends[j] = within_interval(p_[nu_elim], 1 - form(cells_[j].a));
    std::vector<Rewiring::Bound> gone;
    synapses.for_each([&](const Rewiring::Bound& b) {
      if (uniform01(synapses.words(b)[0]) < ends[b.target]) gone.push_back(b);
    });
    for (const auto& b : gone) synapses.remove(b);
    for (std::uint32_t j = 0; j < cells_.size(); ++j) form_some(synapses, j, taken[j]);
  }
  double activity() const override {
    double sum = 0;
    for (const Cell& c : cells_) sum += c.a;
    return cells_.empty() ? 0 : sum / static_cast<double>(cells_.size());
  }
  std::vector<double> save() const override {
    std::vector<double> out;
    for (const Cell& c : cells_) out.insert(out.end(), {c.a, static_cast<double>(c.at)});
    return out;
  }
  void restore(const std::vector<double>& in) override {
    for (std::size_t j = 0; j < cells_.size(); ++j) cells_[j] = {in[2 * j], static_cast<std::uint32_t>(in[2 * j + 1])};
  }

 private:
  struct Cell {
    double a = 0;          // Hz
    std::uint32_t at = 0;  // step that it is as of
  };
  void advance(Cell& c, std::uint32_t step) const {
    c.a *= math::decay(-p_.dt_ms / p_[tau_a] * (step - c.at));
    c.at = step;
  }
  double form(double a) const { return 1 / (1 + math::exp(-(a - p_[theta]) / p_[slope])); }
  double within_interval(double nu_hz, double P) const { return -math::expm1(-1e-3 * nu_hz * P * p_[interval]); }

  /// Lets vacant places of a target take partners.
  void form_some(Rewiring& synapses, std::uint32_t target, std::uint32_t taken) {
    const auto room = static_cast<std::uint32_t>(p_[places]);
    const double forms = within_interval(p_[nu_form], form(cells_[target].a));
    likely_.clear();
    for (std::uint32_t place = 0; place + taken < room; ++place) {
      const Words w = synapses.words(Side::target, target, place);
      if (uniform01(w[0]) >= forms) continue;
      if (likely_.empty()) weigh(synapses, target);
      if (!(likely_.back() > 0)) return;  // nobody is left, or in reach
      const double at = likely_.back() * (static_cast<double>(std::uint64_t{w[1]} << 21 | w[2] >> 11) + 0.5) * 0x1p-53;
      const auto source = static_cast<std::uint32_t>(std::upper_bound(likely_.begin(), likely_.end(), at) - likely_.begin());
      synapses.add(std::min(source, synapses.sources() - 1), target);
      if (!synapses.spec().rule.allow_multapses) likely_.clear();  // it is no partner any more
    }
  }

  /// Sums of the sources' weights for a target, one after another.
  void weigh(const Rewiring& synapses, std::uint32_t target) {
    const ProjectionSpec& p = synapses.spec();
    double sum = 0;
    for (std::uint32_t i = 0; i < synapses.sources(); ++i) {
      if (synapses.may_join(i, target)) sum += p_[sigma] > 0 ? math::exp(-distance_squared(p, from_, to_, p.source[i], p.target[target]) / (2 * p_[sigma] * p_[sigma])) : 1.0;
      likely_.push_back(sum);
    }
  }

  const PopulationSpec &from_, &to_;
  const SynapseParameters p_;
  std::vector<Cell> cells_;
  std::vector<double> likely_;
};

std::unique_ptr<Structure> make(const Network& network, const ProjectionSpec& projection, const SynapseParameters& p) { return std::make_unique<Chance>(network, projection, p); }

std::string check(const NetworkSpec& spec, const ProjectionSpec& projection, const SynapseParameters& p) {
  if (!(p[sigma] > 0)) return "";
  const PopulationSpec& from = spec.populations[static_cast<std::size_t>(projection.source.population)];
  const PopulationSpec& to = spec.populations[static_cast<std::size_t>(projection.target.population)];
  for (const PopulationSpec* q : {&from, &to})
    if (q->dimensions == 0) return "sigma needs distances, but population \"" + q->name + "\" has no positions; give it positions = { grid = [...], spacing = \"10 um\" }, or leave sigma out";
  if (from.dimensions != to.dimensions) return "sigma needs distances, but \"" + from.name + "\" has " + std::to_string(from.dimensions) + " dimensions and \"" + to.name + "\" has " + std::to_string(to.dimensions);
  return "";
}

const char* validate(const SynapseParameters& p) {
  if (p[slope] == 0) return "slope must not be 0";
  return p[places] == std::floor(p[places]) ? nullptr : "places must be a whole number";
}

constexpr StructureModel structure{
    .make = make, .check = check, .interval_ms = [](const SynapseParameters& p) { return p[interval]; }, .indegree_max = [](const SynapseParameters& p) { return p[places]; },
    .gain_max = [](const SynapseParameters& p, double run_ms) { return p[places] * -math::expm1(-1e-3 * p[nu_form] * run_ms); }};

}  // namespace

extern const SynapseModel model;
const SynapseModel model{.info = &info, .validate = validate, .make_release = nullptr, .make_weights = nullptr, .largest = nullptr, .structure = &structure};
}  // namespace ranvier::engine::structural_sigmoid
