// SPDX-License-Identifier: Apache-2.0
/// Volumes in a saved state; each gives the arrays
///   course    [knots][5]     step, concentration above the baseline, amounts so far, amount, pulses so far
///   pending   [pulses][3]    pulses to come: step, origin, amount
///   origins   [origins][3]   events so far, the next time, the last spike
#include <fmt/format.h>

#include <algorithm>

#include "engine/state.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {

std::string array_name(std::size_t volume, const char* what) { return fmt::format("volumes/{}/{}", volume, what); }

const std::vector<double>& find_array(const Snapshot& s, const std::string& name, std::size_t width, std::size_t size) {
  const auto it = std::find_if(s.arrays.begin(), s.arrays.end(), [&](const Snapshot::Array& a) { return a.name == name; });
  if (it == s.arrays.end() || it->values.size() % width || (size && it->values.size() != size))
    throw InputError(fmt::format("the saved state lacks \"{}\": it was written by another version, or is damaged; save it again", name));
  return it->values;
}

/// Whether column 0 of a table of numbers ascends.
bool ascends(const std::vector<double>& table, std::size_t width) {
  for (std::size_t i = width; i < table.size(); i += width)
    if (!(table[i] >= table[i - width])) return false;
  return true;
}

}  // namespace

void save_volumes(const Network& network, const State& state, Snapshot& out) {
  for (std::size_t k = 0; k < network.spec.volumes.size(); ++k) {
    Volume::Saved saved = state.shards[0].volumes[k]->save(state.step);
    out.arrays.push_back({array_name(k, "course"), std::move(saved.course)});
    out.arrays.push_back({array_name(k, "pending"), std::move(saved.pending)});
    out.arrays.push_back({array_name(k, "origins"), std::move(saved.origins)});
  }
}

void restore_volumes(const Network& network, const Snapshot& in, State& state) {
  for (std::size_t k = 0; k < network.spec.volumes.size(); ++k) {
    const std::size_t n = network.spec.volumes[k].pulses.size();
    const Volume::Saved saved{.course = find_array(in, array_name(k, "course"), Course::width, 0), .pending = find_array(in, array_name(k, "pending"), Volume::pending_width, 0),
                              .origins = find_array(in, array_name(k, "origins"), Volume::origin_width, n * Volume::origin_width)};
    bool sound = !saved.course.empty() && ascends(saved.course, Course::width) && ascends(saved.pending, Volume::pending_width);
    for (std::size_t i = 0; i < saved.pending.size(); i += Volume::pending_width) sound = sound && saved.pending[i + 1] >= 0 && saved.pending[i + 1] < static_cast<double>(n);
    if (!sound) throw InputError("the saved state holds a course of a volume that cannot be: it is damaged; save it again");
    for (ShardState& shard : state.shards) shard.volumes[k]->restore(in.step, saved);
  }
}

}  // namespace ranvier::engine
