// SPDX-License-Identifier: Apache-2.0
/// A membrane and its receptors become a neuron: the loop over the cells of one block, in one step.
///
/// The order of events within a step (k to k + 1), as in NEST:
///   1  the state is propagated with the input held since the end of the last step
///   2  spikes that arrive at k + 1 are added
///   3  the threshold is tested; a cell that fires is reset and stamped k + 1
/// (lif_shiu adds what arrives after the test.) Included once per target; the build instantiates it for each membrane.
///
/// step_block is the loop, written once over the receptors: AnyReceptors looks each up by its number, FixedReceptors
/// knows them when it is compiled. step_block_sleepers (sleep-inl.hpp) is the same for populations whose cells fall asleep.
#if defined(RANVIER_ENGINE_NEURON_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_ENGINE_NEURON_INL
#undef RANVIER_ENGINE_NEURON_INL
#else
#define RANVIER_ENGINE_NEURON_INL
#endif

#include <algorithm>
#include <concepts>
#include <tuple>
#include <utility>

#include "engine/drive-inl.hpp"
#include "engine/receptors.gen.hpp"  // made by the build from the files in receptor/
#include "engine/renewal-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

// ------------------------------------------------------------------------------------------ cells in memory

template <class D> struct Cells {
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;
  using M = hn::Mask<D>;

  /// Constants of the cells from i on: one value for all, or one per cell.
  template <bool uniform>
  static HWY_INLINE V constant(D d, const void* p, std::size_t i) {
    const T* x = static_cast<const T*>(p);
    return uniform ? hn::Set(d, x[0]) : hn::Load(d, x + i);
  }
  template <bool uniform, int n>
  static HWY_INLINE void constants(D d, const void* const* p, std::size_t i, V* c) {
    for (int k = 0; k < n; ++k) c[k] = constant<uniform>(d, p[k], i);
  }

  template <int n>
  static HWY_INLINE void load(D d, void* const* state, std::size_t i, V* s) {
    for (int k = 0; k < n; ++k) s[k] = hn::Load(d, static_cast<const T*>(state[k]) + i);
  }
  template <int n>
  static HWY_INLINE void store(D d, const V* s, void* const* state, std::size_t i) {
    for (int k = 0; k < n; ++k) hn::Store(s[k], d, static_cast<T*>(state[k]) + i);
  }
  /// Leaves the cells outside the mask as they are.
  template <int n>
  static HWY_INLINE void store(D d, M mask, const V* s, void* const* state, std::size_t i) {
    for (int k = 0; k < n; ++k) {
      T* p = static_cast<T*>(state[k]) + i;
      hn::Store(hn::IfThenElse(mask, s[k], hn::Load(d, p)), d, p);
    }
  }

  /// The sums of one receptor, as values; sets them to zero.
  static HWY_INLINE V take_input(D d, void* input, bool wide, double quantum, std::size_t i) {
    const hn::RebindToSigned<D> di;
    if constexpr (sizeof(T) == 8) {
      if (wide) {
        std::int64_t* p = static_cast<std::int64_t*>(input) + i;
        const V value = hn::Mul(hn::ConvertTo(d, hn::Load(di, p)), hn::Set(d, quantum));
        hn::Store(hn::Zero(di), di, p);
        return value;
      }
      const hn::Rebind<std::int32_t, D> dh;
      std::int32_t* p = static_cast<std::int32_t*>(input) + i;
      const V value = hn::Mul(hn::PromoteTo(d, hn::Load(dh, p)), hn::Set(d, quantum));
      hn::Store(hn::Zero(dh), dh, p);
      return value;
    } else {
      if (HWY_LIKELY(!wide)) {
        std::int32_t* p = static_cast<std::int32_t*>(input) + i;
        const V value = hn::Mul(hn::ConvertTo(d, hn::Load(di, p)), hn::Set(d, static_cast<T>(quantum)));
        hn::Store(hn::Zero(di), di, p);
        return value;
      }
      // By way of double, so that a sum of up to 53 bits is rounded once.
      const hn::Half<D> half;
      const hn::Rebind<double, decltype(half)> dd;
      const hn::RebindToSigned<decltype(dd)> dl;
      const auto unit = hn::Set(dd, quantum);
      std::int64_t* p = static_cast<std::int64_t*>(input) + i;
      const auto part = [&](std::size_t k) HWY_ATTR {
        const auto value = hn::DemoteTo(half, hn::Mul(hn::ConvertTo(dd, hn::Load(dl, p + k)), unit));
        hn::Store(hn::Zero(dl), dl, p + k);
        return value;
      };
      const auto low = part(0);
      return hn::Combine(d, part(hn::Lanes(dd)), low);
    }
  }

  /// Steps or stamps of the cells from i on, compared with a step. As signed numbers: runs are shorter than 2^31 steps.
  static HWY_INLINE V steps(D d, const std::uint32_t* p, std::size_t i) {
    const hn::Rebind<std::int32_t, D> di;
    const auto steps = hn::Load(di, reinterpret_cast<const std::int32_t*>(p) + i);
    if constexpr (sizeof(T) == 4) return hn::ConvertTo(d, steps);
    else return hn::PromoteTo(d, steps);
  }
  /// True where the step in memory is not before this one.
  static HWY_INLINE M not_before(D d, const std::uint32_t* p, std::uint32_t step, std::size_t i) {
    if constexpr (sizeof(T) == 4) {
      const hn::RebindToSigned<D> di;
      const auto steps = hn::Load(di, reinterpret_cast<const std::int32_t*>(p) + i);
      return hn::RebindMask(d, hn::Gt(steps, hn::Set(di, static_cast<std::int32_t>(step) - 1)));
    } else {
      return hn::Ge(steps(d, p, i), hn::Set(d, static_cast<T>(step)));
    }
  }
};

