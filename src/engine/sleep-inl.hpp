// SPDX-License-Identifier: Apache-2.0
/// Cells that fall asleep: one that received nothing and cannot reach threshold by itself is left alone.
///
///   asleep   state arrays and asleep_since[] are its anchor: the value, and the step at which it fell asleep.
///            Any later value is one closed-form expression of the anchor and the steps elapsed (elapse() in the
///            membrane and receptor files), so reading it changes nothing.
///   wakes    in the step in which input arrives: the state becomes the closed form one step before, then an
///            ordinary step is done.
///   falls asleep  when it is not refractory and an upper bound of all that its own state can still do stays clear of
///            the threshold (quiet()). A cell that slept for long when it was woken does so in the same step: sparse
///            input costs one visit an arrival. The others, awake or often woken, do so only in every 8th step, and
///            only if nothing arrived in it: dense input does not pay for waking again and again.
///            All of this follows from the cell and the step alone, so the answer does not depend on blocks, shards
///            or vectors.
///
/// Only groups of 16 with a cell awake, or with input, are visited.
#if defined(RANVIER_ENGINE_SLEEP_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_ENGINE_SLEEP_INL
#undef RANVIER_ENGINE_SLEEP_INL
#else
#define RANVIER_ENGINE_SLEEP_INL
#endif

#include "engine/neuron-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

template <class D> struct Beds {
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;
  using M = hn::Mask<D>;

  static HWY_INLINE M asleep(D d, const std::uint32_t* since, std::size_t i) {
    return hn::Ge(Cells<D>::steps(d, since, i), hn::Zero(d));  // awake is -1 as a signed number
  }

  /// Steps from the anchors to `step`; 0 for cells that are awake.
  static HWY_INLINE V elapsed(D d, const std::uint32_t* since, std::uint32_t step, std::size_t i) {
    const hn::Rebind<std::int32_t, D> di;
    const auto m = hn::Sub(hn::Set(di, static_cast<std::int32_t>(step)), hn::Load(di, reinterpret_cast<const std::int32_t*>(since) + i));
    V steps;
    if constexpr (sizeof(T) == 4) steps = hn::ConvertTo(d, m);
    else steps = hn::PromoteTo(d, m);
    return hn::IfThenElseZero(asleep(d, since, i), steps);
  }

  /// Writes the stamps of a vector of cells: `step` for those that sleep from now on, awake for the others in `up`.
  static HWY_INLINE void set(D d, M up, M sleeps, std::uint32_t* since, std::uint32_t step, std::size_t i) {
    if constexpr (sizeof(T) == 4) {
      const hn::RebindToUnsigned<D> du;
      const auto now = hn::IfThenElse(hn::RebindMask(du, sleeps), hn::Set(du, step), hn::Set(du, awake));
      hn::Store(hn::IfThenElse(hn::RebindMask(du, up), now, hn::Load(du, since + i)), du, since + i);
    } else {
      std::uint8_t changed[8] = {}, asleep_now[8] = {};
      hn::StoreMaskBits(d, up, changed);
      hn::StoreMaskBits(d, sleeps, asleep_now);
      for (std::size_t k = 0; k < hn::Lanes(d); ++k)
        if (changed[0] >> k & 1) since[i + k] = asleep_now[0] >> k & 1 ? step : awake;
    }
  }

  /// Cells with any sum that is not zero.
  static HWY_INLINE M received(D d, const Visit& v, std::size_t i) {
    if (v.wide == (sizeof(T) == 8)) {
      const hn::RebindToSigned<D> di;
      auto any = hn::Zero(di);
      for (int r = 0; r < v.n_receptors; ++r) any = hn::Or(any, hn::Load(di, static_cast<const hn::TFromD<decltype(di)>*>(v.receptors[r].input) + i));
      return hn::RebindMask(d, hn::Ne(any, hn::Zero(di)));
    }
    HWY_ALIGN T any[HWY_MAX_BYTES / sizeof(T)] = {};
    for (int r = 0; r < v.n_receptors; ++r)
      for (std::size_t k = 0; k < hn::Lanes(d); ++k)
        if (v.wide ? static_cast<const std::int64_t*>(v.receptors[r].input)[i + k] != 0 : static_cast<const std::int32_t*>(v.receptors[r].input)[i + k] != 0)
          any[k] = 1;
    return hn::Ne(hn::Load(d, any), hn::Zero(d));
  }
};

