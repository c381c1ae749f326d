// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/apart.cpp"
#include <hwy/foreach_target.h>

#include "engine/apart.hpp"
#include "engine/neuron-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {

template <class T, bool uniform>
void advance_block(Visit& v) {
  using D = hn::CappedTag<T, group_size>;
  const D d;
  const typename AnyReceptors::Of<uniform, D> receptors(d, v);
  for (std::size_t i = v.first; i < v.first + v.n; i += hn::Lanes(d)) {
    Drive<D> nobody = no_drive(d);
    receptors.apply(d, i, nobody);
    if (v.step % flush_every) continue;
    for (int r = 0; r < v.n_receptors; ++r)
      for (int k = 0; k < state_of_receptor(v.receptors[r].op); ++k) flush(d, hn::FirstN(d, hn::Lanes(d)), v.receptors[r].state[k], i);
  }
}

StepFunction Advance(bool double_precision, bool uniform) {
  if (double_precision) return uniform ? &advance_block<double, true> : &advance_block<double, false>;
  return uniform ? &advance_block<float, true> : &advance_block<float, false>;
}

}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ranvier::engine {
HWY_EXPORT(Advance);

StepFunction advance_receptors(bool double_precision, bool uniform) { return HWY_DYNAMIC_DISPATCH(Advance)(double_precision, uniform); }

namespace {
template <class Sum>
void add_sums(const void* from, void* to, std::size_t first, std::size_t n) {
  for (std::size_t i = first; i < first + n; ++i) static_cast<Sum*>(to)[i] += static_cast<const Sum*>(from)[i];
}
}  // namespace

void advance_apart(const Population& p, const BlockState& state, const Visit& v) {
  for (std::size_t q = 0; q < p.pools.size(); ++q) {
    if (p.pools[q].receptors.size() == 1) continue;
    for (int r : p.pools[q].receptors) {
      ReceptorBlock own = state.receptors[static_cast<std::size_t>(r)];
      if (v.wide) add_sums<std::int64_t>(own.input, state.pools[q].input, v.first, v.n);
      else add_sums<std::int32_t>(own.input, state.pools[q].input, v.first, v.n);
      Visit alone = v;
      alone.receptors = &own;
      alone.n_receptors = 1;
      state.advance(alone);
    }
  }
}

}  // namespace ranvier::engine
#endif
