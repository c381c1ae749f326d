// SPDX-License-Identifier: Apache-2.0
#include "engine/plastic_of.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "core/grid_time.hpp"
#include "engine/assemble.hpp"
#include "engine/rewire.hpp"
#include "engine/state.hpp"
#include "engine/structure.hpp"
#include "engine/values.hpp"
#include "engine/volume.hpp"

namespace ranvier::engine {

PlasticSynapses::PlasticSynapses(const Network& network, const PlasticTable& table, Widths widths, std::unique_ptr<Release> release)
    : table_(table), release_(std::move(release)), n_source_(widths.source), n_target_(widths.target), n_state_(widths.state), last_(table.sources(), never),
      earlier_(table.sources(), never), delay_max_(network.delay_max), reach_(network.delay_max + network.delay_min) {
  std::uint32_t size = 2;
  while (size <= reach_ + 1) size *= 2;
  calendar_.resize(size);
  mask_ = size - 1;
  if (!release_) return;
  const auto n = static_cast<std::size_t>(release_->n_state());
  release_state_.resize(n * table.sources());
  for (std::size_t s = 0; s < table.sources(); ++s) release_->start(release_state_.data() + n * s);
}

std::uint32_t PlasticSynapses::new_flight(Flight flight) {
  flight.number = set_out_++;
  if (free_flights_.empty()) {
    flights_.push_back(flight);
    return static_cast<std::uint32_t>(flights_.size()) - 1;
  }
  const std::uint32_t place = free_flights_.back();
  free_flights_.pop_back();
  flights_[place] = flight;
  return place;
}

void PlasticSynapses::fire(std::uint32_t source, std::uint32_t stamp) {
  const std::uint32_t previous = last_[source], since = previous == never ? never : stamp - previous;
  const std::uint32_t flight = new_flight({source, stamp, previous, earlier_[source]});
  if (release_) flights_[flight].factor = release_->fire(release_state_.data() + static_cast<std::size_t>(release_->n_state()) * source, since);
  source_fires(source, since, flight);
  if (since != 0) earlier_[source] = previous;  // of several spikes in a step none is earlier than the others
  last_[source] = stamp;
  if (!latest_.empty()) link(flight);
  if (table_.row[source] == table_.row[source + 1]) return end_flight(flight);
  const Due first{flight, table_.row[source]};
  const std::uint32_t arrival = stamp + table_.segments[first.segment].delay;
  due_at(arrival).push_back(first);
  if (!latest_.empty()) settle_at(arrival + lingering(flight)).push_back(first);
}

void PlasticSynapses::let_linger(std::uint32_t longest) {
  const std::size_t size = std::bit_ceil(static_cast<std::size_t>(longest) + calendar_.size());
  settling_calendar_.resize(size);
  settling_mask_ = static_cast<std::uint32_t>(size) - 1;
  latest_.assign(table_.sources(), never);
  reach_ += longest;
}

void PlasticSynapses::link(std::uint32_t flight) {
  const Flight& f = flights_[flight];
  const std::uint32_t before = std::exchange(latest_[f.source], flight);
  if (before == never || before >= flights_.size()) return;
  Flight& b = flights_[before];  // if it is that one still
  if (!b.free && b.source == f.source && b.stamp == f.previous) b.next = f.stamp;
}

void PlasticSynapses::settle_pass_on(const Due& due) {
  const Flight& f = flights_[due.flight];
  const std::uint32_t next = due.segment + 1;
  if (next < table_.row[f.source + 1]) settle_at(f.stamp + table_.segments[next].delay + lingering(due.flight)).push_back({due.flight, next});
  else end_flight(due.flight);
}

void PlasticSynapses::pass_on(const Due& due) {
  const Flight& f = flights_[due.flight];
  const std::uint32_t next = due.segment + 1;
  if (next < table_.row[f.source + 1]) due_at(f.stamp + table_.segments[next].delay).push_back({due.flight, next});
  else if (latest_.empty()) end_flight(due.flight);
}

void PlasticSynapses::end_flight(std::uint32_t flight) {
  if (own_) {
    resting_.push_back(flight);
    if (resting_.size() > resting_limit_) forget_resting(flights_[flight].stamp);
    return;
  }
  flights_[flight].free = true;
  free_flights_.push_back(flight);
}

/// Ends the flights at rest that are over at a step; no later one than the present.
void PlasticSynapses::forget_resting(std::uint32_t step) {
  std::erase_if(resting_, [&](std::uint32_t f) {
    if (flights_[f].stamp + reach_ > step) return false;
    flights_[f].free = true;
    free_flights_.push_back(f);
    return true;
  });
  resting_limit_ = 2 * resting_.size() + 256;
}

void PlasticSynapses::rewire(RewiredTable next, const std::vector<double>& weights, std::uint32_t step) {
  *own_ = std::move(next.table);
  rewire_columns(next.origin, weights);
  std::vector<std::uint32_t> flights = std::exchange(resting_, {});
  for (auto* calendar : {&calendar_, &settling_calendar_})
    for (std::vector<Due>& day : *calendar) {
      for (const Due& due : day) flights.push_back(due.flight);
      day.clear();
    }
  sort_by_source(flights);
  flights.erase(std::unique(flights.begin(), flights.end()), flights.end());  // where they linger, they are in both calendars
  for (const std::uint32_t f : flights) restore_flight(f, step);
}

void PlasticSynapses::forget_flights() {
  flights_.clear();
  std::fill(latest_.begin(), latest_.end(), never);
  resting_.clear();
  free_flights_.clear();
  for (auto& due : calendar_) due.clear();
  for (auto& due : settling_calendar_) due.clear();
}

void PlasticSynapses::restore_flight(std::uint32_t flight, std::uint32_t step) {
  const Flight& f = flights_[flight];
  /// First segment that the flight reaches, so many steps late, after the step; false where there is none.
  const auto enter = [&](std::uint32_t late, auto calendar_at) {
    for (std::uint32_t k = table_.row[f.source]; k < table_.row[f.source + 1]; ++k) {
      const std::uint32_t due = f.stamp + table_.segments[k].delay + late;
      if (due <= step) continue;
      calendar_at(due).push_back({flight, k});
      return true;
    }
    return false;
  };
  if (!latest_.empty()) link(flight);
  bool under_way = enter(0, [&](std::uint32_t due) -> auto& { return due_at(due); });
  if (!latest_.empty()) under_way = enter(lingering(flight), [&](std::uint32_t due) -> auto& { return settle_at(due); }) || under_way;
  if (!under_way) end_flight(flight);
}

std::vector<std::uint32_t> PlasticSynapses::under_way() const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t k = 0; k < flights_.size(); ++k)
    if (!flights_[k].free) out.push_back(k);
  sort_by_source(out);
  return out;
}

