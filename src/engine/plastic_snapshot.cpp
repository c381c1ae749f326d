// SPDX-License-Identifier: Apache-2.0
/// Synapses with a state as plain arrays that the partition has no part in, and back. A synapse has its place by source,
/// delay, target and number; each projection gives the arrays
///   weight, <state variables>   [synapses]
///   sources, flights, history   tables of numbers, see PlasticSynapses::Saved; cells counted within the population
///   scaling                     rate and factor of all cells of the population, where weights are scaled
///   cells                       the same of all cells of the population, where potentials are watched
/// and where synapses come and go
///   source, target, delay       [synapses] index in the slice; cell of the population; steps
///   structure                   what its rule says
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <type_traits>

#include "engine/assemble.hpp"
#include "engine/rewire.hpp"
#include "engine/state.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {

/// Calls visit(part, source, segment) for all segments, by source, delay and target.
template <class Visit>
void in_order(const std::vector<PlasticPart>& parts, Visit visit) {
  std::vector<std::uint32_t> at(parts.size());
  for (std::uint32_t source = 0; !parts.empty() && source < parts[0].synapses->table().sources(); ++source) {
    for (std::size_t p = 0; p < parts.size(); ++p) at[p] = parts[p].synapses->table().row[source];
    for (;;) {
      std::uint32_t delay = 0x10000;
      for (std::size_t p = 0; p < parts.size(); ++p)
        if (at[p] < parts[p].synapses->table().row[source + 1]) delay = std::min<std::uint32_t>(delay, parts[p].synapses->table().segments[at[p]].delay);
      if (delay == 0x10000) break;
      for (std::size_t p = 0; p < parts.size(); ++p)
        for (; at[p] < parts[p].synapses->table().row[source + 1] && parts[p].synapses->table().segments[at[p]].delay == delay; ++at[p]) visit(p, source, parts[p].synapses->table().segments[at[p]]);
    }
  }
}

std::string array_name(std::size_t projection, std::string_view what) { return fmt::format("projections/{}/{}", projection, what); }

const std::vector<double>& find_array(const Snapshot& s, const std::string& name, std::size_t multiple_of, std::size_t size) {
  const auto it = std::find_if(s.arrays.begin(), s.arrays.end(), [&](const Snapshot::Array& a) { return a.name == name; });
  if (it == s.arrays.end() || it->values.size() % multiple_of || (size && it->values.size() != size))
    throw InputError(fmt::format("the saved state lacks \"{}\": it was written by another version, or is damaged; save it again", name));
  return it->values;
}

Structure* structure_at(const State& state, std::size_t projection) {
  for (const Growing& g : state.growing)
    if (g.projection == static_cast<int>(projection)) return g.rule.get();
  return nullptr;
}

/// Which synapses there are, where that does not follow from the network file.
void save_rows(const State& state, std::size_t k, const std::vector<PlasticPart>& parts, Snapshot& out) {
  const Structure* structure = structure_at(state, k);
  if (!structure) return;
  std::vector<double> sources, targets, delays;
  in_order(parts, [&](std::size_t p, std::uint32_t source, const PlasticSegment& segment) {
    for (std::size_t i = segment.first; i < std::size_t{segment.first} + segment.count; ++i) {
      sources.push_back(source);
      targets.push_back(static_cast<double>(parts[p].first_cell + parts[p].synapses->table().targets[i]));
      delays.push_back(segment.delay);
    }
  });
  out.arrays.push_back({array_name(k, "source"), std::move(sources)});
  out.arrays.push_back({array_name(k, "target"), std::move(targets)});
  out.arrays.push_back({array_name(k, "delay"), std::move(delays)});
  out.arrays.push_back({array_name(k, "structure"), structure->save()});
}

/// Stamps of spikes up to a step, or -1 for none.
bool are_stamps(const double* x, std::size_t n, std::uint32_t step) {
  return std::all_of(x, x + n, [&](double stamp) { return stamp >= -1 && stamp <= step && stamp == std::floor(stamp); });
}

[[noreturn]] void damaged_spike() { throw InputError("the saved state holds a spike that this network cannot have: it is damaged; save it again"); }

