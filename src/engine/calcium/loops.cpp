// SPDX-License-Identifier: Apache-2.0
/// The vector loops of calcium/rule.hpp. Each synapse is a lane of its own: what it computes does not depend on who
/// shares its vector.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/calcium/loops.cpp"
#include <hwy/foreach_target.h>

#include <algorithm>

#include "core/math-inl.hpp"
#include "engine/calcium/rule.hpp"
#include "engine/magnesium.hpp"

HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::calcium::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

/// The first `lanes` of a vector, the others 0.
template <class D, class T>
HWY_INLINE hn::Vec<D> load_n(D d, const T* p, std::size_t lanes) {
  if (HWY_LIKELY(lanes == hn::Lanes(d))) return hn::LoadU(d, p);
  HWY_ALIGN T all[HWY_MAX_BYTES / sizeof(T)] = {};
  for (std::size_t k = 0; k < lanes; ++k) all[k] = p[k];
  return hn::Load(d, all);
}
template <class D, class T>
HWY_INLINE void store_n(hn::Vec<D> v, D d, T* p, std::size_t lanes) {
  if (HWY_LIKELY(lanes == hn::Lanes(d))) return hn::StoreU(v, d, p);
  HWY_ALIGN T all[HWY_MAX_BYTES / sizeof(T)];
  hn::Store(v, d, all);
  for (std::size_t k = 0; k < lanes; ++k) p[k] = all[k];
}

/// x^n.
template <class D, class V>
HWY_INLINE V power(D d, V x, int n) {
  V result = n & 1 ? x : hn::Set(d, 1);
  for (n >>= 1; n > 0; n >>= 1) {
    x = hn::Mul(x, x);
    if (n & 1) result = hn::Mul(result, x);
  }
  return result;
}

/// Natural logarithm of a positive, normal x.
template <class D, class V>
HWY_INLINE V logarithm(D d, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return log_positive(d, x);
  } else {  // as log_positive, to rounding
    const hn::RebindToSigned<D> di;
    const auto root_half = hn::Set(di, 0x3FE6A09E667F3BCDll);
    const auto shifted = hn::Sub(hn::BitCast(di, x), root_half);
    const V e = hn::ConvertTo(d, hn::ShiftRight<52>(shifted));
    const V m = hn::BitCast(d, hn::Add(hn::And(shifted, hn::Set(di, (1ll << 52) - 1)), root_half));
    const V s = hn::Div(hn::Sub(m, hn::Set(d, 1)), hn::Add(m, hn::Set(d, 1)));
    constexpr double c[] = {2, 2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9, 2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21};
    return fma(d, e, hn::Set(d, 0.693147180559945309417), hn::Mul(s, horner(d, hn::Mul(s, s), c)));
  }
}

template <class D>
struct Course {  ///< of K between two moments: one exponential towards `goal`
  using V = hn::Vec<D>;
  V begin, end, goal, rate, length;
  V integral;
};

/// Area of K above a threshold, and for how long it is there.
template <class D>
struct Above {
  hn::Vec<D> area, time;
};
template <class D>
HWY_INLINE Above<D> above(D d, const Course<D>& K, hn::Vec<D> theta) {
  using V = hn::Vec<D>;
  const V zero = hn::Zero(d);
  const auto at_begin = hn::Gt(K.begin, theta), at_end = hn::Gt(K.end, theta);
  const auto always = hn::And(at_begin, at_end), crosses = hn::Xor(at_begin, at_end);
  const V whole = fma(d, hn::Neg(theta), K.length, K.integral);
  Above<D> a{hn::IfThenElseZero(always, whole), hn::IfThenElseZero(always, K.length)};
  if (HWY_LIKELY(hn::AllFalse(d, crosses))) return a;
  // where a lane does not cross, the logarithm is of 1
  const V left = hn::Div(hn::Sub(theta, K.goal), hn::IfThenElse(crosses, hn::Sub(K.begin, K.goal), hn::Set(d, 1)));
  const V t = hn::Min(hn::Max(zero, hn::Div(hn::Neg(logarithm(d, hn::IfThenElse(crosses, left, hn::Set(d, 1)))), K.rate)), K.length);
  const V before = fma(d, hn::Sub(K.goal, theta), t, hn::Div(hn::Sub(K.begin, theta), K.rate));
  a.area = hn::IfThenElse(crosses, hn::IfThenElse(at_begin, before, hn::Sub(whole, before)), a.area);
  a.time = hn::IfThenElse(crosses, hn::IfThenElse(at_begin, t, hn::Sub(K.length, t)), a.time);
  return a;
}

