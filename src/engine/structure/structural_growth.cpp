// SPDX-License-Identifier: Apache-2.0
/// Structural plasticity by synaptic elements (the model of Butz & van Ooyen).
///
/// Each source has axonal elements z, each target dendritic ones; a synapse takes one of either. A neuron grows elements while its
/// calcium is below eps and loses them above: so activity settles where C = eps, at eps/(beta tau_Ca) spikes/s.
///
///   dC/dt = -C/tau_Ca, C += beta at each spike            dz/dt = growth curve of C (growth_curve.hpp)
///
/// At each structural step, in this order:
///   1  a source with more synapses than whole axonal elements loses random ones; then targets by their dendritic elements.
///      What the partner had in them becomes vacant
///   2  vacant axonal and dendritic elements are matched at random. A pair that may not join (autapse, multapse) stays vacant
///   3  of what is vacant now, a share is lost
///
/// Elements belong to the projection: those of two projections do not compete.
///
/// State    C, z of each source and each target, in double; nothing per synapse
/// Numerics traces exact; growth in closed form (linear) or by Gauss-Legendre quadrature between events; z is kept within
///          [0, z_max] at events
/// Source   Butz & van Ooyen 2013, doi:10.1371/journal.pcbi.1003259
/// Tested   tests/structure_growth.cpp
#include <algorithm>
#include <cmath>

#include "core/math.hpp"
#include "engine/growth_curve.hpp"
#include "engine/rewire.hpp"

namespace ranvier::engine::structural_growth {
namespace {
enum : int { interval, nu_axonal, nu_dendritic, eta_axonal, eta_dendritic, eps_axonal, eps_dendritic, psi, tau_Ca, beta, vacant, vacant_loss, z_max };
constexpr Parameter parameters[] = {
    {"interval", 1000.0, "ms", {.low = 100}, "time between structural steps"},
    {"nu_axonal", 0.1, "Hz", not_negative, "fastest growth of axonal elements, elements per second"},
    {"nu_dendritic", 0.1, "Hz", not_negative, "fastest growth of dendritic elements, elements per second"},
    {"eta_axonal", 0.0, "1", any, "gaussian: calcium of the source below which axonal elements are lost"},
    {"eta_dendritic", 0.0, "1", any, "gaussian: calcium of the target below which dendritic elements are lost"},
    {"eps_axonal", 0.05, "1", positive, "calcium that the source settles at"},
    {"eps_dendritic", 0.05, "1", positive, "calcium that the target settles at"},
    {"psi", 0.1, "1", positive, "sigmoid: width of the curve"},
    {"tau_Ca", 10000.0, "ms", positive, "time constant of calcium"},
    {"beta", 0.001, "1", positive, "calcium that a spike adds"},
    {"vacant", 0.0, "1", not_negative, "vacant elements that each neuron begins with"},
    {"vacant_loss", 0.1, "1", {.low = 0, .high = 1}, "share of the vacant elements that is lost at each structural step"},
    {"z_max", 1000.0, "1", {.low = 1, .high = 1e6}, "most elements of a neuron"},
};
constexpr std::string_view shapes[] = {"gaussian", "linear", "sigmoid"};
constexpr Choice choices[] = {{"curve", shapes, "how growth depends on calcium"}};
constexpr StateVariable state[] = {{"C", "1", "0", "calcium of each neuron"}, {"z", "1", "synapses", "elements of each neuron"}};
constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "structural_growth", .title = "synapses come and go by synaptic elements that grow with calcium",
    .equations = "dC/dt = -C / tau_Ca;  spike: C += beta;  settles at eps = beta tau_Ca rate\nlinear: dz/dt = nu (1 - C / eps)\n"
                 "gaussian: dz/dt = nu (2 e^{-((C - xi) / zeta)^2} - 1), xi = (eta + eps) / 2, zeta = (eps - eta) / (2 sqrt(ln 2))\n"
                 "sigmoid: dz/dt = nu (2 / (1 + e^{(C - eps) / psi}) - 1)\n"
                 "every interval: lost elements take random synapses with them, vacant axonal and dendritic ones are matched at random",
    .parameters = parameters, .state = state, .numerics = "traces exact; growth in closed form (linear), else four-point Gauss-Legendre quadrature between events",
    .source = "Butz & van Ooyen 2013, doi:10.1371/journal.pcbi.1003259", .flop = 250, .byte_read = 24, .byte_written = 24, .choices = choices, .structural = true};

/// The elements of one side of a projection.
class Elements {
 public:
  Elements(const SynapseParameters& p, bool axonal, std::size_t cells)
      : curve_({.shape = static_cast<GrowthCurve::Shape>(p.choice[0]), .nu_per_ms = 1e-3 * p[axonal ? nu_axonal : nu_dendritic], .eta = p[axonal ? eta_axonal : eta_dendritic],
                .eps = p[axonal ? eps_axonal : eps_dendritic], .psi = p[psi], .tau_ms = p[tau_Ca]}),
        per_step_(p.dt_ms / p[tau_Ca]), dt_ms_(p.dt_ms), beta_(p[beta]), z_max_(p[z_max]), cells_(cells), bound_(cells) {}