// ------------------------------------------------------------------------------------------ receptors

template <class R> inline constexpr int receptor_number = -1;
#define RANVIER_NUMBER(number, Receptor) template <> inline constexpr int receptor_number<Receptor> = number;
RANVIER_FOR_EACH_RECEPTOR(RANVIER_NUMBER)
#undef RANVIER_NUMBER

/// A receptor with the way it couples.
template <class R, Coupling how>
struct As {
  using Receptor = R;
  static constexpr Coupling coupling = how;
  static constexpr int op = 3 * receptor_number<R> + static_cast<int>(how);
};

template <class R>
concept HasSites = requires { requires R::has_sites; };

/// One receptor of the cells from i on: reads its state and input, adds to the drive, advances its state.
template <class R, Coupling coupling, class D>
HWY_INLINE void apply_receptor(D d, const ReceptorBlock& r, const hn::Vec<D>* c, bool wide, std::size_t i, Drive<D>& drive) {
  if constexpr (HasSites<R>) {
    const auto input_of = [&](std::size_t site) HWY_ATTR { return Cells<D>::take_input(d, static_cast<std::byte*>(r.input) + site * r.site_byte, wide, r.quantum, i); };
    return R::template apply_sites<coupling>(d, c, r.structure, input_of, drive);
  } else {
  hn::Vec<D> s[R::n_state + 1];
  Cells<D>::template load<R::n_state>(d, r.state, i, s);
  const auto input = Cells<D>::take_input(d, r.input, wide, r.quantum, i);
  R::template apply<coupling>(d, c, s, input, drive);
  Cells<D>::template store<R::n_state>(d, s, r.state, i);
  }
}

/// Receptors looked up by number, in each vector of cells: any combination. The reference for FixedReceptors.
struct AnyReceptors {
  template <bool uniform, class D>
  struct Of {
    Of(D, const Visit& v) : receptors(v.receptors), n(v.n_receptors), wide(v.wide) {
      for (int r = 0; r < n; ++r) conductances |= receptors[r].op % 3 == static_cast<int>(Coupling::conductance);
    }

    template <class R, Coupling coupling>
    HWY_INLINE void apply_one(D d, const ReceptorBlock& r, std::size_t i, Drive<D>& drive) const {
      hn::Vec<D> c[R::n_constants + 1];
      Cells<D>::template constants<uniform, R::n_constants>(d, r.constants, i, c);
      apply_receptor<R, coupling>(d, r, c, wide, i, drive);
    }

