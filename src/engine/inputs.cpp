// SPDX-License-Identifier: Apache-2.0
#include "engine/inputs.hpp"

#include <algorithm>
#include <cmath>

#include "core/grid_time.hpp"
#include "core/math.hpp"

namespace ranvier::engine {
namespace {

/// The part of a slice that lies on a block: slice indices [first, last) and the block's cell of the first.
struct Part {
  std::int64_t first, last, cell;
};
Part part_on(const Slice& s, const Block& b) {
  const auto index = [&](std::int64_t cell) { return cell <= s.first ? 0 : std::min((cell - s.first + s.stride - 1) / s.stride, s.size()); };
  const std::int64_t first = index(b.first), last = index(b.first + static_cast<std::int64_t>(b.n));
  return {first, last, s[first] - b.first};
}

/// Values for the slice indices [first, last): one where constant.
std::vector<double> values_on(const Values& v, const Slice& slice, std::int64_t first, std::int64_t last, std::uint64_t seed, std::uint32_t object) {
  std::vector<double> all = draw_values(v, slice.size(), seed, object);
  if (all.size() <= 1) return all;
  return {all.begin() + first, all.begin() + last};
}

constexpr std::uint32_t input_object = 0x40000000u;    // object numbers of inputs' drawn parameters
constexpr std::uint32_t source_object = 0x80000000u;   // object numbers of source populations' trains

}  // namespace

double schedule_value(const Schedule& s, double t) {
  switch (s.kind) {
    case Schedule::Kind::constant: return s.values.empty() ? 0 : s.values[0];
    case Schedule::Kind::sinusoid: return std::max(0.0, s.values.at(0) + s.amplitude * math::sin(2 * math::pi * s.frequency_hz * 1e-3 * t + s.phase_rad));
    case Schedule::Kind::piecewise: {
      const auto it = std::upper_bound(s.times_ms.begin(), s.times_ms.end(), t + 1e-9);
      return it == s.times_ms.begin() ? 0 : s.values[static_cast<std::size_t>(it - s.times_ms.begin()) - 1];
    }
  }
  return 0;
}

PoissonInput::PoissonInput(const Network& network, std::size_t index, const Block& block)
    : seed_(network.spec.simulation.seed_input), object_(static_cast<std::uint32_t>(index)), wide_(network.wide), dt_(network.dt()) {
  spec_ = &network.spec.inputs[index];
  receptor_ = spec_->receptor;
  const Part part = part_on(spec_->target, block);
  first_ = part.first;
  last_ = part.last;
  cell_of_first_ = part.cell;
  stride_ = spec_->target.stride;
  start_ = nearest_step(spec_->start_ms, dt_);
  stop_ = nearest_step(spec_->stop_ms, dt_);
  if (empty()) return;
  const double quantum = network.populations[static_cast<std::size_t>(block.population)].receptors[static_cast<std::size_t>(receptor_)].quantum;
  for (double w : values_on(spec_->weight, spec_->target, first_, last_, seed_, input_object + 4 * object_)) weights_.push_back(std::llround(w / quantum));
  if (spec_->rate_schedule.values.empty())
    for (double r : values_on(spec_->rate_hz, spec_->target, first_, last_, seed_, input_object + 4 * object_ + 1)) tables_.emplace_back(r * 1e-3 * dt_);
}

void PoissonInput::refresh(std::uint32_t step) {
  if (spec_->rate_schedule.values.empty()) return;
  const double mean = schedule_value(spec_->rate_schedule, (step - 1) * dt_) * 1e-3 * dt_;
  if (tables_.empty()) tables_.emplace_back(mean);
  else if (tables_[0].mean != mean) tables_[0] = PoissonTable(mean);
}

void PoissonInput::add(std::uint32_t step, std::size_t cell, std::size_t n, void* sums) {
  if (empty() || step <= start_ || step > stop_) return;
  refresh(step);
  // slice indices whose cells lie in [cell, cell + n)
  const auto index = [&](std::int64_t c) { return c <= cell_of_first_ ? first_ : std::min(first_ + (c - cell_of_first_ + stride_ - 1) / stride_, last_); };
  const std::int64_t begin = index(static_cast<std::int64_t>(cell)), end = index(static_cast<std::int64_t>(cell + n));
  if (end <= begin) return;
  const std::int64_t at = cell_of_first_ + (begin - first_) * stride_;
  if (stride_ == 1 && !wide_ && tables_.size() == 1 && weights_.size() == 1)
    return add_poisson(tables_[0], seed_, object_, step, begin, end, static_cast<std::int32_t>(weights_[0]), static_cast<std::int32_t*>(sums) + at);

  std::vector<std::uint16_t> counts(static_cast<std::size_t>(end - begin));
  if (tables_.size() == 1) poisson_counts(tables_[0], seed_, object_, step, begin, end, counts.data());
  else for (std::int64_t j = begin; j < end; ++j) counts[static_cast<std::size_t>(j - begin)] = static_cast<std::uint16_t>(poisson_count(table(j), seed_, object_, step, j));
  for (std::int64_t j = begin; j < end; ++j) {
    const std::int64_t sum = counts[static_cast<std::size_t>(j - begin)] * weight(j), slot = at + (j - begin) * stride_;
    if (wide_) static_cast<std::int64_t*>(sums)[slot] += sum;
    else static_cast<std::int32_t*>(sums)[slot] += static_cast<std::int32_t>(sum);
  }
}

CurrentInputs::CurrentInputs(const Network& network, const Block& block) : dt_(network.dt()), seed_(network.spec.simulation.seed_input) {
  for (std::size_t k = 0; k < network.spec.inputs.size(); ++k) {
    const InputSpec& spec = network.spec.inputs[k];
    if (spec.kind == InputSpec::Kind::poisson || spec.target.population != block.population) continue;
    const engine::Part on = part_on(spec.target, block);
    const auto object = static_cast<std::uint32_t>(k);
    Part part{&spec, object, on.first, on.last, on.cell, spec.target.stride, nearest_step(spec.start_ms, dt_), nearest_step(spec.stop_ms, dt_),
              std::max(1u, nearest_step(spec.noise_dt_ms, dt_)), {}, {}};
    part.amplitude = values_on(spec.amplitude_pA, spec.target, on.first, on.last, seed_, input_object + 4 * object + 2);
    part.mean = values_on(spec.mean_pA, spec.target, on.first, on.last, seed_, input_object + 4 * object + 3);
    parts_.push_back(std::move(part));
  }
  sum_.resize(block.padded());
}

std::uint32_t CurrentInputs::next_change(const Part& p, std::uint32_t step) const {
  // the last step for which the part's value stays what it is at `step`
  if (step <= p.start) return p.start;
  if (step > p.stop) return 0xFFFFFFFFu;
  std::uint32_t until = p.stop;
  switch (p.spec->kind) {
    case InputSpec::Kind::dc: case InputSpec::Kind::poisson: break;
    case InputSpec::Kind::step:
      // A change at t acts from the first step on that begins at t or later, which is ceil(t / dt) but for rounding.
      for (double t : p.spec->current_pA.times_ms) {
        const std::uint32_t before = static_cast<std::uint32_t>(std::clamp(std::floor(t / dt_), 0.0, 4294967294.0));
        if (before + 1 >= step) { until = std::min(until, std::max(before, step)); break; }
      }
      break;
    case InputSpec::Kind::sine: until = step; break;
    case InputSpec::Kind::noise: case InputSpec::Kind::samples: until = std::min<std::uint32_t>(until, p.start + ((step - 1 - p.start) / p.hold + 1) * p.hold); break;
  }
  return until;
}

void CurrentInputs::add(const Part& p, std::uint32_t step) {
  if (step <= p.start || step > p.stop) return;
  const double t = (step - 1) * dt_;
  const auto each = [&](auto value) {
    for (std::int64_t j = p.first; j < p.last; ++j) sum_[static_cast<std::size_t>(p.cell_of_first + (j - p.first) * p.stride)] += value(static_cast<std::size_t>(j - p.first));
  };
  const auto of = [](const std::vector<double>& v, std::size_t i) { return v[v.size() == 1 ? 0 : i]; };
  switch (p.spec->kind) {
    case InputSpec::Kind::poisson: break;
    case InputSpec::Kind::dc: each([&](std::size_t i) { return of(p.amplitude, i); }); break;
    case InputSpec::Kind::step: { const double now = schedule_value(p.spec->current_pA, t); each([&](std::size_t) { return now; }); break; }
    case InputSpec::Kind::sine: {
      const double phase = math::sin(2 * math::pi * p.spec->frequency_hz * 1e-3 * t + p.spec->phase_rad);
      each([&](std::size_t i) { return of(p.mean, i) + of(p.amplitude, i) * phase; });
      break;
    }
    case InputSpec::Kind::samples: {
      const auto n = static_cast<std::size_t>(p.spec->target.size());
      const std::size_t row = (step - 1 - p.start) / p.hold, first = row * n + static_cast<std::size_t>(p.first);
      if (p.spec->samples_pA && (row + 1) * n <= p.spec->samples_pA->size()) each([&](std::size_t i) { return (*p.spec->samples_pA)[first + i]; });
      break;
    }
    case InputSpec::Kind::noise: {
      static const Sampler standard_normal(Values::normal(0, 1));
      const StreamKey key = stream_key(seed_, Purpose::noise, p.object);
      const std::uint32_t hold_index = (step - 1 - p.start) / p.hold;
      const auto n = static_cast<std::size_t>(p.last - p.first);
      words_.resize(n);
      normal_.resize(n);
      for (std::int64_t j = p.first; j < p.last;) {
        const Words w = philox(key, static_cast<std::uint32_t>(j / 4), hold_index, static_cast<std::uint32_t>(j >> 34), 0);
        for (const std::int64_t end = std::min(p.last, (j / 4 + 1) * 4); j < end; ++j) words_[static_cast<std::size_t>(j - p.first)] = w[static_cast<std::size_t>(j % 4)];
      }
      standard_normal.draw(words_.data(), nullptr, n, normal_.data());
      each([&](std::size_t i) { return of(p.mean, i) + of(p.amplitude, i) * static_cast<double>(normal_[i]); });
      break;
    }
  }
}

void CurrentInputs::update(std::uint32_t step, bool double_precision, void* current) {
  if (parts_.empty() || (step >= valid_from_ && step <= valid_until_)) return;
  std::fill(sum_.begin(), sum_.end(), 0.0);
  valid_from_ = step;
  valid_until_ = 0xFFFFFFFFu;
  for (const Part& p : parts_) {
    add(p, step);
    valid_until_ = std::min(valid_until_, next_change(p, step));
  }
  for (std::size_t i = 0; i < sum_.size(); ++i) {
    if (double_precision) static_cast<double*>(current)[i] = sum_[i];
    else static_cast<float*>(current)[i] = static_cast<float>(sum_[i]);
  }
}

SourceBlock::SourceBlock(const Network& network, const Block& block, std::uint32_t after_step)
    : seed_(network.spec.simulation.seed_input), object_(source_object + static_cast<std::uint32_t>(block.population)), dt_(network.dt()),
      first_(block.first), last_(block.first + static_cast<std::int64_t>(block.n)) {
  const Population& p = network.populations[static_cast<std::size_t>(block.population)];
  train_ = p.spec->membrane == "spike_train";
  if (train_) {
    for (std::size_t k = 0; k < p.spec->trains.times_ms.size(); ++k) {
      const std::int64_t cell = p.spec->trains.neurons[k];
      const std::uint32_t step = nearest_step(p.spec->trains.times_ms[k], dt_);
      if (cell >= first_ && cell < last_ && step > after_step) events_.push_back({step, static_cast<std::uint32_t>(cell - first_), p.spec->trains.times_ms[k]});
    }
    std::sort(events_.begin(), events_.end());
    return;
  }
  counts_.resize(block.n);
  if (!p.spec->rate_hz.values.empty()) {
    schedule_ = &p.spec->rate_hz;
    tables_.resize(1);
    return;
  }
  const auto& rates = p.parameters[0];
  if (rates.size() == 1) tables_.emplace_back(rates[0] * 1e-3 * dt_);
  else for (std::int64_t i = first_; i < last_; ++i) tables_.emplace_back(rates[static_cast<std::size_t>(i)] * 1e-3 * dt_);
}

void SourceBlock::draw(std::uint32_t step) {
  if (schedule_) {
    const double mean = schedule_value(*schedule_, (step - 1) * dt_) * 1e-3 * dt_;
    if (mean != rate_) tables_[0] = PoissonTable(rate_ = mean);
  }
  if (tables_.size() == 1) return poisson_counts(tables_[0], seed_, object_, step, first_, last_, counts_.data());
  for (std::size_t i = 0; i < counts_.size(); ++i)
    counts_[i] = static_cast<std::uint16_t>(poisson_count(tables_[i], seed_, object_, step, first_ + static_cast<std::int64_t>(i)));
}

}  // namespace ranvier::engine
