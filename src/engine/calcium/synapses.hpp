// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The synapses of rule camkii, in two forms that give the same answer: visited when spikes arrive (lazy), or stepped.
///
/// Times of this file are counted in steps that are done: a spike that arrives in step s finds its targets as step s - 1 left
/// them, so it arrives at s - 1.

#include <memory>

#include "engine/calcium/rule.hpp"
#include "engine/network.hpp"
#include "engine/plastic.hpp"

namespace ranvier::engine::calcium {

std::unique_ptr<PlasticSynapses> make_lazy(const Network& network, const PlasticTable& table, const Rule& rule, std::unique_ptr<Release> release);
std::unique_ptr<PlasticSynapses> make_clocked(const Network& network, const PlasticTable& table, const Rule& rule);

/// Numbers that the lazy form keeps of each target.
std::size_t values_of_a_target(const Rule& rule);

template <class T>
Constants<T> constants_of(const Rule& r) {
  const auto t = [](double x) { return static_cast<T>(x); };
  return {t(r.Ca_rest), t(r.k_1), t(r.k_2), t(r.theta_p), t(r.theta_d), t(r.eta), t(r.w_max), r.n, r.omega};
}

/// phi of the targets of a table, and its knots.
template <class T>
class Targets {
 public:
  /// ring_size: knots that are kept, a power of two; 0: none
  Targets(const Network& network, const PlasticTable& table, const Rule& rule, std::uint32_t ring_size, std::uint32_t knot_steps);

  void fires(std::uint32_t cell) { pending_[cell] += static_cast<T>(kick_); }
  void after_update(std::uint32_t step, const Potentials& potentials);

  std::uint32_t column(std::uint32_t knot) const { return knot & (ring_size_ - 1); }
  std::size_t cells() const { return phi_.size(); }
  const T* phi() const { return phi_.data(); }
  const T* ring() const { return ring_.data(); }
  const T* added() const { return added_.data(); }
  std::uint32_t ring_size() const { return ring_size_; }
  /// phi now (column -1), or at a knot.
  T value(std::size_t cell, std::int64_t column) const { return column < 0 ? phi_[cell] : ring_[place(cell, column)]; }
  void set_value(std::size_t cell, std::int64_t column, T value) { (column < 0 ? phi_[cell] : ring_[place(cell, column)]) = value; }
  std::uint64_t byte() const { return sizeof(T) * (3 * phi_.size() + ring_.size() + base_.size()); }

 private:
  std::size_t place(std::size_t cell, std::int64_t column) const { return cell * ring_size_ + static_cast<std::size_t>(column); }
  Influx<T> influx_;
  double kick_;
  std::uint32_t ring_size_, knot_steps_;
  std::vector<T> base_, pending_, added_, phi_, ring_;
};

extern template class Targets<float>;
extern template class Targets<double>;

}  // namespace ranvier::engine::calcium