/// Calls visit(the receptor's type) for the receptor with this number, if its cells can sleep.
template <class Visitor>
HWY_INLINE void with_receptor(int op, Visitor visit) {
  switch (op / 3) {
#define RANVIER_CASE(number, Receptor)                        \
  case number:                                                \
    if constexpr (Receptor::sleeps) visit.template operator()<Receptor>(); \
    break;
    RANVIER_FOR_EACH_RECEPTOR(RANVIER_CASE)
#undef RANVIER_CASE
  }
}

/// A receptor's state m steps after its anchor, into s; returns what it did to V meanwhile.
template <class R, bool uniform, class D, class V = hn::Vec<D>>
HWY_INLINE V elapse_receptor(D d, const ReceptorBlock& r, std::size_t i, V m, V* s) {
  V c[R::n_constants + 1];
  Cells<D>::template constants<uniform, R::n_constants>(d, r.constants, i, c);
  Cells<D>::template load<R::n_state>(d, r.state, i, s);
  return R::elapse(d, c, s, m);
}

/// The membrane's state m steps after the anchors of its cells, in place of s. Where `wakes`, the receptors' states of
/// the cells in the mask are advanced in memory; else no memory is changed.
template <class M, bool uniform, bool wakes, class D, class V = hn::Vec<D>>
HWY_INLINE void elapse_cells(D d, const Visit& v, std::size_t i, V m, hn::Mask<D> mask, const V* c, V* s) {
  V dV = hn::Zero(d);
  for (int k = 0; k < v.n_receptors; ++k) {
    const ReceptorBlock& r = v.receptors[k];
    with_receptor(r.op, [&]<class R>() {
      V own[R::n_state + 1];
      dV = hn::Add(dV, elapse_receptor<R, uniform>(d, r, i, m, own));
      if constexpr (wakes) Cells<D>::template store<R::n_state>(d, mask, own, r.state, i);
    });
  }
  M::elapse(d, c, s, m, dV);
}

/// The most that all receptors of the cells can still lift V.
template <bool uniform, class D>
HWY_INLINE hn::Vec<D> rise_of_receptors(D d, const Visit& v, std::size_t i) {
  using V = hn::Vec<D>;
  V rise = hn::Zero(d);
  for (int k = 0; k < v.n_receptors; ++k) {
    const ReceptorBlock& r = v.receptors[k];
    with_receptor(r.op, [&]<class R>() {
      V c[R::n_constants + 1], s[R::n_state + 1];
      Cells<D>::template constants<uniform, R::n_constants>(d, r.constants, i, c);
      Cells<D>::template load<R::n_state>(d, r.state, i, s);
      rise = hn::Add(rise, R::rise(d, c, s));
    });
  }
  return rise;
}

template <bool uniform, class D>
HWY_INLINE void apply_receptors_masked(D d, const Visit& v, std::size_t i, hn::Mask<D> mask, Drive<D>& drive) {
  using V = hn::Vec<D>;
  for (int k = 0; k < v.n_receptors; ++k) {
    const ReceptorBlock& r = v.receptors[k];
    with_receptor(r.op, [&]<class R>() {
      V c[R::n_constants + 1], s[R::n_state + 1];
      Cells<D>::template constants<uniform, R::n_constants>(d, r.constants, i, c);
      Cells<D>::template load<R::n_state>(d, r.state, i, s);
      const V input = Cells<D>::take_input(d, r.input, v.wide, r.quantum, i);
      R::template apply<Coupling::exact>(d, c, s, input, drive);
      Cells<D>::template store<R::n_state>(d, mask, s, r.state, i);
    });
  }
}

/// A cell that slept at least long_sleep steps falls asleep again at once; the others may in steps that settle_every
/// divides. A visit with a waking cell takes about twice the time of an ordinary one, so staying awake pays for groups
/// of 16 cells that receive something in nearly every step; of a network that is quiet as a whole most cells should
/// sleep. On the fly's network 4 and 8 take 0.8 of the time of 16 and 32 (bench/README.md, "fly").
inline constexpr std::uint32_t long_sleep = 4, settle_every = 8;

