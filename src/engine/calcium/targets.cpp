// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "engine/calcium/synapses.hpp"

namespace ranvier::engine::calcium {

template <class T>
Targets<T>::Targets(const Network& network, const PlasticTable& table, const Rule& rule, std::uint32_t ring_size, std::uint32_t knot_steps)
    : kick_(rule.kick), ring_size_(ring_size), knot_steps_(knot_steps), pending_(table.cells), added_(table.cells), phi_(table.cells), ring_(table.cells * ring_size) {
  const ProjectionSpec& p = network.spec.projections[static_cast<std::size_t>(table.projection)];
  const Population& to = network.populations[static_cast<std::size_t>(p.target.population)];
  const int relative = to.membrane->model->relative_to;
  base_ = {T(0)};
  if (relative >= 0) {
    const auto& values = to.parameters[static_cast<std::size_t>(relative)];
    base_.assign(values.size() == 1 ? 1 : table.cells, static_cast<T>(values.back()));
    const auto first = static_cast<std::size_t>(table.first_cell);
    for (std::size_t i = 0; i < base_.size() && first + i < values.size(); ++i) base_[i] = static_cast<T>(values[first + i]);
    if (values.size() == 1) base_[0] = static_cast<T>(values[0]);
  }
  influx_ = {.V = nullptr, .base = base_.data(), .one_base = base_.size() == 1, .Mg = static_cast<T>(rule.Mg), .E = static_cast<T>(rule.E),
             .hold = static_cast<T>(-math::expm1(-rule.lambda * rule.dt_ms) / rule.lambda), .decay = static_cast<T>(math::exp(-rule.lambda * rule.dt_ms)),
             .pending = pending_.data(), .added = added_.data(), .phi = phi_.data(), .n = 0};
}

template <class T>
void Targets<T>::after_update(std::uint32_t step, const Potentials& potentials) {
  influx_.V = static_cast<const T*>(potentials.relative);
  influx_.n = potentials.n;
  influx(influx_);
  if (ring_size_ == 0 || step % knot_steps_ != 0) return;
  const std::uint32_t at = column(step / knot_steps_);
  for (std::size_t cell = 0; cell < potentials.n; ++cell) ring_[cell * ring_size_ + at] = phi_[cell];
}

template class Targets<float>;
template class Targets<double>;

}  // namespace ranvier::engine::calcium
