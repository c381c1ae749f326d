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
      const double d2 = distance_squared(i, j);
      if (d2 > rule.cutoff_um * rule.cutoff_um || u >= rule.probability * kernel(d2)) continue;
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

  double kernel(double d2) const {
    const Rule& rule = c_.projection->rule;
    if (rule.kernel == Rule::Kernel::gaussian) return math::exp(-d2 / (2 * rule.length_um * rule.length_um));
    return math::exp(-std::sqrt(d2) / rule.length_um);
  }

  double distance_squared(std::int64_t i, std::int64_t j) const {
    const Rule& rule = c_.projection->rule;
    const auto dim = static_cast<std::size_t>(c_.source_population->dimensions);
    const double* a = c_.source_population->positions_um.data() + static_cast<std::size_t>(c_.projection->source[i]) * dim;
    const double* b = c_.target_population->positions_um.data() + static_cast<std::size_t>(c_.projection->target[j]) * dim;
    double sum = 0;
    for (std::size_t k = 0; k < dim; ++k) {
      double x = a[k] - b[k];
      if (k < rule.period_um.size()) x = std::remainder(x, rule.period_um[k]);
      sum += x * x;
    }
    return sum;
  }

  RuleContext c_;
  Batch batch_;
};

}  // namespace

std::unique_ptr<RuleOnShard> make_distance(const RuleContext& c) { return std::make_unique<Distance>(c); }

}  // namespace ranvier::engine