/// Those of a source in the order in which they set out. Their places tell nothing of it, and differ from shard to shard.
void PlasticSynapses::sort_by_source(std::vector<std::uint32_t>& flights) const {
  std::sort(flights.begin(), flights.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(flights_[a].source, flights_[a].number) < std::pair(flights_[b].source, flights_[b].number);
  });
}

std::uint32_t PlasticSynapses::next_to_arrive(const std::vector<std::uint32_t>& under_way, std::uint32_t source, std::uint32_t delay, std::uint32_t step) const {
  auto f = std::lower_bound(under_way.begin(), under_way.end(), source, [&](std::uint32_t a, std::uint32_t s) { return flights_[a].source < s; });
  for (; f != under_way.end() && flights_[*f].source == source; ++f)
    if (flights_[*f].stamp + delay > step) return *f;
  return never;
}

bool is_plastic(const ProjectionSpec& projection) { return !projection.synapse.empty(); }

bool watches_potential(const ProjectionSpec& projection) {
  return std::any_of(projection.synapse.begin(), projection.synapse.end(), [](const SynapseSpec& s) {
    const SynapseModel* model = find_synapse(s.rule);
    return model && model->watches_potential;
  });
}

SynapseParameters synapse_parameters(const SynapseModel& model, const SynapseSpec& spec, const ProjectionSpec& projection, double dt_ms) {
  const Sampler weight(projection.weight);
  SynapseParameters p{.value = {}, .choice = {}, .dt_ms = dt_ms, .weight_largest = std::max(std::fabs(weight.lowest()), std::fabs(weight.highest())),
                      .weight_smallest = std::min(std::fabs(weight.lowest()), std::fabs(weight.highest()))};
  for (const Parameter& x : model.info->parameters) {
    const auto given = spec.params.find(std::string(x.name));
    p.value.push_back(given == spec.params.end() ? x.default_value : given->second);
  }
  for (const Choice& c : model.info->choices) {
    const auto given = spec.choices.find(std::string(c.name));
    const auto at = given == spec.choices.end() ? c.words.begin() : std::find(c.words.begin(), c.words.end(), given->second);
    p.choice.push_back(static_cast<int>(at - c.words.begin()));
  }
  return p;
}

double plastic_weight_bound(const ProjectionSpec& projection, double dt_ms) {
  const Sampler weight(projection.weight);
  double bound = std::max(std::fabs(weight.lowest()), std::fabs(weight.highest())), factor = 1;
  for (const SynapseSpec& s : projection.synapse) {
    const SynapseModel* model = find_synapse(s.rule);
    if (!model) continue;
    const SynapseParameters p = synapse_parameters(*model, s, projection, dt_ms);
    if (model->structure) continue;
    if (model->scaling) factor *= model->scaling(p).largest;
    else if (model->changes_weights()) bound = std::max(bound, model->largest(p));
    else factor *= model->make_release(p)->largest();
  }
  return bound * factor;
}