/// Change of the weight per eta over a course of K.
template <class D, class T>
HWY_INLINE hn::Vec<D> change(D d, const Constants<T>& c, const Course<D>& K) {
  using V = hn::Vec<D>;
  const V theta_p = hn::Set(d, c.theta_p), theta_d = hn::Set(d, c.theta_d);
  const Above<D> p = above(d, K, theta_p), low = above(d, K, theta_d);
  if (c.omega)  // (K - theta_p) above theta_p, -(K - theta_d) between
    return fma(d, hn::Set(d, T(c.theta_p - c.theta_d)), p.time, hn::Sub(hn::Add(p.area, p.area), low.area));
  const V below = hn::Sub(low.area, fma(d, hn::Neg(theta_d), K.length, K.integral));
  return hn::Sub(p.area, below);
}

template <class D>
HWY_INLINE Course<D> course(D d, hn::Vec<D> begin, hn::Vec<D> gain, hn::Vec<D> loss, hn::Vec<D> length) {
  const auto rate = hn::Add(gain, loss), goal = hn::Div(gain, rate);
  const auto end = fma(d, hn::Sub(begin, goal), exp(d, hn::Neg(hn::Mul(rate, length))), goal);
  return {begin, end, goal, rate, length, fma(d, goal, length, hn::Div(hn::Sub(begin, end), rate))};
}

/// Of lanes i and on.
template <class D, class X>
HWY_INLINE hn::Vec<D> of_lanes(D d, const X& x, std::size_t) {
  return hn::Set(d, x);
}
template <class D, class X>
HWY_INLINE hn::Vec<D> of_lanes(D d, const Each<X>& x, std::size_t i) {
  return hn::Load(d, x.lane + i);
}

/// phi at a knot of lanes i and on, whose rows of the ring begin at `row`; `otherwise` where there is no knot.
template <class D, class T, class VI>
HWY_INLINE hn::Vec<D> at_knot(D d, const T* ring, VI row, const Knot<T>& knot, std::size_t, hn::Vec<D> otherwise) {
  return knot == no_knot ? otherwise : hn::GatherIndex(d, ring + knot, row);
}
template <class D, class T, class VI>
HWY_INLINE hn::Vec<D> at_knot(D d, const T* ring, VI row, const Each<Knot<T>>& knot, std::size_t i, hn::Vec<D> otherwise) {
  const hn::RebindToSigned<D> di;
  const VI k = hn::Load(di, knot.lane + i);
  const auto none = hn::Lt(k, hn::Zero(di));
  return hn::IfThenElse(hn::RebindMask(d, none), otherwise, hn::GatherIndex(d, ring, hn::Add(row, hn::IfThenZeroElse(none, k))));
}

/// `next`, but in lanes that are done what they had.
template <class D>
HWY_INLINE hn::Vec<D> unless_done(D, const hn::TFromD<D>&, std::size_t, hn::Vec<D>, hn::Vec<D> next) {
  return next;
}
template <class D>
HWY_INLINE hn::Vec<D> unless_done(D d, const Each<hn::TFromD<D>>& length, std::size_t i, hn::Vec<D> before, hn::Vec<D> next) {
  return hn::IfThenElse(hn::Gt(hn::Load(d, length.lane + i), hn::Zero(d)), next, before);
}