void restore_rows(const Network& network, const Snapshot& in, State& state, std::size_t k, const std::vector<PlasticPart>& parts) {
  Structure* structure = structure_at(state, k);
  if (!structure) return;
  structure->restore(find_array(in, array_name(k, "structure"), 1, structure->save().size()));
  const auto& sources = find_array(in, array_name(k, "source"), 1, 0);
  const auto& targets = find_array(in, array_name(k, "target"), 1, sources.size());
  const auto& delays = find_array(in, array_name(k, "delay"), 1, sources.size());
  std::vector<std::vector<MadeSynapse>> made(parts.size());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto after = std::upper_bound(parts.begin(), parts.end(), targets[i], [](double cell, const PlasticPart& p) { return cell < static_cast<double>(p.first_cell); });
    const auto p = static_cast<std::size_t>(after - parts.begin()) - 1;
    const bool possible = after != parts.begin() && sources[i] >= 0 && sources[i] < parts[p].synapses->table().sources() &&
                          targets[i] - static_cast<double>(parts[p].first_cell) < static_cast<double>(network.shards[parts[p].shard].blocks[parts[p].synapses->table().block].n) &&
                          delays[i] >= 1 && delays[i] <= network.delay_max;
    if (!possible) throw InputError("the saved state holds a synapse that this network cannot have: it is damaged; save it again");
    made[p].push_back({static_cast<std::uint32_t>(sources[i]), static_cast<std::uint32_t>(delays[i]), static_cast<std::uint32_t>(targets[i] - static_cast<double>(parts[p].first_cell)), 0, 0});
  }
  for (std::size_t p = 0; p < parts.size(); ++p) {  // those of the beginning are gone; weights follow
    const PlasticTable& begins = parts[p].synapses->table();
    const auto earlier = [](const MadeSynapse& a, const MadeSynapse& b) { return std::tuple(a.source, a.delay, a.cell) < std::tuple(b.source, b.delay, b.cell); };
    if (!std::is_sorted(made[p].begin(), made[p].end(), earlier)) throw InputError("the saved state holds synapses out of order: it is damaged; save it again");
    const std::vector<double> weights(made[p].size(), 0);
    parts[p].synapses->rewire(rewired(begins, std::vector<bool>(begins.synapses, true), made[p]), weights, 0);
  }
}

}  // namespace

template <class T>
void PlasticSynapses::save_sources(std::uint32_t step, const std::vector<T>& of_sources, const std::vector<T>& of_flights, Saved& out) const {
  const auto number = [](std::uint32_t stamp) { return stamp == never ? -1.0 : static_cast<double>(stamp); };
  const auto traces = 2 * static_cast<std::size_t>(n_source_), released = static_cast<std::size_t>(release_ ? release_->n_state() : 0);
  const auto add = [](std::vector<double>& to, const auto* from, std::size_t n) { to.insert(to.end(), from, from + n); };
  for (std::uint32_t s = 0; s < table_.sources(); ++s) {
    out.sources.insert(out.sources.end(), {number(last_[s]), number(earlier_[s])});
    add(out.sources, of_sources.data() + traces * s, traces);
    add(out.sources, release_state_.data() + released * s, released);
  }
  for (const std::uint32_t k : under_way()) {
    const Flight& f = flights_[k];
    if (f.stamp + delay_max_ + lingering(k) <= step) continue;
    out.flights.insert(out.flights.end(), {static_cast<double>(f.source), static_cast<double>(f.stamp), f.factor, number(f.previous), number(f.earlier)});
    add(out.flights, of_flights.data() + traces * k, traces);
  }
}