namespace {

/// Rules of the release that act together: their factors multiply, each from its own state.
class ReleaseProduct final : public Release {
 public:
  explicit ReleaseProduct(std::vector<std::unique_ptr<Release>> parts) : parts_(std::move(parts)) {}
  int n_state() const override {
    return std::accumulate(parts_.begin(), parts_.end(), 0, [](int sum, const auto& part) { return sum + part->n_state(); });
  }
  void start(double* state) const override {
    for (const auto& part : parts_) part->start(std::exchange(state, state + part->n_state()));
  }
  double fire(double* state, std::uint32_t since) const override {
    double factor = 1;
    for (const auto& part : parts_) factor *= part->fire(std::exchange(state, state + part->n_state()), since);
    return factor;
  }
  double largest() const override {
    return std::accumulate(parts_.begin(), parts_.end(), 1.0, [](double product, const auto& part) { return product * part->largest(); });
  }

 private:
  std::vector<std::unique_ptr<Release>> parts_;
};

}  // namespace

std::unique_ptr<Release> product_of(std::vector<std::unique_ptr<Release>> parts) {
  if (parts.empty()) return nullptr;
  if (parts.size() == 1) return std::move(parts.front());
  return std::make_unique<ReleaseProduct>(std::move(parts));
}

std::vector<std::unique_ptr<PlasticSynapses>> start_plastic(const Network& network, const Shard& shard, const std::vector<std::unique_ptr<Volume>>& volumes) {
  std::vector<std::unique_ptr<PlasticSynapses>> out;
  for (const PlasticTable& table : shard.plastic) {
    const ProjectionSpec& p = network.spec.projections[static_cast<std::size_t>(table.projection)];
    const SynapseModel* weights = nullptr;
    SynapseParameters of_weights = {.weight_largest = table.weight};
    std::vector<std::unique_ptr<Release>> releases;
    std::unique_ptr<PlasticTable> own;
    std::optional<ScalingRule> scaling;
    for (const SynapseSpec& s : p.synapse) {
      const SynapseModel* model = find_synapse(s.rule);
      if (model->structure) {
        own = std::make_unique<PlasticTable>(same_table(table));
        continue;
      }
      SynapseParameters parameters = synapse_parameters(*model, s, p, network.dt());
      if (model->looks_back_ms) parameters.volume = volumes[static_cast<std::size_t>(volume_of(network.spec, s))].get();
      if (model->scaling) scaling = model->scaling(parameters);
      else if (!model->changes_weights()) releases.push_back(model->make_release(parameters));
      else weights = model, of_weights = parameters;
    }
    const auto make = weights ? weights->make_weights : &make_plastic<StaticWeight>;
    out.push_back(make(network, own ? *own : table, of_weights, product_of(std::move(releases))));
    if (own) out.back()->own(std::move(own));
    if (scaling) out.back()->scale_by(*scaling);
  }
  return out;
}

void hear(const Network& network, State& state) {
  for (ShardState& shard : state.shards) {
    for (const auto& volume : shard.volumes) {
      for (const Spike& s : state.in_flight)
        if (s.step > volume->heard) volume->hear(s);
      volume->settle(state.step, state.step + network.delay_min);
    }
    for (const auto& synapses : shard.plastic) {
      const ProjectionSpec& p = network.spec.projections[static_cast<std::size_t>(synapses->table().projection)];
      const std::int64_t first = network.populations[static_cast<std::size_t>(p.source.population)].first;
      for (const Spike& s : state.in_flight) {
        const std::int64_t source = source_index(p.source, s.neuron - first);
        if (source >= 0 && s.step > synapses->heard) synapses->fire(static_cast<std::uint32_t>(source), s.step);
      }
      synapses->heard = state.step;
    }
  }
}

void for_each_plastic_synapse(const Network& network, const State& state, int from, int to, const std::function<void(const SynapseRecord&)>& visit) {
  const GridTime time(network.dt());
  for (std::size_t t = 0; t < network.shards.size(); ++t)
    for (const auto& synapses : state.shards[t].plastic) {
      const PlasticTable& table = synapses->table();
      const ProjectionSpec& p = network.spec.projections[static_cast<std::size_t>(table.projection)];
      if (p.source.population != from || p.target.population != to) continue;
      const std::int64_t first_source = network.populations[static_cast<std::size_t>(from)].first;
      const std::int64_t first_target = network.populations[static_cast<std::size_t>(to)].first + network.shards[t].blocks[table.block].first;
      const auto flights = synapses->under_way();
      for (std::uint32_t source = 0; source < table.sources(); ++source)
        for (std::uint32_t g = table.row[source]; g < table.row[source + 1]; ++g) {
          const PlasticSegment& segment = table.segments[g];
          for (std::size_t k = segment.first; k < std::size_t{segment.first} + segment.count; ++k)
            visit({first_source + p.source[source], first_target + table.targets[k], p.receptor, segment.delay,
                   synapses->read(flights, source, segment, k, state.step, -1), time(segment.delay)});
        }
    }
}

}  // namespace ranvier::engine