  void start(double vacant) {
    for (std::size_t i = 0; i < cells_.size(); ++i) cells_[i].z = static_cast<double>(bound_[i]) + vacant;
  }
  void fires(std::uint32_t i, std::uint32_t step) {
    advance(cells_[i], step);
    cells_[i].C += beta_;
  }
  void advance_all(std::uint32_t step) {
    for (Cell& c : cells_) advance(c, step);
  }
  void forget_bound() { std::fill(bound_.begin(), bound_.end(), 0); }
  void bind(std::uint32_t i, int n) { bound_[i] += n; }
  std::int64_t lost(std::uint32_t i) const { return std::max<std::int64_t>(0, bound_[i] - whole(i)); }
  std::int64_t vacant(std::uint32_t i) const { return std::max<std::int64_t>(0, whole(i) - bound_[i]); }
  void lose_vacant(double share) {
    for (std::uint32_t i = 0; i < cells_.size(); ++i) cells_[i].z -= share * static_cast<double>(vacant(i));
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(cells_.size()); }
  double mean_calcium() const {
    double sum = 0;
    for (const Cell& c : cells_) sum += c.C;
    return cells_.empty() ? 0 : sum / static_cast<double>(cells_.size());
  }
  void save(std::vector<double>& out) const {
    for (const Cell& c : cells_) out.insert(out.end(), {c.C, c.z, static_cast<double>(c.at)});
  }
  const double* restore(const double* in) {
    for (Cell& c : cells_) {
      c = {in[0], in[1], static_cast<std::uint32_t>(in[2])};
      in += 3;
    }
    return in;
  }

 private:
  struct Cell {
    double C = 0, z = 0;
    std::uint32_t at = 0;  // step that both are as of
  };
  std::int64_t whole(std::uint32_t i) const { return static_cast<std::int64_t>(std::floor(cells_[i].z)); }
  void advance(Cell& c, std::uint32_t step) const {
    if (step == c.at) return;
    const double h = step - c.at, C1 = c.C * math::decay(-per_step_ * h);
    c.z = std::clamp(c.z + curve_.gain(c.C, C1, h * dt_ms_), 0.0, z_max_);
    c.C = C1;
    c.at = step;
  }

  GrowthCurve curve_;
  double per_step_, dt_ms_, beta_, z_max_;
  std::vector<Cell> cells_;
  std::vector<std::int64_t> bound_;  // synapses; counted anew at each structural step
};

/// A synapse that might go, or an element that might be taken: those with the smallest words are.
template <class T>
struct Drawn {
  std::uint64_t word;
  T what;
};
/// Moves the n of smallest word to the front, in order. Words are 64 bits: ties do not happen.
template <class T>
void choose(std::vector<Drawn<T>>& drawn, std::size_t n) {
  const auto by_word = [](const Drawn<T>& a, const Drawn<T>& b) { return a.word < b.word; };
  std::partial_sort(drawn.begin(), drawn.begin() + static_cast<std::ptrdiff_t>(n), drawn.end(), by_word);
  drawn.resize(n);
}
std::uint64_t word(std::uint32_t high, std::uint32_t low) { return std::uint64_t{high} << 32 | low; }

class Growth final : public Structure {
 public:
  Growth(const ProjectionSpec& projection, const SynapseParameters& p)
      : axonal_(p, true, static_cast<std::size_t>(projection.source.size())), dendritic_(p, false, static_cast<std::size_t>(projection.target.size())), start_(p[vacant]), loss_(p[vacant_loss]) {}

  void start(const Rewiring& present) override {
    count(present);
    axonal_.start(start_);
    dendritic_.start(start_);
  }
  void fires(Side side, std::uint32_t cell, std::uint32_t step) override { (side == Side::source ? axonal_ : dendritic_).fires(cell, step); }

  void rewire(Rewiring& synapses, std::uint32_t step) override {
    axonal_.advance_all(step);
    dendritic_.advance_all(step);
    count(synapses);
    lose_by_source(synapses);
    lose_by_target(synapses);
    match(synapses);
    axonal_.lose_vacant(loss_);
    dendritic_.lose_vacant(loss_);
  }
  double activity() const override { return dendritic_.mean_calcium(); }
  std::vector<double> save() const override {
    std::vector<double> out;
    axonal_.save(out);
    dendritic_.save(out);
    return out;
  }
  void restore(const std::vector<double>& values) override { dendritic_.restore(axonal_.restore(values.data())); }

 private:
  using Bound = Rewiring::Bound;

