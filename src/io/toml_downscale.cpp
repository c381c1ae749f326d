// SPDX-License-Identifier: Apache-2.0
/// [downscale]: a smaller network with the mean and the variance of the input of the full one.
///
///   neurons   f   sizes x f; synapse numbers follow
///   indegree  K   in-degrees x K, rates of Poisson inputs x K, weights / sqrt(K), and to each target x a current
///                 I_x = (1 - sqrt(K)) [ sum_y q_xy J_xy K_xy nu_y + q_ext J_ext nu_ext ]
///                 with full-scale J and K, rates nu_y given, and q the charge of one spike per weight:
///                 tau_syn (exponential), e tau_syn (alpha), C_m (delta)
///
/// Why: with K synapses of weight J the mean input goes as J K and its variance as J^2 K; weights / sqrt(K) keep
/// the variance, and the current restores the mean.
/// Source  van Albada, Helias & Diesmann 2015, PLoS Comput Biol 11:e1004490, doi:10.1371/journal.pcbi.1004490

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "toml_sections.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

class Downscale {
 public:
  Downscale(Reader& reader, const At& table, Draft& draft) : reader_(reader), table_(table), draft_(draft) {}

  void apply() {
    reader_.only_keys(table_, {"neurons", "indegree", "rates"});
    const auto neurons = factor("neurons"), indegree = factor("indegree");
    if (!neurons || !indegree) return;
    f_ = *neurons;
    k_ = *indegree;
    read_rates();
    if (f_ == 1 && k_ == 1) return;  // the full network, untouched to the last bit
    if (!reader_.problems().empty()) return;
    if (!spec().gap_junctions.empty()) return refuse("gap junctions cannot be down-scaled; remove them, or set neurons = 1 and indegree = 1");
    if (!spec().volumes.empty()) return refuse("volumes cannot be down-scaled; remove them, or set neurons = 1 and indegree = 1");
    for (const auto& p : spec().projections)
      if (!p.synapse.empty())
        return refuse(fmt::format("the synapses of \"{}\" follow a rule, whose settings do not scale by themselves; set neurons = 1 and indegree = 1, and scale by [parameters]", p.name));
    compensate();
    for (auto& p : draft_.spec.projections) scale(p);
    for (auto& input : draft_.spec.inputs) scale(input);
    for (auto& p : draft_.spec.populations) scale(p);
    for (auto& r : draft_.spec.recordings)
      for (Slice* slice : {&r.neurons, &r.sources, &r.targets}) scale_slice(*slice, true);
    for (auto& current : currents_) draft_.spec.inputs.push_back(std::move(current));
  }

 private:
  const NetworkSpec& spec() const { return draft_.spec; }
  const PopulationSpec& population(const Slice& s) const { return spec().populations[static_cast<std::size_t>(s.population)]; }
  void refuse(std::string_view what) { reader_.problem(table_.node->line, table_.path, what); }

  std::optional<double> factor(std::string_view key) {
    const At at = reader_.get(table_, key);
    if (!at) return at.failed ? std::nullopt : std::optional(1.0);
    const auto value = reader_.number(at, "1");
    if (value && *value > 0 && *value <= 1) return value;
    if (value) reader_.problem(at, "must be > 0 and <= 1");
    return std::nullopt;
  }

  void read_rates() {
    rates_.assign(spec().populations.size(), std::numeric_limits<double>::quiet_NaN());
    std::vector<std::string> names;
    const At table = reader_.get(table_, "rates");
    if (table && !reader_.is_table(table, "{ E = \"5 Hz\" }")) return;
    for (std::size_t i = 0; i < spec().populations.size(); ++i) {
      const auto& p = spec().populations[i];
      names.push_back(p.name);
      if (const auto rate = table ? reader_.not_negative(reader_.get(table, p.name), "Hz") : std::nullopt) rates_[i] = *rate;
      else if (const auto own = p.params.find("rate"); is_source(p) && own != p.params.end() && own->second.is_constant()) rates_[i] = own->second.a;
    }
    if (table) reader_.only_keys(table, names);
  }

  // --- the lost mean input, from full-scale numbers

  /// Charge of one spike per unit of weight, in pA ms; nothing where the rule does not know it.
  std::optional<double> charge(const PopulationSpec& p, int receptor) {
    const auto& r = p.receptors[static_cast<std::size_t>(receptor)];
    const auto refuse_kind = [&](std::string_view why) -> std::optional<double> {
      refuse(fmt::format("receptor \"{}\" of population \"{}\" {}: the mean input it would lose is not known", r.name, p.name, why));
      return std::nullopt;
    };
    if (r.conductance) return refuse_kind("is a conductance");
    if (r.kind == "event") return refuse_kind("takes spikes, and no current could make up for them");
    if (r.kind == "delta") return constant_of(p, "C_m") ? constant_of(p, "C_m") : refuse_kind("needs one C_m for all cells");
    const auto tau = receptor_constant(r, "tau_syn");
    if (r.kind == "exponential" && tau) return tau;
    if (r.kind == "alpha" && tau) return std::numbers::e * *tau;
    return refuse_kind(tau ? fmt::format("is of kind \"{}\"", r.kind) : "needs one tau_syn for all cells");
  }

