// SPDX-License-Identifier: Apache-2.0
#pragma once
/// From spikes to calcium to CaMKII to the weight: what the synapses of rule camkii compute, and their vector loops.
///
///   s     share of open NMDA receptors: jumps when a spike arrives, decays with beta              one per source
///   phi   dphi/dt = -lambda phi + H, lambda = 1/tau_Ca - beta, H = B(V) (E - V) >= 0               one per target
///   Ca    dCa/dt = -(Ca - Ca_rest)/tau_Ca + gamma s H                                              one per synapse
///   K     dK/dt = k_1 Ca^n (1 - K) - k_2 K       CaMKII that is active
///   w     dw/dt = eta w_max (how far K is above theta_p, less how far it is between theta_d and theta_p)
///
/// phi makes calcium exact without stepping it: from the arrival of a spike at t_0 to any t before the next one
///
///   Ca(t) - Ca_rest = e^{-(t - t_0)/tau_Ca} (Ca(t_0) - Ca_rest - gamma s_0 phi(t_0)) + gamma s_0 e^{-beta (t - t_0)} phi(t)
///
/// K needs the integral of Ca^n, for which no shared trace exists: it is taken in panels between knots, moments at which
/// every target writes down its phi.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "engine/pulse.hpp"
#include "engine/synapse_model.hpp"

namespace ranvier::engine::calcium {

/// Settings of one projection, rates per ms.
struct Rule {
  Pulse pulse;                                     ///< of the source; s is what it leaves open
  double Mg, E, lambda, kick;                      ///< of the target; kick: what a spike adds to phi [mV ms / ms]
  double gamma, tau_Ca, Ca_rest;                   ///< of the synapse
  int n;
  double k_1, k_2, theta_p, theta_d, eta, w_max;   ///< eta with w_max in it: weight per ms
  bool omega;                                      ///< else literal
  double dt_ms;
  bool narrow = false;                             ///< variables of 16 bits, in the lazy form
  Volume* volume = nullptr;                        ///< its concentration d makes eta (volume_base + volume_gain d); nullptr: eta
  double volume_base = 1, volume_gain = 0;
};

/// How long after a spike calcium can still drive CaMKII noticeably; from then on K follows a closed form. Less than k_2/1000
/// counts as nothing, with targets that fire less than 100 times a second.
class Window {
 public:
  explicit Window(const Rule& rule);
  std::uint32_t operator()(double s) const;        ///< steps; s: what the spike leaves it at
  std::uint32_t longest() const { return (*this)(s_inf_); }
  /// What calcium and phi do not exceed at such rates, nor for long at any.
  double calcium_most() const { return calcium_most_; }
  double phi_most() const { return phi_most_; }

 private:
  double calcium_most_, phi_most_;
  double old_ms_, fresh_, beta_, dt_ms_, s_inf_;   ///< fresh: calcium of a spike, relative to what is negligible
};

/// What all lanes of a vector share is `One`; where each has its own, it is `Each`. Code is written once for both.
inline constexpr std::size_t most_lanes = 16;
template <class X>
using One = X;
template <class X>
struct alignas(64) Each {
  X lane[most_lanes];
};

/// Column of the targets' ring, as wide as T so that vectors of both fit; no_knot: half-way between its neighbours, or now.
template <class T>
using Knot = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
inline constexpr std::int32_t no_knot = -1;

/// From one moment to the next: Simpson's rule on Ca^n, K as one exponential.
template <class T, template <class> class Of = One>
struct Panel {
  Of<T> length;                                    ///< ms; 0: the lane is done
  Of<T> mid_decay, mid_gain, end_decay, end_gain;  ///< e^{-(t - t_0)/tau_Ca} and gamma s_0 e^{-beta (t - t_0)}
  Of<Knot<T>> mid, end;
  Of<T> learn;                                     ///< factor of the change of the weight
};

template <class T>
struct Constants {
  T rest, k_1, k_2, theta_p, theta_d, eta, w_max;
  int n;
  bool omega;
};

/// Without calcium that matters: K follows one exponential.
template <class T, template <class> class Of = One>
struct Tail {
  Of<T> length, learn;                             ///< length as a panel's
};

/// Synapses from t_0 to now: over panels, or, where there are none, over tails. One: of one segment; Each: most_lanes of any.
template <class T, template <class> class Of = One>
struct Stretch {
  const Constants<T>* rule;
  const T* phi;                                    ///< [cells] now
  const T* ring;                                   ///< [cells][ring_size]
  std::uint32_t ring_size;
  const Panel<T, Of>* panels;
  std::size_t n_panels;
  const Tail<T, Of>* tails;
  std::size_t n_tails;
  Of<T> tail_decay, tail_gain;                     ///< of all tails, as a panel's end
  Of<T> gain;                                      ///< gamma s_0
  const std::uint32_t* cells;                      ///< [n]
  std::size_t n;
  T *weight, *Ca, *K, *phi_0;                      ///< [n]
};
void advance(const Stretch<float>& s);
void advance(const Stretch<double>& s);
void advance(const Stretch<float, Each>& s);
void advance(const Stretch<double, Each>& s);
/// Gives lanes `first` and on, one for each synapse of a stretch, its pieces, and fetches what they will read.
void give(const Stretch<float>& s, std::size_t first, Panel<float, Each>* panels, Tail<float, Each>* tails);
void give(const Stretch<double>& s, std::size_t first, Panel<double, Each>* panels, Tail<double, Each>* tails);

/// What a step adds to phi of the first n cells of a block, padded to whole vectors, from their potentials after it.
///   V        potential as the membrane keeps it, base [1] or [cells] what it is relative to
///   pending  [cells] what spikes add besides; set to zero
template <class T>
struct Influx {
  const T* V;
  const T* base;
  bool one_base;
  T Mg, E, hold, decay;                            ///< hold: (1 - e^{-lambda dt}) / lambda
  T *pending, *added, *phi;
  std::size_t n;
};
void influx(const Influx<float>& s);
void influx(const Influx<double>& s);

/// One step of synapses that are stepped: the reference, and what the other form is measured against. Columns that a
/// projection has no use for are null.
template <class T>
struct Clocked {
  const Constants<T>* rule;
  T decay_s, decay_Ca, gamma, dt;
  T decay_A, decay_F, decay_D;
  T learn;
  const T* added;                                  ///< [cells] of this step's influx
  const std::uint32_t* cells;
  std::size_t n;
  T *weight, *Ca, *K, *s, *s_A, *F, *D;            ///< [n]
};
void step(const Clocked<float>& s);
void step(const Clocked<double>& s);

}  // namespace ranvier::engine::calcium