template <class T, template <class> class Of, class D>
HWY_INLINE void advance_lanes(D d, const Stretch<T, Of>& s, std::size_t i, std::size_t lanes) {
  using V = hn::Vec<D>;
  const Constants<T>& c = *s.rule;
  const hn::RebindToSigned<D> di;
  const V zero = hn::Zero(d), rest = hn::Set(d, c.rest), half = hn::Set(d, T(0.5)), four = hn::Set(d, 4), k_1_6 = hn::Set(d, c.k_1 / 6);
  // cells as indices of this width; lanes beyond the end read cell 0
  HWY_ALIGN hn::TFromD<decltype(di)> index[HWY_MAX_BYTES / sizeof(T)] = {};
  for (std::size_t k = 0; k < lanes; ++k) index[k] = static_cast<hn::TFromD<decltype(di)>>(s.cells[i + k]);
  const auto cell = hn::Load(di, index);
  const auto row = hn::Mul(cell, hn::Set(di, static_cast<hn::TFromD<decltype(di)>>(s.ring_size)));
  const V phi_now = hn::GatherIndex(d, s.phi, cell);

  V K = load_n(d, s.K + i, lanes), Ca = load_n(d, s.Ca + i, lanes), phi = load_n(d, s.phi_0 + i, lanes);
  // A weight stays within its bounds on the way too, piece by piece: what is learnt beyond one is not there to be unlearnt.
  const V w_0 = load_n(d, s.weight + i, lanes), eta = hn::Set(d, c.eta);
  const V most = c.eta > 0 ? hn::Div(hn::Sub(hn::Set(d, c.w_max), w_0), eta) : zero, least = c.eta > 0 ? hn::Neg(hn::Div(w_0, eta)) : zero;
  V learnt = zero;
  const V own = hn::Sub(hn::Sub(Ca, rest), hn::Mul(of_lanes(d, s.gain, i), phi));
  const auto Ca_at = [&](const Of<T>& decay, const Of<T>& gain, V at) HWY_ATTR { return fma(d, of_lanes(d, decay, i), own, fma(d, of_lanes(d, gain, i), at, rest)); };
  const auto drive = [&](V x) HWY_ATTR { return power(d, hn::Max(x, zero), c.n); };
  const auto follow = [&](const auto& piece, V gain) HWY_ATTR {
    const Course<D> k = course(d, K, gain, hn::Set(d, c.k_2), of_lanes(d, piece.length, i));
    learnt = unless_done(d, piece.length, i, learnt, hn::Min(hn::Max(fma(d, of_lanes(d, piece.learn, i), change(d, c, k), learnt), least), most));
    K = unless_done(d, piece.length, i, K, k.end);
  };
  if (s.n_panels > 0) {
    V begin = drive(Ca);
    for (const Panel<T, Of>* p = s.panels; p != s.panels + s.n_panels; ++p) {
      const V phi_end = at_knot(d, s.ring, row, p->end, i, phi_now);
      const V phi_mid = at_knot(d, s.ring, row, p->mid, i, hn::Mul(half, hn::Add(phi, phi_end)));
      const V Ca_end = Ca_at(p->end_decay, p->end_gain, phi_end);
      const V mid = drive(Ca_at(p->mid_decay, p->mid_gain, phi_mid)), end = drive(Ca_end);
      follow(*p, hn::Mul(k_1_6, fma(d, four, mid, hn::Add(begin, end))));
      Ca = unless_done(d, p->length, i, Ca, Ca_end);
      phi = phi_end;
      begin = end;
    }
  } else {
    const V gain = hn::Mul(hn::Set(d, c.k_1), power(d, rest, c.n));
    for (const Tail<T, Of>* t = s.tails; t != s.tails + s.n_tails; ++t) follow(*t, gain);
    Ca = Ca_at(s.tail_decay, s.tail_gain, phi_now);
  }
  const V w = fma(d, eta, learnt, w_0);
  store_n(hn::Min(hn::Max(w, zero), hn::Set(d, c.w_max)), d, s.weight + i, lanes);
  store_n(Ca, d, s.Ca + i, lanes);
  store_n(K, d, s.K + i, lanes);
  store_n(phi_now, d, s.phi_0 + i, lanes);
}

/// Fetches the knots of synapse k: they lie further apart than the processor looks ahead. A line of memory has those of four panels, or more.
template <class T>
HWY_INLINE void prefetch(const Stretch<T>& s, std::size_t k) {
  const T* const row = s.ring + std::size_t{s.cells[k]} * s.ring_size;
  for (std::size_t p = 0; p < s.n_panels; p += 4) __builtin_prefetch(row + std::max(s.panels[p].end, Knot<T>{0}));
}

template <class T>
void advance_all(const Stretch<T>& s) {
  const hn::CappedTag<T, most_lanes> d;
  const std::size_t n = hn::Lanes(d);
  for (std::size_t i = 0; i < s.n; i += n) {
    for (std::size_t k = i + n; k < std::min(i + 2 * n, s.n); ++k) prefetch(s, k);
    advance_lanes(d, s, i, std::min(n, s.n - i));
  }
}

template <class T>
void advance_each(const Stretch<T, Each>& s) {
  const hn::CappedTag<T, most_lanes> d;
  const std::size_t n = hn::Lanes(d);
  for (std::size_t i = 0; i < s.n; i += n) advance_lanes(d, s, i, std::min(n, s.n - i));
}