    HWY_INLINE void apply(D d, std::size_t i, Drive<D>& drive) const {
      for (int k = 0; k < n; ++k) {
        const ReceptorBlock& r = receptors[k];
        switch (r.op) {  // the same for all cells of a block, so the branch is predicted
#define RANVIER_CASE(number, Receptor)                                                                            \
  case 3 * number + 0: apply_one<Receptor, Coupling::exact>(d, r, i, drive); break;                               \
  case 3 * number + 1: apply_one<Receptor, Coupling::current>(d, r, i, drive); break;                             \
  case 3 * number + 2: apply_one<Receptor, Coupling::conductance>(d, r, i, drive); break;
          RANVIER_FOR_EACH_RECEPTOR(RANVIER_CASE)
#undef RANVIER_CASE
        }
      }
    }

    ReceptorBlock* receptors;
    int n;
    bool wide, conductances = false;
  };
};

/// A list known when compiled: no branches, and shared constants stay in registers for the whole block.
template <class... Ops>
struct FixedReceptors {
  static bool are(const int* ops, int n) {
    constexpr int mine[] = {Ops::op...};
    return n == static_cast<int>(sizeof...(Ops)) && std::equal(ops, ops + n, mine);
  }

  template <bool uniform, class D>
  struct Of {
    static constexpr bool conductances = ((Ops::coupling == Coupling::conductance) || ...);
    template <class Op> struct Constants { hn::Vec<D> c[Op::Receptor::n_constants + 1]; };

    Of(D d, const Visit& v) : wide(v.wide) {
      std::copy_n(v.receptors, sizeof...(Ops), receptors);
      hoist(d, std::index_sequence_for<Ops...>());
    }

    template <std::size_t... k>
    HWY_INLINE void hoist(D d, std::index_sequence<k...>) {
      if constexpr (uniform) (Cells<D>::template constants<true, Ops::Receptor::n_constants>(d, receptors[k].constants, 0, std::get<k>(shared).c), ...);
    }
    HWY_INLINE void apply(D d, std::size_t i, Drive<D>& drive) const { apply_all(d, i, drive, std::index_sequence_for<Ops...>()); }
    template <std::size_t... k>
    HWY_INLINE void apply_all(D d, std::size_t i, Drive<D>& drive, std::index_sequence<k...>) const {
      (apply_one<k, Ops>(d, i, drive), ...);
    }
    template <std::size_t k, class Op>
    HWY_INLINE void apply_one(D d, std::size_t i, Drive<D>& drive) const {
      using R = typename Op::Receptor;
      if constexpr (uniform) {
        apply_receptor<R, Op::coupling>(d, receptors[k], std::get<k>(shared).c, wide, i, drive);
      } else {
        hn::Vec<D> c[R::n_constants + 1];
        Cells<D>::template constants<false, R::n_constants>(d, receptors[k].constants, i, c);
        apply_receptor<R, Op::coupling>(d, receptors[k], c, wide, i, drive);
      }
    }

    ReceptorBlock receptors[sizeof...(Ops)];  // a copy: what is stored through its pointers cannot change it
    bool wide;
    std::tuple<Constants<Ops>...> shared;
  };
};

// ------------------------------------------------------------------------------------------ one step of a block

/// A model file that lacks one of these does not make a membrane.
template <class M>
concept Membrane = requires {
  { M::n_state } -> std::convertible_to<int>;
  { M::n_constants } -> std::convertible_to<int>;
  { M::can_blow_up } -> std::convertible_to<bool>;  // its state is then checked
  { M::linear } -> std::convertible_to<bool>;       // current receptors couple exactly
  { M::sleeps } -> std::convertible_to<bool>;       // elapse(), quiet() and below() are then needed
  { M::held_steps(std::uint32_t()) } -> std::same_as<std::uint32_t>;  // refractory steps after that of the spike
};

/// Notes the cells of a vector that fired.
template <class M, bool uniform, class D>
HWY_INLINE void emit(D d, hn::Mask<D> spike, std::size_t i, Visit& v) {
  std::uint8_t bits[8] = {};
  hn::StoreMaskBits(d, spike, bits);
  std::uint32_t mask = bits[0] | static_cast<std::uint32_t>(bits[1]) << 8;
  for (; mask; mask &= mask - 1) {
    const std::size_t cell = i + static_cast<std::size_t>(__builtin_ctz(mask));
    v.ready[cell] = v.step + M::held_steps(v.refractory[v.refractory_stride * cell]);
    v.spikes[v.n_spikes++] = static_cast<std::uint32_t>(cell);
  }
}

