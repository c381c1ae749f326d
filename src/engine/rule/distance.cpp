// SPDX-License-Identifier: Apache-2.0
/// Distance-dependent pairs: each pair is connected with probability p0 k(distance), k a Gaussian or an exponential.
/// The unit is a source; the word of pair (i, j) is number j of unit i, so any part can be drawn alone.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/math.hpp"
#include "engine/rule.hpp"
#include "engine/values.hpp"

namespace ranvier::engine {
namespace {

double distance_squared(const ProjectionSpec& p, const PopulationSpec& sources, const PopulationSpec& targets, std::int64_t i, std::int64_t j) {
  const auto dim = static_cast<std::size_t>(sources.dimensions);
  const double* a = sources.positions_um.data() + static_cast<std::size_t>(p.source[i]) * dim;
  const double* b = targets.positions_um.data() + static_cast<std::size_t>(p.target[j]) * dim;
  double sum = 0;
  for (std::size_t k = 0; k < dim; ++k) {
    double x = a[k] - b[k];
    if (k < p.rule.period_um.size()) x = std::remainder(x, p.rule.period_um[k]);
    sum += x * x;
  }
  return sum;
}

/// That the pair (i, j) of slice indices is connected.
double probability(const ProjectionSpec& p, const PopulationSpec& sources, const PopulationSpec& targets, std::int64_t i, std::int64_t j) {
  const Rule& rule = p.rule;
  const double d2 = distance_squared(p, sources, targets, i, j);
  if (d2 > rule.cutoff_um * rule.cutoff_um) return 0;
  if (rule.kernel == Rule::Kernel::gaussian) return rule.probability * math::exp(-d2 / (2 * rule.length_um * rule.length_um));
  return rule.probability * math::exp(-std::sqrt(d2) / rule.length_um);
}

class Distance final : public RuleOnShard {
 public:
  explicit Distance(const RuleContext& c) : c_(c) {}

  void emit(std::int64_t first, std::int64_t last, BatchSink& sink) override {
    for (std::int64_t i = first; i < last; ++i)
      for (std::int64_t j = c_.target_first; j < c_.target_last; j += static_cast<std::int64_t>(Batch::capacity))
        emit_some(i, j, std::min<std::int64_t>(j + static_cast<std::int64_t>(Batch::capacity), c_.target_last), sink);
  }

 private:
  void emit_some(std::int64_t i, std::int64_t begin, std::int64_t end, BatchSink& sink) {
    const Rule& rule = c_.projection->rule;
    synapse_words(c_.choice_key, static_cast<std::uint32_t>(i), 1, static_cast<std::uint32_t>(begin), static_cast<std::size_t>(end - begin),
                  batch_.target.data(), batch_.weight_word.data(), batch_.delay_word.data());
    std::size_t kept = 0;
    for (std::int64_t j = begin; j < end; ++j) {
      const auto k = static_cast<std::size_t>(j - begin);
      const double u = uniform01(batch_.target[k]);
      if (u >= rule.probability) continue;
      if (u >= probability(*c_.projection, *c_.source_population, *c_.target_population, i, j)) continue;
      if (!rule.allow_autapses && c_.is_autapse(i, j)) continue;
      batch_.source[kept] = static_cast<std::uint32_t>(i);
      batch_.weight_word[kept] = batch_.weight_word[k];
      batch_.delay_word[kept] = batch_.delay_word[k];
      batch_.number[kept] = static_cast<std::uint32_t>(j);
      batch_.target[kept++] = static_cast<std::uint32_t>(j);  // kept <= k, so no word is lost that is still to be read
    }
    batch_.n = kept;
    if (kept) sink.take(batch_);
  }

  RuleContext c_;
  Batch batch_;
};

}  // namespace

double distance_synapses_expected(const ProjectionSpec& p, const NetworkSpec& network) {
  const PopulationSpec& sources = network.populations[static_cast<std::size_t>(p.source.population)];
  const PopulationSpec& targets = network.populations[static_cast<std::size_t>(p.target.population)];
  // Steps of the golden ratio visit a grid without falling into its rows.
  const auto some = [](std::int64_t k, std::int64_t sample, std::int64_t n) {
    return sample == n ? k : static_cast<std::int64_t>(static_cast<double>(n) * std::fmod(static_cast<double>(k) * 0.61803398874989485, 1.0));
  };
  const std::int64_t S = p.source.size(), T = p.target.size(), s = std::min<std::int64_t>(S, 64), t = std::min<std::int64_t>(T, 2048);
  double sum = 0;
  for (std::int64_t i = 0; i < s; ++i)
    for (std::int64_t j = 0; j < t; ++j) sum += probability(p, sources, targets, some(i, s, S), some(j, t, T));
  return s * t == 0 ? 0 : sum * (static_cast<double>(S) / static_cast<double>(s)) * (static_cast<double>(T) / static_cast<double>(t));
}

std::unique_ptr<RuleOnShard> make_distance(const RuleContext& c) { return std::make_unique<Distance>(c); }

}  // namespace ranvier::engine