/// Each piece of a segment is one store to a row of lanes, however many of them are its own.
template <class T>
void give_all(const Stretch<T>& s, std::size_t first, Panel<T, Each>* panels, Tail<T, Each>* tails) {
  const hn::CappedTag<T, most_lanes> d;
  const hn::RebindToSigned<decltype(d)> di;
  const std::size_t n = hn::Lanes(d), last = first + s.n;
  for (std::size_t k = 0; k < s.n; ++k) prefetch(s, k);
  for (std::size_t i = first / n * n; i < last; i += n) {
    const auto theirs = hn::AndNot(hn::FirstN(d, first - std::min(first, i)), hn::FirstN(d, last - i));
    // read, changed and written: stores under a mask are slow on some processors with AVX2
    const auto give = [&](Each<T>& to, T x) HWY_ATTR { hn::Store(hn::IfThenElse(theirs, hn::Set(d, x), hn::Load(d, to.lane + i)), d, to.lane + i); };
    const auto give_knot = [&](Each<Knot<T>>& to, Knot<T> x) HWY_ATTR { hn::Store(hn::IfThenElse(hn::RebindMask(di, theirs), hn::Set(di, x), hn::Load(di, to.lane + i)), di, to.lane + i); };
    for (std::size_t k = 0; k < s.n_panels; ++k) {
      const Panel<T>& from = s.panels[k];
      Panel<T, Each>& to = panels[k];
      give(to.length, from.length), give(to.learn, from.learn);
      give(to.mid_decay, from.mid_decay), give(to.mid_gain, from.mid_gain), give(to.end_decay, from.end_decay), give(to.end_gain, from.end_gain);
      give_knot(to.mid, from.mid), give_knot(to.end, from.end);
    }
    for (std::size_t k = 0; k < s.n_tails; ++k) give(tails[k].length, s.tails[k].length), give(tails[k].learn, s.tails[k].learn);
  }
}

/// Cells are padded to whole groups, so that vectors never reach beyond them.
template <class T>
void influx_all(const Influx<T>& s) {
  const hn::CappedTag<T, 16> d;
  const auto zero = hn::Zero(d), one = hn::Set(d, 1);
  for (std::size_t i = 0; i < s.n; i += hn::Lanes(d)) {
    const auto V = hn::Add(hn::LoadU(d, s.V + i), s.one_base ? hn::Set(d, s.base[0]) : hn::LoadU(d, s.base + i));
    const auto blocked = fma(d, hn::Set(d, static_cast<T>(s.Mg / static_cast<T>(magnesium::half))), exp(d, hn::Mul(hn::Set(d, static_cast<T>(-magnesium::steepness)), V)), one);
    const auto H = hn::Div(hn::Max(hn::Sub(hn::Set(d, s.E), V), zero), blocked);
    const auto added = fma(d, hn::Set(d, s.hold), H, hn::LoadU(d, s.pending + i));
    hn::StoreU(zero, d, s.pending + i);
    hn::StoreU(added, d, s.added + i);
    hn::StoreU(fma(d, hn::Set(d, s.decay), hn::LoadU(d, s.phi + i), added), d, s.phi + i);
  }
}

template <class D, class T>
HWY_INLINE void recover(D d, T* x, T decay, std::size_t i, std::size_t lanes) {
  const auto one = hn::Set(d, 1);
  store_n(fma(d, hn::Set(d, decay), hn::Sub(load_n(d, x + i, lanes), one), one), d, x + i, lanes);
}

template <class T, class D>
HWY_INLINE void step_lanes(D d, const Clocked<T>& s, std::size_t i, std::size_t lanes) {
  using V = hn::Vec<D>;
  const Constants<T>& c = *s.rule;
  const hn::RebindToSigned<D> di;
  const V zero = hn::Zero(d), one = hn::Set(d, 1), rest = hn::Set(d, c.rest);
  V added;
  if constexpr (sizeof(T) == 4) {
    const auto cell = load_n(di, reinterpret_cast<const std::int32_t*>(s.cells) + i, lanes);
    added = hn::GatherIndex(d, s.added, cell);
  } else {
    HWY_ALIGN std::int64_t index[HWY_MAX_BYTES / 8] = {};
    for (std::size_t k = 0; k < lanes; ++k) index[k] = s.cells[i + k];
    added = hn::GatherIndex(d, s.added, hn::Load(di, index));
  }
  const V open = hn::Mul(hn::Set(d, s.decay_s), load_n(d, s.s + i, lanes));
  const V before = load_n(d, s.Ca + i, lanes);
  const V Ca = fma(d, hn::Set(d, s.decay_Ca), hn::Sub(before, rest), fma(d, hn::Mul(hn::Set(d, s.gamma), open), added, rest));
  // the trapezoidal rule: as cheap as Euler's, and no step is too large for it to be stable
  const V half_dt = hn::Set(d, s.dt / 2), gain = hn::Mul(hn::Set(d, c.k_1), power(d, hn::Max(hn::Mul(hn::Set(d, T(0.5)), hn::Add(before, Ca)), zero), c.n));
  const V half_way = hn::Mul(half_dt, hn::Add(gain, hn::Set(d, c.k_2))), K_before = load_n(d, s.K + i, lanes);
  const V K = hn::Div(fma(d, hn::Sub(one, half_way), K_before, hn::Mul(hn::Set(d, s.dt), gain)), hn::Add(one, half_way));
  const V over_p = hn::Sub(K, hn::Set(d, c.theta_p)), over_d = hn::Sub(K, hn::Set(d, c.theta_d));
  const V slope = c.omega ? hn::IfThenElse(hn::Gt(over_p, zero), over_p, hn::Neg(hn::Max(over_d, zero))) : hn::Add(hn::Max(over_p, zero), hn::Min(over_d, zero));
  const V w = fma(d, hn::Set(d, static_cast<T>(s.dt * c.eta * s.learn)), slope, load_n(d, s.weight + i, lanes));
  store_n(open, d, s.s + i, lanes);
  store_n(Ca, d, s.Ca + i, lanes);
  store_n(K, d, s.K + i, lanes);
  store_n(hn::Min(hn::Max(w, zero), hn::Set(d, c.w_max)), d, s.weight + i, lanes);
  if (s.s_A) store_n(hn::Mul(hn::Set(d, s.decay_A), load_n(d, s.s_A + i, lanes)), d, s.s_A + i, lanes);
  if (s.F) recover(d, s.F, s.decay_F, i, lanes);
  if (s.D) recover(d, s.D, s.decay_D, i, lanes);
}