  static std::optional<double> lookup(const std::map<std::string, Values>& params, const engine::ModelInfo* info, std::string_view name) {
    if (const auto given = params.find(std::string(name)); given != params.end())
      return given->second.is_constant() ? std::optional(given->second.a) : std::nullopt;
    if (info)
      for (const auto& parameter : info->parameters)
        if (parameter.name == name) return parameter.default_value;
    return std::nullopt;
  }
  static std::optional<double> constant_of(const PopulationSpec& p, std::string_view name) {
    return lookup(p.params, engine::find_model(engine::ModelInfo::Kind::membrane, p.membrane), name);
  }
  static std::optional<double> receptor_constant(const ReceptorSpec& r, std::string_view name) {
    return lookup(r.params, engine::find_model(engine::ModelInfo::Kind::receptor, r.kind), name);
  }

  double full_indegree(const ProjectionSpec& p) const {
    const auto sources = static_cast<double>(p.source.size()), targets = static_cast<double>(p.target.size());
    switch (p.rule.kind) {
      case Rule::Kind::fixed_indegree: return static_cast<double>(p.rule.number);
      case Rule::Kind::fixed_outdegree: return static_cast<double>(p.rule.number) * sources / targets;
      case Rule::Kind::fixed_total_number: return static_cast<double>(p.rule.number) / targets;
      default: return p.rule.probability * sources;  // pairwise_bernoulli; the others are refused
    }
  }

  void compensate() {
    if (k_ == 1) return;
    const double lost = 1 - std::sqrt(k_);
    std::vector<double> network(spec().populations.size(), 0.0);
    for (const auto& p : spec().projections) {
      const auto rate = rates_[static_cast<std::size_t>(p.source.population)];
      if (std::isnan(rate)) {
        refuse(fmt::format("rates.{} is missing: the full-scale rate of population \"{}\", which has projections", population(p.source).name, population(p.source).name));
        continue;
      }
      if (p.weight.kind == Values::Kind::column) {
        refuse(fmt::format("projection \"{}\" has weights from a column, which cannot be down-scaled", p.name));
        continue;
      }
      if (const auto q = charge(population(p.target), p.receptor))
        network[static_cast<std::size_t>(p.target.population)] += *q * mean(p.weight) * full_indegree(p) * rate * 1e-3;
    }
    for (const auto& input : spec().inputs)
      if (input.kind == InputSpec::Kind::poisson) compensate(input, lost, network);
    for (std::size_t i = 0; i < network.size(); ++i)
      if (network[i] != 0) current(fmt::format("downscale {}", spec().populations[i].name), whole(static_cast<int>(i)), lost * network[i], nullptr);
  }

  /// Into `network` [population] where the input is for all cells and all times, else as a current of its own.
  void compensate(const InputSpec& input, double lost, std::vector<double>& network) {
    const bool constant = input.rate_schedule.values.empty() ? input.rate_hz.is_constant() : input.rate_schedule.kind == Schedule::Kind::constant;
    if (!constant || input.weight.kind == Values::Kind::column)
      return refuse(fmt::format("input \"{}\" has a rate or weight that differs between neurons or in time, which cannot be down-scaled", input.name));
    const double rate = input.rate_schedule.values.empty() ? input.rate_hz.a : input.rate_schedule.values[0];
    const auto q = charge(population(input.target), input.receptor);
    if (!q) return;
    const double pA = *q * mean(input.weight) * rate * 1e-3;  // Hz ms = 10^-3
    const bool always = input.start_ms == 0 && std::isinf(input.stop_ms) && input.target.size() == population(input.target).size;
    if (always) network[static_cast<std::size_t>(input.target.population)] += pA;
    else current(fmt::format("downscale {}", input.name), input.target, lost * pA, &input);
  }

  static double mean(const Values& v) { return v.kind == Values::Kind::uniform ? (v.a + v.b) / 2 : v.a; }

  Slice whole(int i) const { return {.population = i, .last = spec().populations[static_cast<std::size_t>(i)].size}; }

  /// Lasts as long as the input it makes up for.
  void current(std::string name, const Slice& target, double pA, const InputSpec* like) {
    InputSpec input{.name = std::move(name), .kind = InputSpec::Kind::dc, .target = target, .amplitude_pA = Values::constant(pA), .where = reader_.where(table_)};
    if (like) {
      input.start_ms = like->start_ms;
      input.stop_ms = like->stop_ms;
    }
    scale_slice(input.target, false);
    currents_.push_back(std::move(input));
  }