template <class M>
concept ByChance = requires { requires M::by_chance; };

/// The same for membranes that fire by chance: how many spikes each cell has, and its state after them.
template <class M, bool uniform, class D>
HWY_NOINLINE void emit_by_chance(D d, hn::Mask<D> spike, std::size_t i, Visit& v) {
  using T = hn::TFromD<D>;
  std::uint8_t bits[8] = {};
  hn::StoreMaskBits(d, spike, bits);
  std::uint32_t mask = bits[0] | static_cast<std::uint32_t>(bits[1]) << 8;
  for (; mask; mask &= mask - 1) {
    const std::size_t cell = i + static_cast<std::size_t>(__builtin_ctz(mask));
    double c[M::n_constants], s[M::n_state];
    for (int k = 0; k < M::n_constants; ++k) c[k] = static_cast<double>(static_cast<const T*>(v.constants[k])[uniform ? 0 : cell]);
    for (int k = 0; k < M::n_state; ++k) s[k] = static_cast<double>(static_cast<const T*>(v.state[k])[cell]);
    Chance chance(v.chance, v.entity + cell, v.step);
    for (int n = M::fire(c, s, chance); n > 0; --n) v.spikes[v.n_spikes++] = static_cast<std::uint32_t>(cell);
    for (int k = 0; k < M::n_state; ++k) static_cast<T*>(v.state[k])[cell] = static_cast<T>(s[k]);
  }
}

/// A decaying value that nothing feeds ends among the denormal numbers, which are slow on many processors. Now and
/// then, in steps that all runs share, values that mean nothing any more become zero.
inline constexpr std::uint32_t flush_every = 64;
template <class T> inline constexpr T negligible = sizeof(T) == 4 ? T(1e-20) : T(1e-150);

/// One array of a vector of cells: those in the mask whose value is negligible become zero.
template <class D>
HWY_INLINE void flush(D d, hn::Mask<D> mask, void* array, std::size_t i) {
  using T = hn::TFromD<D>;
  T* p = static_cast<T*>(array) + i;
  const auto x = hn::Load(d, p);
  hn::Store(hn::IfThenZeroElse(hn::And(mask, hn::Lt(hn::Abs(x), hn::Set(d, negligible<T>))), x), d, p);
}

inline int state_of_receptor(int op) {
  switch (op / 3) {
#define RANVIER_CASE(number, Receptor) \
  case number: return Receptor::n_state;
    RANVIER_FOR_EACH_RECEPTOR(RANVIER_CASE)
#undef RANVIER_CASE
  }
  return 0;
}

/// All state of a vector of cells.
template <class M, class D>
HWY_NOINLINE void flush_masked(D d, const Visit& v, std::size_t i, hn::Mask<D> mask) {
  for (int k = 0; k < M::n_state; ++k) flush(d, mask, v.state[k], i);
  for (int r = 0; r < v.n_receptors; ++r)
    for (int k = 0; k < state_of_receptor(v.receptors[r].op); ++k) flush(d, mask, v.receptors[r].state[k], i);
}

/// State variables of membranes that can blow up stay below this, in mV and pA; NaN does not either.
inline constexpr double usable = 1e9;

template <class M, class T>
void find_bad_cell(Visit& v, std::size_t end) {
  for (std::size_t i = v.first; i < end && v.bad_cell < 0; ++i)
    for (int k = 0; k < M::n_state; ++k)
      if (!(std::fabs(static_cast<const T*>(v.state[k])[i]) < T(usable))) v.bad_cell = static_cast<std::int64_t>(i);
}