template <class T>
void step_all(const Clocked<T>& s) {
  const hn::CappedTag<T, 16> d;
  const std::size_t n = hn::Lanes(d);
  for (std::size_t i = 0; i < s.n; i += n) step_lanes(d, s, i, std::min(n, s.n - i));
}

void AdvanceFloat(const Stretch<float>& s) { advance_all(s); }
void AdvanceDouble(const Stretch<double>& s) { advance_all(s); }
void AdvanceEachFloat(const Stretch<float, Each>& s) { advance_each(s); }
void AdvanceEachDouble(const Stretch<double, Each>& s) { advance_each(s); }
void GiveFloat(const Stretch<float>& s, std::size_t first, Panel<float, Each>* panels, Tail<float, Each>* tails) { give_all(s, first, panels, tails); }
void GiveDouble(const Stretch<double>& s, std::size_t first, Panel<double, Each>* panels, Tail<double, Each>* tails) { give_all(s, first, panels, tails); }
void InfluxFloat(const Influx<float>& s) { influx_all(s); }
void InfluxDouble(const Influx<double>& s) { influx_all(s); }
void StepFloat(const Clocked<float>& s) { step_all(s); }
void StepDouble(const Clocked<double>& s) { step_all(s); }

}  // namespace ranvier::engine::calcium::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ranvier::engine::calcium {
HWY_EXPORT(AdvanceFloat);
HWY_EXPORT(AdvanceDouble);
HWY_EXPORT(AdvanceEachFloat);
HWY_EXPORT(AdvanceEachDouble);
HWY_EXPORT(GiveFloat);
HWY_EXPORT(GiveDouble);
HWY_EXPORT(InfluxFloat);
HWY_EXPORT(InfluxDouble);
HWY_EXPORT(StepFloat);
HWY_EXPORT(StepDouble);

void advance(const Stretch<float>& s) { HWY_DYNAMIC_DISPATCH(AdvanceFloat)(s); }
void advance(const Stretch<double>& s) { HWY_DYNAMIC_DISPATCH(AdvanceDouble)(s); }
void advance(const Stretch<float, Each>& s) { HWY_DYNAMIC_DISPATCH(AdvanceEachFloat)(s); }
void advance(const Stretch<double, Each>& s) { HWY_DYNAMIC_DISPATCH(AdvanceEachDouble)(s); }
void give(const Stretch<float>& s, std::size_t first, Panel<float, Each>* panels, Tail<float, Each>* tails) { HWY_DYNAMIC_DISPATCH(GiveFloat)(s, first, panels, tails); }
void give(const Stretch<double>& s, std::size_t first, Panel<double, Each>* panels, Tail<double, Each>* tails) { HWY_DYNAMIC_DISPATCH(GiveDouble)(s, first, panels, tails); }
void influx(const Influx<float>& s) { HWY_DYNAMIC_DISPATCH(InfluxFloat)(s); }
void influx(const Influx<double>& s) { HWY_DYNAMIC_DISPATCH(InfluxDouble)(s); }
void step(const Clocked<float>& s) { HWY_DYNAMIC_DISPATCH(StepFloat)(s); }
void step(const Clocked<double>& s) { HWY_DYNAMIC_DISPATCH(StepDouble)(s); }

}  // namespace ranvier::engine::calcium
#endif