  // --- smaller numbers

  std::int64_t scaled_size(std::int64_t size) const { return std::max<std::int64_t>(1, std::llround(static_cast<double>(size) * f_)); }

  /// Slices of a part of a population have no smaller twin, except in recordings, where they are cut short.
  void scale_slice(Slice& slice, bool recording) {
    if (slice.population < 0 || f_ == 1) return;
    const auto& p = population(slice);
    const bool all = slice.first == 0 && slice.last == full_size(p) && slice.stride == 1;
    if (all) {
      slice.last = scaled_size(full_size(p));
    } else if (recording) {
      slice.last = std::min(slice.last, scaled_size(full_size(p)));
      if (slice.first >= slice.last) refuse(fmt::format("a recording of \"{}\" begins at neuron {}, but {} neurons remain", p.name, slice.first, slice.last));
    } else {
      refuse(fmt::format("neurons < 1 needs whole populations, but a slice of \"{}\" is used; set neurons = 1, or make it a population of its own", p.name));
    }
  }

  /// Populations are scaled after projections and inputs and before recordings: ask what the size was.
  std::int64_t full_size(const PopulationSpec& p) const {
    const auto i = static_cast<std::size_t>(&p - spec().populations.data());
    return full_sizes_.size() > i && full_sizes_[i] > 0 ? full_sizes_[i] : p.size;
  }

  static void scale(Values& v, double by) {
    for (double* x : {&v.a, &v.b, &v.min, &v.max}) *x *= by;
  }

  void scale_number(Rule& rule, double by) { rule.number = std::llround(static_cast<double>(rule.number) * by); }

  void scale(ProjectionSpec& p) {
    switch (p.rule.kind) {
      case Rule::Kind::fixed_indegree:
      case Rule::Kind::fixed_outdegree: scale_number(p.rule, k_); break;
      case Rule::Kind::fixed_total_number: scale_number(p.rule, f_ * k_); break;
      case Rule::Kind::pairwise_bernoulli: p.rule.probability *= k_ / f_; break;
      default: return refuse(fmt::format("projection \"{}\": only fixed_indegree, fixed_outdegree, fixed_total_number and pairwise_bernoulli can be down-scaled", p.name));
    }
    if (p.rule.probability > 1)
      refuse(fmt::format("projection \"{}\" would need a probability of {}; scale indegree down as much as neurons", p.name, p.rule.probability));
    scale(p.weight, 1 / std::sqrt(k_));
    scale_slice(p.source, false);
    scale_slice(p.target, false);
  }

  void scale(InputSpec& input) {
    scale_slice(input.target, false);
    if (f_ != 1)
      for (const Values* v : {&input.rate_hz, &input.weight, &input.amplitude_pA, &input.mean_pA})
        if (v->kind == Values::Kind::column) refuse(fmt::format("input \"{}\" has a column with one value per neuron", input.name));
    if (f_ != 1 && input.samples_pA) refuse(fmt::format("input \"{}\" has samples for each neuron", input.name));
    if (input.kind != InputSpec::Kind::poisson) return;
    scale(input.rate_hz, k_);
    for (double& rate : input.rate_schedule.values) rate *= k_;
    scale(input.weight, 1 / std::sqrt(k_));
  }

  void scale(PopulationSpec& p) {
    if (full_sizes_.empty()) full_sizes_.assign(spec().populations.size(), 0);
    full_sizes_[static_cast<std::size_t>(&p - spec().populations.data())] = p.size;
    if (f_ == 1) return;
    bool per_neuron = !p.positions_um.empty() || !p.trains.neurons.empty();
    for (const auto* table : {&p.params, &p.initial})
      for (const auto& [name, value] : *table) per_neuron = per_neuron || value.kind == Values::Kind::column;
    for (const auto& r : p.receptors)
      for (const auto* table : {&r.params, &r.initial})
        for (const auto& [name, value] : *table) per_neuron = per_neuron || value.kind == Values::Kind::column;
    if (per_neuron) refuse(fmt::format("population \"{}\" has positions, columns or spikes of its single neurons; set neurons = 1", p.name));
    p.size = scaled_size(p.size);
  }

  Reader& reader_;
  const At& table_;
  Draft& draft_;
  double f_ = 1, k_ = 1;
  std::vector<double> rates_;              // [population] Hz, NaN where not known
  std::vector<std::int64_t> full_sizes_;   // [population] before scaling
  std::vector<InputSpec> currents_;
};

}  // namespace

void apply_downscale(Reader& reader, const At& root, Draft& draft) {
  const At table = reader.get(root, "downscale");
  if (table && reader.is_table(table, "{ neurons = 0.1, indegree = 0.1 }")) Downscale(reader, table, draft).apply();
}

}  // namespace ranvier::io