template <class T>
void PlasticSynapses::restore_sources(std::uint32_t step, const Saved& in, std::vector<T>& of_sources, std::vector<T>& of_flights) {
  const auto stamp = [](double x) { return x < 0 ? never : static_cast<std::uint32_t>(x); };
  const auto traces = 2 * static_cast<std::size_t>(n_source_), released = static_cast<std::size_t>(release_ ? release_->n_state() : 0);
  const auto take = [](const double* from, std::size_t n, auto* to) {
    for (std::size_t k = 0; k < n; ++k) to[k] = static_cast<std::remove_pointer_t<decltype(to)>>(from[k]);
  };
  forget_flights();  // those of a spike at time 0
  for (std::uint32_t s = 0; s < table_.sources(); ++s) {
    const double* const x = in.sources.data() + source_width() * s;
    last_[s] = stamp(x[0]);
    earlier_[s] = stamp(x[1]);
    take(x + 2, traces, of_sources.data() + traces * s);
    take(x + 2 + traces, released, release_state_.data() + released * s);
  }
  for (const double* x = in.flights.data(); x < in.flights.data() + in.flights.size(); x += flight_width()) {
    const std::uint32_t f = new_flight({.source = stamp(x[0]), .stamp = stamp(x[1]), .previous = stamp(x[3]), .earlier = stamp(x[4]), .factor = x[2]});
    of_flights.resize(traces * flights_.size());
    take(x + 5, traces, of_flights.data() + traces * f);
    restore_flight(f, step);
  }
}

template void PlasticSynapses::save_sources(std::uint32_t, const std::vector<float>&, const std::vector<float>&, Saved&) const;
template void PlasticSynapses::save_sources(std::uint32_t, const std::vector<double>&, const std::vector<double>&, Saved&) const;
template void PlasticSynapses::restore_sources(std::uint32_t, const Saved&, std::vector<float>&, std::vector<float>&);
template void PlasticSynapses::restore_sources(std::uint32_t, const Saved&, std::vector<double>&, std::vector<double>&);

void save_plastic(const Network& network, const State& state, Snapshot& out) {
  for (std::size_t k = 0; k < network.spec.projections.size(); ++k) {
    const auto parts = plastic_parts(network, state, k);
    if (parts.empty()) continue;
    std::vector<const PlasticSynapses*> synapses;
    std::vector<std::vector<std::uint32_t>> flights;
    for (const PlasticPart& p : parts) {
      synapses.push_back(p.synapses);
      flights.push_back(synapses.back()->under_way());
    }
    save_rows(state, k, parts, out);
    for (int v = -1; v < synapses[0]->n_state(); ++v) {
      Snapshot::Array array{array_name(k, v < 0 ? "weight" : fmt::format("state_{}", v)), {}};
      in_order(parts, [&](std::size_t p, std::uint32_t source, const PlasticSegment& segment) {
        for (std::size_t i = segment.first; i < std::size_t{segment.first} + segment.count; ++i)
          array.values.push_back(synapses[p]->saved(flights[p], source, segment, i, state.step, v));
      });
      out.arrays.push_back(std::move(array));
    }
    // What sources and flights are is the same on all shards, but a shard forgets a flight when it has no use for it.
    PlasticSynapses::Saved all;
    std::map<std::pair<double, double>, std::vector<double>> all_flights;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      PlasticSynapses::Saved mine;
      synapses[p]->save(state.step, mine);
      all.sources = std::move(mine.sources);
      const std::size_t width = synapses[p]->flight_width();
      std::map<std::pair<double, double>, std::vector<double>> flights_here;
      for (std::size_t i = 0; i < mine.flights.size(); i += width) {
        auto& same = flights_here[{mine.flights[i], mine.flights[i + 1]}];
        same.insert(same.end(), mine.flights.begin() + static_cast<std::ptrdiff_t>(i), mine.flights.begin() + static_cast<std::ptrdiff_t>(i + width));
      }
      all_flights.merge(flights_here);
      for (std::size_t i = 0; i < mine.history.size(); i += synapses[p]->history_width()) mine.history[i] += static_cast<double>(parts[p].first_cell);
      all.history.insert(all.history.end(), mine.history.begin(), mine.history.end());
      const std::size_t values = synapses[p]->cell_width() * network.shards[parts[p].shard].blocks[synapses[p]->table().block].n;
      all.cells.insert(all.cells.end(), mine.cells.begin(), mine.cells.begin() + static_cast<std::ptrdiff_t>(values));
    }
    for (std::size_t p = 0; p < parts.size() && synapses[p]->scaling(); ++p)
      for (std::size_t cell = 0; cell < network.shards[parts[p].shard].blocks[synapses[p]->table().block].n; ++cell) {
        all.scaling.resize(all.scaling.size() + Scaling::width);
        synapses[p]->scaling()->save(cell, all.scaling.data() + all.scaling.size() - Scaling::width);
      }
    for (const auto& [key, rows] : all_flights) all.flights.insert(all.flights.end(), rows.begin(), rows.end());
    out.arrays.push_back({array_name(k, "sources"), std::move(all.sources)});
    out.arrays.push_back({array_name(k, "flights"), std::move(all.flights)});
    out.arrays.push_back({array_name(k, "history"), std::move(all.history)});
    if (!all.scaling.empty()) out.arrays.push_back({array_name(k, "scaling"), std::move(all.scaling)});
    if (!all.cells.empty()) out.arrays.push_back({array_name(k, "cells"), std::move(all.cells)});
  }
}