/// One vector of cells, one step. Returns the number of cells that were awake in it, and adds to `stay` how many are
/// still awake.
template <class M, bool uniform, class D>
HWY_INLINE std::size_t step_cells(D d, Visit& v, std::size_t i, std::size_t end, std::size_t& stay) {
  using V = hn::Vec<D>;
  using T = hn::TFromD<D>;
  const auto received = Beds<D>::received(d, v, i), asleep = Beds<D>::asleep(d, v.asleep_since, i);
  const auto wakes = hn::And(asleep, received), up = hn::Or(hn::Not(asleep), received);
  if (hn::AllFalse(d, up)) return 0;

  V c[M::n_constants], s[M::n_state];
  Cells<D>::template constants<uniform, M::n_constants>(d, v.constants, i, c);
  Cells<D>::template load<M::n_state>(d, v.state, i, s);
  auto may_settle = v.step % settle_every == 0 ? hn::AndNot(received, up) : hn::MaskFromVec(hn::Zero(d));
  if (!hn::AllFalse(d, wakes)) {
    const V m = Beds<D>::elapsed(d, v.asleep_since, v.step - 1, i);
    V later[M::n_state];
    for (int k = 0; k < M::n_state; ++k) later[k] = s[k];
    elapse_cells<M, uniform, true>(d, v, i, m, wakes, c, later);
    for (int k = 0; k < M::n_state; ++k) s[k] = hn::IfThenElse(wakes, later[k], s[k]);
    may_settle = hn::Or(may_settle, hn::And(wakes, hn::Ge(m, hn::Set(d, T(long_sleep)))));
  }

  Drive<D> drive = no_drive(d);
  apply_receptors_masked<uniform>(d, v, i, up, drive);
  const V current = v.current ? hn::Load(d, static_cast<const T*>(v.current) + i) : hn::Zero(d);
  auto spike = hn::And(up, M::step(d, c, s, drive, current, Cells<D>::not_before(d, v.ready, v.step, i), false));
  Cells<D>::template store<M::n_state>(d, up, s, v.state, i);
  if (v.step % flush_every == 0) flush_masked<M>(d, v, i, up);

  const auto bound = hn::Or(spike, Cells<D>::not_before(d, v.ready, v.step + 1, i));  // refractory, or will be
  const auto quiet = M::quiet(d, c, s, rise_of_receptors<uniform>(d, v, i));
  const auto sleeps = hn::AndNot(bound, hn::And(may_settle, quiet));
  Beds<D>::set(d, up, sleeps, v.asleep_since, v.step, i);

  if (i + hn::Lanes(d) > end) spike = hn::And(spike, hn::FirstN(d, end > i ? end - i : 0));
  if (HWY_UNLIKELY(!hn::AllFalse(d, spike))) emit<M, uniform>(d, spike, i, v);
  stay += hn::CountTrue(d, hn::AndNot(sleeps, up));
  return hn::CountTrue(d, hn::And(up, hn::FirstN(d, end > i ? end - i : 0)));  // padding is no work, or threads would differ in it
}

/// Every sleeper, by its closed form, at the end of this step: it must be below threshold.
template <class M, bool uniform, class D>
void check_sleepers(D d, Visit& v) {
  using V = hn::Vec<D>;
  for (std::size_t i = v.first; i < v.first + v.n; i += hn::Lanes(d)) {
    const auto asleep = Beds<D>::asleep(d, v.asleep_since, i);
    if (hn::AllFalse(d, asleep)) continue;
    V c[M::n_constants], s[M::n_state];
    Cells<D>::template constants<uniform, M::n_constants>(d, v.constants, i, c);
    Cells<D>::template load<M::n_state>(d, v.state, i, s);
    elapse_cells<M, uniform, false>(d, v, i, Beds<D>::elapsed(d, v.asleep_since, v.step, i), asleep, c, s);
    const auto wrong = hn::AndNot(M::below(d, c, s), asleep);
    if (!hn::AllFalse(d, wrong) && v.bad_cell < 0) v.bad_cell = static_cast<std::int64_t>(i) + hn::FindFirstTrue(d, wrong);
  }
}

/// Active groups are far apart in memory: what the next ones need is fetched ahead.
inline constexpr std::size_t prefetch_groups = 4;

template <class M, class T>
HWY_INLINE void prefetch_group(const Visit& v, std::size_t cell) {
  __builtin_prefetch(v.asleep_since + cell);
  __builtin_prefetch(v.ready + cell);
  for (int k = 0; k < M::n_state; ++k) __builtin_prefetch(static_cast<const T*>(v.state[k]) + cell);
  for (int r = 0; r < v.n_receptors; ++r) {
    __builtin_prefetch(static_cast<const std::int32_t*>(v.receptors[r].input) + (v.wide ? 2 * cell : cell));
    if (v.receptors[r].state[0]) __builtin_prefetch(static_cast<const T*>(v.receptors[r].state[0]) + cell);
  }
}