/// All cells of a block, one step.
///
///   Work    the membrane's and its receptors' per cell (see their files), and 8 bytes per receptor for the input
///   Errors  v.bad_cell names a cell with a state variable that is not usable (only where the model can blow up)
template <class M, class T, bool uniform, class Receptors>
void step_block(Visit& v) {
  using D = hn::CappedTag<T, group_size>;
  using V = hn::Vec<D>;
  const D d;
  const Visit in = v;  // a copy: what the loop stores cannot change it, so its pointers stay in registers
  const std::size_t lanes = hn::Lanes(d), end = in.first + in.n;
  const typename Receptors::template Of<uniform, D> receptors(d, v);
  V c[M::n_constants];
  if constexpr (uniform) Cells<D>::template constants<true, M::n_constants>(d, in.constants, 0, c);
  auto bad = hn::MaskFromVec(hn::Zero(d));
  [[maybe_unused]] UniformWords<D> words(in.chance, in.entity, in.step);

  for (std::size_t i = in.first; i < end; i += lanes) {
    Drive<D> drive = no_drive(d);
    drive.before = hn::Load(d, static_cast<const T*>(in.state[0]) + i);
    receptors.apply(d, i, drive);

    V s[M::n_state];
    if constexpr (!uniform) Cells<D>::template constants<false, M::n_constants>(d, in.constants, i, c);
    Cells<D>::template load<M::n_state>(d, in.state, i, s);
    const V current = in.current ? hn::Load(d, static_cast<const T*>(in.current) + i) : hn::Zero(d);
    auto spike = [&]() HWY_ATTR {
      if constexpr (ByChance<M>) return M::step(d, c, s, drive, current, words.at(d, i));
      else return M::step(d, c, s, drive, current, Cells<D>::not_before(d, in.ready, in.step, i), receptors.conductances);
    }();
    Cells<D>::template store<M::n_state>(d, s, in.state, i);
    if constexpr (M::can_blow_up)
      for (const V& x : s) bad = hn::Or(bad, hn::Not(hn::Lt(hn::Abs(x), hn::Set(d, T(usable)))));

    if (HWY_UNLIKELY(!hn::AllFalse(d, spike))) {
      if (i + lanes > end) spike = hn::And(spike, hn::FirstN(d, end - i));  // the padding of the last group never fires
      if constexpr (ByChance<M>) emit_by_chance<M, uniform>(d, spike, i, v);
      else emit<M, uniform>(d, spike, i, v);
    }
  }
  if (in.step % flush_every == 0)
    for (std::size_t i = in.first; i < end; i += lanes) flush_masked<M>(d, in, i, hn::FirstN(d, lanes));
  v.updates += in.n;
  if (M::can_blow_up && !hn::AllFalse(d, bad)) find_bad_cell<M, T>(v, end);
}

// ------------------------------------------------------------------------------------------ choice

template <Membrane M>
StepFunction choose_step(bool double_precision, bool uniform) {
  if (double_precision) return uniform ? &step_block<M, double, true, AnyReceptors> : &step_block<M, double, false, AnyReceptors>;
  return uniform ? &step_block<M, float, true, AnyReceptors> : &step_block<M, float, false, AnyReceptors>;
}

/// The usual lists, made for single precision with constants shared by the population.
template <Membrane M>
StepFunction choose_step_for(bool double_precision, bool uniform, const int* ops, int n) {
  StepFunction step = choose_step<M>(double_precision, uniform);
  if (double_precision || !uniform) return step;
  const auto offer = [&]<class List>(List) {
    if (List::are(ops, n)) step = &step_block<M, float, true, List>;
  };
  using ExpExact = As<ExponentialReceptor, Coupling::exact>;
  using ExpCurrent = As<ExponentialReceptor, Coupling::current>;
  using ExpConductance = As<ExponentialReceptor, Coupling::conductance>;
  using AlphaExact = As<AlphaReceptor, Coupling::exact>;
  using DeltaExact = As<DeltaReceptor, Coupling::exact>;
  using DeltaCurrent = As<DeltaReceptor, Coupling::current>;
  if constexpr (M::linear) {
    offer(FixedReceptors<ExpExact>());
    offer(FixedReceptors<ExpExact, ExpExact>());
    offer(FixedReceptors<AlphaExact>());
    offer(FixedReceptors<AlphaExact, AlphaExact>());
    offer(FixedReceptors<DeltaExact>());
    offer(FixedReceptors<As<DeltaGReceptor, Coupling::exact>, DeltaExact>());
  } else {
    offer(FixedReceptors<ExpCurrent>());
    offer(FixedReceptors<ExpCurrent, ExpCurrent>());
    offer(FixedReceptors<DeltaCurrent>());
  }
  offer(FixedReceptors<ExpConductance, ExpConductance>());
  return step;
}

}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