void restore_plastic(const Network& network, const Snapshot& in, State& state) {
  for (std::size_t k = 0; k < network.spec.projections.size(); ++k) {
    const auto parts = plastic_parts(network, state, k);
    if (parts.empty()) continue;
    restore_rows(network, in, state, k, parts);
    std::size_t total = 0;
    std::vector<PlasticSynapses*> synapses;
    for (const PlasticPart& p : parts) {
      synapses.push_back(p.synapses);
      total += p.synapses->table().synapses;
    }
    const PlasticSynapses& part = *synapses[0];
    for (int v = -1; v < part.n_state(); ++v) {
      const auto& values = find_array(in, array_name(k, v < 0 ? "weight" : fmt::format("state_{}", v)), 1, total);
      std::size_t next = 0;
      in_order(parts, [&](std::size_t p, std::uint32_t, const PlasticSegment& segment) {
        for (std::size_t i = segment.first; i < std::size_t{segment.first} + segment.count; ++i) synapses[p]->restore(i, v, values[next++]);
      });
    }
    const auto& sources = find_array(in, array_name(k, "sources"), part.source_width(), part.source_width() * part.table().sources());
    const auto& flights = find_array(in, array_name(k, "flights"), part.flight_width(), 0);
    const auto& history = find_array(in, array_name(k, "history"), part.history_width(), 0);
    for (std::size_t i = 0; i < flights.size(); i += part.flight_width())
      if (!(flights[i] >= 0 && flights[i] < part.table().sources() && flights[i + 1] >= 0 && are_stamps(&flights[i + 1], 1, in.step) && are_stamps(&flights[i + 3], 2, in.step))) damaged_spike();
    for (std::size_t i = 0; i < sources.size(); i += part.source_width())
      if (!are_stamps(&sources[i], 2, in.step)) damaged_spike();
    const std::size_t width = part.cell_width(), cells = static_cast<std::size_t>(network.populations[static_cast<std::size_t>(network.spec.projections[k].target.population)].size);
    const auto* scaled = part.scaling() ? &find_array(in, array_name(k, "scaling"), Scaling::width, Scaling::width * cells) : nullptr;
    const auto* watched = width ? &find_array(in, array_name(k, "cells"), width, width * cells) : nullptr;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      PlasticSynapses::Saved mine{.sources = sources, .flights = flights, .history = {}, .scaling = {}, .cells = {}};
      if (watched) {
        const auto first = watched->begin() + parts[p].first_cell * static_cast<std::ptrdiff_t>(width);
        mine.cells.assign(first, first + static_cast<std::ptrdiff_t>(width * network.shards[parts[p].shard].blocks[synapses[p]->table().block].n));
      }
      for (std::size_t i = 0; i < history.size(); i += part.history_width()) {
        const double cell = history[i] - static_cast<double>(parts[p].first_cell);
        if (cell < 0 || cell >= static_cast<double>(network.shards[parts[p].shard].blocks[parts[p].synapses->table().block].n)) continue;
        mine.history.push_back(cell);
        mine.history.insert(mine.history.end(), history.begin() + static_cast<std::ptrdiff_t>(i + 1), history.begin() + static_cast<std::ptrdiff_t>(i + part.history_width()));
      }
      if (scaled)
        for (std::size_t cell = 0; cell < network.shards[parts[p].shard].blocks[synapses[p]->table().block].n; ++cell)
          synapses[p]->scaling()->restore(cell, scaled->data() + Scaling::width * (static_cast<std::size_t>(parts[p].first_cell) + cell));
      synapses[p]->restore(in.step, mine);
      synapses[p]->heard = in.step;
    }
  }
}

}  // namespace ranvier::engine