/// The active groups of a block, one step.
///
///   v.active     [n_active] group numbers of the shard, any order; out: those with a cell still awake, at the front
///   v.touched    set to 0 for the groups that leave
///   v.receptors  all with exact coupling and kinds that sleep
///   Errors       v.bad_cell: with check_sleepers, a sleeper that reached threshold
template <class M, class T, bool uniform>
void step_block_sleepers(Visit& v) {
  using D = hn::CappedTag<T, group_size>;
  const D d;
  const std::size_t lanes = hn::Lanes(d), end = v.first + v.n;
  std::size_t kept = 0;
  for (std::size_t k = 0; k < v.n_active; ++k) {
    if (k + prefetch_groups < v.n_active) prefetch_group<M, T>(v, (v.active[k + prefetch_groups] - v.first_group) * group_size);
    const std::uint32_t group = v.active[k];
    const std::size_t cell = (group - v.first_group) * group_size;
    std::size_t stay = 0;
    for (std::size_t i = cell; i < cell + group_size; i += lanes) v.updates += step_cells<M, uniform>(d, v, i, end, stay);
    v.active[kept] = group;
    kept += stay > 0;
    if (stay == 0) v.touched[group] = 0;
  }
  v.n_active = kept;
  std::sort(v.spikes, v.spikes + v.n_spikes);
  if (HWY_UNLIKELY(v.check_sleepers)) check_sleepers<M, uniform>(d, v);
}

/// See ReadFunction in kernel.hpp.
template <class M, class T, bool uniform>
void read_block(const Visit& v, std::uint32_t step, int receptor, int variable, double* out) {
  using D = hn::CappedTag<T, group_size>;
  using V = hn::Vec<D>;
  const D d;
  const std::size_t lanes = hn::Lanes(d), end = v.first + v.n;
  const T* const stored = static_cast<const T*>(receptor < 0 ? v.state[variable] : v.receptors[receptor].state[variable]);
  for (std::size_t i = v.first / lanes * lanes; i < end; i += lanes) {
    HWY_ALIGN T values[HWY_MAX_BYTES / sizeof(T)];
    V value = hn::Load(d, stored + i);
    if constexpr (M::sleeps) {
      if (v.asleep_since) {
        const V m = Beds<D>::elapsed(d, v.asleep_since, step, i);
        const auto asleep = Beds<D>::asleep(d, v.asleep_since, i);
        V later = value;
        if (receptor < 0) {
          V c[M::n_constants], s[M::n_state];
          Cells<D>::template constants<uniform, M::n_constants>(d, v.constants, i, c);
          Cells<D>::template load<M::n_state>(d, v.state, i, s);
          elapse_cells<M, uniform, false>(d, v, i, m, asleep, c, s);
          later = s[variable];
        } else {
          with_receptor(v.receptors[receptor].op, [&]<class R>() {
            if constexpr (R::n_state > 0) {
              V s[R::n_state + 1];
              elapse_receptor<R, uniform>(d, v.receptors[receptor], i, m, s);
              later = s[variable];
            }
          });
        }
        value = hn::IfThenElse(asleep, later, value);
      }
    }
    hn::Store(value, d, values);
    for (std::size_t k = 0; k < lanes; ++k)
      if (i + k >= v.first && i + k < end) out[i + k - v.first] = static_cast<double>(values[k]);
  }
}

/// The step function of a population whose cells may fall asleep; nullptr where the membrane has no closed form.
template <Membrane M>
StepFunction choose_step_sleepers(bool double_precision, bool uniform) {
  if constexpr (M::sleeps) {
    if (double_precision) return uniform ? &step_block_sleepers<M, double, true> : &step_block_sleepers<M, double, false>;
    return uniform ? &step_block_sleepers<M, float, true> : &step_block_sleepers<M, float, false>;
  } else {
    (void)double_precision, (void)uniform;
    return nullptr;
  }
}

template <Membrane M>
ReadFunction choose_read(bool double_precision, bool uniform) {
  if (double_precision) return uniform ? &read_block<M, double, true> : &read_block<M, double, false>;
  return uniform ? &read_block<M, float, true> : &read_block<M, float, false>;
}

}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