  void bind(std::uint32_t source, std::uint32_t target, int n) {
    axonal_.bind(source, n);
    dendritic_.bind(target, n);
  }
  void count(const Rewiring& present) {
    axonal_.forget_bound();
    dendritic_.forget_bound();
    present.for_each([&](const Bound& b) { bind(b.source, b.target, 1); });
  }
  void remove(Rewiring& synapses, const std::vector<Drawn<Bound>>& chosen) {
    for (const auto& drawn : chosen) {
      synapses.remove(drawn.what);
      bind(drawn.what.source, drawn.what.target, -1);
    }
  }

  void lose_by_source(Rewiring& synapses) {
    std::vector<Drawn<Bound>> drawn;
    for (std::uint32_t i = 0; i < axonal_.size(); ++i) {
      const auto lost = static_cast<std::size_t>(axonal_.lost(i));
      if (lost == 0) continue;
      drawn.clear();
      synapses.for_each_of(i, [&](const Bound& b) {
        const Words w = synapses.words(b);
        drawn.push_back({word(w[0], w[1]), b});
      });
      choose(drawn, lost);
      remove(synapses, drawn);
    }
  }
  void lose_by_target(Rewiring& synapses) {
    std::vector<std::vector<Drawn<Bound>>> drawn(dendritic_.size());
    bool any = false;
    for (std::uint32_t j = 0; j < dendritic_.size(); ++j) any = any || dendritic_.lost(j) > 0;
    if (!any) return;
    synapses.for_each([&](const Bound& b) {
      if (dendritic_.lost(b.target) == 0) return;
      const Words w = synapses.words(b);
      drawn[b.target].push_back({word(w[2], w[3]), b});
    });
    for (std::uint32_t j = 0; j < dendritic_.size(); ++j) {
      choose(drawn[j], static_cast<std::size_t>(dendritic_.lost(j)));
      remove(synapses, drawn[j]);
    }
  }

  static std::vector<Drawn<std::uint32_t>> draw_vacant(const Rewiring& synapses, Side side, const Elements& elements) {
    std::vector<Drawn<std::uint32_t>> out;
    for (std::uint32_t i = 0; i < elements.size(); ++i)
      for (std::int64_t k = 0; k < elements.vacant(i); ++k) {
        const Words w = synapses.words(side, i, static_cast<std::uint32_t>(k));
        out.push_back({word(w[0], w[1]), i});
      }
    return out;
  }
  /// The k-th of the axonal elements, in the order of their words, finds the k-th of the dendritic ones.
  void match(Rewiring& synapses) {
    auto axons = draw_vacant(synapses, Side::source, axonal_), dendrites = draw_vacant(synapses, Side::target, dendritic_);
    const std::size_t n = std::min(axons.size(), dendrites.size());
    choose(axons, n);
    choose(dendrites, n);
    for (std::size_t k = 0; k < n; ++k) {
      if (!synapses.may_join(axons[k].what, dendrites[k].what)) continue;
      synapses.add(axons[k].what, dendrites[k].what);
      bind(axons[k].what, dendrites[k].what, 1);
    }
  }

  Elements axonal_, dendritic_;
  double start_, loss_;
};

std::unique_ptr<Structure> make(const Network&, const ProjectionSpec& projection, const SynapseParameters& p) { return std::make_unique<Growth>(projection, p); }

std::string check(const NetworkSpec& spec, const ProjectionSpec& projection, const SynapseParameters&) {
  const PopulationSpec& from = spec.populations[static_cast<std::size_t>(projection.source.population)];
  if (from.membrane != "poisson_source" && from.membrane != "spike_train") return "";
  return "population \"" + from.name + "\" is a source of spikes, which has no elements that its activity could make grow; let neurons project, or use structural_sigmoid";
}

const char* validate(const SynapseParameters& p) {
  if (p.choice[0] == GrowthCurve::gaussian && !(p[eta_axonal] < p[eps_axonal])) return "eta_axonal must be below eps_axonal";
  if (p.choice[0] == GrowthCurve::gaussian && !(p[eta_dendritic] < p[eps_dendritic])) return "eta_dendritic must be below eps_dendritic";
  return nullptr;
}

constexpr StructureModel structure{
    .make = make, .check = check, .interval_ms = [](const SynapseParameters& p) { return p[interval]; }, .indegree_max = [](const SynapseParameters& p) { return p[z_max]; },
    .gain_max = [](const SynapseParameters& p, double run_ms) { return std::min(p[z_max], p[vacant] + 1e-3 * run_ms * std::min(p[nu_axonal], p[nu_dendritic])); }};

}  // namespace

extern const SynapseModel model;
const SynapseModel model{.info = &info, .validate = validate, .make_release = nullptr, .make_weights = nullptr, .largest = nullptr, .structure = &structure};
}  // namespace ranvier::engine::structural_growth
